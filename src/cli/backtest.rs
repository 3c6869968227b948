//! `snarkfee backtest`: policies on blocks of the network, or on the service's own journal.

use std::io::Write;

use snarkfee_core::units::{Nanomina, decimals};
use snarkfee_lab::{
    backtest::{BacktestReport, backtest_blocks, backtest_journal},
    precomputed::{SkipKind, SkippedFile},
    report,
};

use super::{
    args::BacktestArgs,
    exit::Failure,
    experiment::{self, PolicyDefaults},
    progress::Progress,
    table::{Align, render_table, show_or_dash},
};

/// Most files with a defect that are listed without being asked for.
const LISTED_DEFECTS: usize = 10;

/// Runs the policies and prints their results.
pub(super) fn run(options: &BacktestArgs) -> Result<(), Failure> {
    let (data, policy) = (&options.data, &options.policy);
    let settings = PolicyDefaults::load(policy)?.into_settings(data);
    let threads = experiment::thread_count(options.results.threads);
    let (results, histories) = if let Some(path) = &data.journal {
        let bar = Progress::new("replaying the journal");
        let open = experiment::journal_opener(path)?;
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
    if results.looks == Some(0) {
        let of = policy.daemon.as_ref().map(|name| format!(" of daemon {name:?}"));
        return Err(Failure::running(anyhow::anyhow!(
            "the journal holds no looks{}: there is nothing to go through",
            of.unwrap_or_default()
        )));
    }
    let cost = settings.cost.map_or_else(|| "as recorded".to_owned(), |cost| cost.to_string());
    let assumptions = [
        ("cost of a work:", cost),
        ("the market:", "as recorded, whatever a policy would have done to it".to_owned()),
    ];
    let page = || report::render_backtest(&results, &histories, &assumptions);
    experiment::write_results(&options.results, &results, page, |out| {
        write_table(out, &results, settings.cost, options.verbose)
    })
}

fn write_table(
    out: &mut impl Write,
    report: &BacktestReport,
    cost: Option<Nanomina>,
    verbose: bool,
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
        let share = |share| show_or_dash(share, |share| decimals(share, 3));
        [
            score.policy.to_string(),
            decimals(score.profit_mina, 6),
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
    write_skipped(out, &report.skipped, verbose)
}

/// Files that were not used: each, or a line for each kind, and those with a defect.
fn write_skipped(
    out: &mut impl Write,
    skipped: &[SkippedFile],
    verbose: bool,
) -> std::io::Result<()> {
    for kind in SkipKind::ALL {
        let of_kind = || skipped.iter().filter(|file| file.kind == kind);
        let (all, listed) = match (of_kind().count(), kind) {
            (0, _) => continue,
            (all, _) if verbose => (all, all),
            (all, SkipKind::Defect) => (all, all.min(LISTED_DEFECTS)),
            (all, _) => (all, 0),
        };
        let plural = if all == 1 { "" } else { "s" };
        let more = if listed < all { " (--verbose lists all)" } else { "" };
        writeln!(out, "skipped {all} file{plural} {}{more}", kind.phrase())?;
        for SkippedFile { file, why, .. } in of_kind().take(listed) {
            writeln!(out, "skipped {file}: {why}")?;
        }
    }
    Ok(())
}
