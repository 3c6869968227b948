//! What really happened in a run: the facts that a policy is judged by and never sees.

use std::collections::{BTreeMap, VecDeque};

use snarkfee_core::units::{Nanomina, WorkId};

use super::seat_id::SeatId;
use crate::policy_run::WorkerTotals;

/// The facts since the start of the run, without the warm-up. Memory is bounded.
#[derive(Clone, Debug, Default)]
pub struct GroundTruth {
    /// Slots begun.
    pub slots: u64,
    /// Blocks that reached the network.
    pub blocks: u64,
    /// Of these, blocks that bought at least one work.
    pub buying_blocks: u64,
    /// Transaction slots used.
    pub transaction_slots: u64,
    /// Works bought.
    pub works_bought: u64,
    /// Nanomina paid for them.
    pub spent: u128,
    /// What the first operator's worker did and earned.
    pub own: WorkerTotals,
    /// The same of further operators.
    others: Vec<WorkerTotals>,
    /// Whether purchases found their proofs.
    pub coverage: CoverageTruth,
    /// The newest works bought, at most [`GroundTruth::SALES_KEPT`], oldest first.
    pub sales: VecDeque<SoldWork>,
}

/// Works that a block could have used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct DueWorks {
    pub(super) all: usize,
    /// Those with a proof in the pool.
    pub(super) proved: usize,
}

/// Whether purchases found their proofs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverageTruth {
    /// Blocks that left out transactions only because a work had no proof.
    pub held_up_blocks: u64,
    /// Transactions that they left out, counted again in each block that did.
    pub held_up_transactions: u64,
    /// Blocks whose tree required works, by the percentage of these works that had a proof in the
    /// pool, rounded down.
    by_percent: BTreeMap<u8, u64>,
}

impl CoverageTruth {
    pub(super) fn record_block(&mut self, held_up: usize, due: DueWorks) {
        self.held_up_blocks += u64::from(held_up > 0);
        self.held_up_transactions += held_up as u64;
        if let Some(percent) = (due.proved * 100).checked_div(due.all) {
            let percent = u8::try_from(percent).unwrap_or(100);
            *self.by_percent.entry(percent).or_default() += 1;
        }
    }

    /// The mean share of due works with a proof over blocks that wanted any, in [0, 1], up to a
    /// hundredth below the truth; 1 where none did.
    pub fn mean(&self) -> f64 {
        let blocks: u64 = self.by_percent.values().sum();
        let sum: u64 = self.by_percent.iter().map(|(percent, n)| u64::from(*percent) * n).sum();
        if blocks == 0 { 1.0 } else { sum as f64 / blocks as f64 / 100.0 }
    }

    /// The share that this share of the blocks did not reach, in [0, 1]; 1 where none wanted works.
    pub fn quantile(&self, q: f64) -> f64 {
        let blocks: u64 = self.by_percent.values().sum();
        let below = q * blocks as f64;
        let mut seen = 0;
        let found = self.by_percent.iter().find(|(_, count)| {
            seen += **count;
            seen as f64 >= below
        });
        found.map_or(1.0, |(percent, _)| f64::from(*percent) / 100.0)
    }

    /// Adds the blocks of another run.
    pub fn add(&mut self, other: &Self) {
        self.held_up_blocks += other.held_up_blocks;
        self.held_up_transactions += other.held_up_transactions;
        for (percent, count) in &other.by_percent {
            *self.by_percent.entry(*percent).or_default() += count;
        }
    }
}

/// A work that was bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoldWork {
    /// The slot of the block, from the start of the run.
    pub slot: u64,
    /// The work.
    pub work: WorkId,
    /// What was paid.
    pub fee: Nanomina,
    /// Whether it was the first operator's.
    pub own: bool,
    /// The lowest fee that anybody else had gossiped for it by then, including proofs that the pool
    /// rejected because the operator's was cheaper; `None` when there was none. With late gossip a
    /// producer may have paid more.
    pub rival: Option<Nanomina>,
}

impl GroundTruth {
    /// Most sales kept in [`GroundTruth::sales`].
    pub const SALES_KEPT: usize = 1 << 16;

    /// Before anything happened, with this many operators besides the first.
    pub(super) fn begin(others: usize) -> Self {
        Self { others: vec![WorkerTotals::default(); others], ..Self::default() }
    }

    /// What an operator's worker did and earned.
    pub(crate) fn totals(&self, seat: SeatId) -> &WorkerTotals {
        let other = seat.place_among_others().and_then(|place| self.others.get(place));
        other.unwrap_or(&self.own)
    }

    /// As [`GroundTruth::totals`].
    pub(super) fn totals_mut(&mut self, seat: SeatId) -> &mut WorkerTotals {
        let other = seat.place_among_others().and_then(|place| self.others.get_mut(place));
        other.unwrap_or(&mut self.own)
    }

    pub(super) fn record_sale(&mut self, sale: SoldWork) {
        self.works_bought += 1;
        self.spent += u128::from(sale.fee.get());
        if self.sales.len() == Self::SALES_KEPT {
            self.sales.pop_front();
        }
        self.sales.push_back(sale);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_keep_counting_when_the_list_of_sales_is_full() {
        let mut truth = GroundTruth::default();
        let sale = SoldWork {
            slot: 0,
            work: WorkId::one(1),
            fee: Nanomina::ONE_MINA,
            own: true,
            rival: None,
        };
        for _ in 0..=GroundTruth::SALES_KEPT {
            truth.record_sale(sale);
        }
        assert_eq!(truth.sales.len(), GroundTruth::SALES_KEPT);
        assert_eq!(truth.works_bought, GroundTruth::SALES_KEPT as u64 + 1);
        assert_eq!(truth.spent, (GroundTruth::SALES_KEPT as u128 + 1) * 1_000_000_000);
    }

    #[test]
    fn coverage_counts_blocks_that_wanted_works() {
        let mut coverage = CoverageTruth::default();
        coverage.record_block(0, DueWorks::default());
        assert_eq!((coverage.mean(), coverage.quantile(0.01)), (1.0, 1.0));
        for proved in [124, 62, 124, 0] {
            coverage.record_block(124 - proved, DueWorks { all: 124, proved });
        }
        assert_eq!((coverage.held_up_blocks, coverage.held_up_transactions), (2, 186));
        assert_eq!((coverage.mean(), coverage.quantile(0.0)), (0.625, 0.0));
        assert_eq!((coverage.quantile(0.5), coverage.quantile(1.0)), (0.5, 1.0));
    }
}
