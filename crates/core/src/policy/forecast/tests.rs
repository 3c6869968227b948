//! Rates at which a daemon hands out works, and what of them sells.

use proptest::prelude::*;

use super::*;

const D: f64 = 372.0;

fn sold(sells: f64, open: f64, pace: f64) -> f64 {
    let dispatch = dispatch_rate(HandOutOrder::Random, sells, open, Some(D), Some(pace));
    dispatch.works_per_hour * (sells * dispatch.sale_lift).min(1.0)
}

#[test]
fn a_slow_worker_sells_the_share_of_what_it_is_handed() {
    let dispatch = dispatch_rate(HandOutOrder::Random, 0.1, 0.25, Some(D), Some(0.01));
    assert!(
        (dispatch.works_per_hour - 0.01).abs() < 1e-6 && (dispatch.sale_lift - 4.0).abs() < 0.01
    );
}

#[test]
fn a_fast_worker_sells_all_that_sells_and_works_for_all_that_comes() {
    let dispatch = dispatch_rate(HandOutOrder::Random, 0.1, 0.25, Some(D), Some(1e6));
    assert!((dispatch.works_per_hour - D).abs() < 1e-6 && (dispatch.sale_lift - 1.0).abs() < 1e-6);
}

#[test]
fn of_the_first_works_all_sell_until_those_that_sell_are_made() {
    for (pace, sells) in [(0.01, 1.0), (37.0, 1.0), (74.4, 0.5), (1e6, 0.1)] {
        let dispatch =
            dispatch_rate(HandOutOrder::First { contest: 0.0 }, 0.1, 0.25, Some(D), Some(pace));
        assert!((0.1 * dispatch.sale_lift - sells).abs() < 1e-6, "{pace}");
    }
}

#[test]
fn among_others_who_work_in_order_only_what_is_made_beyond_them_sells() {
    for (pace, sells) in [(0.1, 0.0), (0.8, 0.0), (0.95, 0.05 / 0.95), (1.0, 0.1)] {
        let dispatch =
            dispatch_rate(HandOutOrder::First { contest: 1.0 }, 0.1, 0.25, Some(D), Some(D * pace));
        assert!((0.1 * dispatch.sale_lift - sells).abs() < 1e-6, "{pace}");
    }
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
        let dispatch = dispatch_rate(HandOutOrder::Random, sells, open, Some(D), Some(118.0));
        assert!(
            (dispatch.works_per_hour / made - 1.0).abs() < 0.06,
            "made {} of {made}",
            dispatch.works_per_hour
        );
        let sold = sold(sells, open, 118.0);
        assert!((sold / really_sold - 1.0).abs() < 0.12, "sold {sold} of {really_sold}");
    }
}

proptest! {
    #[test]
    fn rates_are_possible(
        sells in 0.0..=1.0_f64,
        more in 0.0..=1.0_f64,
        demand in prop::option::of(0.0..1e4_f64),
        pace in prop::option::of(0.0..1e4_f64),
        contest in prop::option::of(0.0..=1.0_f64),
    ) {
        let order = contest
            .map_or(HandOutOrder::Random, |contest| HandOutOrder::First { contest });
        let open = (sells + more * (1.0 - sells)).max(f64::MIN_POSITIVE);
        let Dispatch { works_per_hour, sale_lift } = dispatch_rate(order, sells, open, demand, pace);
        prop_assert!(works_per_hour.is_finite() && works_per_hour >= 0.0 && sale_lift >= 0.0 && !sale_lift.is_nan());
        if let (Some(demand), Some(pace)) = (demand, pace) {
            prop_assert!(works_per_hour <= demand.max(f64::MIN_POSITIVE) * 1.000_001 || demand <= 0.0);
            prop_assert!(works_per_hour <= pace * 1.000_001 + 1e-6);
            prop_assert!(demand <= 0.0 || works_per_hour * sells * sale_lift <= demand * sells * 1.000_001 + 1e-9);
        }
    }

    #[test]
    fn a_faster_worker_sells_no_less(sells in 0.0..0.9_f64, more in 0.0..=1.0_f64, pace in 0.1..1e3_f64, faster in 1.0..5.0_f64) {
        let open = (sells + more * (1.0 - sells)).max(1e-6);
        prop_assert!(sold(sells, open, pace * faster) >= sold(sells, open, pace) * 0.999_999 - 1e-9);
    }
}
