//! Policies side by side in the same markets: same seeds, same competitors, same draws.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    entrant::Entrant,
    scenario::Scenario,
    script::{Scripted, clairvoyant, sales_without_us, scripted},
    trial::{Trial, trial},
    truth::SoldWork,
    world::World,
};
use crate::{
    controller::{OnExit, Plan},
    cost::CostModel,
    policy::{BlockProduction, Mode, Params, Pricing, RoleSetting, Safety, Worker},
    simulate::Role,
    units::Nanomina,
};

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
    /// Median over seeds of profit relative to the best fixed fee in hindsight; none where that earns nothing.
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

/// What hindsight makes of one market.
struct Hindsight {
    best_fixed: f64,
    best_per_regime: f64,
    clairvoyant: f64,
    always_on_busy: Duration,
}

/// One policy in one market.
struct Run {
    profit: f64,
    busy: Duration,
    toggles: u64,
    fee_changes: u64,
    prediction_error: Option<f64>,
    violations: u64,
}

/// The daemon's own default fee.
const DEFAULT_FEE: u64 = 100_000_000;

impl Contest {
    /// Runs it on `threads` threads; the report does not depend on their number.
    pub fn run(&self, threads: NonZero<usize>) -> Report {
        let markets = in_parallel(threads, self.seeds.len(), |index| {
            let seed = self.seeds.get(index).copied().unwrap_or_default();
            let runs: Vec<Run> = self.entrants.iter().map(|entrant| self.run_one(seed, *entrant)).collect();
            (self.hindsight(seed), runs)
        });
        let rows = self.entrants.iter().enumerate().map(|(index, entrant)| {
            let parts = markets.iter().filter_map(|(hindsight, runs)| Some((hindsight, runs.get(index)?)));
            self.row(*entrant, &parts.collect::<Vec<_>>())
        });
        Report {
            scenario: self.scenario.name().to_owned(),
            slots: self.slots,
            seeds: self.seeds.clone(),
            policies: rows.collect(),
        }
    }

    fn run_one(&self, seed: u64, entrant: Entrant) -> Run {
        match entrant {
            Entrant::Controlled(strategy) => {
                let pricing = Pricing { strategy, ..self.pricing.clone() };
                let trial = self.controlled(seed, pricing);
                Run {
                    profit: trial.tally.profit(self.cost),
                    busy: trial.own.busy,
                    toggles: trial.own.toggles,
                    fee_changes: trial.fee_changes,
                    prediction_error: trial.prediction_error,
                    violations: trial.own.fast_toggles,
                }
            }
            script => {
                let Scripted { tally, busy, toggles, fee_changes } =
                    scripted(&self.scenario, seed, self.start, self.slots, script);
                Run {
                    profit: tally.profit(self.cost),
                    busy,
                    toggles,
                    fee_changes,
                    prediction_error: None,
                    violations: 0,
                }
            }
        }
    }

    fn controlled(&self, seed: u64, pricing: Pricing) -> Trial {
        let role = match self.scenario.role() {
            Role::Worker => RoleSetting::Auto,
            Role::Coordinator => RoleSetting::Coordinator,
        };
        let plan = Plan {
            mode: Mode::Live,
            interval: Duration::from_secs(60),
            params: Params {
                pricing,
                worker: Worker { key: Some(World::operator_key()), role, own_provers: Vec::new() },
                block_production: BlockProduction { enabled: true, ..BlockProduction::default() },
                safety: Safety::default(),
            },
            cost: CostModel::PerWork(self.cost),
            on_exit: OnExit::Keep,
        };
        trial(&self.scenario, seed, self.start, self.length(), &plan)
    }

    fn length(&self) -> Duration {
        Duration::from_secs(self.slots.saturating_mul(u64::from(self.scenario.slot_seconds())))
    }

    /// The best fixed fees among one below each price that sold, and the daemon's default.
    fn hindsight(&self, seed: u64) -> Hindsight {
        let sales = sales_without_us(&self.scenario, seed, self.start, self.slots);
        let run = |fee| scripted(&self.scenario, seed, self.start, self.slots, Entrant::AlwaysOn(fee));
        let always_on = run(default_fee());
        let others = rival_fees(&sales).into_iter().filter(|fee| *fee != default_fee()).map(run);
        let (always_on_busy, mut tallies) = (always_on.busy, vec![always_on.tally]);
        tallies.extend(others.map(|other| other.tally));
        let profits: Vec<Vec<f64>> = tallies.iter().map(|tally| tally.profits(self.cost)).collect();
        let regimes = profits.iter().map(Vec::len).max().unwrap_or_default();
        let best_in = |regime: usize| {
            let of = |profits: &Vec<f64>| profits.get(regime).copied();
            profits.iter().filter_map(of).fold(0.0, f64::max)
        };
        Hindsight {
            best_fixed: tallies.iter().map(|tally| tally.profit(self.cost)).fold(f64::NEG_INFINITY, f64::max),
            best_per_regime: (0..regimes).map(best_in).sum(),
            clairvoyant: clairvoyant(&self.scenario, self.slots, &sales, self.cost),
            always_on_busy,
        }
    }

    fn row(&self, entrant: Entrant, markets: &[(&Hindsight, &Run)]) -> Row {
        let hours = self.length().as_secs_f64() / 3600.0 * markets.len().max(1) as f64;
        let mean = |count: fn(&Run) -> u64, per: f64| {
            markets.iter().map(|(_, run)| count(run)).sum::<u64>() as f64 * per / hours
        };
        let middle = |of: fn(&Hindsight, &Run) -> Option<f64>| {
            median(markets.iter().filter_map(|(hindsight, run)| of(hindsight, run)).collect())
        };
        let profits = || markets.iter().map(|(_, run)| run.profit);
        Row {
            policy: entrant.to_string(),
            profit_mina: Spread {
                median: median(profits().collect()).unwrap_or_default(),
                min: profits().fold(f64::INFINITY, f64::min),
                max: profits().fold(f64::NEG_INFINITY, f64::max),
            },
            ratio_best_fixed: middle(|hindsight, run| Hindsight::ratio(run.profit, hindsight.best_fixed)),
            ratio_best_per_regime: middle(|hindsight, run| Hindsight::ratio(run.profit, hindsight.best_per_regime)),
            ratio_clairvoyant: middle(|hindsight, run| Hindsight::ratio(run.profit, hindsight.clairvoyant)),
            energy_vs_always_on: middle(|hindsight, run| Some(hindsight.energy(run.busy))).unwrap_or_default(),
            toggles_per_4h: mean(|run| run.toggles, 4.0),
            fee_changes_per_hour: mean(|run| run.fee_changes, 1.0),
            prediction_error: middle(|_, run| run.prediction_error),
            violations: markets.iter().map(|(_, run)| run.violations).sum(),
        }
    }
}

impl Hindsight {
    /// A profit relative to one of hindsight's; none where that earns nothing.
    fn ratio(profit: f64, to: f64) -> Option<f64> {
        (to > 0.0).then(|| profit / to)
    }

    /// Time spent proving relative to always on.
    fn energy(&self, busy: Duration) -> f64 {
        let always_on = self.always_on_busy.as_secs_f64();
        if always_on > 0.0 { busy.as_secs_f64() / always_on } else { 0.0 }
    }
}

/// One nanomina below each price at which the market sells without us, the most sold ones where there are many.
fn rival_fees(sales: &VecDeque<SoldWork>) -> BTreeSet<Nanomina> {
    /// Fees tried; more would hardly find a better one and each costs a run.
    const MOST: usize = 24;
    let mut sold_at: BTreeMap<Nanomina, u64> = BTreeMap::new();
    for sale in sales.iter().filter(|sale| sale.fee > Nanomina::ZERO) {
        *sold_at.entry(sale.fee).or_default() += 1;
    }
    let mut ranked: Vec<(u64, Nanomina)> = sold_at.into_iter().map(|(fee, sold)| (sold, fee)).collect();
    ranked.sort_unstable_by(|a, b| b.cmp(a));
    ranked.into_iter().take(MOST).map(|(_, fee)| fee.saturating_sub(Nanomina::ONE)).collect()
}

fn default_fee() -> Nanomina {
    Nanomina::try_new(DEFAULT_FEE).unwrap_or(Nanomina::MAX)
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

/// Results of `work(0)` to `work(count - 1)` in that order, worked out on up to `threads` threads.
fn in_parallel<T: Send>(threads: NonZero<usize>, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let mut results: Vec<(usize, T)> = std::thread::scope(|scope| {
        let worker = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    return done;
                }
                done.push((index, work(index)));
            }
        };
        let workers: Vec<_> = (0..threads.get().min(count)).map(|_| scope.spawn(worker)).collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined.flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
