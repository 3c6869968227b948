//! Axes: where a value stands and which values are named.

use std::ops::Range;

use jiff::{Timestamp, tz::TimeZone};
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use snarkfee_core::units::Nanomina;

/// An axis ready to draw.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) range: Range<f64>,
    pub(super) ticks: Vec<(f64, String)>,
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let share =
            ((value - self.range.start) / (self.range.end - self.range.start)).clamp(0.0, 1.0);
        #[expect(clippy::cast_possible_truncation, reason = "between two pixels of the drawing")]
        let offset = (share * f64::from(to - from)).round() as i32;
        from + offset
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.iter().map(|(at, _)| *at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, position: &f64) -> String {
        let tick = self.ticks.iter().find(|(at, _)| (at - position).abs() < 1e-9);
        tick.map(|(_, text)| text.clone()).unwrap_or_default()
    }
}

/// A logarithmic axis of fees on which 0, an atom of its own in this market, has its own place left
/// of a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FeeScale {
    /// Decades of MINA: the axis spans `10^low..10^high`.
    low: i32,
    high: i32,
    zero: bool,
    /// Whether something lies below `low`.
    clipped: bool,
}

impl FeeScale {
    /// More decades would squeeze what matters; what is below them stands at their edge, which says
    /// so.
    const MOST_DECADES: i32 = 5;
    /// Distance of the zero atom from the first decade, as a share of all decades.
    const GAP: f64 = 0.17;

    /// The scale that shows all of `fees`.
    pub(super) fn over(fees: impl IntoIterator<Item = Nanomina>) -> Self {
        Self::within(fees, Self::MOST_DECADES)
    }

    /// The scale that shows `fees`, at most so many decades of them.
    pub(super) fn within(fees: impl IntoIterator<Item = Nanomina>, most_decades: i32) -> Self {
        let mut zero = false;
        let mut ends: Option<(f64, f64)> = None;
        for fee in fees {
            if fee == Nanomina::ZERO {
                zero = true;
            } else {
                let at = fee.to_mina().log10();
                ends = Some(ends.map_or((at, at), |(low, high)| (low.min(at), high.max(at))));
            }
        }
        let (low, high) = ends.unwrap_or((-4.0, -3.0));
        let high = decade(high.ceil());
        let lowest = decade(low.floor());
        let low = lowest.clamp(high - most_decades.max(1), high - 1);
        Self { low, high, zero, clipped: lowest < low }
    }

    /// Where a fee stands.
    pub(super) fn position(self, fee: Nanomina) -> f64 {
        if fee == Nanomina::ZERO {
            return if self.zero { self.zero_position() } else { f64::from(self.low) };
        }
        fee.to_mina().log10().clamp(f64::from(self.low), f64::from(self.high))
    }

    /// The places of fees above 0.
    pub(super) fn paid_range(self) -> Range<f64> {
        f64::from(self.low)..f64::from(self.high)
    }

    /// The fee at a place above the gap.
    pub(super) fn fee_at(place: f64) -> Nanomina {
        let nanomina = 10_f64.powf(place + 9.0).round().clamp(1.0, Nanomina::MAX.to_f64());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to amounts"
        )]
        let nanomina = nanomina as u64;
        Nanomina::try_new(nanomina).unwrap_or(Nanomina::MAX)
    }

    /// Where the gap between 0 and the smallest fee is; `None` when 0 is not on the scale.
    pub(super) fn gap(self) -> Option<f64> {
        self.zero.then(|| f64::from(self.low) - self.distance() / 2.0)
    }

    fn zero_position(self) -> f64 {
        f64::from(self.low) - self.distance()
    }

    fn distance(self) -> f64 {
        f64::from(self.high - self.low) * Self::GAP
    }

    /// The axis.
    pub(super) fn axis(self) -> Axis {
        let start = if self.zero {
            self.zero_position() - self.distance() / 4.0
        } else {
            f64::from(self.low)
        };
        let mut ticks = Vec::new();
        if self.zero {
            ticks.push((self.zero_position(), "0".to_owned()));
        }
        let decades = self.high - self.low;
        // The ceiling is always named, and every second decade below it where there are many.
        let every = if decades <= 4 { 1 } else { 2 };
        for exponent in self.low..=self.high {
            let clipped = self.clipped && exponent == self.low;
            if (self.high - exponent) % every == 0 || clipped {
                let below = if clipped { "≤ " } else { "" };
                ticks.push((f64::from(exponent), format!("{below}{}", power(exponent, 1))));
            }
            if decades <= 2 && exponent < self.high {
                for digit in [2, 5] {
                    ticks.push((
                        f64::from(exponent) + f64::from(digit).log10(),
                        power(exponent, digit),
                    ));
                }
            }
        }
        Axis { range: start..f64::from(self.high), ticks }
    }
}

/// Fees lie between 1e-9 and 1e10 MINA.
#[expect(clippy::cast_possible_truncation, reason = "clamped to the decades of all amounts")]
fn decade(value: f64) -> i32 {
    value.clamp(-9.0, 11.0) as i32
}

/// Below this power of ten zeros are hard to count.
const SMALLEST_DECIMAL: i32 = -4;

/// `digit * 10^exponent` in decimals, or as a power of ten where that would be long.
fn power(exponent: i32, digit: u8) -> String {
    match usize::try_from(exponent) {
        Ok(zeros) => format!("{digit}{}", "0".repeat(zeros)),
        Err(_) if exponent < SMALLEST_DECIMAL => {
            let factor = if digit == 1 { String::new() } else { format!("{digit}·") };
            format!("{factor}10⁻{}", superscript(-exponent))
        }
        Err(_) => {
            let zeros = usize::try_from(-exponent - 1).unwrap_or_default();
            format!("0.{}{digit}", "0".repeat(zeros))
        }
    }
}

fn superscript(number: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let place = |digit: char| digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
    let raised = |digit| place(digit).and_then(|place| DIGITS.get(place).copied());
    number.to_string().chars().filter_map(raised).collect()
}

/// A linear axis over `values` and `always`, with round numbers.
pub(super) fn linear(
    values: impl IntoIterator<Item = f64>,
    always: impl IntoIterator<Item = f64>,
) -> Axis {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.into_iter().chain(always).filter(|value| value.is_finite()) {
        (low, high) = (low.min(value), high.max(value));
    }
    if low > high {
        (low, high) = (0.0, 1.0);
    }
    let spread = high - low;
    // Of a single value the axis shows its own size; of nothing but zeros, one.
    let spread = if spread > 0.0 {
        spread
    } else {
        Some(low.abs()).filter(|size| *size > 0.0).unwrap_or(1.0)
    };
    let step = round_step(spread / 4.0);
    let (first, last) =
        ((low / step).floor(), (high / step).ceil().max((low / step).floor() + 1.0));
    let mut ticks = Vec::new();
    let mut at = first;
    while at <= last && ticks.len() < 12 {
        ticks.push((at * step, decimals(at * step, step)));
        at += 1.0;
    }
    Axis { range: first * step..last * step, ticks }
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `rough`.
fn round_step(rough: f64) -> f64 {
    let magnitude = 10_f64.powf(rough.log10().floor());
    let factor =
        [1.0, 2.0, 5.0].into_iter().find(|factor| factor * magnitude >= rough * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * magnitude
}

fn decimals(value: f64, step: f64) -> String {
    let places = (-step.log10().floor()).clamp(0.0, 9.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=9")]
    let places = places as usize;
    // Adding zero turns the negative zero of a rounded tick into a positive one.
    format!("{:.places$}", value + 0.0)
}

/// Shares from 0 to 1, named in percent.
pub(super) fn shares() -> Axis {
    let ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
        .into_iter()
        .map(|share| (share, format!("{:.0} %", share * 100.0)));
    Axis { range: 0.0..1.0, ticks: ticks.collect() }
}

/// A time axis in UTC; positions are seconds since the Unix epoch.
pub(super) fn times(first: Timestamp, last: Timestamp) -> Axis {
    const STEPS: [i64; 15] = [
        1,
        5,
        15,
        60,
        300,
        900,
        1_800,
        3_600,
        7_200,
        10_800,
        21_600,
        43_200,
        86_400,
        2 * 86_400,
        7 * 86_400,
    ];
    let (from, to) = (first.as_second(), last.as_second().max(first.as_second() + 1));
    let step = STEPS.into_iter().find(|step| (to - from) / step <= 5).unwrap_or((to - from) / 5);
    let form = match step {
        ..60 => "%H:%M:%S",
        60..86_400 => "%H:%M",
        86_400.. => "%-d %b",
    };
    let mut ticks = Vec::new();
    let mut at = from.div_euclid(step) * step + if from.rem_euclid(step) == 0 { 0 } else { step };
    while at <= to && ticks.len() < 12 {
        if let Ok(shown) = Timestamp::from_second(at) {
            ticks.push((at as f64, shown.to_zoned(TimeZone::UTC).strftime(form).to_string()));
        }
        at += step;
    }
    Axis { range: from as f64..to as f64, ticks }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fees(nanomina: &[u64]) -> Vec<Nanomina> {
        nanomina.iter().map(|&n| Nanomina::try_new(n).unwrap()).collect()
    }

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn free_work_stands_at_its_own_place_and_decades_are_named_in_mina() {
        let scale = FeeScale::over(fees(&[0, 150_000, 40_000_000]));
        assert_eq!(labels(&scale.axis()), ["0", "0.0001", "0.001", "0.01", "0.1"]);
        assert!(scale.position(Nanomina::ZERO) < scale.gap().unwrap());
        assert!(scale.gap().unwrap() < scale.position(Nanomina::ONE));
        assert!(FeeScale::over(fees(&[5])).gap().is_none());
        assert_eq!(power(2, 1), "100");
        let clipped = FeeScale::over(fees(&[1, 90_000_000]));
        assert_eq!(labels(&clipped.axis()), ["≤ 10⁻⁶", "10⁻⁵", "0.001", "0.1"]);
        assert!((clipped.position(Nanomina::ONE) - -6.0).abs() < 1e-12);
    }

    #[test]
    fn the_ceiling_is_named_however_many_decades_there_are() {
        for low in [1, 100, 10_000, 1_000_000, 100_000_000] {
            let scale = FeeScale::within(fees(&[low, 1_000_000_000]), 10);
            assert_eq!(labels(&scale.axis()).last(), Some(&"1"), "from {low}");
        }
        let shown = labels(&FeeScale::within(fees(&[1, 1_000_000_000]), 10).axis()).len();
        assert!((4..=6).contains(&shown), "{shown} labels");
    }

    #[test]
    fn linear_axes_have_round_ticks_that_enclose_the_values() {
        assert_eq!(
            labels(&linear([0.0013, 0.0069], [0.0])),
            ["0.000", "0.002", "0.004", "0.006", "0.008"]
        );
        assert_eq!(labels(&linear([-0.04, 0.02], [0.0])), ["-0.04", "-0.02", "0.00", "0.02"]);
        assert_eq!(labels(&linear([], [])).first(), Some(&"0.0"));
        assert_eq!(
            labels(&linear([0.0, 0.0], [])),
            ["0.0", "0.5"],
            "nothing earned is not drawn in billionths"
        );
    }

    #[test]
    fn time_axes_name_hours_or_days() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let hours = times(at("2026-11-22T13:50:00Z"), at("2026-11-22T18:05:00Z"));
        assert_eq!(labels(&hours), ["14:00", "15:00", "16:00", "17:00", "18:00"]);
        let days = times(at("2026-11-22T13:50:00Z"), at("2026-11-26T18:05:00Z"));
        assert_eq!(labels(&days), ["23 Nov", "24 Nov", "25 Nov", "26 Nov"]);
        let moment = at("2026-11-22T13:50:00Z");
        assert!(!times(moment, moment).ticks.is_empty());
    }

    proptest! {
        #[test]
        fn axes_are_finite_ordered_and_hold_what_they_show(
            amounts in prop::collection::vec(0_u64..=u64::MAX / 2, 0..20),
            values in prop::collection::vec(-1e12_f64..1e12, 0..20),
            (from, length) in (-1_000_000_000_i64..4_000_000_000, 0_i64..4_000_000_000),
        ) {
            let scale = FeeScale::over(fees(&amounts));
            let axis = scale.axis();
            for fee in fees(&amounts) {
                let at = scale.position(fee);
                prop_assert!(axis.range.start <= at && at <= axis.range.end);
            }
            let line = linear(values.iter().copied(), [0.0]);
            for value in values {
                prop_assert!(line.range.start <= value + 1e-3 && value - 1e-3 <= line.range.end);
            }
            let span = times(Timestamp::from_second(from).unwrap(), Timestamp::from_second(from + length).unwrap());
            for axis in [axis, line, span] {
                prop_assert!(axis.range.start < axis.range.end);
                prop_assert!(axis.ticks.len() <= 13);
                prop_assert!(axis.ticks.iter().all(|(at, _)| at.is_finite()));
            }
        }
    }
}
