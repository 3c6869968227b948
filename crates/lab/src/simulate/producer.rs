//! A block producer at the start of its slot: which proofs it has heard of, and so what its block
//! will hold.
//!
//! Producers differ in what gossip has brought them. Whether a proof has reached the producer of a
//! slot is drawn for that slot, work and prover, so a proof may be missing for one producer and not
//! for the next.

use std::collections::BTreeSet;

use snarkfee_core::units::Nanomina;

use super::{
    agenda::Millis,
    draws::{Draws, Subject, millis},
    mempool::Mempool,
    pool::{Bid, Pool, ProverId, Serial},
    purchase::{Offered, Purchase, Terms, purchase},
    scan_state::ScanState,
    scenario::{Chain, Gossip},
};

/// What a producer decides from.
#[derive(Clone, Copy)]
pub(super) struct Producer<'a> {
    pub(super) pool: &'a Pool,
    pub(super) scan: &'a ScanState,
    pub(super) mempool: &'a Mempool,
    pub(super) chain: &'a Chain,
    pub(super) gossip: &'a Gossip,
    pub(super) accounts: &'a BTreeSet<ProverId>,
    pub(super) draws: Draws,
    pub(super) slot: i64,
    /// The slot's start.
    pub(super) at: Millis,
    /// The height that the block will have.
    pub(super) height: u32,
    /// The operator's key when the operator's daemon produces the block: it has heard of
    /// everything, and its own works are free.
    pub(super) own: Option<ProverId>,
}

/// A block before it reaches the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Slots and works for the current tree, and for the next when the block fills this one and
    /// splits.
    pub(super) parts: Vec<(u32, u32)>,
    /// What is bought, in order.
    pub(super) sold: Vec<(Serial, Bid)>,
    /// User commands included.
    pub(super) commands: usize,
    /// Their fees.
    pub(super) command_fees: u64,
}

impl Producer<'_> {
    /// Decides.
    pub(super) fn plan(&self) -> Plan {
        let waiting = self.mempool.oldest(self.chain.tree_slots);
        if self.scan.required().is_empty() {
            return self.split(&waiting).unwrap_or_else(|| self.fill(&waiting));
        }
        let seen = self.known(self.scan.required().iter().copied());
        let offered = offered(&seen);
        let bought = purchase(&Terms {
            offered: &offered,
            complete: seen.len() == self.scan.required().len(),
            allowance: self.scan.allowance(),
            free: self.scan.free(),
            ..self.terms(&waiting)
        });
        Plan { parts: vec![part(&bought)], ..paid(&seen, &bought, &waiting) }
    }

    /// A block that needs no work because the current tree requires none.
    fn fill(&self, waiting: &[u64]) -> Plan {
        let bought = purchase(&self.terms(waiting));
        Plan { parts: vec![part(&bought)], ..paid(&[], &bought, waiting) }
    }

    /// A block that fills the tree with user commands and puts its coinbase into the next one, for
    /// exactly one work; `None` when the tree has room, when the producer does not do so, or when
    /// it has not heard of that work.
    fn split(&self, waiting: &[u64]) -> Option<Plan> {
        let free = self.scan.free();
        // One slot is the fee transfer to the producer.
        let commands = usize::try_from(free).ok()?.checked_sub(1)?;
        if waiting.len() <= commands {
            return None;
        }
        if !self.draws.at_slot(Subject::View, self.slot).happens(self.chain.split_share) {
            return None;
        }
        let seen = self.known(self.scan.next_head().into_iter());
        let offered = offered(&seen);
        let coinbase = purchase(&Terms {
            offered: &offered,
            complete: false,
            allowance: 0,
            ..self.terms(&[])
        });
        if coinbase.works == 0 {
            return None;
        }
        let bought = Purchase { commands, ..coinbase };
        Some(Plan { parts: vec![(free, 0), part(&coinbase)], ..paid(&seen, &bought, waiting) })
    }

    fn terms<'b>(&self, commands: &'b [u64]) -> Terms<'b> {
        Terms {
            offered: &[],
            complete: true,
            allowance: self.scan.free(),
            free: self.scan.free(),
            commands,
            coinbase: self.chain.coinbase_nanomina,
            own: self.own,
        }
    }

    /// The works at the head of an order that the producer has proofs of and may buy.
    fn known(&self, order: impl Iterator<Item = Serial>) -> Vec<(Serial, Bid)> {
        order.map_while(|serial| self.proof_of(serial).map(|bid| (serial, bid))).collect()
    }

    fn proof_of(&self, serial: Serial) -> Option<Bid> {
        let work = self.pool.get(serial)?;
        if self.height < work.appeared.saturating_add(self.chain.work_delay) {
            return None;
        }
        let bid = work.seen(|bid| self.heard(serial, bid))?;
        // `create_diff` stops at a prover that the fee could not create an account for; nothing is
        // paid for a free work.
        let payable = bid.fee == Nanomina::ZERO
            || bid.fee >= Nanomina::ONE_MINA
            || self.accounts.contains(&bid.prover);
        payable.then_some(bid)
    }

    fn heard(&self, serial: Serial, bid: Bid) -> bool {
        let age = self.at - bid.at;
        if self.own.is_some() || age >= millis(self.gossip.longest_seconds) {
            return true;
        }
        let prover = u64::from(bid.prover.0);
        let mut draw =
            self.draws.at(Subject::View, self.slot.cast_unsigned(), (serial << 16) ^ (prover + 1));
        let slow = draw.happens(self.gossip.slow_share);
        let mean = if slow { self.gossip.slow_mean_seconds } else { self.gossip.mean_seconds };
        age >= millis(draw.exponential(mean))
    }
}

fn offered(seen: &[(Serial, Bid)]) -> Vec<Offered> {
    seen.iter().map(|(_, bid)| Offered { fee: bid.fee, prover: bid.prover }).collect()
}

fn part(bought: &Purchase) -> (u32, u32) {
    (bought.slots, u32::try_from(bought.works).unwrap_or(u32::MAX))
}

fn paid(seen: &[(Serial, Bid)], bought: &Purchase, waiting: &[u64]) -> Plan {
    Plan {
        parts: Vec::new(),
        sold: seen.iter().take(bought.works).copied().collect(),
        commands: bought.commands,
        command_fees: waiting
            .iter()
            .take(bought.commands)
            .fold(0, |sum, fee| sum.saturating_add(*fee)),
    }
}

#[cfg(test)]
mod tests;
