use super::*;
use crate::market_sim::scenario::setup::OperatorRole;

const SMALL: &str = r#"
name = "small"
about = "One free prover."
competitors = [{ name = "free", fee = { fixed_nanomina = 0 }, proof_seconds = 60.0 }]

[[regimes]]
name = "only"
from_slot = 0
provers = { free = 3 }
"#;

fn problems(text: &str) -> Vec<String> {
    match Scenario::parse(text) {
        Err(ScenarioError::Invalid { problems, .. }) => problems,
        other => panic!("{other:?}"),
    }
}

#[test]
fn defaults_are_those_of_todays_mainnet() {
    let scenario = Scenario::parse(SMALL).unwrap();
    assert_eq!((scenario.chain.slot_seconds, scenario.chain.tree_slots), (90, 128));
    assert_eq!(scenario.operator.fee_nanomina.to_string(), "0.1 MINA");
    assert_eq!(scenario.role(), OperatorRole::Worker);
    assert!((scenario.own_works_per_hour() - 120.0).abs() < 1e-9);
}

#[test]
fn every_bad_value_is_named_at_once() {
    let text = SMALL
        .replace("proof_seconds = 60.0", "proof_seconds = nan")
        .replace("free = 3", "fre = 3")
        + "[chain]\nfill = 2.0\ntree_works = 500\n[transactions]\nper_slot = -1.0\n[operator]\nproof_seconds = 0.0\n";
    let problems = problems(&text);
    for part in [
        "chain.fill is 2",
        "chain.tree_works is 500",
        "\"free\" is NaN",
        "\"fre\"",
        "per_slot is -1",
        "operator.proof_",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(part)), "{part} in {problems:#?}");
    }
    assert_eq!(problems.len(), 6, "{problems:#?}");
}

#[test]
fn an_unknown_key_is_an_error_that_names_it() {
    for text in [format!("fil = 1\n{SMALL}"), format!("{SMALL}\n[chain]\nfil = 0.5\n")] {
        let error = Scenario::parse(&text).unwrap_err().to_string();
        assert!(error.contains("fil"), "{error}");
    }
}

#[test]
fn a_negative_fee_is_an_error() {
    let text = SMALL.replace("fixed_nanomina = 0", "fixed_nanomina = -1");
    assert!(matches!(Scenario::parse(&text), Err(ScenarioError::Syntax(_))));
}

#[test]
fn regimes_must_cover_the_run_in_order() {
    let later = SMALL.replace("from_slot = 0", "from_slot = 5");
    assert!(problems(&later)[0].contains("first from slot 0"));
    let twice = format!("{SMALL}\n[[regimes]]\nname = \"again\"\nfrom_slot = 0\nprovers = {{}}\n");
    assert!(problems(&twice)[0].contains("order"));
    let cycle = format!("cycle_slots = 0\n{SMALL}");
    assert!(problems(&cycle)[0].contains("cycle_slots"));
}

#[test]
fn regimes_hold_from_their_slot_and_repeat() {
    let text = format!(
        "cycle_slots = 10\n{SMALL}\n[[regimes]]\nname = \"late\"\nfrom_slot = 6\nprovers = {{}}\n"
    );
    let scenario = Scenario::parse(&text).unwrap();
    let names: Vec<&str> = (0..12).map(|slot| scenario.regime_at(slot).1).collect();
    assert_eq!(names[..6], ["only"; 6]);
    assert_eq!(names[6..10], ["late"; 4]);
    assert_eq!(names[10..], ["only"; 2]);
    assert_eq!(scenario.regime_index(-400), 0);
}

#[test]
fn an_oversized_text_is_rejected() {
    let text = "#".repeat(Scenario::LONGEST_TEXT + 1);
    assert!(matches!(Scenario::parse(&text), Err(ScenarioError::Syntax(_))));
}
