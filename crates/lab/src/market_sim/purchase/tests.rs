use proptest::prelude::*;

use super::*;

fn offered_works(fees: &[u64]) -> Vec<OfferedWork> {
    let offered = |(i, fee): (u32, &u64)| OfferedWork {
        fee: Nanomina::try_new(*fee).unwrap(),
        prover: ProverId(i),
    };
    (0..).zip(fees).map(offered).collect()
}

/// A block of a tree that requires more works than the producer has.
fn short<'a>(offered: &'a [OfferedWork], commands: &'a [u64]) -> BlockTerms<'a> {
    BlockTerms {
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
    assert_eq!(decide_purchase(&short(&[], &[5, 5])), Purchase::default());
}

#[test]
fn one_work_makes_room_for_the_coinbase_alone_and_the_coinbase_pays_for_it() {
    let offered = offered_works(&[900]);
    let bought = decide_purchase(&short(&offered, &[5, 5]));
    assert_eq!(bought, Purchase { works: 1, commands: 0, slots: 1, by_coinbase: Some(0) });
}

#[test]
fn a_work_above_the_coinbase_and_the_fees_is_not_bought() {
    let offered = offered_works(&[1001]);
    assert_eq!(decide_purchase(&short(&offered, &[5, 5])), Purchase::default());
}

#[test]
fn each_slot_needs_a_work() {
    let offered = offered_works(&[0, 0, 0, 0]);
    // Two commands, the coinbase, and the fee transfer to the producer.
    let bought = decide_purchase(&short(&offered, &[5, 5, 5, 5, 5]));
    assert_eq!((bought.works, bought.commands, bought.slots), (4, 2, 4));
}

#[test]
fn free_works_are_all_bought_however_few_slots_are_used() {
    let offered = offered_works(&[0; 100]);
    let bought = decide_purchase(&short(&offered, &[5]));
    assert_eq!((bought.works, bought.commands, bought.by_coinbase), (100, 1, None));
}

#[test]
fn the_last_work_in_order_is_dropped_first_even_when_it_is_cheap() {
    // The coinbase takes the 1, fees of 30 pay 20 but not 20 + 20.
    let offered = offered_works(&[20, 20, 1, 2]);
    let bought = decide_purchase(&BlockTerms { allowance: 10, ..short(&offered, &[30]) });
    assert_eq!((bought.works, bought.by_coinbase), (2, Some(0)));
}

#[test]
fn the_coinbase_pays_for_the_cheapest_of_those_bought() {
    let offered = offered_works(&[20, 10, 15]);
    let bought = decide_purchase(&BlockTerms { allowance: 10, ..short(&offered, &[35]) });
    assert_eq!((bought.works, bought.by_coinbase), (3, Some(1)));
}

#[test]
fn the_coinbase_pays_nothing_when_the_cheapest_work_is_free() {
    let offered = offered_works(&[20, 0]);
    let bought = decide_purchase(&BlockTerms { allowance: 10, ..short(&offered, &[35]) });
    assert_eq!((bought.works, bought.by_coinbase), (2, None));
}

#[test]
fn works_of_the_producer_cost_it_nothing() {
    let offered = offered_works(&[500, 500]);
    let terms = BlockTerms { allowance: 10, ..short(&offered, &[1]) };
    assert_eq!(decide_purchase(&terms).works, 1, "the coinbase pays one");
    let own = BlockTerms { own: Some(ProverId(1)), ..terms };
    assert_eq!(decide_purchase(&own).works, 2);
}

#[test]
fn buying_all_works_opens_the_rest_of_the_tree() {
    let offered = offered_works(&[0]);
    let commands = [5; 20];
    let terms = short(&offered, &commands);
    assert_eq!(decide_purchase(&terms).commands, 0);
    assert_eq!(decide_purchase(&BlockTerms { complete: true, ..terms }).commands, 20);
    let complete = BlockTerms { complete: true, free: 10, ..terms };
    assert_eq!((decide_purchase(&complete).commands, decide_purchase(&complete).slots), (8, 10));
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
        let offered = offered_works(&fees);
        let terms = BlockTerms { allowance, free, complete, ..short(&offered, &commands) };
        let bought = decide_purchase(&terms);
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
