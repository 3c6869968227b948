//! `snarkfee backtest`: policies on real blocks, or on the service's own journal.

use std::io::Write;

use snarkfee_core::units::Nanomina;
use snarkfee_lab::{
    backtest::{Report, on_blocks, on_journal},
    report,
};

use super::{Failure, args::Backtest, progress::Bar, trial};

/// Tries the policies and prints how they did.
pub(super) fn run(options: &Backtest) -> Result<(), Failure> {
    let (data, economics) = (&options.data, &options.economics);
    let terms = trial::Given::of(economics)?.terms(data);
    let threads = trial::threads(options.results.threads);
    let (results, portraits) = if let Some(path) = &data.journal {
        let bar = Bar::new("going through the journal");
        let open = trial::archive(path);
        let progress = |all| bar.advance(all);
        on_journal(&open, &trial::filter(economics)?, &options.policies, &terms, threads, &progress)
            .map_err(Failure::journal)?
    } else {
        let bar = Bar::new("reading blocks");
        let collection = trial::blocks(data, &|done, all| bar.stand(done, all))?;
        drop(bar);
        let bar = Bar::new("trying policies");
        on_blocks(&collection, &options.policies, &terms, threads, &|all| bar.advance(all))
    };
    let page = || report::recorded(&results, &portraits);
    trial::deliver(&options.results, &results, page, |out| table(out, &results, terms.cost))
}

fn table(out: &mut impl Write, report: &Report, cost: Option<Nanomina>) -> std::io::Result<()> {
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
            "decided again: {} looks, {} of them the same to the last bit",
            replay.looks, replay.same
        )?;
        if replay.without_origin > 0 {
            writeln!(
                out,
                "not decided again: {} looks, of which it is not kept what was remembered before",
                replay.without_origin
            )?;
        }
        for difference in &replay.different {
            let (daemon, look, at) = (&difference.daemon, difference.look, difference.at);
            writeln!(
                out,
                "  {daemon}, look {look}, {at}: recorded {}; now {}",
                difference.recorded, difference.replayed
            )?;
        }
    }
    writeln!(
        out,
        "{:<26} {:>14} {:>10} {:>10} {:>10} {:>10} {:>8}",
        "policy", "profit MINA", "made", "sold", "predicted", "realised", "changes"
    )?;
    let share =
        |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| format!("{share:.3}"));
    for score in &report.policies {
        writeln!(
            out,
            "{:<26} {:>14.6} {:>10} {:>10} {:>10} {:>10} {:>8}",
            score.policy,
            score.profit_mina,
            score.works_made,
            score.works_sold,
            share(score.share_sold_predicted),
            share(score.share_sold_realised),
            score.changes,
        )?;
    }
    for skipped in &report.skipped {
        writeln!(out, "skipped {}: {}", skipped.file, skipped.why)?;
    }
    Ok(())
}
