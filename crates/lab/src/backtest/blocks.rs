//! Policies on real blocks.

use std::{num::NonZero, sync::Arc, time::Duration};

use jiff::Timestamp;
use snarkfee_core::{cost::CostModel, market::Block, units::Nanomina};

use super::{
    Terms,
    recorded::RecordedMarket,
    report::{Report, Score, Stretch},
};
use crate::{
    precomputed::{Collection, Series},
    simulate::{Contestant, Entrant, Portrait, Progress, Run, in_parallel},
};

/// Slot length where no two blocks tell it: that of mainnet before Mesa.
const SLOT: Duration = Duration::from_secs(180);

/// A part of a series that policies are tried on.
#[derive(Clone, Debug)]
pub(super) struct Part {
    blocks: Arc<[Arc<Block>]>,
    slot: Duration,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

/// Tries policies on all series. The portraits show the longest one.
pub fn on_blocks(
    collection: &Collection,
    entrants: &[Entrant],
    terms: &Terms,
    threads: NonZero<usize>,
    progress: &Progress<'_>,
) -> (Report, Vec<Portrait>) {
    let parts: Vec<Part> = collection.series.iter().filter_map(Part::whole).collect();
    let longest =
        (0..parts.len()).rev().max_by_key(|index| parts.get(*index).map(|part| part.blocks.len()));
    let count = parts.len() * entrants.len();
    let runs = in_parallel(threads, count, |task| {
        let (index, entrant) = (task / entrants.len().max(1), task % entrants.len().max(1));
        let (Some(part), Some(entrant)) = (parts.get(index), entrants.get(entrant)) else {
            return Default::default();
        };
        let mut portrait = (longest == Some(index)).then(|| Portrait::new(entrant.to_string()));
        let run = part.run(*entrant, terms, portrait.as_mut());
        progress(count as u64);
        (run, portrait)
    });
    let of = |entrant: usize| runs.iter().skip(entrant).step_by(entrants.len().max(1));
    let scores = entrants.iter().enumerate().map(|(index, entrant)| {
        let runs: Vec<Run> = of(index).map(|(run, _)| run.clone()).collect();
        Score::of(entrant.to_string(), &runs)
    });
    let series = &collection.series;
    let report = Report {
        source: "blocks",
        from: parts.iter().map(|part| part.from).min(),
        to: parts.iter().map(|part| part.to).max(),
        looks: None,
        blocks: series.iter().map(|series| series.blocks.len() as u64).sum(),
        series: series.iter().zip(&parts).map(|(series, part)| stretch(series, part)).collect(),
        replay: None,
        policies: scores.collect(),
        skipped: collection.skipped.clone(),
    };
    let portraits = runs.into_iter().filter_map(|(_, portrait)| portrait).collect();
    (report, portraits)
}

fn stretch(series: &Series, part: &Part) -> Stretch {
    let sales = || series.blocks.iter().flat_map(|block| &*block.works);
    Stretch {
        name: series.network.clone(),
        from: part.from,
        to: part.to,
        heights: series
            .blocks
            .first()
            .zip(series.blocks.last())
            .map(|(first, last)| (first.height, last.height)),
        works: sales().count() as u64,
        free_works: sales().filter(|sale| sale.fee == Nanomina::ZERO).count() as u64,
    }
}

impl Part {
    /// All of a series, from its first block until a slot after its last.
    pub(super) fn whole(series: &Series) -> Option<Self> {
        let (first, last) = (series.blocks.first()?, series.blocks.last()?);
        let slot = slot_length(series).unwrap_or(SLOT);
        let to = last.at.checked_add(slot).unwrap_or(Timestamp::MAX);
        Some(Self { blocks: series.blocks.as_slice().into(), slot, from: first.at, to })
    }

    /// The same blocks, cut into `count` stretches of equal length. Blocks before a stretch are
    /// known when it begins.
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

    /// One policy from beginning to end.
    pub(super) fn run(
        &self,
        entrant: Entrant,
        terms: &Terms,
        mut portrait: Option<&mut Portrait>,
    ) -> Run {
        let pace = terms.works_per_hour.unwrap_or(Terms::WORKS_PER_HOUR);
        let per_work = Ok(terms.cost.unwrap_or(Nanomina::ZERO));
        let cost = CostModel::Recorded { per_work, works_per_hour: Some(pace) };
        let market = RecordedMarket::new(Arc::clone(&self.blocks), self.slot, pace, self.from);
        let mut contestant = Contestant::new(market, entrant, &terms.plan(), 1, self.from);
        let mut now = self.from;
        while now < self.to {
            contestant.step_shown(now, &cost, portrait.as_deref_mut());
            now = now.checked_add(terms.interval).unwrap_or(Timestamp::MAX);
        }
        contestant.finish(self.to, &cost)
    }
}

/// The shortest time per slot between two blocks.
fn slot_length(series: &Series) -> Option<Duration> {
    let begins = series.blocks.iter().map(|block| block.at).zip(&series.slots);
    let pairs = begins.clone().zip(begins.skip(1));
    let length = |((before, first), (after, second)): ((Timestamp, &u64), (Timestamp, &u64))| {
        let slots = u32::try_from(second.checked_sub(*first)?).ok().filter(|slots| *slots > 0)?;
        let time = Duration::try_from(after.duration_since(before)).ok()?;
        Some(time / slots).filter(|slot| *slot >= Duration::from_secs(1))
    };
    pairs.filter_map(length).min()
}
