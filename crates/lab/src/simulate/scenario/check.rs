//! The ranges of a scenario's values, and how they hang together.

use std::collections::BTreeSet;

use snarkfee_core::units::Nanomina;

use super::{CompetitorSetup, Expect, FeeRule, Scenario};

/// Competitors that a work can be in the hands of at once.
const MOST_COMPETITORS: usize = 64;
const MOST_PROVERS: u32 = 10_000;
const LONGEST_PROOF: f64 = 86_400.0;

/// Every defect, one sentence each.
pub(super) fn problems(scenario: &Scenario) -> Vec<String> {
    let mut found = Problems::default();
    let name_holds = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    found.unless(
        (1..=64).contains(&scenario.name.len()) && scenario.name.chars().all(name_holds),
        "name must have 1 to 64 lower-case letters, digits or '-'".to_owned(),
    );
    found.unless(scenario.about.len() <= 400, "about must have at most 400 bytes".to_owned());
    found.unless(
        scenario.restarts.is_sorted_by(|a, b| a < b) && scenario.restarts.len() <= 10_000,
        "restarts must be at most 10000 ascending slots".to_owned(),
    );
    found.unless(
        scenario.resets.is_sorted_by(|a, b| a < b) && scenario.resets.len() <= 10_000,
        "resets must be at most 10000 ascending slots".to_owned(),
    );
    chain(scenario, &mut found);
    transactions(scenario, &mut found);
    operator(scenario, &mut found);
    competitors(scenario, &mut found);
    regimes(scenario, &mut found);
    found.0
}

fn chain(scenario: &Scenario, found: &mut Problems) {
    let chain = &scenario.chain;
    found.count("chain.slot_seconds", chain.slot_seconds, 1, 3600);
    found.real("chain.fill", chain.fill, 0.05, 1.0);
    found.count("chain.tree_slots", chain.tree_slots, 2, 1024);
    found.count("chain.tree_works", chain.tree_works, 1, chain.tree_slots);
    found.count("chain.late_works", chain.late_works, 0, chain.tree_works);
    found.count("chain.late_slots", chain.late_slots, 0, chain.tree_slots);
    found.real("chain.split_share", chain.split_share, 0.0, 1.0);
    found.count("chain.work_delay", chain.work_delay, 0, 100);
    let gossip = &scenario.gossip;
    found.real("gossip.mean_seconds", gossip.mean_seconds, 0.0, 3600.0);
    found.real("gossip.slow_share", gossip.slow_share, 0.0, 1.0);
    found.real("gossip.slow_mean_seconds", gossip.slow_mean_seconds, 0.0, 3600.0);
    found.real("gossip.longest_seconds", gossip.longest_seconds, 0.0, 3600.0);
}

fn transactions(scenario: &Scenario, found: &mut Problems) {
    let transactions = &scenario.transactions;
    found.real("transactions.per_slot", transactions.per_slot, 0.0, 200.0);
    found.unless(
        Nanomina::try_new(transactions.fee_nanomina_median).is_ok(),
        "transactions.fee_nanomina_median is too large".to_owned(),
    );
    found.real("transactions.fee_spread", transactions.fee_spread, 0.0, 5.0);
    found.real("transactions.slow_share", transactions.slow_share, 0.0, 1.0);
    found.real("transactions.slow_factor", transactions.slow_factor, 1.0, 100.0);
}

fn operator(scenario: &Scenario, found: &mut Problems) {
    let operator = &scenario.operator;
    found.count("operator.provers", operator.provers, 0, MOST_PROVERS);
    found.real("operator.proof_seconds", operator.proof_seconds, 0.1, LONGEST_PROOF);
    found.real("operator.proof_spread", operator.proof_spread, 0.0, 3.0);
    if let Some(blocks) = &operator.blocks {
        found.real("operator.blocks.share", blocks.share, 0.0, 1.0);
        found.real("operator.blocks.missed_while_proving", blocks.missed_while_proving, 0.0, 1.0);
    }
}

fn competitors(scenario: &Scenario, found: &mut Problems) {
    found.unless(
        scenario.competitors.len() <= MOST_COMPETITORS,
        format!("there may be at most {MOST_COMPETITORS} competitors"),
    );
    let mut names = BTreeSet::new();
    for competitor in &scenario.competitors {
        let name = &competitor.name;
        found.unless(
            (1..=64).contains(&name.len()),
            "a competitor's name must have 1 to 64 bytes".to_owned(),
        );
        found.unless(names.insert(name), format!("two competitors are called {name:?}"));
        found.real(
            &format!("proof_seconds of {name:?}"),
            competitor.proof_seconds,
            0.1,
            LONGEST_PROOF,
        );
        found.real(&format!("proof_spread of {name:?}"), competitor.proof_spread, 0.0, 3.0);
        fee(competitor, found);
    }
}

fn fee(competitor: &CompetitorSetup, found: &mut Problems) {
    let name = &competitor.name;
    match &competitor.fee {
        FeeRule::FixedNanomina(_) => {}
        FeeRule::Undercut { floor_nanomina, ask_nanomina, tick_nanomina: _, every_seconds } => {
            found.unless(
                floor_nanomina <= ask_nanomina,
                format!("the floor of {name:?} is above its ask"),
            );
            found.count(&format!("every_seconds of {name:?}"), *every_seconds, 10, u32::MAX);
        }
        FeeRule::Reprice { fees_nanomina, every_seconds } => {
            found.unless(
                (1..=1000).contains(&fees_nanomina.len()),
                format!("{name:?} must have 1 to 1000 fees"),
            );
            found.count(&format!("every_seconds of {name:?}"), *every_seconds, 10, u32::MAX);
        }
    }
}

fn regimes(scenario: &Scenario, found: &mut Problems) {
    let regimes = &scenario.regimes;
    found.unless(
        regimes.first().is_some_and(|regime| regime.from_slot == 0) && regimes.len() <= 1000,
        "there must be 1 to 1000 regimes, the first from slot 0".to_owned(),
    );
    found.unless(
        regimes.is_sorted_by(|a, b| a.from_slot < b.from_slot),
        "regimes must stand in the order of their first slot".to_owned(),
    );
    let last = regimes.last().map_or(0, |regime| regime.from_slot);
    found.unless(
        scenario.cycle_slots.is_none_or(|cycle| cycle > last),
        "cycle_slots must be after the first slot of the last regime".to_owned(),
    );
    for regime in regimes {
        for (name, provers) in &regime.provers {
            let known = scenario.competitors.iter().any(|competitor| competitor.name == *name);
            found.unless(
                known,
                format!("regime {:?} names {name:?}, who is no competitor", regime.name),
            );
            found.count(
                &format!("provers of {name:?} in regime {:?}", regime.name),
                *provers,
                0,
                MOST_PROVERS,
            );
        }
        if let Some(expect) = &regime.expect {
            expectation(&regime.name, expect, found);
        }
    }
}

fn expectation(regime: &str, expect: &Expect, found: &mut Problems) {
    let bands = [("zero", expect.zero), ("dust", expect.dust), ("priced", expect.priced)];
    let above = expect.above.iter().map(|above| ("above", above.share));
    for (band, [low, high]) in bands.into_iter().chain(above) {
        found.unless(
            0.0 <= low && low <= high && high <= 1.0,
            format!("the band {band} of regime {regime:?} must be two ascending parts of 1"),
        );
    }
}

#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn unless(&mut self, holds: bool, problem: String) {
        if !holds {
            self.0.push(problem);
        }
    }

    fn real(&mut self, what: &str, value: f64, low: f64, high: f64) {
        self.unless(
            (low..=high).contains(&value),
            format!("{what} is {value}, must be {low} to {high}"),
        );
    }

    fn count(&mut self, what: &str, value: u32, low: u32, high: u32) {
        self.unless(
            (low..=high).contains(&value),
            format!("{what} is {value}, must be {low} to {high}"),
        );
    }
}
