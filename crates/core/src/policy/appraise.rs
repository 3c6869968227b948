//! What each fee would bring: forecasts over candidate fees.

use std::collections::BTreeSet;

use super::{
    crossing::crossing,
    decision::{Appraisal, Forecast},
    moving::Unsold,
    params::{Pricing, Strategy},
};
use crate::{
    market::MarketView,
    units::{FeeRate, Nanomina},
};

/// Forecasts at the fee that the strategy proposes and at the fee asked now.
pub(super) fn appraise(
    view: &MarketView,
    cost: Nanomina,
    pricing: &Pricing,
    floor: Nanomina,
    current: Nanomina,
) -> Appraisal {
    let ceiling = pricing.ceiling.max(floor);
    let candidates = candidates(view, pricing, floor, ceiling);
    let curve: Vec<Forecast> = candidates.iter().map(|&fee| forecast(view, cost, fee)).collect();
    let at = |fee: Nanomina| forecast(view, cost, fee.clamp(floor, ceiling));
    let unsold = Unsold::new(view, cost, current, pricing.half_life);
    let of_curve = least_safe(&curve, pricing.resume_above);
    let best = match pricing.strategy {
        Strategy::Profit => of_curve
            .and_then(|least| most_profitable(&curve, least, |to| unsold.moving(to).per_hour))
            .unwrap_or_else(|| at(ceiling)),
        Strategy::Undercut => at(view
            .lowest_offer()
            .map_or_else(|| typical(view, 0.5), Some)
            .map_or(ceiling, |f| f.saturating_sub(pricing.tick))),
        Strategy::Quantile { quantile } => {
            at(typical(view, quantile).map_or(ceiling, |price| price.saturating_sub(pricing.tick)))
        }
        Strategy::Fixed { fee } => at(fee),
    };
    let choice = match pricing.strategy {
        Strategy::Profit => curve.as_slice(),
        Strategy::Undercut | Strategy::Quantile { .. } | Strategy::Fixed { .. } => {
            std::slice::from_ref(&best)
        }
    };
    let reach = |threshold| crossing(choice, cost, threshold, pricing, floor);
    let (stop, resume) = (reach(pricing.stop_below), reach(pricing.resume_above));
    Appraisal {
        cost,
        best,
        current: forecast(view, cost, current),
        moving: unsold.moving(&best),
        least_safe: of_curve.unwrap_or(best.cautious_profit),
        curve: thin(curve, best.fee),
        stop,
        resume,
    }
}

/// What asking `fee` is expected to bring: works made per hour r, each sold with probability q, and
/// the profit per hour r (q f - c).
///
/// Of the D works bought per hour, the share S(f) = P(C > f) can be sold at f, and nobody closes
/// these to us before they are bought. The others are open to us too until someone proves them for
/// f or less: of all works on the market at once the share g(f) is open, so that of the others a
/// part l = (g - S) / (1 - S) is, each for that part of its time. A daemon hands out the open works
/// at random. If it hands out each of them x times over the time a work is on the market, then we
/// make D (S (1 - exp(-x)) + (1 - S) (1 - exp(-x l))) works per hour and sell D S (1 - exp(-x)) of
/// them. x follows from our pace m. A slow worker finds S / g of its works sold, a fast one works
/// for everything that comes and sells all of D S.
pub fn forecast(view: &MarketView, cost: Nanomina, fee: Nanomina) -> Forecast {
    let price = view.sells_above(fee);
    let share = view.startable_share(fee).max(price.estimate).max(f64::MIN_POSITIVE);
    let handed =
        handed(price.estimate, share, view.works_bought_per_hour(), view.own_works_per_hour());
    let correction = view.calibration_factor(fee);
    let uncorrected = |probability: f64| (probability * handed.lift).clamp(0.0, 1.0);
    let sold = |probability: f64| (uncorrected(probability) * correction).clamp(0.0, 1.0);
    let (sale_probability, low, high) = (sold(price.estimate), sold(price.low), sold(price.high));
    let works_per_hour = handed.per_hour;
    let profit = |probability: f64| {
        FeeRate::rounded(works_per_hour * (probability * fee.to_f64() - cost.to_f64()))
    };
    Forecast {
        fee,
        sale_probability,
        uncorrected: uncorrected(price.estimate),
        low,
        high,
        works_per_hour,
        profit: profit(sale_probability),
        cautious_profit: profit(low),
    }
}

/// What a worker is handed.
struct Handed {
    /// Works per hour.
    per_hour: f64,
    /// How many times larger the share of them that sells is than the share of all works.
    lift: f64,
}

/// The works handed to a worker: `sells` and `open` are the shares S and g of the market's works, S
/// <= g, g > 0.
fn handed(sells: f64, open: f64, demand: Option<f64>, pace: Option<f64>) -> Handed {
    let slow = |per_hour: f64| Handed { per_hour, lift: open.recip() };
    let (demand, pace) = match (demand, pace) {
        (Some(demand), Some(pace)) if demand > 0.0 => (demand, pace),
        (Some(demand), _) => return slow(demand * open),
        (None, Some(pace)) => return slow(pace),
        // Neither is known: the forecast then is per work made in an hour, which ranks fees all the
        // same.
        (None, None) => return slow(1.0),
    };
    let others = 1.0 - sells;
    let part = if others > 0.0 { ((open - sells) / others).clamp(0.0, 1.0) } else { 0.0 };
    let caught = |x: f64| -(-x).exp_m1();
    let made = |x: f64| sells * caught(x) + others * caught(x * part);
    let wanted = (pace / demand).max(0.0);
    // made() rises ever more slowly, so that each step of Newton's method from below ends below its
    // place too, or on it. Where all that comes is less than what is wanted, x has no end; beyond
    // 1000 nothing is left to be handed out.
    let mut x = 0.0_f64;
    for _ in 0..64 {
        let slope = sells * (-x).exp() + others * part * (-x * part).exp();
        let step = (wanted - made(x)) / slope;
        let next = if step.is_finite() { (x + step).clamp(x, 1000.0) } else { 1000.0 };
        if next - x <= 1e-9 * next {
            break;
        }
        x = next;
    }
    let made = made(x);
    let lift = if made > 0.0 { caught(x) / made } else { open.recip() };
    Handed { per_hour: demand * made, lift }
}

/// The least cautious profit of a fee that is safe to ask: half of the highest, and enough to be
/// worth working for wherever that is.
fn least_safe(curve: &[Forecast], resume_above: FeeRate) -> Option<FeeRate> {
    let highest = curve.iter().map(|forecast| forecast.cautious_profit).max()?;
    let half = if highest > FeeRate::ZERO { FeeRate::new(highest.get() / 2) } else { highest };
    Some(half.max(highest.min(resume_above)))
}

/// Of the fees that are safe the one with the highest plain profit, less what going there costs; of
/// equal ones the one with the highest cautious profit, then the lowest.
///
/// Caution alone would choose cheap fees for hours after prices changed: while little was seen, the
/// lower end of the band falls faster the dearer the fee.
fn most_profitable(
    curve: &[Forecast],
    least_safe: FeeRate,
    lost: impl Fn(&Forecast) -> FeeRate,
) -> Option<Forecast> {
    let safe = curve.iter().copied().filter(|at| at.cautious_profit >= least_safe);
    safe.max_by_key(|at| {
        (at.profit.saturating_sub(lost(at)), at.cautious_profit, std::cmp::Reverse(at.fee))
    })
}

/// A quantile of the price at which work is bought, or of the nearest one that is identified.
fn typical(view: &MarketView, quantile: f64) -> Option<Nanomina> {
    view.quantile(quantile).or_else(|| view.candidate_prices().max())
}

/// One tick below every competing price, and the two bounds.
fn candidates(
    view: &MarketView,
    pricing: &Pricing,
    floor: Nanomina,
    ceiling: Nanomina,
) -> BTreeSet<Nanomina> {
    let below = |price: Nanomina| price.saturating_sub(pricing.tick).clamp(floor, ceiling);
    view.candidate_prices().map(below).chain([floor, ceiling]).collect()
}

/// Every n-th point, so that at most [`Appraisal::MAX_CURVE`] remain, the ends and the point at
/// `keep` among them.
fn thin(curve: Vec<Forecast>, keep: Nanomina) -> Vec<Forecast> {
    let last = curve.len().saturating_sub(1);
    let step = curve.len().div_ceil(Appraisal::MAX_CURVE - 2).max(1);
    let kept = |(i, f): &(usize, Forecast)| i % step == 0 || *i == last || f.fee == keep;
    curve.into_iter().enumerate().filter(kept).map(|(_, f)| f).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::forecast_with;

    const D: f64 = 372.0;

    fn sold(sells: f64, open: f64, pace: f64) -> f64 {
        let handed = handed(sells, open, Some(D), Some(pace));
        handed.per_hour * (sells * handed.lift).min(1.0)
    }

    #[test]
    fn a_slow_worker_sells_the_share_of_what_it_is_handed() {
        let handed = handed(0.1, 0.25, Some(D), Some(0.01));
        assert!((handed.per_hour - 0.01).abs() < 1e-6 && (handed.lift - 4.0).abs() < 0.01);
    }

    #[test]
    fn a_fast_worker_sells_all_that_sells_and_works_for_all_that_comes() {
        let handed = handed(0.1, 0.25, Some(D), Some(1e6));
        assert!((handed.per_hour - D).abs() < 1e-6 && (handed.lift - 1.0).abs() < 1e-6);
    }

    /// Works made and sold per hour in the simulated market `scarce` and `dust` with a worker
    /// always on at a fee, beside the share that sells above it and the share open to it in the
    /// same market without the worker.
    #[test]
    fn it_agrees_with_what_simulated_workers_made_and_sold() {
        for (sells, open, made, really_sold) in [
            (0.4221, 0.561, 118.2, 80.5),
            (0.3694, 0.516, 118.2, 75.1),
            (0.1982, 0.363, 118.2, 54.0),
            (0.1001, 0.268, 117.4, 33.0),
            (0.0320, 0.208, 115.9, 11.0),
            (0.0047, 0.149, 111.9, 1.58),
        ] {
            let handed = handed(sells, open, Some(D), Some(118.0));
            assert!(
                (handed.per_hour / made - 1.0).abs() < 0.06,
                "made {} of {made}",
                handed.per_hour
            );
            let sold = sold(sells, open, 118.0);
            assert!((sold / really_sold - 1.0).abs() < 0.12, "sold {sold} of {really_sold}");
        }
    }

    fn chosen(curve: &[Forecast], resume_above: i64, lost: impl Fn(&Forecast) -> FeeRate) -> u64 {
        let least = least_safe(curve, FeeRate::new(resume_above)).unwrap();
        most_profitable(curve, least, lost).unwrap().fee.get()
    }

    #[test]
    fn of_the_safe_fees_the_one_that_is_expected_to_bring_most_is_chosen() {
        let nothing = |_: &Forecast| FeeRate::ZERO;
        let curve =
            [forecast_with(1, 100, 120), forecast_with(2, 55, 300), forecast_with(3, 30, 320)];
        assert_eq!(
            chosen(&curve, 10, nothing),
            2,
            "the third is expected to bring more, and is not safe"
        );
        assert_eq!(chosen(&curve, 90, nothing), 1, "only the first is surely worth resuming for");
        assert_eq!(
            chosen(&curve, 10, |at| FeeRate::new(if at.fee.get() == 2 { 200 } else { 0 })),
            1,
            "the move costs more"
        );
        assert_eq!(
            chosen(&[forecast_with(1, -5, 9), forecast_with(2, -4, 1)], 10, nothing),
            2,
            "where nothing is safe, caution decides"
        );
        assert_eq!(
            chosen(
                &[forecast_with(4, 10, 20), forecast_with(3, 10, 20), forecast_with(5, 9, 20)],
                0,
                nothing
            ),
            3,
            "ties"
        );
    }

    proptest! {
        #[test]
        fn whatever_some_fee_is_worth_switching_for_the_chosen_one_is(
            points in prop::collection::vec((-1000_i64..1000, 0_i64..1000), 1..20),
            resume in -10_i64..1000,
        ) {
            let curve: Vec<Forecast> =
                (1..).zip(&points).map(|(fee, (cautious, more))| forecast_with(fee, *cautious, cautious + more)).collect();
            let resume = FeeRate::new(resume);
            let least = least_safe(&curve, resume).unwrap();
            let best = most_profitable(&curve, least, |_| FeeRate::ZERO).unwrap();
            let highest = curve.iter().map(|at| at.cautious_profit).max().unwrap();
            prop_assert!(best.cautious_profit >= highest.min(resume));
            prop_assert!(2 * best.cautious_profit.get() + 1 >= highest.get() || best.cautious_profit == highest);
        }

        #[test]
        fn rates_are_possible(
            sells in 0.0..=1.0_f64,
            more in 0.0..=1.0_f64,
            demand in prop::option::of(0.0..1e4_f64),
            pace in prop::option::of(0.0..1e4_f64),
        ) {
            let open = (sells + more * (1.0 - sells)).max(f64::MIN_POSITIVE);
            let Handed { per_hour, lift } = handed(sells, open, demand, pace);
            prop_assert!(per_hour.is_finite() && per_hour >= 0.0 && lift >= 1.0 - 1e-9 && !lift.is_nan());
            if let (Some(demand), Some(pace)) = (demand, pace) {
                prop_assert!(per_hour <= demand.max(f64::MIN_POSITIVE) * 1.000_001 || demand <= 0.0);
                prop_assert!(per_hour <= pace * 1.000_001 + 1e-6);
                prop_assert!(demand <= 0.0 || per_hour * sells * lift <= demand * sells * 1.000_001 + 1e-9);
            }
        }

        #[test]
        fn a_faster_worker_sells_no_less(sells in 0.0..0.9_f64, more in 0.0..=1.0_f64, pace in 0.1..1e3_f64, faster in 1.0..5.0_f64) {
            let open = (sells + more * (1.0 - sells)).max(1e-6);
            prop_assert!(sold(sells, open, pace * faster) >= sold(sells, open, pace) * 0.999_999 - 1e-9);
        }
    }
}
