//! The ranges of a scenario's values, and the rules between them.

use std::collections::BTreeSet;

use snarkfee_core::units::Nanomina;

use super::setup::{CompetitorSetup, FeeRule, PriceExpectation, Scenario};

/// A work has one bit for each competitor that is proving it.
const MOST_COMPETITORS: usize = 64;
const MOST_PROVERS: u32 = 10_000;
/// Of a zkApp transaction, which then is at most 11 pieces (Mina `genesis_constants.ml`).
const MOST_SEGMENTS: u32 = 6;
const LONGEST_PROOF: f64 = 86_400.0;

/// Every defect, one sentence each.
pub(super) fn find_problems(scenario: &Scenario) -> Vec<String> {
    let mut found = Problems::default();
    let name_holds = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    found.require(
        (1..=64).contains(&scenario.name.len()) && scenario.name.chars().all(name_holds),
        "name must have 1 to 64 lower-case letters, digits or '-'".to_owned(),
    );
    found.require(scenario.about.len() <= 400, "about must have at most 400 bytes".to_owned());
    found.require(
        scenario.restarts.is_sorted_by(|a, b| a < b) && scenario.restarts.len() <= 10_000,
        "restarts must be at most 10000 ascending slots".to_owned(),
    );
    found.require(
        scenario.resets.is_sorted_by(|a, b| a < b) && scenario.resets.len() <= 10_000,
        "resets must be at most 10000 ascending slots".to_owned(),
    );
    check_chain(scenario, &mut found);
    check_transactions(scenario, &mut found);
    check_operator(scenario, &mut found);
    check_competitors(scenario, &mut found);
    check_regimes(scenario, &mut found);
    found.0
}

fn check_chain(scenario: &Scenario, found: &mut Problems) {
    let chain = &scenario.chain;
    found.require_count("chain.slot_seconds", chain.slot_seconds, 1, 3600);
    found.require_real("chain.fill", chain.fill, 0.05, 1.0);
    found.require_count("chain.tree_slots", chain.tree_slots, 2, 1024);
    found.require_count("chain.tree_works", chain.tree_works, 1, chain.tree_slots);
    found.require_count("chain.late_works", chain.late_works, 0, chain.tree_works);
    found.require_count("chain.late_slots", chain.late_slots, 0, chain.tree_slots);
    found.require_real("chain.split_share", chain.split_share, 0.0, 1.0);
    found.require_count("chain.work_delay", chain.work_delay, 0, 100);
    let gossip = &scenario.gossip;
    found.require_real("gossip.mean_seconds", gossip.mean_seconds, 0.0, 3600.0);
    found.require_real("gossip.slow_share", gossip.slow_share, 0.0, 1.0);
    found.require_real("gossip.slow_mean_seconds", gossip.slow_mean_seconds, 0.0, 3600.0);
    found.require_real("gossip.longest_seconds", gossip.longest_seconds, 0.0, 3600.0);
}

fn check_transactions(scenario: &Scenario, found: &mut Problems) {
    let transactions = &scenario.transactions;
    found.require_real("transactions.per_slot", transactions.per_slot, 0.0, 200.0);
    found.require(
        Nanomina::try_new(transactions.fee_nanomina_median).is_ok(),
        "transactions.fee_nanomina_median is too large".to_owned(),
    );
    found.require_real("transactions.fee_spread", transactions.fee_spread, 0.0, 5.0);
    found.require_real("transactions.slow_share", transactions.slow_share, 0.0, 1.0);
    found.require_real("transactions.zkapp_share", transactions.zkapp_share, 0.0, 1.0);
    let [fewest, most] = transactions.zkapp_segments;
    found.require(
        2 <= fewest && fewest <= most && most <= MOST_SEGMENTS,
        format!("transactions.zkapp_segments must be two ascending numbers, 2 to {MOST_SEGMENTS}"),
    );
    found.require_real("transactions.slow_factor", transactions.slow_factor, 1.0, 100.0);
}

fn check_operator(scenario: &Scenario, found: &mut Problems) {
    let operator = &scenario.operator;
    found.require_count("operator.provers", operator.provers, 0, MOST_PROVERS);
    found.require_real("operator.proof_seconds", operator.proof_seconds, 0.1, LONGEST_PROOF);
    found.require_real("operator.proof_spread", operator.proof_spread, 0.0, 3.0);
    if let Some(blocks) = &operator.blocks {
        found.require_real("operator.blocks.share", blocks.share, 0.0, 1.0);
        found.require_real(
            "operator.blocks.missed_while_proving",
            blocks.missed_while_proving,
            0.0,
            1.0,
        );
    }
}

fn check_competitors(scenario: &Scenario, found: &mut Problems) {
    found.require(
        scenario.competitors.len() <= MOST_COMPETITORS,
        format!("there may be at most {MOST_COMPETITORS} competitors"),
    );
    let mut names = BTreeSet::new();
    for competitor in &scenario.competitors {
        let name = &competitor.name;
        found.require(
            (1..=64).contains(&name.len()),
            "a competitor's name must have 1 to 64 bytes".to_owned(),
        );
        found.require(names.insert(name), format!("two competitors are called {name:?}"));
        found.require_real(
            &format!("proof_seconds of {name:?}"),
            competitor.proof_seconds,
            0.1,
            LONGEST_PROOF,
        );
        found.require_real(&format!("proof_spread of {name:?}"), competitor.proof_spread, 0.0, 3.0);
        check_fee(competitor, found);
        check_supply(competitor, found);
    }
}

fn check_supply(competitor: &CompetitorSetup, found: &mut Problems) {
    let name = &competitor.name;
    if let Some(failures) = &competitor.failures {
        const YEAR: f64 = 365.0 * 86_400.0;
        let every = format!("failures.every_seconds of {name:?}");
        found.require_real(&every, failures.every_seconds, 60.0, YEAR);
        found.require(
            (1..=100).contains(&failures.for_seconds.len()),
            format!("failures.for_seconds of {name:?} must have 1 to 100 lengths"),
        );
        for length in &failures.for_seconds {
            found.require_real(&format!("failures.for_seconds of {name:?}"), *length, 1.0, YEAR);
        }
    }
    if let Some(works) = competitor.works_per_key {
        found.require_count(&format!("works_per_key of {name:?}"), works, 1, 1_000_000);
    }
}

fn check_fee(competitor: &CompetitorSetup, found: &mut Problems) {
    let name = &competitor.name;
    match &competitor.fee {
        FeeRule::FixedNanomina(_) => {}
        FeeRule::Undercut { floor_nanomina, ask_nanomina, tick_nanomina: _, every_seconds } => {
            found.require(
                floor_nanomina <= ask_nanomina,
                format!("the floor of {name:?} is above its ask"),
            );
            found.require_count(
                &format!("every_seconds of {name:?}"),
                *every_seconds,
                10,
                u32::MAX,
            );
        }
        FeeRule::Reprice { fees_nanomina, every_seconds } => {
            found.require(
                (1..=1000).contains(&fees_nanomina.len()),
                format!("{name:?} must have 1 to 1000 fees"),
            );
            found.require_count(
                &format!("every_seconds of {name:?}"),
                *every_seconds,
                10,
                u32::MAX,
            );
        }
    }
}

fn check_regimes(scenario: &Scenario, found: &mut Problems) {
    let regimes = &scenario.regimes;
    found.require(
        regimes.first().is_some_and(|regime| regime.from_slot == 0) && regimes.len() <= 1000,
        "there must be 1 to 1000 regimes, the first from slot 0".to_owned(),
    );
    found.require(
        regimes.is_sorted_by(|a, b| a.from_slot < b.from_slot),
        "regimes must be in the order of their first slot".to_owned(),
    );
    let last = regimes.last().map_or(0, |regime| regime.from_slot);
    found.require(
        scenario.cycle_slots.is_none_or(|cycle| cycle > last),
        "cycle_slots must be after the first slot of the last regime".to_owned(),
    );
    for regime in regimes {
        for (name, provers) in &regime.provers {
            let known = scenario.competitors.iter().any(|competitor| competitor.name == *name);
            found.require(
                known,
                format!("regime {:?} names {name:?}, which is not a competitor", regime.name),
            );
            found.require_count(
                &format!("provers of {name:?} in regime {:?}", regime.name),
                *provers,
                0,
                MOST_PROVERS,
            );
        }
        if let Some(expect) = &regime.expect {
            check_expectation(&regime.name, expect, found);
        }
    }
}

fn check_expectation(regime: &str, expect: &PriceExpectation, found: &mut Problems) {
    let bands = [("zero", expect.zero), ("dust", expect.dust), ("priced", expect.priced)];
    let above = expect.above.iter().map(|above| ("above", above.share));
    for (band, [low, high]) in bands.into_iter().chain(above) {
        found.require(
            0.0 <= low && low <= high && high <= 1.0,
            format!(
                "the band {band} of regime {regime:?} must be two ascending shares from 0 to 1"
            ),
        );
    }
}

#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn require(&mut self, holds: bool, problem: String) {
        if !holds {
            self.0.push(problem);
        }
    }

    fn require_real(&mut self, what: &str, value: f64, low: f64, high: f64) {
        self.require(
            (low..=high).contains(&value),
            format!("{what} is {value}, must be {low} to {high}"),
        );
    }

    fn require_count(&mut self, what: &str, value: u32, low: u32, high: u32) {
        self.require(
            (low..=high).contains(&value),
            format!("{what} is {value}, must be {low} to {high}"),
        );
    }
}
