//! Which settings earn most on given data, and whether the data can tell.
//!
//! One setting after another is tried at a few values on one part of the data, the others as they
//! are by then. A value is only taken where it earns more than chance explains; what is found is
//! then held against the settings begun with on the other part, which had no say.

mod ground;
mod knob;

use std::fmt::Write as _;

use serde::Serialize;

pub use ground::{Ground, Proof};
use knob::{KNOBS, Knob};
use snarkfee_core::policy::Pricing;

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tuned {
    /// `scenario`, `blocks` or `journal`.
    pub source: &'static str,
    /// Parts of the data that settings were chosen on.
    pub training_cases: usize,
    /// Parts that they were held against.
    pub validation_cases: usize,
    /// Whether all settings were tried; not so after an interruption.
    pub complete: bool,
    /// One for each setting, in order.
    pub settings: Vec<Finding>,
    /// On the training data.
    pub training: Option<Comparison>,
    /// On the validation data.
    pub validation: Option<Comparison>,
    /// Why the recommendation should not be relied on; empty where nothing speaks against it.
    pub warnings: Vec<String>,
    /// The settings recommended.
    #[serde(skip)]
    pub pricing: Pricing,
}

/// What was found of one setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its key in `[policy]`.
    pub key: &'static str,
    /// What is recommended, as written in TOML.
    pub value: String,
    /// What it was at the beginning.
    pub before: String,
    /// Why.
    pub reason: String,
}

/// Two choices of settings on the same cases, in MINA per case.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Mean profit with the settings begun with.
    pub before_mina: f64,
    /// Mean profit with those recommended.
    pub after_mina: f64,
    /// Mean gain.
    pub gain_mina: f64,
    /// Standard error of the mean gain; none with one case.
    pub error_mina: Option<f64>,
    /// Cases in which it was a gain.
    pub better_in: usize,
    /// Cases.
    pub cases: usize,
}

/// Standard errors that a gain must reach: one of the two sides of chance, one time in six by
/// itself, and never without validation.
const ERRORS: f64 = 1.0;
/// A gain below this share of the profit is not worth another setting.
const WORTH: f64 = 0.01;
/// Fewer training cases say little.
const FEW: usize = 4;

impl Comparison {
    fn of(before: &[f64], after: &[f64]) -> Option<Self> {
        let gains: Vec<f64> =
            before.iter().zip(after).map(|(before, after)| after - before).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
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

/// Looks for the settings that earn most, beginning with `base`. Ends early, with what was found
/// until then, once `proof` says so.
///
/// # Errors
///
/// The data cannot be read.
pub fn tune(ground: &Ground<'_>, base: &Pricing, proof: &Proof<'_>) -> anyhow::Result<Tuned> {
    let total = 1 + KNOBS.iter().map(|knob| knob.values(base).len() as u64).sum::<u64>() + 2;
    let training = |pricing: &[Pricing]| ground.profits(pricing, false, total, proof);
    let mut found = Tuned {
        source: ground.name(),
        training_cases: ground.cases(false),
        validation_cases: ground.cases(true),
        complete: false,
        settings: Vec::new(),
        training: None,
        validation: None,
        warnings: Vec::new(),
        pricing: base.clone(),
    };
    let Some(mut first) = training(std::slice::from_ref(base))? else {
        found.warnings.push("interrupted before anything was tried".to_owned());
        return Ok(found);
    };
    let before = first.pop().unwrap_or_default();
    let mut best = (base.clone(), before.clone());
    found.complete = sweep(&training, base, &mut best, &mut found.settings)?;
    found.training = Comparison::of(&before, &best.1);
    found.pricing = best.0;
    judge(&mut found, base, &|pricing| ground.profits(pricing, true, total, proof))?;
    for (finding, knob) in found.settings.iter_mut().zip(&KNOBS) {
        finding.value = (knob.show)(&found.pricing);
    }
    Ok(found)
}

type Profits<'a> = &'a dyn Fn(&[Pricing]) -> anyhow::Result<Option<Vec<Vec<f64>>>>;

/// Tries one setting after another. Whether it came to the end.
fn sweep(
    profits: Profits<'_>,
    base: &Pricing,
    best: &mut (Pricing, Vec<f64>),
    settings: &mut Vec<Finding>,
) -> anyhow::Result<bool> {
    let mut complete = true;
    for knob in &KNOBS {
        let candidates = knob.values(&best.0);
        let tried = if complete { profits(&candidates)? } else { None };
        complete &= tried.is_some();
        let reason = match tried {
            None => "not tried: interrupted".to_owned(),
            Some(results) => choose(knob, best, candidates, results),
        };
        let (value, before) = ((knob.show)(&best.0), (knob.show)(base));
        settings.push(Finding { key: knob.key, value, before, reason });
    }
    Ok(complete)
}

/// Takes the candidate that earns most, if it earns clearly more. The reason for what then stands.
fn choose(
    knob: &Knob,
    best: &mut (Pricing, Vec<f64>),
    candidates: Vec<Pricing>,
    results: Vec<Vec<f64>>,
) -> String {
    let names: Vec<String> = candidates.iter().map(knob.show).collect();
    let compared = candidates.into_iter().zip(results).filter_map(|(pricing, profits)| {
        let comparison = Comparison::of(&best.1, &profits)?;
        Some((comparison, pricing, profits))
    });
    // Of equals the first stays.
    let top =
        compared.reduce(|top, next| if next.0.gain_mina > top.0.gain_mina { next } else { top });
    match top {
        Some((comparison, pricing, profits)) if comparison.is_clear() => {
            let Comparison { gain_mina, better_in, cases, .. } = comparison;
            let was = (knob.show)(&best.0);
            *best = (pricing, profits);
            format!(
                "{gain_mina:+.4} MINA a training case against {was}, better in {better_in} of {cases}"
            )
        }
        Some((Comparison { gain_mina, .. }, ..)) if gain_mina > 0.0 => {
            format!(
                "kept: none of {} earns clearly more (at best {gain_mina:+.4} MINA a training case)",
                names.join(", ")
            )
        }
        Some(_) => format!("kept: none of {} earns more", names.join(", ")),
        None => "kept: nothing to compare it on".to_owned(),
    }
}

/// Holds what was found against data that had no say, and says what speaks against it. Where it is
/// not borne out, the settings begun with are recommended.
fn judge(found: &mut Tuned, base: &Pricing, validation: Profits<'_>) -> anyhow::Result<()> {
    if found.training_cases < FEW {
        let cases = found.training_cases;
        found.warnings.push(format!(
            "{cases} training cases are too few to tell settings apart; {FEW} or more are wanted"
        ));
    }
    if !found.complete {
        found.warnings.push("interrupted: what was not tried stands as it was".to_owned());
    }
    let earns =
        found.training.is_some_and(|training| training.before_mina.max(training.after_mina) > 0.0);
    if !earns {
        found.warnings.push(
            "nothing earns on this data: all that settings can do here is lose less".to_owned(),
        );
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
            found.warnings.push("there is no data left to hold the settings against".to_owned())
        }
        Some(Comparison { gain_mina, .. }) if gain_mina <= 0.0 => {
            found.warnings.push(format!(
                "the settings found on the training data do not earn more on the rest ({gain_mina:+.4} MINA a case): \
                 those begun with are recommended"
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
            found
                .warnings
                .push("on the validation data the gain is within what chance explains".to_owned());
        }
        Some(_) => {}
    }
    Ok(())
}

impl Tuned {
    /// The recommendation as a `[policy]` section.
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "# Chosen on {} {} cases, held against {} more. Profits are in MINA a case.",
            self.training_cases, self.source, self.validation_cases
        );
        for (name, comparison) in [("training", self.training), ("validation", self.validation)] {
            if let Some(Comparison { before_mina, after_mina, better_in, cases, .. }) = comparison {
                let _ = writeln!(
                    out,
                    "# {name}: {before_mina:.4} before, {after_mina:.4} found, better in {better_in} of {cases}"
                );
            }
        }
        for warning in &self.warnings {
            let _ = writeln!(out, "# WARNING: {warning}");
        }
        out.push_str("# What is not named here is not tried and stays as it is.\n[policy]\n");
        for Finding { key, value, reason, .. } in &self.settings {
            let _ = writeln!(out, "# {reason}");
            match (*key, value.split_once(" at ")) {
                // The strategy's own figure is a key of its own.
                ("strategy", Some((strategy, figure))) => {
                    let own = if strategy == "\"fixed\"" { "fixed_fee" } else { "quantile" };
                    let _ = writeln!(out, "strategy = {strategy}\n{own} = {figure}");
                }
                _ => {
                    let _ = writeln!(out, "{key} = {value}");
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests;
