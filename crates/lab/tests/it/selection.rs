//! What the forecasts say of each way in which a daemon selects works, beside what then sold.

use std::num::NonZero;

use snarkfee_core::{
    cycle::BOOK_INTERVAL,
    market::{Selection, SelectionMethod},
    policy::{Pricing, Strategy},
    units::Nanomina,
};
use snarkfee_lab::{market_sim::library, policy_run::PolicySpec, tournament::Tournament};

const SCENARIOS: [&str; 5] = ["scarce", "list-price", "undercut-war", "low-tx-fees", "zkapps"];

/// Predicted minus realised share of own works sold, where the daemon and those of all others
/// select as given.
fn error(scenario: &str, own: SelectionMethod, rivals: SelectionMethod) -> f64 {
    let mut scenario = library::scenario(scenario).unwrap();
    scenario.set_selection(own);
    scenario.set_rivals_selection(rivals);
    let tournament = Tournament {
        scenario,
        policies: vec![PolicySpec::Controlled(Strategy::Profit)],
        seeds: vec![1, 2],
        slots: 600,
        start: "2026-11-01T00:00:00Z".parse().unwrap(),
        cost: Nanomina::try_new(100_000).unwrap(),
        book_interval: BOOK_INTERVAL,
        pricing: Pricing::default(),
        selection: Selection::Auto,
        hindsight: false,
    };
    let (report, _) = tournament.run(NonZero::<usize>::MIN, &|_| {});
    report.policies[0].prediction_error.expect("works were sold or lost")
}

fn assert_close(own: SelectionMethod, rivals: SelectionMethod) {
    for scenario in SCENARIOS {
        let error = error(scenario, own, rivals);
        assert!(error.abs() <= 0.1, "{scenario}: {error}");
    }
}

#[test]
fn random_hand_out_sells_what_was_predicted() {
    assert_close(SelectionMethod::Rand, SelectionMethod::Rand);
}

#[test]
fn hand_out_in_order_sells_what_was_predicted() {
    assert_close(SelectionMethod::Seq, SelectionMethod::Rand);
}

#[test]
fn hand_out_from_an_offset_sells_what_was_predicted() {
    assert_close(SelectionMethod::Roffset, SelectionMethod::Rand);
}
