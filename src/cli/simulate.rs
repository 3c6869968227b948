//! `snarkfee simulate`: policies side by side in the market simulator.

use std::{io::Write, time::Duration};

use snarkfee_clock::Clock;
use snarkfee_core::policy::Pricing;
use snarkfee_lab::{
    report,
    simulate::{Contest, Report},
};
use tracing::info;

use super::{Failure, args::Simulate, progress::Bar, trial};

/// Runs the contest and prints how everyone did.
pub(super) fn run(options: &Simulate) -> Result<(), Failure> {
    let contest = Contest {
        scenario: trial::scenario(&options.scenario)?,
        entrants: options.policies.clone(),
        seeds: options.seeds.0.clone(),
        slots: options.slots,
        start: trial::start()?,
        cost: options.cost,
        pricing: Pricing::default(),
        hindsight: !options.without_hindsight,
    };
    let clock = Clock::system();
    let bar = Bar::new("simulating");
    let (report, portraits) =
        contest.run(trial::threads(options.results.threads), &|all| bar.advance(all));
    drop(bar);
    told_speed(&contest, clock.steady());
    let page = || report::contest(&report, contest.seeds.first().copied(), &portraits);
    trial::deliver(&options.results, &report, page, |out| table(out, &report))
}

/// The speed is told on standard error: the results must not depend on it.
fn told_speed(contest: &Contest, took: Duration) {
    let runs = contest.entrants.len() * contest.seeds.len();
    let slots = contest.slots * runs as u64;
    let per_second = slots as f64 / took.as_secs_f64().max(1e-9);
    info!(
        slots,
        seconds = took.as_secs_f64(),
        "{per_second:.0} slots of policies a second, hindsight's runs beside them"
    );
}

fn table(out: &mut impl Write, report: &Report) -> std::io::Result<()> {
    writeln!(out, "{}: {} slots, {} seeds", report.scenario, report.slots, report.seeds.len())?;
    writeln!(
        out,
        "{:<26} {:>12} {:>12} {:>12} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "policy",
        "profit MINA",
        "min",
        "max",
        "/fixed",
        "/regime",
        "/clairv",
        "energy",
        "tog/4h",
        "chg/h",
        "pred err",
        "violated"
    )?;
    let ratio =
        |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.3}"));
    for row in &report.policies {
        writeln!(
            out,
            "{:<26} {:>12.4} {:>12.4} {:>12.4} {:>8} {:>8} {:>8} {:>8.3} {:>8.2} {:>8.2} {:>8} {:>8}",
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
            row.violations,
        )?;
    }
    Ok(())
}
