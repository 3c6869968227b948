//! The data that settings are tried on, split into training and validation.

use std::{
    num::NonZero,
    sync::atomic::{AtomicBool, Ordering},
};

use jiff::Timestamp;
use snarkfee_core::policy::Pricing;
use snarkfee_journal::{JournalError, JournalReader, LookFilter};

use crate::{
    backtest::{
        blocks::BlockSpan,
        journal::{PolicyVariant, ScannedJournal, run_variants},
        settings::BacktestSettings,
    },
    parallel::{Progress, map_in_parallel},
    policy_run::{PolicySpec, sum_profits},
    precomputed::BlockCollection,
    tournament::Tournament,
};

/// Spans that recorded data is cut into. The first four are for training and the last two for
/// validation, so that validation data is later than the data that settings were chosen on.
const SPANS: u32 = 6;
const TRAINING: u32 = 4;
/// Shortest useful span: policies wait for minutes and look back for hours.
const SHORTEST_HOURS: f64 = 1.0;

/// How a search runs.
pub struct Execution<'a> {
    /// Number of threads.
    pub threads: NonZero<usize>,
    /// Called after each finished case.
    pub progress: &'a Progress<'a>,
    /// Ends the search early when set.
    pub cancelled: &'a AtomicBool,
}

/// The data that settings are tried on.
pub struct TuningData<'a>(DataSource<'a>);

enum DataSource<'a> {
    Scenario(&'a Tournament),
    Blocks {
        spans: [Vec<BlockSpan>; 2],
        settings: BacktestSettings,
    },
    Journal {
        open: &'a (dyn Fn() -> Result<JournalReader, JournalError> + Sync),
        journal: ScannedJournal,
        cuts: [Vec<LookFilter>; 2],
        settings: BacktestSettings,
    },
}

impl<'a> TuningData<'a> {
    /// A simulated market. Every second seed is for validation.
    pub const fn scenario(tournament: &'a Tournament) -> Self {
        Self(DataSource::Scenario(tournament))
    }

    /// Real blocks.
    pub fn blocks(collection: &BlockCollection, settings: BacktestSettings) -> Self {
        let mut spans = [Vec::new(), Vec::new()];
        for whole in collection.series.iter().filter_map(BlockSpan::whole) {
            if whole.hours() < SHORTEST_HOURS * f64::from(SPANS) {
                continue;
            }
            for (index, span) in (0..).zip(whole.cut(SPANS)) {
                let [training, validation] = &mut spans;
                if index < TRAINING { training.push(span) } else { validation.push(span) }
            }
        }
        Self(DataSource::Blocks { spans, settings })
    }

    /// The service's own journal.
    ///
    /// # Errors
    ///
    /// The journal cannot be read.
    pub fn journal(
        open: &'a (dyn Fn() -> Result<JournalReader, JournalError> + Sync),
        filter: &LookFilter,
        settings: BacktestSettings,
    ) -> Result<Self, JournalError> {
        let journal = ScannedJournal::scan(&open()?, filter)?;
        let mut cuts = [Vec::new(), Vec::new()];
        if let Some((from, to)) = journal.span() {
            let whole = to.duration_since(from).unsigned_abs();
            let border =
                |index: u32| from.checked_add(whole * index / SPANS).unwrap_or(Timestamp::MAX);
            if whole.as_secs_f64() >= SHORTEST_HOURS * 3600.0 * f64::from(SPANS) {
                for index in 0..SPANS {
                    let cut = LookFilter {
                        since: Some(border(index)),
                        until: Some(border(index + 1)),
                        ..filter.clone()
                    };
                    let [training, validation] = &mut cuts;
                    if index < TRAINING { training.push(cut) } else { validation.push(cut) }
                }
            }
        }
        Ok(Self(DataSource::Journal { open, journal, cuts, settings }))
    }

    /// `scenario`, `blocks` or `journal`.
    pub(super) const fn name(&self) -> &'static str {
        match &self.0 {
            DataSource::Scenario(_) => "scenario",
            DataSource::Blocks { .. } => "blocks",
            DataSource::Journal { .. } => "journal",
        }
    }

    /// What data would be enough for a single case.
    pub(super) fn least(&self) -> String {
        match &self.0 {
            DataSource::Scenario(_) => "a seed".to_owned(),
            DataSource::Blocks { .. } | DataSource::Journal { .. } => {
                format!("{} hours without a gap", SHORTEST_HOURS * f64::from(SPANS))
            }
        }
    }

    /// Number of cases for training or for validation.
    pub(super) fn count_cases(&self, validation: bool) -> usize {
        let which = usize::from(validation);
        match &self.0 {
            DataSource::Scenario(tournament) => {
                tournament.seeds.iter().skip(which).step_by(2).count()
            }
            DataSource::Blocks { spans, .. } => spans.get(which).map_or(0, Vec::len),
            DataSource::Journal { cuts, .. } => cuts.get(which).map_or(0, Vec::len),
        }
    }

    /// Profit in MINA of each choice of settings in each case; `None` when cancelled. `choices` is
    /// the total number of choices of the search, for progress.
    pub(super) fn profits(
        &self,
        pricing: &[Pricing],
        validation: bool,
        choices: u64,
        execution: &Execution<'_>,
    ) -> anyhow::Result<Option<Vec<Vec<f64>>>> {
        let cases = self.count_cases(validation);
        let all = choices * self.count_cases(false).max(1) as u64;
        let results = map_in_parallel(execution.threads, pricing.len() * cases, |task| {
            if execution.cancelled.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let (choice, case) = (task / cases.max(1), task % cases.max(1));
            let profit = pricing
                .get(choice)
                .map(|pricing| self.profit(pricing, validation, case))
                .transpose();
            (execution.progress)(all);
            profit
        });
        let mut rows = vec![Vec::with_capacity(cases); pricing.len()];
        for (task, result) in results.into_iter().enumerate() {
            let Some(profit) = result? else { return Ok(None) };
            if let Some(row) = rows.get_mut(task / cases.max(1)) {
                row.push(profit);
            }
        }
        Ok((!execution.cancelled.load(Ordering::Relaxed)).then_some(rows))
    }

    fn profit(
        &self,
        pricing: &Pricing,
        validation: bool,
        case: usize,
    ) -> Result<f64, JournalError> {
        let which = usize::from(validation);
        let spec = PolicySpec::Controlled(pricing.strategy);
        let with = |settings: &BacktestSettings| BacktestSettings {
            pricing: pricing.clone(),
            ..settings.clone()
        };
        match &self.0 {
            DataSource::Scenario(tournament) => {
                let seed = tournament.seeds.iter().skip(which).step_by(2).nth(case).copied();
                Ok(tournament.profit(seed.unwrap_or_default(), pricing))
            }
            DataSource::Blocks { spans, settings } => {
                let span = spans.get(which).and_then(|spans| spans.get(case));
                Ok(span.map_or(0.0, |span| span.run(spec, &with(settings), None).profits.total()))
            }
            DataSource::Journal { open, journal, cuts, settings } => {
                let Some(filter) = cuts.get(which).and_then(|cuts| cuts.get(case)) else {
                    return Ok(0.0);
                };
                let variants = [PolicyVariant::new(spec, pricing)];
                let runs =
                    run_variants(journal, &open()?, filter, &variants, &with(settings), false)?;
                Ok(sum_profits(runs.iter().flatten().map(|(run, _)| run.profits.total())))
            }
        }
    }
}
