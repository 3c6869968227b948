//! Policies on real blocks.

use std::{num::NonZero, sync::Arc, time::Duration};

use jiff::Timestamp;
use snarkfee_core::{
    cost::{CostModel, CostUnknown},
    market::Block,
    units::Nanomina,
};

use super::{
    recorded::RecordedMarket,
    report::{BacktestReport, BacktestRow, DataStretch},
    settings::BacktestSettings,
};
use crate::{
    parallel::{Progress, map_in_parallel},
    policy_run::{PolicyRun, PolicySpec, RunHistory, RunSummary},
    precomputed::{BlockCollection, BlockSeries},
};

/// Slot length where no two blocks show it: that of mainnet before Mesa.
const SLOT: Duration = Duration::from_secs(180);

/// A span of a series of blocks.
#[derive(Clone, Debug)]
pub(super) struct BlockSpan {
    blocks: Arc<[Arc<Block>]>,
    slot: Duration,
    from: Timestamp,
    to: Timestamp,
}

/// Runs the policies on all series. The histories are those of the longest series.
pub fn backtest_blocks(
    collection: &BlockCollection,
    specs: &[PolicySpec],
    settings: &BacktestSettings,
    threads: NonZero<usize>,
    progress: &Progress<'_>,
) -> (BacktestReport, Vec<RunHistory>) {
    let spans: Vec<BlockSpan> = collection.series.iter().filter_map(BlockSpan::whole).collect();
    let longest =
        (0..spans.len()).rev().max_by_key(|index| spans.get(*index).map(|span| span.blocks.len()));
    let count = spans.len() * specs.len();
    let runs = map_in_parallel(threads, count, |task| {
        let (index, spec) = (task / specs.len().max(1), task % specs.len().max(1));
        let (Some(span), Some(spec)) = (spans.get(index), specs.get(spec)) else {
            return Default::default();
        };
        let mut history = (longest == Some(index)).then(|| RunHistory::new(spec.to_string()));
        let run = span.run(*spec, settings, history.as_mut());
        progress(count as u64);
        (run, history)
    });
    let rows = specs.iter().enumerate().map(|(index, spec)| {
        let of_policy = runs.iter().skip(index).step_by(specs.len().max(1));
        let runs: Vec<RunSummary> = of_policy.map(|(run, _)| run.clone()).collect();
        BacktestRow::new(spec.to_string(), &runs)
    });
    let series = &collection.series;
    let report = BacktestReport {
        source: "blocks",
        from: spans.iter().map(|span| span.from).min(),
        to: spans.iter().map(|span| span.to).max(),
        looks: None,
        blocks: series.iter().map(|series| series.blocks.len() as u64).sum(),
        series: series.iter().zip(&spans).map(|(series, span)| describe(series, span)).collect(),
        replay: None,
        policies: rows.collect(),
        skipped: collection.skipped.clone(),
    };
    let histories = runs.into_iter().filter_map(|(_, history)| history).collect();
    (report, histories)
}

fn describe(series: &BlockSeries, span: &BlockSpan) -> DataStretch {
    let sales = || series.blocks.iter().flat_map(|block| &*block.works);
    DataStretch {
        name: series.network.clone(),
        from: span.from,
        to: span.to,
        heights: series
            .blocks
            .first()
            .zip(series.blocks.last())
            .map(|(first, last)| (first.height, last.height)),
        works: sales().count() as u64,
        free_works: sales().filter(|sale| sale.fee == Nanomina::ZERO).count() as u64,
    }
}

impl BlockSpan {
    /// A whole series, from its first block to one slot after its last. `None` of no blocks.
    pub(super) fn whole(series: &BlockSeries) -> Option<Self> {
        let (first, last) = (series.blocks.first()?, series.blocks.last()?);
        let slot = slot_length(series).unwrap_or(SLOT);
        let to = last.at.checked_add(slot).unwrap_or(Timestamp::MAX);
        Some(Self { blocks: series.blocks.as_slice().into(), slot, from: first.at, to })
    }

    /// This span cut into `count` spans of equal length. Blocks before a span are known when it
    /// begins.
    pub(super) fn cut(&self, count: u32) -> Vec<Self> {
        let whole = Duration::try_from(self.to.duration_since(self.from)).unwrap_or(Duration::ZERO);
        let border =
            |index: u32| self.from.checked_add(whole * index / count.max(1)).unwrap_or(self.to);
        (0..count)
            .map(|index| Self { from: border(index), to: border(index + 1), ..self.clone() })
            .collect()
    }

    /// Length in hours.
    pub(super) fn hours(&self) -> f64 {
        self.to.duration_since(self.from).as_secs_f64() / 3600.0
    }

    /// Runs one policy from beginning to end.
    pub(super) fn run(
        &self,
        spec: PolicySpec,
        settings: &BacktestSettings,
        mut history: Option<&mut RunHistory>,
    ) -> RunSummary {
        let pace = settings.works_per_hour.unwrap_or(BacktestSettings::WORKS_PER_HOUR);
        let cost = Ok(settings.cost.unwrap_or(Nanomina::ZERO).into());
        let mina_price = Err(CostUnknown::NoPrice);
        let cost = CostModel::Recorded { cost, works_per_hour: Some(pace), mina_price };
        let market = RecordedMarket::new(Arc::clone(&self.blocks), self.slot, pace, self.from);
        let mut run = PolicyRun::new(market, spec, &settings.plan(), 1, self.from);
        let mut now = self.from;
        while now < self.to {
            run.step_with_history(now, &cost, history.as_deref_mut());
            now = now.checked_add(settings.interval).unwrap_or(Timestamp::MAX);
        }
        run.finish(self.to, &cost)
    }
}

/// The shortest time per slot between two successive blocks.
fn slot_length(series: &BlockSeries) -> Option<Duration> {
    let begins = series.blocks.iter().map(|block| block.at).zip(&series.slots);
    let pairs = begins.clone().zip(begins.skip(1));
    let length = |((before, first), (after, second)): ((Timestamp, &u64), (Timestamp, &u64))| {
        let slots = u32::try_from(second.checked_sub(*first)?).ok().filter(|slots| *slots > 0)?;
        let time = Duration::try_from(after.duration_since(before)).ok()?;
        Some(time / slots).filter(|slot| *slot >= Duration::from_secs(1))
    };
    pairs.filter_map(length).min()
}
