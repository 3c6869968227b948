//! A journal read once, for what later passes must know beforehand.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use snarkfee_core::{
    market::Block,
    units::{DaemonId, Nanomina},
};
use snarkfee_journal::{JournalError, JournalReader, LookFilter, RecordedLook};

use crate::backtest::{
    replay::{Replay, replay_decisions},
    report::{BacktestRow, DataStretch},
};

/// A journal that has been read once.
#[derive(Debug)]
pub(in crate::backtest) struct ScannedJournal {
    /// Whether its decisions are reproduced.
    pub(super) replay: Replay,
    pub(super) daemons: BTreeMap<DaemonId, DaemonData>,
}

/// What the looks at one daemon hold.
#[derive(Debug, Default)]
pub(super) struct DaemonData {
    chain: BTreeMap<u32, Arc<Block>>,
    pub(super) blocks: Arc<[Arc<Block>]>,
    pub(super) looks: u64,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    pub(super) slot: Option<Duration>,
    pub(super) worker: RecordedWorker,
}

/// What the recorded worker did.
#[derive(Debug, Default)]
pub(super) struct RecordedWorker {
    first: Option<WorkerCounts>,
    last: WorkerCounts,
    spent: u128,
    changes: u64,
    /// Sum of predictions over the works that had one, and their number.
    predicted: f64,
    judged: u64,
    /// P(sold) of works made now.
    prediction: Option<f64>,
}

/// Works made and sold, and nanomina earned.
#[derive(Clone, Copy, Debug, Default)]
struct WorkerCounts {
    made: u64,
    sold: u64,
    earned: Nanomina,
}

impl ScannedJournal {
    /// Reads the journal.
    ///
    /// # Errors
    ///
    /// The journal cannot be read.
    pub(in crate::backtest) fn scan(
        archive: &JournalReader,
        filter: &LookFilter,
    ) -> Result<Self, JournalError> {
        let mut daemons: BTreeMap<DaemonId, DaemonData> = BTreeMap::new();
        let replay = replay_decisions(archive, filter, |moment| {
            daemons.entry(moment.record.daemon.clone()).or_default().add(moment);
        })?;
        for data in daemons.values_mut() {
            data.blocks = std::mem::take(&mut data.chain).into_values().collect();
        }
        Ok(Self { replay, daemons })
    }

    /// Time of the first and the last look.
    pub(in crate::backtest) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let from = self.daemons.values().filter_map(|data| data.from).min()?;
        Some((from, self.daemons.values().filter_map(|data| data.to).max()?))
    }
}

impl DaemonData {
    fn add(&mut self, moment: &RecordedLook) {
        let record = &moment.record;
        self.looks += 1;
        self.from.get_or_insert(record.at);
        self.to = Some(self.to.map_or(record.at, |to| to.max(record.at)));
        if let Some(Ok(chain)) = &record.look.chain
            && let Some(lowest) = chain.blocks.first().map(|block| block.height)
        {
            self.chain.split_off(&lowest);
            self.chain.extend(chain.blocks.iter().map(|block| (block.height, block.clone())));
        }
        if let Ok(status) = &record.look.status {
            self.slot = Some(status.slot_duration);
        }
        self.worker.add(moment);
    }

    /// The data for the report; `None` without looks.
    pub(super) fn describe(&self, daemon: &DaemonId) -> Option<DataStretch> {
        let (from, to) = (self.from?, self.to?);
        let within = |block: &&Arc<Block>| block.at >= from;
        let sales = || self.blocks.iter().filter(within).flat_map(|block| &*block.works);
        Some(DataStretch {
            name: daemon.to_string(),
            from,
            to,
            heights: self
                .blocks
                .first()
                .zip(self.blocks.last())
                .map(|(first, last)| (first.height, last.height)),
            works: sales().count() as u64,
            free_works: sales().filter(|sale| sale.fee == Nanomina::ZERO).count() as u64,
        })
    }
}

impl RecordedWorker {
    fn add(&mut self, moment: &RecordedLook) {
        let record = &moment.record;
        self.changes += u64::from(matches!(record.outcome.code(), "confirmed" | "applied"));
        if let Some(market) = &record.market {
            let now = WorkerCounts {
                made: market.own_made,
                sold: market.own_sold,
                earned: market.own_earned,
            };
            let before = if self.first.is_some() { self.last } else { now };
            self.first.get_or_insert(now);
            let made = now.made.saturating_sub(before.made);
            let cost = record.cost.unwrap_or(Nanomina::ZERO);
            self.spent += u128::from(made) * u128::from(cost.get());
            if let Some(prediction) = self.prediction {
                self.predicted += prediction * made as f64;
                self.judged += made;
            }
            self.last = now;
        }
        let asked = record.look.status.as_ref().ok().map(|status| status.fee);
        let current = record.decision.appraisal.as_ref().map(|appraisal| *appraisal.asked());
        self.prediction = current
            .filter(|current| Some(current.fee) == asked)
            .map(|current| current.sale_probability);
    }

    /// How the recorded worker did.
    pub(super) fn row(&self) -> BacktestRow {
        let first = self.first.unwrap_or_default();
        let (made, sold) =
            (self.last.made.saturating_sub(first.made), self.last.sold.saturating_sub(first.sold));
        let earned = self.last.earned.saturating_sub(first.earned).get();
        BacktestRow {
            policy: "as recorded".to_owned(),
            profit_mina: (earned as f64 - self.spent as f64) / 1e9,
            works_made: made,
            works_sold: sold,
            share_sold_predicted: (self.judged > 0).then(|| self.predicted / self.judged as f64),
            share_sold_realised: (made > 0).then(|| sold as f64 / made as f64),
            changes: self.changes,
            violations: 0,
        }
    }
}
