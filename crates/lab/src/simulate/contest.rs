//! Policies side by side in the same markets: same seeds, same competitors, same draws.

use std::{num::NonZero, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use snarkfee_core::{
    cost::CostModel,
    cycle::{OnExit, Plan},
    policy::{BlockProduction, Mode, Params, Pricing, RoleSetting, Safety, Worker},
    units::Nanomina,
};

use super::{
    contestant::{Contestant, Run},
    entrant::Entrant,
    hindsight::Hindsight,
    parallel::{Progress, in_parallel},
    portrait::Portrait,
    scenario::Scenario,
    world::World,
};
use crate::simulate::Role;

/// What is contested.
#[derive(Clone, Debug)]
pub struct Contest {
    /// The market.
    pub scenario: Scenario,
    /// Who takes part.
    pub entrants: Vec<Entrant>,
    /// One market for each seed.
    pub seeds: Vec<u64>,
    /// Length of a run.
    pub slots: u64,
    /// When runs begin, by the market's calendar.
    pub start: Timestamp,
    /// Cost of one work.
    pub cost: Nanomina,
    /// Settings of the controlled entrants; their strategy is the entrant's.
    pub pricing: Pricing,
    /// Whether the best fees in hindsight are worked out, without which nothing is said relative to
    /// them.
    pub hindsight: bool,
}

/// How everyone did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Name of the market.
    pub scenario: String,
    /// Length of a run.
    pub slots: u64,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// One for each entrant, in order.
    pub policies: Vec<Row>,
}

/// How one policy did over all seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its name.
    pub policy: String,
    /// Profit in MINA.
    pub profit_mina: Spread,
    /// Median over seeds of profit relative to the best fixed fee in hindsight; none where that
    /// earns nothing.
    pub ratio_best_fixed: Option<f64>,
    /// The same relative to the best fee of each regime in hindsight, off among them.
    pub ratio_best_per_regime: Option<f64>,
    /// The same relative to the clairvoyant bound.
    pub ratio_clairvoyant: Option<f64>,
    /// Time spent proving relative to always on at 0.1 MINA, median.
    pub energy_vs_always_on: f64,
    /// Switches in 4 hours, mean.
    pub toggles_per_4h: f64,
    /// Fee changes in an hour, mean.
    pub fee_changes_per_hour: f64,
    /// Predicted minus realised share sold, median; none without predictions.
    pub prediction_error: Option<f64>,
    /// Rules broken, over all seeds.
    pub violations: u64,
}

/// Median and range over seeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Median.
    pub median: f64,
    /// Least.
    pub min: f64,
    /// Largest.
    pub max: f64,
}

/// What a task of a contest leads to.
enum Part {
    Hindsight(Hindsight),
    Entrant(Box<Run>, Option<Portrait>),
}

/// One market from beginning to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) seed: u64,
    pub(super) start: Timestamp,
    slots: u64,
    pub(super) cost: Nanomina,
    plan: &'a Plan,
}

/// The daemon's own default fee.
pub(super) fn default_fee() -> Nanomina {
    const DEFAULT: u64 = 100_000_000;
    Nanomina::try_new(DEFAULT).unwrap_or(Nanomina::MAX)
}

impl Course<'_> {
    /// When it ends.
    pub(super) fn end(&self) -> Timestamp {
        self.slot_begins(self.slots)
    }

    /// One policy from beginning to end. A controlled one looks at its interval, a script at each
    /// slot.
    pub(super) fn run(&self, entrant: Entrant, mut portrait: Option<&mut Portrait>) -> Run {
        let cost = CostModel::PerWork(self.cost);
        let world = World::new(self.scenario, self.seed, self.start);
        let mut contestant = Contestant::new(world, entrant, self.plan, self.seed, self.start);
        match entrant {
            Entrant::Controlled(_) => {
                let (mut now, end) = (self.start, self.end());
                while now < end {
                    contestant.step_shown(now, &cost, portrait.as_deref_mut());
                    now = now.checked_add(self.plan.interval).unwrap_or(Timestamp::MAX);
                }
            }
            _ => {
                for slot in 0..self.slots {
                    contestant.step_shown(self.slot_begins(slot), &cost, portrait.as_deref_mut());
                }
            }
        }
        contestant.finish(self.end(), &cost)
    }

    fn slot_begins(&self, number: u64) -> Timestamp {
        let slot = SignedDuration::from_secs(i64::from(self.scenario.slot_seconds()));
        let after = slot
            .checked_mul(i32::try_from(number).unwrap_or(i32::MAX))
            .unwrap_or(SignedDuration::MAX);
        self.start.checked_add(after).unwrap_or(Timestamp::MAX)
    }
}

impl Contest {
    /// Runs it on `threads` threads; the report does not depend on their number. The portraits show
    /// the first seed.
    pub fn run(&self, threads: NonZero<usize>, progress: &Progress<'_>) -> (Report, Vec<Portrait>) {
        let plan = self.plan();
        // One more than the entrants: hindsight.
        let per_seed = self.entrants.len() + 1;
        let count = self.seeds.len() * per_seed;
        let tasks = in_parallel(threads, count, |task| {
            let (index, place) = (task / per_seed, task % per_seed);
            let course = self.course(self.seeds.get(index).copied().unwrap_or_default(), &plan);
            let done = match self.entrants.get(place) {
                None => Part::Hindsight(Hindsight::of(&course, self.hindsight)),
                Some(entrant) => {
                    let mut portrait = (index == 0).then(|| Portrait::new(entrant.to_string()));
                    let run = course.run(*entrant, portrait.as_mut());
                    Part::Entrant(Box::new(run), portrait)
                }
            };
            progress(count as u64);
            done
        });
        let (mut hindsights, mut runs, mut portraits) = (Vec::new(), Vec::new(), Vec::new());
        for part in tasks {
            match part {
                Part::Hindsight(hindsight) => hindsights.push(hindsight),
                Part::Entrant(run, portrait) => {
                    runs.push(*run);
                    portraits.extend(portrait);
                }
            }
        }
        let rows = self.entrants.iter().enumerate().map(|(index, entrant)| {
            let of_entrant = runs.iter().skip(index).step_by(self.entrants.len());
            self.row(*entrant, &hindsights.iter().zip(of_entrant).collect::<Vec<_>>())
        });
        let report = Report {
            scenario: self.scenario.name().to_owned(),
            slots: self.slots,
            seeds: self.seeds.clone(),
            policies: rows.collect(),
        };
        (report, portraits)
    }

    /// Profit in MINA of a strategy with other settings, in the market of one seed.
    pub fn profit(&self, seed: u64, pricing: &Pricing) -> f64 {
        let mut plan = self.plan();
        plan.params.pricing = pricing.clone();
        self.course(seed, &plan).run(Entrant::Controlled(pricing.strategy), None).tally.profit()
    }

    fn course<'a>(&'a self, seed: u64, plan: &'a Plan) -> Course<'a> {
        let Self { scenario, slots, start, cost, .. } = self;
        Course { scenario, seed, start: *start, slots: *slots, cost: *cost, plan }
    }

    fn plan(&self) -> Plan {
        let role = match self.scenario.role() {
            Role::Worker => RoleSetting::Auto,
            Role::Coordinator => RoleSetting::Coordinator,
        };
        Plan {
            mode: Mode::Live,
            interval: Duration::from_secs(60),
            params: Params {
                pricing: self.pricing.clone(),
                worker: Worker { key: Some(World::operator_key()), role, ..Worker::default() },
                block_production: BlockProduction { enabled: true, ..BlockProduction::default() },
                safety: Safety::default(),
            },
            cost: CostModel::PerWork(self.cost),
            on_exit: OnExit::Keep,
        }
    }

    fn row(&self, entrant: Entrant, markets: &[(&Hindsight, &Run)]) -> Row {
        let hours = self.hours() * markets.len().max(1) as f64;
        let mean = |count: fn(&Run) -> u64, per: f64| {
            markets.iter().map(|(_, run)| count(run)).sum::<u64>() as f64 * per / hours
        };
        let middle = |of: fn(&Hindsight, &Run) -> Option<f64>| {
            median(markets.iter().filter_map(|(hindsight, run)| of(hindsight, run)).collect())
        };
        let profits = || markets.iter().map(|(_, run)| run.tally.profit());
        Row {
            policy: entrant.to_string(),
            profit_mina: Spread {
                median: median(profits().collect()).unwrap_or_default(),
                min: profits().fold(f64::INFINITY, f64::min),
                max: profits().fold(f64::NEG_INFINITY, f64::max),
            },
            ratio_best_fixed: middle(|hindsight, run| {
                Hindsight::ratio(run.tally.profit(), hindsight.best_fixed)
            }),
            ratio_best_per_regime: middle(|hindsight, run| {
                Hindsight::ratio(run.tally.profit(), hindsight.best_per_regime)
            }),
            ratio_clairvoyant: middle(|hindsight, run| {
                Hindsight::ratio(run.tally.profit(), hindsight.clairvoyant)
            }),
            energy_vs_always_on: middle(|hindsight, run| Some(hindsight.energy(run.own.busy)))
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

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    values.get(middle.checked_sub(1)?).map(|lower| f64::midpoint(*lower, upper))
}
