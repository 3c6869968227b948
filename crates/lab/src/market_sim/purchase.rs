//! What one block buys and includes.
//!
//! Rules of Mina `staged_ledger.ml` (3.0.3), `create_diff`: a block takes works in fixed order up to
//! the first missing one. It needs one work for each slot that it adds, unless it buys all the works
//! that the tree requires. The coinbase pays for the cheapest work, user transaction fees for the
//! others. When they do not suffice, the last work in order is dropped first, then user commands
//! without a slot. No fee is compared with another producer's or rejected as too high.
//!
//! Not here: which proofs the producer has heard of.

use std::collections::BTreeSet;

use snarkfee_core::units::Nanomina;

use super::pool::ProverId;

/// A work that the producer could buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OfferedWork {
    pub(super) fee: Nanomina,
    pub(super) prover: ProverId,
}

/// What a block can be made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockTerms<'a> {
    /// Works that the producer has proofs of, in order, up to the first missing one.
    pub(super) offered: &'a [OfferedWork],
    /// Whether they are all that the tree requires.
    pub(super) complete: bool,
    /// Slots that the block may use without buying anything.
    pub(super) allowance: u32,
    /// Slots free in the tree.
    pub(super) free: u32,
    /// Fees of the waiting user commands in nanomina, in order of inclusion.
    pub(super) commands: &'a [u64],
    /// The block's coinbase.
    pub(super) coinbase: Nanomina,
    /// The producer's own prover key, whose works cost it nothing.
    pub(super) own: Option<ProverId>,
}

/// What a block buys and includes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Purchase {
    /// Works bought, from the head of `offered`.
    pub(super) works: usize,
    /// User commands included, from the head of `commands`.
    pub(super) commands: usize,
    /// Transaction slots used, internal commands included; 0 is an empty block.
    pub(super) slots: u32,
    /// Which of the works the coinbase pays for.
    pub(super) by_coinbase: Option<usize>,
}

/// Decides what a block buys and includes.
pub(super) fn decide_purchase(terms: &BlockTerms<'_>) -> Purchase {
    let mut works = terms.offered.len();
    let mut commands = terms.commands.len();
    loop {
        let bought = terms.offered.get(..works).unwrap_or_default();
        let capacity = if terms.complete && works == terms.offered.len() {
            terms.free
        } else {
            terms.free.min(terms.allowance.saturating_add(u32::try_from(works).unwrap_or(u32::MAX)))
        };
        if capacity == 0 {
            return Purchase::default();
        }
        let bill = Bill::new(bought, terms);
        let budget: u64 =
            terms.commands.iter().take(commands).fold(0, |sum, fee| sum.saturating_add(*fee));
        if bill.by_fees > budget {
            // Ends at the latest without works, when the bill is zero.
            works = works.saturating_sub(1);
            continue;
        }
        let slots = count_slots(commands, bill.recipients + usize::from(budget > bill.by_fees));
        if slots > capacity && commands > 0 {
            commands -= 1;
            continue;
        }
        return Purchase {
            works,
            commands,
            slots: slots.min(capacity),
            by_coinbase: bill.by_coinbase,
        };
    }
}

/// Slots of a block: user commands, the coinbase, and fee transfers, two recipients in each.
fn count_slots(commands: usize, recipients: usize) -> u32 {
    u32::try_from(commands + 1 + recipients.div_ceil(2)).unwrap_or(u32::MAX)
}

/// How the works of a block are paid for.
struct Bill {
    by_coinbase: Option<usize>,
    by_fees: u64,
    /// Provers paid by fee transfer.
    recipients: usize,
}

impl Bill {
    fn new(bought: &[OfferedWork], terms: &BlockTerms<'_>) -> Self {
        let cheapest = bought.iter().enumerate().min_by_key(|(index, work)| (work.fee, *index));
        let by_coinbase = cheapest
            .filter(|(_, work)| {
                work.fee > Nanomina::ZERO
                    && work.fee <= terms.coinbase
                    && Some(work.prover) != terms.own
            })
            .map(|(index, _)| index);
        let by_fees = bought.iter().enumerate().filter(|(index, work)| {
            Some(*index) != by_coinbase
                && work.fee > Nanomina::ZERO
                && Some(work.prover) != terms.own
        });
        let mut recipients = BTreeSet::new();
        let mut sum: u64 = 0;
        for (_, work) in by_fees {
            recipients.insert(work.prover);
            sum = sum.saturating_add(work.fee.get());
        }
        Self { by_coinbase, by_fees: sum, recipients: recipients.len() }
    }
}

#[cfg(test)]
mod tests;
