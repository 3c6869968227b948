//! Runs every policy in the market of every seed.

use std::{num::NonZero, time::Duration};

use jiff::Timestamp;
use snarkfee_core::{
    cost::CostModel,
    cycle::Plan,
    market::Selection,
    policy::{BlockProduction, Mode, OnExit, Params, Pricing, RoleSetting, Safety, Worker},
    units::Nanomina,
};

use super::{
    hindsight::Hindsight,
    report::{Spread, TournamentReport, TournamentRow, median},
    seeded_market::SeededMarket,
};
use crate::{
    market_sim::{OperatorRole, Scenario, World},
    parallel::{Progress, map_in_parallel},
    policy_run::{PolicySpec, RunHistory, RunSummary},
};

/// Policies and the markets that they run in.
#[derive(Clone, Debug)]
pub struct Tournament {
    /// The scenario.
    pub scenario: Scenario,
    /// The policies.
    pub policies: Vec<PolicySpec>,
    /// One market for each seed.
    pub seeds: Vec<u64>,
    /// Length of a run.
    pub slots: u64,
    /// When runs begin, in simulated time.
    pub start: Timestamp,
    /// Cost of one work.
    pub cost: Nanomina,
    /// Time between two readings of the order book.
    pub book_interval: Duration,
    /// Settings of the controlled policies; each has its own strategy.
    pub pricing: Pricing,
    /// What they are told of how the daemon selects works.
    pub selection: Selection,
    /// Whether to search the best fees in hindsight. Without them the ratios of the report are
    /// `None`.
    pub hindsight: bool,
}

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
        // The last task of each seed is hindsight.
        let per_seed = self.policies.len() + 1;
        let count = self.seeds.len() * per_seed;
        let tasks = map_in_parallel(threads, count, |task| {
            let (index, place) = (task / per_seed, task % per_seed);
            let market = self.market(self.seeds.get(index).copied().unwrap_or_default(), &plan);
            let result = match self.policies.get(place) {
                None => TaskResult::Hindsight(Hindsight::compute(&market, self.hindsight)),
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
        let rows = self.policies.iter().enumerate().map(|(index, spec)| {
            let of_policy = runs.iter().skip(index).step_by(self.policies.len());
            self.row(*spec, &hindsights.iter().zip(of_policy).collect::<Vec<_>>())
        });
        let report = TournamentReport {
            scenario: self.scenario.name().to_owned(),
            slots: self.slots,
            seeds: self.seeds.clone(),
            policies: rows.collect(),
        };
        (report, histories)
    }

    /// Profit in MINA of a strategy with other settings, in the market of one seed.
    pub fn profit(&self, seed: u64, pricing: &Pricing) -> f64 {
        let mut plan = self.plan();
        plan.params.pricing = pricing.clone();
        let spec = PolicySpec::Controlled(pricing.strategy);
        self.market(seed, &plan).run(spec, None).profits.total()
    }

    pub(super) fn market<'a>(&'a self, seed: u64, plan: &'a Plan) -> SeededMarket<'a> {
        let Self { scenario, slots, start, cost, .. } = self;
        SeededMarket { scenario, seed, start: *start, slots: *slots, cost: *cost, plan }
    }

    pub(super) fn plan(&self) -> Plan {
        let role = match self.scenario.role() {
            OperatorRole::Worker => RoleSetting::Auto,
            OperatorRole::Coordinator => RoleSetting::Coordinator,
        };
        Plan {
            mode: Mode::Live,
            interval: Duration::from_secs(60),
            book_interval: self.book_interval,
            params: Params {
                pricing: self.pricing.clone(),
                worker: Worker {
                    key: Some(World::operator_key()),
                    role,
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

    fn row(&self, spec: PolicySpec, markets: &[(&Hindsight, &RunSummary)]) -> TournamentRow {
        let hours = self.hours() * markets.len().max(1) as f64;
        let mean = |count: fn(&RunSummary) -> u64, per: f64| {
            markets.iter().map(|(_, run)| count(run)).sum::<u64>() as f64 * per / hours
        };
        let middle = |of: fn(&Hindsight, &RunSummary) -> Option<f64>| {
            median(markets.iter().filter_map(|(hindsight, run)| of(hindsight, run)).collect())
        };
        TournamentRow {
            policy: spec.to_string(),
            profit_mina: Spread::of(markets.iter().map(|(_, run)| run.profits.total()).collect()),
            ratio_best_fixed: middle(|hindsight, run| {
                Hindsight::ratio(run.profits.total(), hindsight.best_fixed)
            }),
            ratio_best_per_regime: middle(|hindsight, run| {
                Hindsight::ratio(run.profits.total(), hindsight.best_per_regime)
            }),
            ratio_clairvoyant: middle(|hindsight, run| {
                Hindsight::ratio(run.profits.total(), hindsight.clairvoyant)
            }),
            energy_vs_always_on: middle(|hindsight, run| Some(hindsight.energy(run.own.busy)))
                .unwrap_or_default(),
            prover_hours: middle(|_, run| Some(run.own.busy.as_secs_f64() / 3600.0))
                .unwrap_or_default(),
            toggles_per_4h: mean(|run| run.own.toggles, 4.0),
            fee_changes_per_hour: mean(|run| run.fee_changes, 1.0),
            prediction_error: middle(|_, run| run.prediction_error),
            violations: markets.iter().map(|(_, run)| run.violations.len() as u64).sum(),
        }
    }

    fn hours(&self) -> f64 {
        self.slots as f64 * f64::from(self.scenario.slot_seconds()) / 3600.0
    }
}
