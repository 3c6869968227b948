//! A block producer at the start of its slot: which proofs it has heard of, and what its block will
//! therefore hold.
//!
//! Gossip reaches producers at different times. Whether a proof has reached the producer of a slot
//! is drawn for that slot, work and prover, so one producer may lack a proof that the next one has.

use std::collections::BTreeSet;

use snarkfee_core::units::Nanomina;

use super::{
    draws::{Draws, Subject},
    mempool::Mempool,
    pool::{Bid, Pool, ProverId, Serial, Work},
    purchase::{BlockTerms, OfferedWork, Purchase, decide_purchase},
    scan_state::ScanState,
    scenario::{ChainSetup, GossipSetup},
    time::{Millis, millis},
    truth::DueWorks,
};

/// A producer and everything that it decides from.
#[derive(Clone, Copy)]
pub(super) struct Producer<'a> {
    pub(super) pool: &'a Pool,
    pub(super) scan: &'a ScanState,
    pub(super) mempool: &'a Mempool,
    pub(super) chain: &'a ChainSetup,
    pub(super) gossip: &'a GossipSetup,
    pub(super) accounts: &'a BTreeSet<ProverId>,
    pub(super) draws: Draws,
    pub(super) slot: i64,
    /// Start of the slot.
    pub(super) at: Millis,
    /// The height that the block will have.
    pub(super) height: u32,
    /// The operator's key when the operator's daemon produces the block. That daemon has heard of
    /// every proof, and its own works cost it nothing.
    pub(super) own: Option<ProverId>,
}

/// Contents of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BlockPlan {
    /// Slots and works in the current tree, then in the next tree if the block fills the current
    /// one and splits.
    pub(super) parts: Vec<(u32, u32)>,
    /// Works bought, in order.
    pub(super) sold: Vec<(Serial, Bid)>,
    /// User commands included.
    pub(super) commands: usize,
    /// Their fees.
    pub(super) command_fees: u64,
    /// Works that the block could have used, and how many of them had a proof in the pool.
    pub(super) wanted: DueWorks,
    /// User commands left out only because a work has no proof.
    pub(super) held_up: usize,
}

/// A block that has not yet reached the network.
#[derive(Debug)]
pub(super) struct ProposedBlock {
    pub(super) plan: BlockPlan,
    pub(super) slot: i64,
    /// Whether the operator's daemon produced it.
    pub(super) own: bool,
}

impl Producer<'_> {
    /// Decides what the block will hold.
    pub(super) fn plan_block(&self) -> BlockPlan {
        let waiting = self.mempool.oldest(self.chain.tree_slots);
        if self.scan.required().is_empty() {
            return self.plan_split(&waiting).unwrap_or_else(|| self.plan_without_works(&waiting));
        }
        let seen = self.available_works(self.scan.required().iter().copied());
        let offered = offered_works(&seen);
        let bought = decide_purchase(&BlockTerms {
            offered: &offered,
            complete: seen.len() == self.scan.required().len(),
            allowance: self.scan.allowance(),
            free: self.scan.free(),
            ..self.terms(&waiting)
        });
        let held_up = self.count_held_up(&seen, &bought, &waiting);
        let parts = vec![tree_part(&bought)];
        let wanted = self.due_works();
        BlockPlan { parts, wanted, held_up, ..base_plan(&seen, &bought, &waiting) }
    }

    /// The works that the tree requires, and those of them that have a proof in the pool.
    fn due_works(&self) -> DueWorks {
        let required = self.scan.required();
        let proved = |serial: &&Serial| {
            self.pool.get(**serial).is_some_and(|work| work.standing().is_some())
        };
        DueWorks { all: required.len(), proved: required.iter().filter(proved).count() }
    }

    /// User commands that the block leaves out, and would hold if the works after the last that it
    /// can buy were proved for nothing. None where the next work has a proof, which then only has
    /// not arrived, or is too young to be bought.
    fn count_held_up(&self, seen: &[(Serial, Bid)], bought: &Purchase, waiting: &[u64]) -> usize {
        let required = self.scan.required();
        let next = required.get(seen.len()).and_then(|serial| self.pool.get(*serial));
        let unproved =
            next.is_some_and(|work| work.standing().is_none() && self.is_old_enough(work));
        if !unproved || bought.works < seen.len() {
            return 0;
        }
        let free = OfferedWork { fee: Nanomina::ZERO, prover: ProverId(u32::MAX) };
        let mut offered = offered_works(seen);
        offered.resize(required.len(), free);
        let unhindered = decide_purchase(&BlockTerms {
            offered: &offered,
            complete: true,
            allowance: self.scan.allowance(),
            free: self.scan.free(),
            ..self.terms(waiting)
        });
        unhindered.commands.saturating_sub(bought.commands)
    }

    fn is_old_enough(&self, work: &Work) -> bool {
        self.height >= work.appeared.saturating_add(self.chain.work_delay)
    }

    /// A block that buys no work because the current tree requires none.
    fn plan_without_works(&self, waiting: &[u64]) -> BlockPlan {
        let bought = decide_purchase(&self.terms(waiting));
        BlockPlan { parts: vec![tree_part(&bought)], ..base_plan(&[], &bought, waiting) }
    }

    /// A block that fills the tree with user commands and puts its coinbase into the next one, for
    /// exactly one work. `None` when the tree has room, when this producer does not split, or when
    /// it has no proof of that work.
    fn plan_split(&self, waiting: &[u64]) -> Option<BlockPlan> {
        let free = self.scan.free();
        // One slot is the fee transfer to the producer.
        let commands = usize::try_from(free).ok()?.checked_sub(1)?;
        if waiting.len() <= commands {
            return None;
        }
        if !self.draws.draw_for_slot(Subject::View, self.slot).happens(self.chain.split_share) {
            return None;
        }
        let seen = self.available_works(self.scan.next_head().into_iter());
        let offered = offered_works(&seen);
        let coinbase = decide_purchase(&BlockTerms {
            offered: &offered,
            complete: false,
            allowance: 0,
            ..self.terms(&[])
        });
        if coinbase.works == 0 {
            return None;
        }
        let bought = Purchase { commands, ..coinbase };
        Some(BlockPlan {
            parts: vec![(free, 0), tree_part(&coinbase)],
            ..base_plan(&seen, &bought, waiting)
        })
    }

    fn terms<'b>(&self, commands: &'b [u64]) -> BlockTerms<'b> {
        BlockTerms {
            offered: &[],
            complete: true,
            allowance: self.scan.free(),
            free: self.scan.free(),
            commands,
            coinbase: self.chain.coinbase_nanomina,
            own: self.own,
        }
    }

    /// The works at the head of `order`, up to the first that the producer has no proof of or may
    /// not buy.
    fn available_works(&self, order: impl Iterator<Item = Serial>) -> Vec<(Serial, Bid)> {
        order.map_while(|serial| self.available_bid(serial).map(|bid| (serial, bid))).collect()
    }

    fn available_bid(&self, serial: Serial) -> Option<Bid> {
        let work = self.pool.get(serial)?;
        if !self.is_old_enough(work) {
            return None;
        }
        let bid = work.cheapest_known(|bid| self.has_heard(serial, bid))?;
        // `create_diff` stops at a prover without an account whose fee cannot pay for creating one.
        // A free work pays nothing, so its prover needs no account.
        let payable = bid.fee == Nanomina::ZERO
            || bid.fee >= Nanomina::ONE_MINA
            || self.accounts.contains(&bid.prover);
        payable.then_some(bid)
    }

    fn has_heard(&self, serial: Serial, bid: Bid) -> bool {
        let age = self.at - bid.at;
        if self.own.is_some() || age >= millis(self.gossip.longest_seconds) {
            return true;
        }
        let prover = u64::from(bid.prover.0);
        let mut draw = self.draws.draw_for(
            Subject::View,
            self.slot.cast_unsigned(),
            (serial << 16) ^ (prover + 1),
        );
        let slow = draw.happens(self.gossip.slow_share);
        let mean = if slow { self.gossip.slow_mean_seconds } else { self.gossip.mean_seconds };
        age >= millis(draw.exponential(mean))
    }
}

fn offered_works(seen: &[(Serial, Bid)]) -> Vec<OfferedWork> {
    seen.iter().map(|(_, bid)| OfferedWork { fee: bid.fee, prover: bid.prover }).collect()
}

fn tree_part(bought: &Purchase) -> (u32, u32) {
    (bought.slots, u32::try_from(bought.works).unwrap_or(u32::MAX))
}

fn base_plan(seen: &[(Serial, Bid)], bought: &Purchase, waiting: &[u64]) -> BlockPlan {
    BlockPlan {
        sold: seen.iter().take(bought.works).copied().collect(),
        commands: bought.commands,
        command_fees: waiting
            .iter()
            .take(bought.commands)
            .fold(0, |sum, fee| sum.saturating_add(*fee)),
        ..BlockPlan::default()
    }
}

#[cfg(test)]
mod tests;
