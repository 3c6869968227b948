//! `snarkfee simulate`: policies side by side in the market simulator.

use std::{io::Write, time::Duration};

use snarkfee_clock::Clock;
use snarkfee_core::{policy::Pricing, units::decimals};
use snarkfee_lab::{
    report,
    tournament::{Tournament, TournamentReport},
};
use tracing::info;

use super::{
    args::SimulateArgs,
    exit::Failure,
    experiment,
    progress::Progress,
    table::{Align, render_table, show_or_dash},
};

/// Runs the policies and prints their results.
pub(super) fn run(options: &SimulateArgs) -> Result<(), Failure> {
    let mut scenario = experiment::find_scenario(&options.scenario)?;
    if let Some(method) = options.selection {
        scenario.set_selection(method);
    }
    if let Some(method) = options.rivals {
        scenario.set_rivals_selection(method);
    }
    let tournament = Tournament {
        scenario,
        policies: options.policies.clone(),
        seeds: options.seeds.0.clone(),
        slots: options.slots,
        start: experiment::start_time()?,
        cost: options.cost,
        book_interval: options.book_interval,
        pricing: Pricing::default(),
        selection: options.told,
        hindsight: !options.without_hindsight,
    };
    let clock = Clock::system();
    let progress = Progress::new("simulating");
    let (report, histories) = tournament
        .run(experiment::thread_count(options.results.threads), &|all| progress.advance(all));
    drop(progress);
    log_speed(&tournament, clock.steady());
    let assumptions = [
        ("cost of a work:", options.cost.to_string()),
        ("rivals and demand:", format!("the scenario {}", report.scenario)),
        ("start:", tournament.start.to_string()),
        (
            "length:",
            format!("{} slots of 3 min for each of {} seeds", report.slots, report.seeds.len()),
        ),
    ];
    let page = || {
        let seed = tournament.seeds.first().copied();
        report::render_tournament(&report, seed, &histories, &assumptions)
    };
    experiment::write_results(&options.results, &report, page, |out| write_table(out, &report))
}

/// The speed goes to the log, since the results must not depend on it.
fn log_speed(tournament: &Tournament, took: Duration) {
    let runs = tournament.policies.len() * tournament.seeds.len();
    let slots = tournament.slots * runs as u64;
    let per_second = slots as f64 / took.as_secs_f64().max(1e-9);
    info!(
        slots,
        seconds = took.as_secs_f64(),
        "simulated {per_second:.0} slots per second, not counting the runs for hindsight"
    );
}

fn write_table(out: &mut impl Write, report: &TournamentReport) -> std::io::Result<()> {
    writeln!(out, "{}: {} slots, {} seeds\n", report.scenario, report.slots, report.seeds.len())?;
    let header = [
        "policy",
        "profit MINA",
        "min",
        "max",
        "/fixed",
        "/regime",
        "/clairvoyant",
        "energy",
        "toggles/4h",
        "changes/h",
        "error",
        "violations",
    ];
    let rows = report.policies.iter().map(|row| {
        let ratio = |ratio| show_or_dash(ratio, |ratio| decimals(ratio, 3));
        [
            row.policy.to_string(),
            decimals(row.profit_mina.median, 4),
            decimals(row.profit_mina.min, 4),
            decimals(row.profit_mina.max, 4),
            ratio(row.ratio_best_fixed),
            ratio(row.ratio_best_per_regime),
            ratio(row.ratio_clairvoyant),
            decimals(row.energy_vs_always_on, 3),
            decimals(row.toggles_per_4h, 2),
            decimals(row.fee_changes_per_hour, 2),
            ratio(row.prediction_error),
            row.violations.to_string(),
        ]
    });
    let mut columns = [Align::Right; 12];
    columns[0] = Align::Left;
    let rows = std::iter::once(header.map(str::to_owned)).chain(rows);
    write!(out, "{}", render_table(columns, rows))?;
    writeln!(
        out,
        "\nprofit is the median over the seeds; /fixed, /regime and /clairvoyant compare it with the \
         best fixed fee,\nthe best fixed fee of each regime and perfect foresight; energy with a \
         worker that is always on"
    )
}
