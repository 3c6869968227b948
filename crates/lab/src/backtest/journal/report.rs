//! Policies on a journal, compared with the recorded worker.

use std::num::NonZero;

use snarkfee_journal::{JournalError, JournalReader, LookFilter};

use super::{
    pass::{PolicyVariant, run_variants},
    scan::ScannedJournal,
};
use crate::{
    backtest::{
        report::{BacktestReport, BacktestRow},
        settings::BacktestSettings,
    },
    parallel::{Progress, map_in_parallel},
    policy_run::{PolicySpec, RunHistory, RunSummary},
};

/// Runs the policies on a journal, and adds what the recorded worker did. The histories are those of
/// the first daemon. `open` opens the journal, once for each thread.
///
/// # Errors
///
/// The journal cannot be read.
pub fn backtest_journal(
    open: &(dyn Fn() -> Result<JournalReader, JournalError> + Sync),
    filter: &LookFilter,
    specs: &[PolicySpec],
    settings: &BacktestSettings,
    threads: NonZero<usize>,
    progress: &Progress<'_>,
) -> Result<(BacktestReport, Vec<RunHistory>), JournalError> {
    let journal = ScannedJournal::scan(&open()?, filter)?;
    progress(specs.len() as u64 + 1);
    let variants: Vec<PolicyVariant> =
        specs.iter().map(|spec| PolicyVariant::new(*spec, &settings.pricing)).collect();
    let done = map_in_parallel(threads, variants.len(), |index| {
        let variant = variants.get(index..=index).unwrap_or_default();
        let runs = run_variants(&journal, &open()?, filter, variant, settings, true);
        progress(specs.len() as u64 + 1);
        runs
    });
    let mut policies: Vec<BacktestRow> =
        journal.daemons.values().map(|data| data.worker.row()).collect();
    if let [_, _, ..] = policies.as_slice() {
        for (row, daemon) in policies.iter_mut().zip(journal.daemons.keys()) {
            row.policy = format!("as recorded, {daemon}");
        }
    }
    let mut histories = Vec::new();
    for (variant, runs) in variants.iter().zip(done) {
        let runs = runs?;
        let all: Vec<RunSummary> = runs.iter().flatten().map(|(run, _)| run.clone()).collect();
        policies.push(BacktestRow::new(variant.spec.to_string(), &all));
        histories.extend(runs.into_iter().flatten().find_map(|(_, history)| history));
    }
    let span = journal.span();
    let report = BacktestReport {
        source: "journal",
        from: span.map(|(from, _)| from),
        to: span.map(|(_, to)| to),
        looks: Some(journal.daemons.values().map(|data| data.looks).sum()),
        blocks: journal.daemons.values().map(|data| data.blocks.len() as u64).sum(),
        series: journal.daemons.iter().filter_map(|(daemon, data)| data.describe(daemon)).collect(),
        replay: Some(journal.replay),
        policies,
        skipped: Vec::new(),
    };
    Ok((report, histories))
}
