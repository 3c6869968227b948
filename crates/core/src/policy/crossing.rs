//! What would have to change for the expected profit to reach a threshold: the forecast, solved for
//! each of its inputs in turn.
//!
//! A forecast says r (q f - c): works per hour, P(sold) on the cautious side, fee, cost. Set equal
//! to a threshold T, it gives the P(sold) needed at a fee, (T/r + c) / f; the highest cost, q f -
//! T/r; and the factor k on all prices, (T/r + c) / (q f), since prices k times as high sell the
//! same share of works at k times the fee. Each holds everything else, the pace r too, as it is
//! now.
//!
//! Invariants: pure; no NaN; of profits above the threshold the answers say how much may be lost,
//! of those below how much is missing.

use serde::{Deserialize, Serialize};

use super::{
    forecast::Forecast,
    params::{Pricing, Strategy},
};
use crate::units::{FeeRate, Nanomina};

/// What would bring the expected profit to a threshold, each thing by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// The threshold.
    pub threshold: FeeRate,
    /// Whether some fee brings no work and so neither gain nor loss, which the threshold allows.
    /// The profit then never falls below it; the answers say where that fee becomes the best one.
    pub idles: bool,
    /// P(sold) at the fee nearest to it; `None` when there is no fee above 0 at which any number of
    /// sales would do.
    pub sales: Option<SalesNeeded>,
    /// What all prices would have to be multiplied by; `None` when no factor does within floor and
    /// ceiling: nothing sells above 0, or the fee does not follow prices (strategy `fixed`).
    pub price_factor: Option<f64>,
    /// The cost of a work at which it would be reached, rounded down; `None` when not even free
    /// power would do.
    pub cost: Option<Nanomina>,
}

/// How many works would have to sell at a fee.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SalesNeeded {
    /// The fee.
    pub fee: Nanomina,
    /// P(sold) there now, on the cautious side, in [0, 1].
    pub now: f64,
    /// P(sold) at which the threshold is reached, in [0, 1].
    pub needed: f64,
}

/// Solves the forecasts for a threshold.
///
/// `curve` are the fees that the strategy chooses from, one for all strategies but `profit`.
pub(super) fn crossing(
    curve: &[Forecast],
    cost: Nanomina,
    threshold: FeeRate,
    pricing: &Pricing,
    floor: Nanomina,
) -> Crossing {
    let idles = threshold <= FeeRate::ZERO && curve.iter().any(Forecast::is_idle);
    let border = if idles { FeeRate::ZERO } else { threshold };
    let working = || curve.iter().filter(|at| !at.is_idle());
    let margin = |at: &Forecast| border.get() as f64 / at.works_per_hour;
    let wanted = |at: &Forecast| (margin(at) + cost.to_f64()).max(0.0);
    let factors = working().filter_map(|at| {
        let income = at.low * at.fee.to_f64();
        let factor = wanted(at) / income;
        let moved = factor * at.fee.to_f64();
        // At 0 there is nothing left to ask.
        let allowed = floor.to_f64() <= moved && moved <= pricing.ceiling.max(floor).to_f64();
        (income > 0.0 && allowed).then_some((at, factor))
    });
    let nearest = factors.min_by(|(_, a), (_, b)| a.total_cmp(b));
    let follows = !matches!(pricing.strategy, Strategy::Fixed { .. });
    let costs = working().map(|at| (at.low * at.fee.to_f64() - margin(at)).floor());
    Crossing {
        threshold,
        idles,
        sales: nearest
            .and_then(|(at, _)| needed(at, at.fee, wanted(at)))
            .or_else(|| working().find_map(|at| half(at, wanted(at)))),
        price_factor: nearest.map(|(_, factor)| factor).filter(|_| follows),
        cost: costs.max_by(f64::total_cmp).and_then(amount),
    }
}

/// Where too little sells at any fee: the fee at which half of the works would do, if forecasts
/// there are those of `at`, the first fee that is not below it.
fn half(at: &Forecast, wanted: f64) -> Option<SalesNeeded> {
    let fee = amount((wanted * 2.0).ceil())?;
    (Nanomina::ZERO < fee && fee <= at.fee).then(|| needed(at, fee, wanted)).flatten()
}

fn needed(at: &Forecast, fee: Nanomina, wanted: f64) -> Option<SalesNeeded> {
    let needed = wanted / fee.to_f64();
    (0.0..=1.0).contains(&needed).then_some(SalesNeeded { fee, now: at.low, needed })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked not to be negative; above the range it saturates"
)]
fn amount(nanomina: f64) -> Option<Nanomina> {
    (nanomina >= 0.0).then(|| Nanomina::try_new(nanomina as u64).unwrap_or(Nanomina::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Strategy, *};
    use crate::fixtures::{fee, forecast_with};

    fn point(asked: u64, low: f64, works_per_hour: f64) -> Forecast {
        Forecast {
            sale_probability: low,
            uncorrected: low,
            low,
            high: low,
            works_per_hour,
            ..forecast_with(asked, 0, 0)
        }
    }

    fn solve(curve: &[Forecast], cost: u64, threshold: i64) -> Crossing {
        let unbounded = Pricing { ceiling: Nanomina::MAX, ..Pricing::default() };
        crossing(curve, fee(cost), FeeRate::new(threshold), &unbounded, Nanomina::ZERO)
    }

    #[test]
    fn a_loss_says_what_is_missing() {
        // 10 works an hour at 1000 nanomina, 2 in 10 sold, 400 each to make: a loss of 2000 an
        // hour; 1000 an hour is wanted.
        let found = solve(&[point(0, 1.0, 10.0), point(1_000, 0.2, 10.0)], 400, 1_000);
        let sales = found.sales.unwrap();
        assert_eq!(sales.fee, fee(1_000));
        assert!((sales.now - 0.2).abs() < 1e-12 && (sales.needed - 0.5).abs() < 1e-12);
        assert!((found.price_factor.unwrap() - 2.5).abs() < 1e-12);
        assert_eq!(found.cost, Some(fee(100)));
    }

    #[test]
    fn a_gain_says_what_may_be_lost() {
        let found = solve(&[point(1_000, 0.8, 10.0)], 400, 0);
        assert!((found.sales.unwrap().needed - 0.4).abs() < 1e-12);
        assert!((found.price_factor.unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(found.cost, Some(fee(800)));
    }

    #[test]
    fn the_fee_that_needs_least_is_named() {
        let found = solve(
            &[point(500, 0.5, 10.0), point(1_000, 0.4, 10.0), point(9_000, 0.01, 10.0)],
            400,
            0,
        );
        assert_eq!(found.sales.unwrap().fee, fee(1_000));
        assert!((found.price_factor.unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn where_nothing_sells_no_price_level_helps_but_sales_would() {
        let found =
            solve(&[point(0, 1.0, 10.0), point(500, 0.0, 10.0), point(1_000, 0.0, 10.0)], 400, 0);
        assert_eq!(found.price_factor, None);
        assert_eq!(found.sales, Some(SalesNeeded { fee: fee(800), now: 0.0, needed: 0.5 }));
        assert_eq!(found.cost, Some(fee(0)));
        assert_eq!(solve(&[point(0, 1.0, 10.0)], 400, 10).sales, None);
        assert_eq!(solve(&[point(0, 1.0, 10.0)], 400, 10).cost, None);
    }

    #[test]
    fn where_a_fee_brings_no_work_the_border_is_where_it_becomes_the_best() {
        let idle = [point(1_000, 0.8, 10.0), point(9_000, 0.0, f64::MIN_POSITIVE)];
        for threshold in [0, -1_000] {
            let stop = solve(&idle, 400, threshold);
            assert!(
                stop.idles
                    && (stop.price_factor.unwrap() - 0.5).abs() < 1e-12
                    && stop.cost == Some(fee(800))
            );
        }
        let resume = solve(&idle, 400, 1_000);
        assert!(!resume.idles && (resume.price_factor.unwrap() - 0.625).abs() < 1e-12);
    }

    #[test]
    fn a_fixed_fee_does_not_follow_prices_and_no_fee_passes_the_ceiling() {
        let fixed = Pricing { strategy: Strategy::Fixed { fee: fee(1_000) }, ..Pricing::default() };
        let found =
            crossing(&[point(1_000, 0.2, 10.0)], fee(400), FeeRate::ZERO, &fixed, Nanomina::ZERO);
        assert!(found.price_factor.is_none() && found.sales.is_some());
        let capped = Pricing { ceiling: fee(1_500), ..Pricing::default() };
        assert_eq!(
            crossing(&[point(1_000, 0.2, 10.0)], fee(400), FeeRate::ZERO, &capped, Nanomina::ZERO)
                .price_factor,
            None
        );
    }

    fn profit(at: &Forecast, cost: f64) -> f64 {
        at.works_per_hour * (at.low * at.fee.to_f64() - cost)
    }

    proptest! {
        /// Put back into the forecast, each answer brings exactly the threshold, and the best fee
        /// no more.
        #[test]
        fn answers_put_back_give_the_threshold(
            points in prop::collection::vec((1_u64..1_000_000, 0.01_f64..1.0, 0.1_f64..500.0), 1..8),
            cost in 0_u64..1_000_000,
            threshold in -1_000_000_i64..10_000_000,
        ) {
            let curve: Vec<Forecast> = points.into_iter().map(|(asked, low, pace)| point(asked, low, pace)).collect();
            let found = solve(&curve, cost, threshold);
            let wanted = threshold as f64;
            let close = |value: f64| (value - wanted).abs() <= 1e-6 * (1.0 + wanted.abs() + cost as f64 * 500.0);
            let best = |scale: f64, cost: f64| {
                let profits = curve.iter().map(|at| profit(&Forecast { low: at.low * scale, ..*at }, cost));
                profits.fold(f64::MIN, f64::max)
            };
            if let Some(factor) = found.price_factor.filter(|factor| *factor > 0.0) {
                prop_assert!(close(best(factor, cost as f64)), "{} not {wanted}", best(factor, cost as f64));
            }
            if let Some(sales) = found.sales.filter(|sales| sales.needed > 0.0) {
                let named = |at: &&Forecast| sales.fee <= at.fee && (at.low - sales.now).abs() < 1e-15;
                let met = |at: &Forecast| {
                    close(profit(&Forecast { fee: sales.fee, low: sales.needed, ..*at }, cost as f64))
                };
                prop_assert!(curve.iter().filter(named).any(met));
            }
            if let Some(cost) = found.cost {
                prop_assert!(best(1.0, cost.to_f64()) >= wanted - 1e-3, "a lower cost is still enough");
                prop_assert!(best(1.0, cost.to_f64() + 1.0) <= wanted + 1e-3, "a higher one is not");
            }
        }
    }
}
