//! Results of a tournament.

use serde::Serialize;

use super::estimate::SeedTotal;

/// How all policies did in one scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TournamentReport {
    /// Name of the scenario.
    pub scenario: String,
    /// Length of a run.
    pub slots: u64,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// The best fixed fee chosen on other seeds; `None` with fewer than two, or without hindsight.
    pub ex_ante: Option<ExAnteReport>,
    /// Profit of the best fixed fee of each seed in hindsight; `None` without hindsight.
    pub hindsight_profit_mina: Option<SeedTotal>,
    /// One for each policy, in order.
    pub policies: Vec<TournamentRow>,
}

/// How one policy did over all seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TournamentRow {
    /// Name of the policy.
    pub policy: String,
    /// Profit in MINA.
    pub profit_mina: Spread,
    /// Profit relative to the best fixed fee in hindsight, median over seeds; `None` where that fee
    /// earns nothing.
    pub ratio_best_fixed: Option<f64>,
    /// The same relative to the best fee of each regime in hindsight, where off is a choice too.
    pub ratio_best_per_regime: Option<f64>,
    /// The same relative to the clairvoyant bound.
    pub ratio_clairvoyant: Option<f64>,
    /// Time spent proving relative to always on at 0.1 MINA, median.
    pub energy_vs_always_on: f64,
    /// Hours of proving, summed over the worker's provers, lost proofs included, median.
    pub prover_hours: f64,
    /// Switches in 4 hours, mean.
    pub toggles_per_4h: f64,
    /// Fee changes in an hour, mean.
    pub fee_changes_per_hour: f64,
    /// Predicted minus realised share sold, median; `None` without predictions.
    pub prediction_error: Option<f64>,
    /// Violations of the invariants, over all seeds.
    pub violations: u64,
    /// Profit in MINA over all seeds.
    pub profit_total_mina: SeedTotal,
    /// It relative to the best fixed fee ex ante; `None` where that earns nothing.
    pub ratio_ex_ante: Option<f64>,
    /// The same relative to the best fee of each regime ex ante, or off.
    pub ratio_ex_ante_per_regime: Option<f64>,
    /// What it earned beyond the best fixed fee ex ante.
    pub above_ex_ante_mina: Option<SeedTotal>,
    /// By regime, in order.
    pub regimes: Vec<RegimeRow>,
    /// What it earned beyond each of the other policies, on the same seeds.
    pub against: Vec<PairedDifference>,
}

/// The best fixed fee, chosen for each seed on all others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExAnteReport {
    /// Profit in MINA over all seeds.
    pub profit_total_mina: SeedTotal,
    /// The same with a fee for each regime, or off.
    pub per_regime_total_mina: SeedTotal,
    /// The fees, ascending.
    pub fees: Vec<FeeChoice>,
}

/// A fee, and for how many seeds it was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FeeChoice {
    /// In MINA.
    pub fee_mina: f64,
    /// For how many.
    pub seeds: u64,
}

/// How a policy did under one regime.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegimeRow {
    /// Its name.
    pub regime: String,
    /// Profit in MINA over all seeds.
    pub profit_total_mina: SeedTotal,
    /// That of the best fee of this regime ex ante, or off.
    pub ex_ante_total_mina: Option<f64>,
}

/// What a policy earned beyond another, seed by seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairedDifference {
    /// The other policy.
    pub policy: String,
    /// In MINA.
    pub difference_mina: SeedTotal,
}

/// Median and range over seeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Median.
    pub median: f64,
    /// Lowest value.
    pub min: f64,
    /// Highest value.
    pub max: f64,
}

impl Spread {
    /// The spread of some values.
    pub(super) fn of(values: Vec<f64>) -> Self {
        Self {
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            median: median(values).unwrap_or_default(),
        }
    }
}

/// The median; `None` of no values.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    values.get(middle.checked_sub(1)?).map(|lower| f64::midpoint(*lower, upper))
}
