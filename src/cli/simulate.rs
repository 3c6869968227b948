//! `snarkfee simulate`: policies side by side in the market simulator.

use std::{io::Write, num::NonZero};

use super::{Failure, args::Simulate};
use crate::{
    policy::Pricing,
    simulate::{Contest, Report, Scenario, library},
};

/// Runs the contest and prints how everyone did.
pub(super) fn run(options: &Simulate) -> Result<(), Failure> {
    let contest = Contest {
        scenario: scenario(&options.scenario)?,
        entrants: options.policies.clone(),
        seeds: options.seeds.0.clone(),
        slots: options.slots,
        start: "2026-11-01T00:00:00Z".parse().map_err(Failure::running)?,
        cost: options.cost,
        pricing: Pricing::default(),
    };
    let threads = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let report = contest.run(threads);
    let mut out = std::io::stdout().lock();
    if options.json {
        serde_json::to_writer_pretty(&mut out, &report).map_err(Failure::running)?;
        return Ok(writeln!(out)?);
    }
    Ok(table(&mut out, &report)?)
}

/// A scenario of the library, or the file of that name.
fn scenario(name: &str) -> Result<Scenario, Failure> {
    if let Ok(scenario) = library::scenario(name) {
        return Ok(scenario);
    }
    if !name.ends_with(".toml") {
        return library::scenario(name).map_err(Failure::usage);
    }
    let text = std::fs::read_to_string(name)
        .map_err(|error| Failure::running(anyhow::Error::new(error).context(format!("scenario file {name}"))))?;
    Scenario::parse(&text).map_err(Failure::config)
}

fn table(out: &mut impl Write, report: &Report) -> std::io::Result<()> {
    writeln!(out, "{}: {} slots, {} seeds", report.scenario, report.slots, report.seeds.len())?;
    writeln!(
        out,
        "{:<26} {:>12} {:>12} {:>12} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "policy", "profit MINA", "min", "max", "/fixed", "/regime", "/clairv", "energy", "tog/4h", "chg/h", "pred err"
    )?;
    let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.3}"));
    for row in &report.policies {
        writeln!(
            out,
            "{:<26} {:>12.4} {:>12.4} {:>12.4} {:>8} {:>8} {:>8} {:>8.3} {:>8.2} {:>8.2} {:>8}",
            row.policy,
            row.profit_mina.median,
            row.profit_mina.min,
            row.profit_mina.max,
            ratio(row.ratio_best_fixed),
            ratio(row.ratio_best_per_regime),
            ratio(row.ratio_clairvoyant),
            row.energy_vs_always_on,
            row.toggles_per_4h,
            row.fee_changes_per_hour,
            ratio(row.prediction_error),
        )?;
    }
    Ok(())
}
