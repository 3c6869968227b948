//! What really happened in a run: the facts that a policy is judged by and never sees.

use std::collections::VecDeque;

use snarkfee_core::units::{Nanomina, WorkId};

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
    /// What the operator's worker did and earned.
    pub own: WorkerTotals,
    /// The newest works bought, at most [`GroundTruth::SALES_KEPT`], oldest first.
    pub sales: VecDeque<SoldWork>,
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
    /// Whether it was the operator's.
    pub own: bool,
    /// The lowest fee that anybody else had gossiped for it by then, including proofs that the pool
    /// rejected because the operator's was cheaper; `None` when there was none. With late gossip a
    /// producer may have paid more.
    pub rival: Option<Nanomina>,
}

impl GroundTruth {
    /// Most sales kept in [`GroundTruth::sales`].
    pub const SALES_KEPT: usize = 1 << 16;

    pub(super) fn record_sale(&mut self, sale: SoldWork, to_self: bool) {
        self.works_bought += 1;
        self.spent += u128::from(sale.fee.get());
        if sale.own && to_self {
            self.own.sold_to_self += 1;
        } else if sale.own {
            self.own.sold += 1;
            self.own.earned += u128::from(sale.fee.get());
        }
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
            truth.record_sale(sale, false);
        }
        truth.record_sale(sale, true);
        assert_eq!(truth.sales.len(), GroundTruth::SALES_KEPT);
        assert_eq!(truth.works_bought, GroundTruth::SALES_KEPT as u64 + 2);
        assert_eq!(
            (truth.own.sold, truth.own.sold_to_self),
            (GroundTruth::SALES_KEPT as u64 + 1, 1)
        );
        assert_eq!(truth.own.earned, (GroundTruth::SALES_KEPT as u128 + 1) * 1_000_000_000);
    }
}
