//! Which settings earn most on given data, and whether the data can show it.
//!
//! The search tries one setting after another at a few values on the training data, and keeps a
//! value only if it earns more than chance explains. It then compares the result with the initial
//! settings on the validation data.

mod data;

use std::fmt::Write as _;

use serde::Serialize;

pub use data::{Execution, TuningData};
use snarkfee_config::{Knob, knobs};
use snarkfee_core::{
    policy::Pricing,
    units::{decimals, signed_decimals},
};

use crate::policy_run::sum_profits;

/// Result of a search.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TuningReport {
    /// `scenario`, `blocks` or `journal`.
    pub source: &'static str,
    /// Cases that settings were chosen on.
    pub training_cases: usize,
    /// Cases that they were compared on.
    pub validation_cases: usize,
    /// Whether all settings were tried; false after an interruption.
    pub complete: bool,
    /// One for each setting, in order.
    pub settings: Vec<SettingFinding>,
    /// Comparison on the training data.
    pub training: Option<Comparison>,
    /// Comparison on the validation data.
    pub validation: Option<Comparison>,
    /// Reasons not to rely on the recommendation.
    pub warnings: Vec<String>,
    /// The recommended settings.
    #[serde(skip)]
    pub pricing: Pricing,
}

/// Result for one setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingFinding {
    /// Its key in `[policy]`.
    pub key: &'static str,
    /// The recommended value, as written in TOML.
    pub value: String,
    /// The initial value.
    pub before: String,
    /// Why the value is recommended.
    pub reason: String,
}

/// Two choices of settings on the same cases, in MINA per case.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Mean profit with the initial settings.
    pub before_mina: f64,
    /// Mean profit with the recommended settings.
    pub after_mina: f64,
    /// Mean gain.
    pub gain_mina: f64,
    /// Standard error of the mean gain; `None` with one case.
    pub error_mina: Option<f64>,
    /// Cases with a gain.
    pub better_in: usize,
    /// Number of cases.
    pub cases: usize,
}

/// Standard errors that a gain must exceed. Chance alone exceeds one in one of six cases, and the
/// validation data is a second test.
const ERRORS: f64 = 1.0;
/// A gain below this share of the profit is not worth a change.
const WORTH: f64 = 0.01;
/// Fewest training cases that say anything.
const FEW: usize = 4;

impl Comparison {
    fn of(before: &[f64], after: &[f64]) -> Option<Self> {
        let gains: Vec<f64> =
            before.iter().zip(after).map(|(before, after)| after - before).collect();
        let mean = |values: &[f64]| sum_profits(values.iter().copied()) / values.len() as f64;
        if gains.is_empty() {
            return None;
        }
        let gain = mean(&gains);
        let cases = gains.len();
        let squares: f64 = gains.iter().map(|one| (one - gain).powi(2)).sum();
        let error = (cases > 1).then(|| (squares / (cases - 1) as f64 / cases as f64).sqrt());
        let better_in = gains.iter().filter(|gain| **gain > 0.0).count();
        let (before_mina, after_mina) = (mean(before), mean(after));
        Some(Self { before_mina, after_mina, gain_mina: gain, error_mina: error, better_in, cases })
    }

    /// Whether chance does not explain the gain.
    fn is_clear(&self) -> bool {
        let scale = self.before_mina.abs().max(self.after_mina.abs());
        self.gain_mina > scale * WORTH && self.gain_mina > self.error_mina.unwrap_or(0.0) * ERRORS
    }
}

/// Searches for the settings that earn most, starting from `base`. Returns early, with the result
/// so far, when `execution` is cancelled.
///
/// # Errors
///
/// The data cannot be read.
pub fn tune(
    data: &TuningData<'_>,
    base: &Pricing,
    execution: &Execution<'_>,
) -> anyhow::Result<TuningReport> {
    let knobs = knobs();
    let total = 1 + knobs.iter().map(|knob| knob.candidates(base).len() as u64).sum::<u64>() + 2;
    let training = |pricing: &[Pricing]| data.profits(pricing, false, total, execution);
    let mut found = TuningReport {
        source: data.name(),
        training_cases: data.count_cases(false),
        validation_cases: data.count_cases(true),
        complete: false,
        settings: Vec::new(),
        training: None,
        validation: None,
        warnings: Vec::new(),
        pricing: base.clone(),
    };
    if found.training_cases == 0 {
        anyhow::bail!(
            "nothing to compare settings on: the data of this {} is too short, at least {} are \
             needed",
            data.name(),
            data.least()
        );
    }
    let Some(mut first) = training(std::slice::from_ref(base))? else {
        found.warnings.push("interrupted before anything was tried".to_owned());
        return Ok(found);
    };
    let before = first.pop().unwrap_or_default();
    let mut best = (base.clone(), before.clone());
    found.complete = sweep_settings(&training, &knobs, base, &mut best, &mut found.settings)?;
    found.training = Comparison::of(&before, &best.1);
    found.pricing = best.0;
    validate(&mut found, base, &|pricing| data.profits(pricing, true, total, execution))?;
    for (finding, knob) in found.settings.iter_mut().zip(&knobs) {
        finding.value = knob.show(&found.pricing);
    }
    Ok(found)
}

type Profits<'a> = &'a dyn Fn(&[Pricing]) -> anyhow::Result<Option<Vec<Vec<f64>>>>;

/// Tries one setting after another. False when it was interrupted.
fn sweep_settings(
    profits: Profits<'_>,
    knobs: &[Knob],
    base: &Pricing,
    best: &mut (Pricing, Vec<f64>),
    settings: &mut Vec<SettingFinding>,
) -> anyhow::Result<bool> {
    let mut complete = true;
    for knob in knobs {
        let candidates = knob.candidates(&best.0);
        let tried = if complete { profits(&candidates)? } else { None };
        complete &= tried.is_some();
        let reason = match tried {
            None => "not tried: interrupted".to_owned(),
            Some(results) => choose_candidate(knob, best, candidates, results),
        };
        let (value, before) = (knob.show(&best.0), knob.show(base));
        settings.push(SettingFinding { key: knob.key(), value, before, reason });
    }
    Ok(complete)
}

/// Takes the candidate that earns most if it earns clearly more than `best`. Returns the reason for
/// the choice.
fn choose_candidate(
    knob: &Knob,
    best: &mut (Pricing, Vec<f64>),
    candidates: Vec<Pricing>,
    results: Vec<Vec<f64>>,
) -> String {
    let names: Vec<String> = candidates.iter().map(|pricing| knob.show(pricing)).collect();
    let compared = candidates.into_iter().zip(results).filter_map(|(pricing, profits)| {
        let comparison = Comparison::of(&best.1, &profits)?;
        Some((comparison, pricing, profits))
    });
    // Of equal candidates the first wins.
    let top =
        compared.reduce(|top, next| if next.0.gain_mina > top.0.gain_mina { next } else { top });
    match top {
        Some((comparison, pricing, profits)) if comparison.is_clear() => {
            let Comparison { gain_mina, better_in, cases, .. } = comparison;
            let was = knob.show(&best.0);
            *best = (pricing, profits);
            format!(
                "{} MINA a training case against {was}, better in {better_in} of {cases}",
                signed_decimals(gain_mina, 4)
            )
        }
        Some((Comparison { gain_mina, .. }, ..)) if gain_mina > 0.0 => {
            format!(
                "kept: none of {} earns clearly more (at best {} MINA a training case)",
                names.join(", "),
                signed_decimals(gain_mina, 4)
            )
        }
        Some(_) => format!("kept: none of {} earns more", names.join(", ")),
        None => "kept: nothing to compare it on".to_owned(),
    }
}

/// Compares the result on the validation data and adds warnings. Where the gain is not confirmed,
/// the initial settings are recommended.
fn validate(
    found: &mut TuningReport,
    base: &Pricing,
    validation: Profits<'_>,
) -> anyhow::Result<()> {
    if found.training_cases < FEW {
        let cases = found.training_cases;
        found.warnings.push(format!(
            "{cases} training cases are too few to compare settings; use {FEW} or more"
        ));
    }
    if !found.complete {
        found
            .warnings
            .push("interrupted: settings that were not tried keep their values".to_owned());
    }
    let earns =
        found.training.is_some_and(|training| training.before_mina.max(training.after_mina) > 0.0);
    if !earns {
        found
            .warnings
            .push("no settings earn anything on this data; the best only lose less".to_owned());
    }
    if found.pricing == *base {
        return Ok(());
    }
    let results = if found.validation_cases > 0 {
        validation(&[base.clone(), found.pricing.clone()])?
    } else {
        None
    };
    let compared = results.as_deref().and_then(|results| match results {
        [before, after] => Comparison::of(before, after),
        _ => None,
    });
    found.validation = compared;
    match compared {
        None => {
            found.warnings.push("there is no validation data to compare the settings on".to_owned())
        }
        Some(Comparison { gain_mina, .. }) if gain_mina <= 0.0 => {
            found.warnings.push(format!(
                "the settings found on the training data do not earn more on the validation data \
                 ({} MINA a case); the initial settings are recommended",
                signed_decimals(gain_mina, 4)
            ));
            found.pricing = base.clone();
            for finding in &mut found.settings {
                if finding.value != finding.before {
                    finding.reason =
                        format!("kept: {} did not hold on the validation data", finding.value);
                }
            }
        }
        Some(validation) if !validation.is_clear() => {
            found.warnings.push("on the validation data, chance explains the gain".to_owned());
        }
        Some(_) => {}
    }
    Ok(())
}

impl TuningReport {
    /// The recommendation as a `[policy]` section.
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "# Chosen on {} {} cases, validated on {} more. Profits are in MINA a case.",
            self.training_cases, self.source, self.validation_cases
        );
        for (name, comparison) in [("training", self.training), ("validation", self.validation)] {
            if let Some(Comparison { before_mina, after_mina, better_in, cases, .. }) = comparison {
                let _ = writeln!(
                    out,
                    "# {name}: {} before, {} found, better in {better_in} of {cases}",
                    decimals(before_mina, 4),
                    decimals(after_mina, 4)
                );
            }
        }
        for warning in &self.warnings {
            let _ = writeln!(out, "# WARNING: {warning}");
        }
        out.push_str(
            "# Settings that are not listed were not tried and keep their values.\n[policy]\n",
        );
        for (finding, knob) in self.settings.iter().zip(knobs()) {
            let _ = writeln!(out, "# {}", finding.reason);
            for (key, value) in knob.lines(&self.pricing) {
                let _ = writeln!(out, "{key} = {value}");
            }
        }
        out
    }
}

#[cfg(test)]
mod tests;
