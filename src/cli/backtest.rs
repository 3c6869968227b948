//! `snarkfee backtest`: policies on blocks of the network, or on the service's own journal.

use std::io::Write;

use snarkfee_core::units::Nanomina;
use snarkfee_lab::{
    backtest::{BacktestReport, backtest_blocks, backtest_journal},
    report,
};

use super::{
    args::BacktestArgs,
    exit::Failure,
    experiment::{self, PolicyDefaults},
    progress::Progress,
    table::{Align, render_table, show_or_dash},
};

/// Runs the policies and prints their results.
pub(super) fn run(options: &BacktestArgs) -> Result<(), Failure> {
    let (data, policy) = (&options.data, &options.policy);
    let settings = PolicyDefaults::load(policy)?.into_settings(data);
    let threads = experiment::thread_count(options.results.threads);
    let (results, histories) = if let Some(path) = &data.journal {
        let bar = Progress::new("replaying the journal");
        let open = experiment::journal_opener(path);
        let filter = experiment::journal_filter(policy)?;
        let progress = |all| bar.advance(all);
        backtest_journal(&open, &filter, &options.policies, &settings, threads, &progress)
            .map_err(Failure::journal)?
    } else {
        let bar = Progress::new("reading blocks");
        let collection = experiment::read_blocks(data, &|done, all| bar.set(done, all))?;
        drop(bar);
        let bar = Progress::new("running policies");
        backtest_blocks(&collection, &options.policies, &settings, threads, &|all| bar.advance(all))
    };
    let page = || report::render_backtest(&results, &histories);
    experiment::write_results(&options.results, &results, page, |out| {
        write_table(out, &results, settings.cost)
    })
}

fn write_table(
    out: &mut impl Write,
    report: &BacktestReport,
    cost: Option<Nanomina>,
) -> std::io::Result<()> {
    for stretch in &report.series {
        let heights = stretch
            .heights
            .map_or_else(String::new, |(low, high)| format!(", blocks {low} to {high}"));
        let (name, from, to) = (&stretch.name, stretch.from, stretch.to);
        writeln!(
            out,
            "{name}: {from} to {to}{heights}, {} works bought, {} of them free",
            stretch.works, stretch.free_works
        )?;
    }
    match cost {
        Some(cost) => writeln!(out, "cost of a work: {cost}")?,
        None => writeln!(out, "cost of a work: as recorded")?,
    }
    if let Some(replay) = &report.replay {
        writeln!(
            out,
            "replayed decisions: {}, of which {} are identical",
            replay.looks, replay.same
        )?;
        if replay.without_origin > 0 {
            writeln!(
                out,
                "not replayed: {} looks whose starting state was not recorded",
                replay.without_origin
            )?;
        }
        for difference in &replay.different {
            let (daemon, look, at) = (&difference.daemon, difference.look, difference.at);
            writeln!(
                out,
                "  {daemon}, look {look}, {at}: recorded {}, replayed {}",
                difference.recorded, difference.replayed
            )?;
        }
    }
    let header = ["policy", "profit MINA", "made", "sold", "predicted", "realised", "changes"];
    let rows = report.policies.iter().map(|score| {
        let share = |share| show_or_dash(share, |share: f64| format!("{share:.3}"));
        [
            score.policy.to_string(),
            format!("{:.6}", score.profit_mina),
            score.works_made.to_string(),
            score.works_sold.to_string(),
            share(score.share_sold_predicted),
            share(score.share_sold_realised),
            score.changes.to_string(),
        ]
    });
    let mut columns = [Align::Right; 7];
    columns[0] = Align::Left;
    let rows = std::iter::once(header.map(str::to_owned)).chain(rows);
    write!(out, "\n{}", render_table(columns, rows))?;
    writeln!(out, "\npredicted, realised: the share of own works expected to sell, and sold")?;
    for skipped in &report.skipped {
        writeln!(out, "skipped {}: {}", skipped.file, skipped.why)?;
    }
    Ok(())
}
