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
    let unbounded = (Nanomina::ZERO, Nanomina::MAX);
    crossing(curve, fee(cost), FeeRate::new(threshold), &Pricing::default(), unbounded)
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
    let found =
        solve(&[point(500, 0.5, 10.0), point(1_000, 0.4, 10.0), point(9_000, 0.01, 10.0)], 400, 0);
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
    let found = crossing(
        &[point(1_000, 0.2, 10.0)],
        fee(400),
        FeeRate::ZERO,
        &fixed,
        (Nanomina::ZERO, Nanomina::ONE_MINA),
    );
    assert!(found.price_factor.is_none() && found.sales.is_some());
    let capped = (Nanomina::ZERO, fee(1_500));
    let (curve, pricing) = ([point(1_000, 0.2, 10.0)], Pricing::default());
    assert_eq!(crossing(&curve, fee(400), FeeRate::ZERO, &pricing, capped).price_factor, None);
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
