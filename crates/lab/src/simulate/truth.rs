//! What really happened in a run: the facts that a policy is judged by and never sees.

use std::{collections::VecDeque, time::Duration};

use snarkfee_core::units::{Nanomina, WorkId};

/// The facts since the start of the run, the warm-up left out. All memory is bounded.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// Slots begun.
    pub slots: u64,
    /// Blocks that reached the network.
    pub blocks: u64,
    /// Of them, blocks that bought at least one work.
    pub buying_blocks: u64,
    /// Transaction slots used.
    pub transaction_slots: u64,
    /// Works bought.
    pub works_bought: u64,
    /// Nanomina paid for them.
    pub spent: u128,
    /// The operator's own part.
    pub own: OwnTruth,
    /// The newest works bought, at most [`Truth::SALES_KEPT`], oldest first.
    pub sales: VecDeque<SoldWork>,
}

/// What the operator's worker did and earned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnTruth {
    /// Proofs finished.
    pub made: u64,
    /// Of them, proofs that the pool took.
    pub accepted: u64,
    /// Works sold to blocks of others.
    pub sold: u64,
    /// Nanomina earned by them.
    pub earned: u128,
    /// Works bought by the operator's own blocks, which earn nothing.
    pub sold_to_self: u64,
    /// Time spent proving, summed over provers, lost proofs included.
    pub busy: Duration,
    /// Proofs lost by switching off or restarting.
    pub lost: u64,
    /// Times that the worker was switched on or off.
    pub toggles: u64,
    /// Of them, stops so soon after a start that a real daemon would have been taken down: its
    /// worker process installs its signal handler only after a few seconds.
    pub fast_toggles: u64,
    /// Blocks that the operator's daemon produced.
    pub blocks: u64,
    /// Slots won and missed because the machine was proving.
    pub blocks_missed: u64,
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
    /// refused because the operator's was cheaper; `None` when nobody had. With late gossip a
    /// producer may have paid more than that.
    pub rival: Option<Nanomina>,
}

impl Truth {
    /// Sales kept in [`Truth::sales`].
    pub const SALES_KEPT: usize = 1 << 16;

    pub(super) fn sell(&mut self, sale: SoldWork, to_self: bool) {
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
    fn totals_go_on_when_the_list_of_sales_is_full() {
        let mut truth = Truth::default();
        let sale = SoldWork {
            slot: 0,
            work: WorkId::one(1),
            fee: Nanomina::ONE_MINA,
            own: true,
            rival: None,
        };
        for _ in 0..=Truth::SALES_KEPT {
            truth.sell(sale, false);
        }
        truth.sell(sale, true);
        assert_eq!(truth.sales.len(), Truth::SALES_KEPT);
        assert_eq!(truth.works_bought, Truth::SALES_KEPT as u64 + 2);
        assert_eq!((truth.own.sold, truth.own.sold_to_self), (Truth::SALES_KEPT as u64 + 1, 1));
        assert_eq!(truth.own.earned, (Truth::SALES_KEPT as u128 + 1) * 1_000_000_000);
    }
}
