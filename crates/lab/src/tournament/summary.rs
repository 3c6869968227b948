//! From the runs of a tournament to its report.

use std::collections::BTreeMap;

use super::{
    estimate::SeedTotal,
    ex_ante::ExAnte,
    hindsight::Hindsight,
    report::{
        ExAnteReport, FeeChoice, PairedDifference, RegimeRow, Spread, TournamentReport,
        TournamentRow, median,
    },
    setup::Tournament,
};
use crate::policy_run::{PolicySpec, RunSummary};
use snarkfee_core::units::Nanomina;

/// The runs of a tournament.
pub(super) struct TournamentResults<'a> {
    tournament: &'a Tournament,
    /// One for each seed.
    hindsights: &'a [Hindsight],
    /// By seed, then by policy.
    runs: &'a [RunSummary],
    ex_ante: Option<ExAnte>,
}

impl<'a> TournamentResults<'a> {
    /// `common` are the fees that were tried on every seed.
    pub(super) fn new(
        tournament: &'a Tournament,
        common: &[Nanomina],
        hindsights: &'a [Hindsight],
        runs: &'a [RunSummary],
    ) -> Self {
        let profits: Vec<_> = hindsights.iter().map(|hindsight| &hindsight.common).collect();
        let ex_ante = ExAnte::choose(common, &profits);
        Self { tournament, hindsights, runs, ex_ante }
    }

    pub(super) fn report(&self) -> TournamentReport {
        let Tournament { scenario, slots, seeds, policies, hindsight, .. } = self.tournament;
        let best: Vec<f64> = self.hindsights.iter().map(|seed| seed.best_fixed).collect();
        let rows = policies.iter().enumerate().map(|(place, spec)| self.row(place, *spec));
        TournamentReport {
            scenario: scenario.name().to_owned(),
            slots: *slots,
            seeds: seeds.clone(),
            ex_ante: self.ex_ante.as_ref().map(report_ex_ante),
            hindsight_profit_mina: hindsight.then(|| SeedTotal::of(&best)),
            policies: rows.collect(),
        }
    }

    /// The runs of one policy, one for each seed.
    fn runs_of(&self, place: usize) -> impl Iterator<Item = &RunSummary> {
        self.runs.iter().skip(place).step_by(self.tournament.policies.len())
    }

    fn profits_of(&self, place: usize) -> Vec<f64> {
        self.runs_of(place).map(|run| run.profits.total()).collect()
    }

    fn row(&self, place: usize, spec: PolicySpec) -> TournamentRow {
        let markets: Vec<_> = self.hindsights.iter().zip(self.runs_of(place)).collect();
        let hours = self.tournament.hours() * markets.len().max(1) as f64;
        let mean = |count: fn(&RunSummary) -> u64, per: f64| {
            markets.iter().map(|(_, run)| count(run)).sum::<u64>() as f64 * per / hours
        };
        let middle = |of: fn(&Hindsight, &RunSummary) -> Option<f64>| {
            median(markets.iter().filter_map(|(hindsight, run)| of(hindsight, run)).collect())
        };
        let profits = self.profits_of(place);
        let total = SeedTotal::of(&profits);
        let relative_to = |yardstick: Option<Vec<f64>>| {
            let yardstick = SeedTotal::of(&yardstick?).total;
            Hindsight::ratio(total.total, yardstick)
        };
        let fixed = self.ex_ante.as_ref().map(|chosen| chosen.fixed.clone());
        TournamentRow {
            policy: spec.to_string(),
            profit_mina: Spread::of(profits.clone()),
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
            profit_total_mina: total,
            ratio_ex_ante: relative_to(fixed.clone()),
            ratio_ex_ante_per_regime: relative_to(self.ex_ante.as_ref().map(ExAnte::per_regime)),
            above_ex_ante_mina: fixed.map(|fixed| SeedTotal::of_differences(&profits, &fixed)),
            regimes: self.regimes(place),
            against: self.differences(place, &profits),
        }
    }

    fn regimes(&self, place: usize) -> Vec<RegimeRow> {
        let profits: Vec<Vec<f64>> =
            self.runs_of(place).map(|run| run.profits.by_regime()).collect();
        let under = |by_regime: &Vec<f64>, regime: usize| {
            by_regime.get(regime).copied().unwrap_or_default()
        };
        let names = self.tournament.scenario.regime_names();
        let row = |(regime, name): (usize, &str)| {
            let of_regime = |seeds: &[Vec<f64>]| {
                let values: Vec<f64> = seeds.iter().map(|seed| under(seed, regime)).collect();
                SeedTotal::of(&values)
            };
            RegimeRow {
                regime: name.to_owned(),
                profit_total_mina: of_regime(&profits),
                ex_ante_total_mina: self
                    .ex_ante
                    .as_ref()
                    .map(|chosen| of_regime(&chosen.by_regime).total),
            }
        };
        names.enumerate().map(row).collect()
    }

    fn differences(&self, place: usize, profits: &[f64]) -> Vec<PairedDifference> {
        let others = self.tournament.policies.iter().enumerate();
        let others = others.filter(|(other, _)| *other != place);
        let difference = |(other, spec): (usize, &PolicySpec)| PairedDifference {
            policy: spec.to_string(),
            difference_mina: SeedTotal::of_differences(profits, &self.profits_of(other)),
        };
        others.map(difference).collect()
    }
}

fn report_ex_ante(chosen: &ExAnte) -> ExAnteReport {
    let mut seeds: BTreeMap<Nanomina, u64> = BTreeMap::new();
    for fee in &chosen.fees {
        *seeds.entry(*fee).or_default() += 1;
    }
    let choice = |(fee, seeds): (Nanomina, u64)| FeeChoice { fee_mina: fee.to_mina(), seeds };
    ExAnteReport {
        profit_total_mina: SeedTotal::of(&chosen.fixed),
        per_regime_total_mina: SeedTotal::of(&chosen.per_regime()),
        fees: seeds.into_iter().map(choice).collect(),
    }
}
