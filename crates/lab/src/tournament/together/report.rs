//! What several operators in one market came to.

use std::collections::BTreeMap;

use serde::Serialize;
use snarkfee_core::units::{NANOMINA_PER_MINA, Nanomina};

use super::{
    OperatorKind, SeedRuns, Together,
    run::{MarketRun, OperatorRun},
};
use crate::{
    market_sim::CoverageTruth,
    tournament::estimate::{SeedMean, SeedTotal},
};

/// Several operators in one market, beside each alone in it, and the market without any.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TogetherReport {
    /// Name of the scenario.
    pub scenario: String,
    /// Length of a run.
    pub slots: u64,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// Operators of the same policy and cost, in order of the first of them.
    pub operators: Vec<OperatorRow>,
    /// The market with all of them.
    pub market: MarketReport,
    /// The market with none.
    pub without: MarketReport,
    /// Whether they switch together.
    pub herd: HerdReport,
}

/// Operators of the same policy and cost. Means over seeds are for one operator.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OperatorRow {
    /// Name of the policy.
    pub policy: String,
    /// Cost of one work.
    pub cost_mina: f64,
    /// How many.
    pub operators: u64,
    /// Profit in MINA.
    pub profit_mina: SeedMean,
    /// The same of one that is alone in the market.
    pub profit_alone_mina: SeedMean,
    /// Fee changes in an hour.
    pub fee_changes_per_hour: f64,
    /// The same alone.
    pub fee_changes_alone_per_hour: f64,
    /// Switches in 4 hours.
    pub toggles_per_4h: f64,
    /// Share of looks with the worker on.
    pub on_share: f64,
    /// Hours of proving, summed over provers.
    pub prover_hours: f64,
    /// The same alone.
    pub prover_hours_alone: f64,
    /// Median fee asked while on, in the second half of the run; `None` where it was never on.
    pub settled_fee_mina: Option<f64>,
    /// The same alone.
    pub settled_fee_alone_mina: Option<f64>,
    /// Share of looks with the worker on at a fee below the cost of a work.
    pub below_cost_share: f64,
    /// Violations of the invariants, over all seeds.
    pub violations: u64,
}

/// A market: what it paid, and whether purchases found their proofs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MarketReport {
    /// Works bought in an hour.
    pub works_bought_per_hour: f64,
    /// Mean price of a work.
    pub price_mina: f64,
    /// Blocks in a hundred that left out transactions only because a work had no proof.
    pub held_up_blocks_percent: f64,
    /// Mean share of due works with a proof in the pool, over the blocks that wanted any.
    pub due_proved_mean: f64,
    /// The share that one such block in a hundred did not reach.
    pub due_proved_p01: f64,
    /// The lowest share.
    pub due_proved_least: f64,
}

/// Whether operators switch together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HerdReport {
    /// Most that started within ten minutes, in any seed.
    pub most_starting: u64,
    /// Most that stopped within ten minutes.
    pub most_stopping: u64,
    /// Share of looks at which all were off.
    pub all_off_share: f64,
}

/// Sums the seeds up.
pub(super) fn summarize(
    together: &Together,
    kinds: &[OperatorKind],
    seeds: &[SeedRuns],
) -> TogetherReport {
    let rows = kinds.iter().enumerate().map(|(place, kind)| {
        let OperatorKind { operator: (policy, cost), places } = kind;
        let of_seed = |run: &SeedRuns| KindInSeed {
            together: Members::new(places.iter().filter_map(|at| run.together.operators.get(*at))),
            alone: Members::new(run.alone.get(place).iter().flat_map(|run| &run.operators)),
        };
        let of_seeds: Vec<KindInSeed> = seeds.iter().map(of_seed).collect();
        row(policy.to_string(), cost.to_mina(), places.len(), together.hours(), &of_seeds)
    });
    let most = |of: fn(&MarketRun) -> usize| {
        seeds.iter().map(|seed| of(&seed.together) as u64).max().unwrap_or_default()
    };
    let looks =
        |of: fn(&MarketRun) -> u64| seeds.iter().map(|seed| of(&seed.together)).sum::<u64>() as f64;
    let hours = together.hours();
    TogetherReport {
        scenario: together.scenario.name().to_owned(),
        slots: together.slots,
        seeds: together.seeds.clone(),
        operators: rows.collect(),
        market: report_market(seeds.iter().map(|seed| &seed.together), hours),
        without: report_market(seeds.iter().map(|seed| &seed.without), hours),
        herd: HerdReport {
            most_starting: most(|run| run.most_starting),
            most_stopping: most(|run| run.most_stopping),
            all_off_share: looks(|run| run.looks_all_off) / looks(|run| run.looks).max(1.0),
        },
    }
}

/// Operators of one kind in one seed: together with all others, and alone.
struct KindInSeed {
    together: Members,
    alone: Members,
}

/// Sums over operators.
#[derive(Default)]
struct Members {
    count: f64,
    profit: f64,
    fee_changes: u64,
    toggles: u64,
    prover_hours: f64,
    looks: u64,
    looks_on: u64,
    looks_below_cost: u64,
    violations: u64,
    settled: BTreeMap<Nanomina, u64>,
}

impl Members {
    fn new<'a>(runs: impl Iterator<Item = &'a OperatorRun>) -> Self {
        runs.fold(Self::default(), |mut sum, run| {
            sum.count += 1.0;
            sum.profit += run.summary.profits.total();
            sum.fee_changes += run.summary.fee_changes;
            sum.toggles += run.summary.own.toggles;
            sum.prover_hours += run.summary.own.busy.as_secs_f64() / 3600.0;
            sum.looks += run.looks;
            sum.looks_on += run.looks_on;
            sum.looks_below_cost += run.looks_below_cost;
            sum.violations += run.summary.violations.len() as u64;
            for (fee, looks) in &run.settled {
                *sum.settled.entry(*fee).or_default() += looks;
            }
            sum
        })
    }
}

fn row(
    policy: String,
    cost: f64,
    operators: usize,
    hours: f64,
    seeds: &[KindInSeed],
) -> OperatorRow {
    let together = || seeds.iter().map(|seed| &seed.together);
    let alone = || seeds.iter().map(|seed| &seed.alone);
    let total = |count: fn(&Members) -> u64| together().map(count).sum::<u64>() as f64;
    let on = total(|members| members.looks_on);
    OperatorRow {
        policy,
        cost_mina: cost,
        operators: operators as u64,
        profit_mina: mean(together(), |members| members.profit),
        profit_alone_mina: mean(alone(), |members| members.profit),
        fee_changes_per_hour: mean(together(), |members| members.fee_changes as f64).mean / hours,
        fee_changes_alone_per_hour: mean(alone(), |members| members.fee_changes as f64).mean
            / hours,
        toggles_per_4h: mean(together(), |members| members.toggles as f64).mean * 4.0 / hours,
        on_share: on / total(|members| members.looks).max(1.0),
        prover_hours: mean(together(), |members| members.prover_hours).mean,
        prover_hours_alone: mean(alone(), |members| members.prover_hours).mean,
        settled_fee_mina: find_median_fee(together()),
        settled_fee_alone_mina: find_median_fee(alone()),
        below_cost_share: total(|members| members.looks_below_cost) / on.max(1.0),
        violations: together().chain(alone()).map(|members| members.violations).sum(),
    }
}

/// The mean over seeds of one operator's share of a sum.
fn mean<'a>(seeds: impl Iterator<Item = &'a Members>, of: fn(&Members) -> f64) -> SeedMean {
    let each: Vec<f64> = seeds.map(|members| of(members) / members.count.max(1.0)).collect();
    SeedTotal::mean_of(&each)
}

fn find_median_fee<'a>(seeds: impl Iterator<Item = &'a Members>) -> Option<f64> {
    let mut looks: BTreeMap<Nanomina, u64> = BTreeMap::new();
    for (fee, count) in seeds.flat_map(|members| &members.settled) {
        *looks.entry(*fee).or_default() += count;
    }
    let all: u64 = looks.values().sum();
    let mut seen = 0;
    let median = looks.iter().find(|(_, count)| {
        seen += **count;
        2 * seen >= all
    });
    median.map(|(fee, _)| fee.to_mina())
}

fn report_market<'a>(runs: impl Iterator<Item = &'a MarketRun>, hours: f64) -> MarketReport {
    let mut coverage = CoverageTruth::default();
    let (mut count, mut blocks, mut works, mut spent) = (0.0, 0_u64, 0_u64, 0_u128);
    for run in runs {
        count += 1.0;
        blocks += run.blocks;
        works += run.works_bought;
        spent = spent.saturating_add(run.spent);
        coverage.add(&run.coverage);
    }
    let paid = spent as f64 / NANOMINA_PER_MINA as f64;
    MarketReport {
        works_bought_per_hour: works as f64 / (hours * f64::max(count, 1.0)),
        price_mina: paid / works.max(1) as f64,
        held_up_blocks_percent: 100.0 * coverage.held_up_blocks as f64 / blocks.max(1) as f64,
        due_proved_mean: coverage.mean(),
        due_proved_p01: coverage.quantile(0.01),
        due_proved_least: coverage.quantile(0.0),
    }
}
