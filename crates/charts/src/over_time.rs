//! What was: fee and market, order book, earnings and expected profit over time.

use jiff::Timestamp;
use plotters::{element::Rectangle, style::RGBColor};
use snarkfee_core::{trend::TrendPoint, units::Nanomina};

use super::{
    COST, Canvas, Drawn, EXTRA, GAIN, IDLE, INK, MARKET, OURS, band,
    by_fee::dot,
    chart, lines, rule,
    scale::{Axis, FeeScale, linear, times},
    stroke, tint,
};

/// Places of the quartiles and the median in [`TrendPoint::quantiles`].
const QUARTILES: [usize; 3] = [1, 2, 3];

/// The asked and the wanted fee over the middle half of the prices at which work is bought; shaded
/// while the worker is off, and with a dot at each of some decisions. `None` where no fee is known.
pub fn fee_and_market(points: &[TrendPoint], decisions: &[Timestamp]) -> Option<String> {
    let x = span(points)?;
    let shown = || {
        points.iter().flat_map(|point| {
            let market = QUARTILES.map(|index| quantile(point, index));
            [point.fee, point.target_fee].into_iter().chain(market).flatten()
        })
    };
    shown().next()?;
    let scale = FeeScale::over(shown());
    let y = scale.axis();
    let place = |fee: Option<Nanomina>| fee.map(|fee| scale.position(fee));
    chart(&x, &y, |canvas| {
        idle(canvas, points, &y)?;
        let [low, median, high] = QUARTILES;
        let edges =
            steps(points, |point| place(quantile(point, low)).zip(place(quantile(point, high))));
        band(canvas, &edges, tint(MARKET, 0.25))?;
        lines(canvas, &steps(points, |point| place(quantile(point, median))), stroke(MARKET, 2))?;
        lines(canvas, &steps(points, |point| place(point.target_fee)), stroke(GAIN, 1))?;
        lines(canvas, &steps(points, |point| place(point.fee)), stroke(OURS, 2))?;
        for at in decisions {
            let after = points.partition_point(|point| point.at < *at);
            if let Some(fee) = points.get(after).and_then(|point| place(point.fee)) {
                dot(canvas, (at.as_second() as f64, fee), COST)?;
            }
        }
        Ok(())
    })
}

/// What was earned less what was spent, in MINA; `all` are the values that the axis must show, so
/// that charts of several can be compared.
pub fn profit(points: &[(Timestamp, f64)], all: impl IntoIterator<Item = f64>) -> Option<String> {
    draw_profits(&[points], all, &[GAIN])
}

/// The same of several in one picture, in the colours of [`SERIES`](super::SERIES).
pub fn profits(series: &[&[(Timestamp, f64)]]) -> Option<String> {
    let all = series.iter().flat_map(|points| points.iter()).map(|(_, profit)| *profit);
    draw_profits(series, all, &[OURS, GAIN, COST, MARKET, EXTRA, INK])
}

fn draw_profits(
    series: &[&[(Timestamp, f64)]],
    all: impl IntoIterator<Item = f64>,
    colours: &[RGBColor],
) -> Option<String> {
    let drawn = || series.iter().filter(|points| points.len() > 1);
    let times_of = || drawn().flat_map(|points| points.iter()).map(|(at, _)| *at);
    let (x, y) = (times(times_of().min()?, times_of().max()?), linear(all, [0.0]));
    chart(&x, &y, |canvas| {
        rule(canvas, (x.range.start, 0.0), (x.range.end, 0.0), stroke(INK, 1))?;
        for (place, points) in drawn().enumerate() {
            let width = if place < colours.len() { 2 } else { 1 };
            let Some(colour) = colours.get(place % colours.len().max(1)) else { continue };
            let line: Vec<_> =
                points.iter().map(|(at, profit)| (at.as_second() as f64, Some(*profit))).collect();
            lines(canvas, &line, stroke(*colour, width))?;
        }
        Ok(())
    })
}

/// Open works, and of these those without a proof; `None` where no order book was read.
pub fn coverage(points: &[TrendPoint]) -> Option<String> {
    let x = span(points)?;
    points.iter().find(|point| point.open_works.is_some())?;
    let count = |works: u64| works as f64;
    let y = linear(
        points.iter().filter_map(|point| point.open_works).map(|(open, _)| count(open)),
        [0.0],
    );
    chart(&x, &y, |canvas| {
        let uncovered =
            |point: &TrendPoint| point.open_works.map(|(_, uncovered)| count(uncovered));
        let edges = steps(points, |point| uncovered(point).map(|works| (0.0, works)));
        band(canvas, &edges, tint(COST, 0.3))?;
        lines(
            canvas,
            &steps(points, |point| point.open_works.map(|(open, _)| count(open))),
            stroke(INK, 2),
        )?;
        lines(canvas, &steps(points, uncovered), stroke(COST, 2))
    })
}

/// What own sales brought so far; `None` while they brought nothing.
pub fn earned(points: &[TrendPoint]) -> Option<String> {
    let x = span(points)?;
    let value = |point: &TrendPoint| point.earned.map(Nanomina::to_mina);
    points.iter().filter_map(value).find(|earned| *earned > 0.0)?;
    let y = linear(points.iter().filter_map(value), []);
    chart(&x, &y, |canvas| {
        idle(canvas, points, &y)?;
        lines(canvas, &steps(points, value), stroke(GAIN, 2))
    })
}

/// Expected profit per hour at the best fee, the figure that decisions use; `None` where no market
/// was appraised.
pub fn expected_profit(points: &[TrendPoint]) -> Option<String> {
    let x = span(points)?;
    let value = |point: &TrendPoint| {
        point.expected_profit.map(snarkfee_core::units::FeeRate::to_mina_per_hour)
    };
    points.iter().find_map(value)?;
    let y = linear(points.iter().filter_map(value), [0.0]);
    chart(&x, &y, |canvas| {
        idle(canvas, points, &y)?;
        rule(canvas, (x.range.start, 0.0), (x.range.end, 0.0), stroke(INK, 1))?;
        lines(canvas, &steps(points, value), stroke(GAIN, 2))
    })
}

/// The time axis; `None` with fewer than two points.
fn span(points: &[TrendPoint]) -> Option<Axis> {
    let (first, last) = (points.first()?, points.last()?);
    (points.len() > 1).then(|| times(first.at, last.at))
}

fn seconds(point: &TrendPoint) -> f64 {
    point.at.as_second() as f64
}

fn quantile(point: &TrendPoint, index: usize) -> Option<Nanomina> {
    point.quantiles.get(index).copied().flatten()
}

/// A value holds until the next one: two points per look draw that.
fn steps<T: Copy + PartialEq>(
    points: &[TrendPoint],
    value: impl Fn(&TrendPoint) -> Option<T>,
) -> Vec<(f64, Option<T>)> {
    let mut corners = Vec::with_capacity(points.len() * 2);
    let mut earlier: Option<T> = None;
    for point in points {
        let (at, now) = (seconds(point), value(point));
        if earlier.is_some() && earlier != now {
            corners.push((at, earlier));
        }
        corners.push((at, now));
        earlier = now;
    }
    corners
}

/// Shades the time that the worker was off.
fn idle(canvas: &mut Canvas<'_, '_>, points: &[TrendPoint], y: &Axis) -> Drawn {
    let mut from: Option<f64> = None;
    let mut spans = Vec::new();
    for point in points {
        match (point.enabled, from) {
            (Some(false), None) => from = Some(seconds(point)),
            (Some(true) | None, Some(start)) => {
                spans.push((start, seconds(point)));
                from = None;
            }
            _ => {}
        }
    }
    if let (Some(start), Some(last)) = (from, points.last()) {
        spans.push((start, seconds(last)));
    }
    let shade = |(start, end)| {
        Rectangle::new([(start, y.range.start), (end, y.range.end)], tint(IDLE, 1.0))
    };
    canvas.draw_series(spans.into_iter().map(shade))?;
    Ok(())
}
