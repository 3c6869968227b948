//! Several operators with real policies in one market.
//!
//! Each has a daemon and provers of its own, as the scenario gives to its operator, and looks at its
//! own moments. Beside them each policy runs alone in the same market, and the market runs without
//! any operator.

mod report;
mod run;

use std::{collections::BTreeMap, num::NonZero, time::Duration};

use jiff::Timestamp;
use snarkfee_core::{market::Selection, policy::Pricing, units::Nanomina};

pub use report::{HerdReport, MarketReport, OperatorRow, TogetherReport};

use self::run::MarketRun;
use crate::{
    market_sim::Scenario,
    parallel::{Progress, map_in_parallel},
    policy_run::PolicySpec,
};

/// Operators in one market.
#[derive(Clone, Debug)]
pub struct Together {
    /// The scenario.
    pub scenario: Scenario,
    /// The policy of each operator, and the cost of its works.
    pub operators: Vec<(PolicySpec, Nanomina)>,
    /// One market for each seed.
    pub seeds: Vec<u64>,
    /// Length of a run.
    pub slots: u64,
    /// When runs begin, in simulated time.
    pub start: Timestamp,
    /// Longest time between two readings of the order book at one best tip.
    pub book_interval: Duration,
    /// Settings of the controlled policies; each has its own strategy.
    pub pricing: Pricing,
    /// What they are told of how the daemon selects works.
    pub selection: Selection,
}

/// Operators of the same policy and cost.
struct OperatorKind {
    /// One of them.
    operator: (PolicySpec, Nanomina),
    /// The places of all in the list of operators.
    places: Vec<usize>,
}

/// What the operators of one seed did: together, and each kind alone; and the market without any.
struct SeedRuns {
    together: MarketRun,
    without: MarketRun,
    /// By kind.
    alone: Vec<MarketRun>,
}

impl Together {
    /// Runs all markets on `threads` threads. The report does not depend on their number.
    pub fn run(&self, threads: NonZero<usize>, progress: &Progress<'_>) -> TogetherReport {
        let kinds = self.kinds();
        let per_seed = kinds.len() + 2;
        let count = self.seeds.len() * per_seed;
        let mut runs = map_in_parallel(threads, count, |task| {
            let seed = self.seeds.get(task / per_seed).copied().unwrap_or_default();
            let run = match (task % per_seed).checked_sub(2).map(|kind| kinds.get(kind)) {
                Some(kind) => {
                    let alone = kind.map_or(&[][..], |kind| std::slice::from_ref(&kind.operator));
                    self.run_market(seed, alone)
                }
                None if task % per_seed == 0 => self.run_market(seed, &self.operators),
                None => self.run_market(seed, &[]),
            };
            progress(count as u64);
            run
        })
        .into_iter();
        let mut seeds = Vec::new();
        while let (Some(together), Some(without)) = (runs.next(), runs.next()) {
            let alone = runs.by_ref().take(kinds.len()).collect();
            seeds.push(SeedRuns { together, without, alone });
        }
        report::summarize(self, &kinds, &seeds)
    }

    /// The kinds of operators, in order of the first of each.
    fn kinds(&self) -> Vec<OperatorKind> {
        let mut places: BTreeMap<(String, Nanomina), Vec<usize>> = BTreeMap::new();
        for (place, (policy, cost)) in self.operators.iter().enumerate() {
            places.entry((policy.to_string(), *cost)).or_default().push(place);
        }
        let mut kinds: Vec<_> = places
            .into_values()
            .filter_map(|places| {
                let operator = *self.operators.get(*places.first()?)?;
                Some(OperatorKind { operator, places })
            })
            .collect();
        kinds.sort_by(|a, b| a.places.cmp(&b.places));
        kinds
    }

    /// Length of a run in hours.
    fn hours(&self) -> f64 {
        self.slots as f64 * f64::from(self.scenario.slot_seconds()) / 3600.0
    }
}

#[cfg(test)]
mod tests;
