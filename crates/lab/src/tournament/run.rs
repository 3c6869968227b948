//! Runs every policy in the market of every seed.

use std::{num::NonZero, time::Duration};

use snarkfee_core::{
    cost::CostModel,
    cycle::Plan,
    policy::{BlockProduction, Mode, OnExit, Params, Pricing, RoleSetting, Safety, Worker},
    units::Nanomina,
};

use super::{
    hindsight::{Hindsight, SoldByPrice, fees_below, find_prices},
    report::TournamentReport,
    seeded_market::SeededMarket,
    setup::Tournament,
    summary::TournamentResults,
};
use crate::{
    market_sim::{OperatorRole, Scenario, World},
    parallel::{Progress, map_in_parallel},
    policy_run::{DEFAULT_FEE, PolicySpec, RunHistory, RunSummary},
};

/// The result of one task.
enum TaskResult {
    Hindsight(Hindsight),
    Policy(Box<RunSummary>, Option<RunHistory>),
}

impl Tournament {
    /// Runs the tournament on `threads` threads. The report does not depend on their number. The
    /// histories are those of the first seed.
    pub fn run(
        &self,
        threads: NonZero<usize>,
        progress: &Progress<'_>,
    ) -> (TournamentReport, Vec<RunHistory>) {
        let plan = self.plan();
        let seed = |index: usize| self.seeds.get(index).copied().unwrap_or_default();
        let common = self.find_common_fees(threads, &plan);
        // The last task of each seed is hindsight.
        let per_seed = self.policies.len() + 1;
        let count = self.seeds.len() * per_seed;
        let tasks = map_in_parallel(threads, count, |task| {
            let (index, place) = (task / per_seed, task % per_seed);
            let market = self.market(seed(index), &plan);
            let result = match self.policies.get(place) {
                None => TaskResult::Hindsight(Hindsight::compute(&market, self.hindsight, &common)),
                Some(spec) => {
                    let mut history = (index == 0).then(|| RunHistory::new(spec.to_string()));
                    let summary = market.run(*spec, history.as_mut());
                    TaskResult::Policy(Box::new(summary), history)
                }
            };
            progress(count as u64);
            result
        });
        let (mut hindsights, mut runs, mut histories) = (Vec::new(), Vec::new(), Vec::new());
        for result in tasks {
            match result {
                TaskResult::Hindsight(hindsight) => hindsights.push(hindsight),
                TaskResult::Policy(run, history) => {
                    runs.push(*run);
                    histories.extend(history);
                }
            }
        }
        let results = TournamentResults::new(self, &common, &hindsights, &runs);
        (results.report(), histories)
    }

    /// The fees that are tried on every seed: the daemon's default, and one nanomina below each
    /// price at which the markets sell without the operator.
    fn find_common_fees(&self, threads: NonZero<usize>, plan: &Plan) -> Vec<Nanomina> {
        if !self.hindsight || self.seeds.len() < 2 {
            return Vec::new();
        }
        let prices = map_in_parallel(threads, self.seeds.len(), |index| {
            let seed = self.seeds.get(index).copied().unwrap_or_default();
            find_prices(&self.market(seed, plan))
        });
        let mut sold = SoldByPrice::new();
        for (price, works) in prices.into_iter().flatten() {
            *sold.entry(price).or_default() += works;
        }
        let mut fees = fees_below(&sold);
        fees.insert(DEFAULT_FEE);
        fees.into_iter().collect()
    }

    /// Profit in MINA of a strategy with other settings, in the market of one seed.
    pub fn profit(&self, seed: u64, pricing: &Pricing) -> f64 {
        let mut plan = self.plan();
        plan.params.pricing = pricing.clone();
        let spec = PolicySpec::Controlled(pricing.strategy);
        self.market(seed, &plan).run(spec, None).profits.total()
    }

    /// Length of a run in hours.
    pub(super) fn hours(&self) -> f64 {
        self.slots as f64 * f64::from(self.scenario.slot_seconds()) / 3600.0
    }

    pub(super) fn market<'a>(&'a self, seed: u64, plan: &'a Plan) -> SeededMarket<'a> {
        let Self { scenario, slots, start, cost, .. } = self;
        SeededMarket { scenario, seed, start: *start, slots: *slots, cost: *cost, plan }
    }

    pub(super) fn plan(&self) -> Plan {
        Plan {
            mode: Mode::Live,
            interval: Duration::from_secs(60),
            book_interval: self.book_interval,
            params: Params {
                pricing: self.pricing.clone(),
                worker: Worker {
                    key: Some(World::operator_key()),
                    role: role_of(&self.scenario),
                    selection: self.selection,
                    ..Worker::default()
                },
                block_production: BlockProduction { enabled: true, ..BlockProduction::default() },
                safety: Safety::default(),
            },
            cost: CostModel::PerWork(self.cost),
            on_exit: OnExit::Keep,
        }
    }
}

/// What the operator of a scenario says its daemon is.
pub(super) fn role_of(scenario: &Scenario) -> RoleSetting {
    match scenario.role() {
        OperatorRole::Worker => RoleSetting::Auto,
        OperatorRole::Coordinator => RoleSetting::Coordinator,
    }
}
