//! What one block buys and includes.
//!
//! Mina `staged_ledger.ml` (3.0.3), `create_diff`: works are taken in fixed order up to the first
//! missing one; a block needs one work for each slot it adds unless it buys all there are; the
//! coinbase pays the cheapest work, user transaction fees pay the others; when they do not suffice,
//! the last work in order goes first, then user commands without a slot. No fee is ever compared
//! with another producer's or refused as too high.
//!
//! Not here: which proofs the producer knows of.

use std::collections::BTreeSet;

use snarkfee_core::units::Nanomina;

use super::pool::ProverId;

/// A work that the producer could buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offered {
    pub(super) fee: Nanomina,
    pub(super) prover: ProverId,
}

/// What a producer has before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'a> {
    /// Works it has proofs of, in order, up to the first it has not.
    pub(super) offered: &'a [Offered],
    /// Whether they are all that the tree requires.
    pub(super) complete: bool,
    /// Slots it may use without buying anything.
    pub(super) allowance: u32,
    /// Slots free in the tree.
    pub(super) free: u32,
    /// Fees of the user commands it would include, first to be included first, in nanomina.
    pub(super) commands: &'a [u64],
    /// The block's coinbase.
    pub(super) coinbase: Nanomina,
    /// The producer's own prover key, whose works cost it nothing.
    pub(super) own: Option<ProverId>,
}

/// What it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Purchase {
    /// Works bought, from the head of `offered`.
    pub(super) works: usize,
    /// User commands included, from the head of `commands`.
    pub(super) commands: usize,
    /// Transaction slots used, internal commands included; 0 is an empty block.
    pub(super) slots: u32,
    /// Which of the works the coinbase pays.
    pub(super) by_coinbase: Option<usize>,
}

/// Decides what a block buys and includes.
pub(super) fn purchase(terms: &Terms<'_>) -> Purchase {
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
        let bill = Bill::of(bought, terms);
        let budget: u64 =
            terms.commands.iter().take(commands).fold(0, |sum, fee| sum.saturating_add(*fee));
        if bill.by_fees > budget {
            // A bill is never above an empty budget without works.
            works = works.saturating_sub(1);
            continue;
        }
        let slots = slots(commands, bill.recipients + usize::from(budget > bill.by_fees));
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
fn slots(commands: usize, recipients: usize) -> u32 {
    u32::try_from(commands + 1 + recipients.div_ceil(2)).unwrap_or(u32::MAX)
}

/// How works are paid.
struct Bill {
    by_coinbase: Option<usize>,
    by_fees: u64,
    /// Provers paid by fee transfer.
    recipients: usize,
}

impl Bill {
    fn of(bought: &[Offered], terms: &Terms<'_>) -> Self {
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn works(fees: &[u64]) -> Vec<Offered> {
        let offered = |(i, fee): (u32, &u64)| Offered {
            fee: Nanomina::try_new(*fee).unwrap(),
            prover: ProverId(i),
        };
        (0..).zip(fees).map(offered).collect()
    }

    /// A block of a tree that requires more works than the producer has.
    fn short<'a>(offered: &'a [Offered], commands: &'a [u64]) -> Terms<'a> {
        Terms {
            offered,
            complete: false,
            allowance: 0,
            free: 128,
            commands,
            coinbase: Nanomina::try_new(1000).unwrap(),
            own: None,
        }
    }

    #[test]
    fn without_a_work_and_without_an_allowance_the_block_is_empty() {
        assert_eq!(purchase(&short(&[], &[5, 5])), Purchase::default());
    }

    #[test]
    fn one_work_makes_room_for_the_coinbase_alone_and_the_coinbase_pays_it() {
        let offered = works(&[900]);
        let bought = purchase(&short(&offered, &[5, 5]));
        assert_eq!(bought, Purchase { works: 1, commands: 0, slots: 1, by_coinbase: Some(0) });
    }

    #[test]
    fn a_work_dearer_than_the_coinbase_and_the_fees_is_not_bought() {
        let offered = works(&[1001]);
        assert_eq!(purchase(&short(&offered, &[5, 5])), Purchase::default());
    }

    #[test]
    fn each_slot_needs_a_work() {
        let offered = works(&[0, 0, 0, 0]);
        // Two commands, the coinbase, and the fee transfer to the producer.
        let bought = purchase(&short(&offered, &[5, 5, 5, 5, 5]));
        assert_eq!((bought.works, bought.commands, bought.slots), (4, 2, 4));
    }

    #[test]
    fn free_works_are_all_bought_however_few_slots_are_used() {
        let offered = works(&[0; 100]);
        let bought = purchase(&short(&offered, &[5]));
        assert_eq!((bought.works, bought.commands, bought.by_coinbase), (100, 1, None));
    }

    #[test]
    fn the_last_work_in_order_goes_first_even_when_it_is_cheap() {
        // The coinbase takes the 1, fees of 30 pay 20 but not 20 + 20.
        let offered = works(&[20, 20, 1, 2]);
        let bought = purchase(&Terms { allowance: 10, ..short(&offered, &[30]) });
        assert_eq!((bought.works, bought.by_coinbase), (2, Some(0)));
    }

    #[test]
    fn the_coinbase_pays_the_cheapest_of_those_bought() {
        let offered = works(&[20, 10, 15]);
        let bought = purchase(&Terms { allowance: 10, ..short(&offered, &[35]) });
        assert_eq!((bought.works, bought.by_coinbase), (3, Some(1)));
    }

    #[test]
    fn a_free_work_is_the_cheapest_so_the_coinbase_pays_nothing() {
        let offered = works(&[20, 0]);
        let bought = purchase(&Terms { allowance: 10, ..short(&offered, &[35]) });
        assert_eq!((bought.works, bought.by_coinbase), (2, None));
    }

    #[test]
    fn works_of_the_producer_cost_it_nothing() {
        let offered = works(&[500, 500]);
        let terms = Terms { allowance: 10, ..short(&offered, &[1]) };
        assert_eq!(purchase(&terms).works, 1, "the coinbase pays one");
        let own = Terms { own: Some(ProverId(1)), ..terms };
        assert_eq!(purchase(&own).works, 2);
    }

    #[test]
    fn all_works_bought_opens_the_rest_of_the_tree() {
        let offered = works(&[0]);
        let commands = [5; 20];
        let terms = short(&offered, &commands);
        assert_eq!(purchase(&terms).commands, 0);
        assert_eq!(purchase(&Terms { complete: true, ..terms }).commands, 20);
        let complete = Terms { complete: true, free: 10, ..terms };
        assert_eq!((purchase(&complete).commands, purchase(&complete).slots), (8, 10));
    }

    proptest! {
        #[test]
        fn every_purchase_is_affordable_and_fits(
            fees in prop::collection::vec(0_u64..400, 0..40),
            commands in prop::collection::vec(0_u64..100, 0..40),
            allowance in 0_u32..20,
            free in 0_u32..60,
            complete: bool,
        ) {
            let offered = works(&fees);
            let terms = Terms { allowance, free, complete, ..short(&offered, &commands) };
            let bought = purchase(&terms);
            prop_assert!(bought.works <= offered.len() && bought.commands <= commands.len());
            prop_assert!(bought.slots <= free);
            let all = complete && bought.works == offered.len();
            prop_assert!(all || bought.slots as usize <= allowance as usize + bought.works);
            let paid: u64 = fees.iter().take(bought.works).enumerate()
                .filter(|(index, _)| Some(*index) != bought.by_coinbase).map(|(_, fee)| fee).sum();
            let budget: u64 = commands.iter().take(bought.commands).sum();
            prop_assert!(paid <= budget);
            if bought.slots == 0 {
                prop_assert_eq!(bought, Purchase::default());
            }
        }
    }
}
