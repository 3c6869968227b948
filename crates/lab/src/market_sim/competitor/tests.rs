use super::*;
use crate::market_sim::pool::{Bid, Work, WorkNature};
use snarkfee_core::units::WorkId;

const DRAWS: Draws = Draws::new(1);

fn fee(nanomina: u64) -> Nanomina {
    Nanomina::try_new(nanomina).unwrap()
}

fn competitor(rule: FeeRule, provers: u32) -> Competitor {
    select(rule, provers, SelectionMethod::Rand)
}

fn select(rule: FeeRule, provers: u32, selection: SelectionMethod) -> Competitor {
    let setup = CompetitorSetup {
        name: "a".into(),
        fee: rule,
        proof_seconds: 60.0,
        proof_spread: 0.2,
        selection,
        failures: None,
        works_per_key: None,
    };
    let mut competitor = Competitor::new(0, ProverId(0), &setup, DRAWS);
    competitor.set_provers(provers);
    competitor
}

/// A pool of works with these standing fees of prover 9.
fn pool(standing: &[Option<u64>]) -> Pool {
    let mut pool = Pool::default();
    for (id, price) in (0..).zip(standing) {
        let mut work = Work::new(WorkId::one(id), 1, WorkNature::PLAIN);
        if let Some(price) = price {
            work.accept_bid(Bid { fee: fee(*price), prover: ProverId(9), at: 0 });
        }
        pool.add(work);
    }
    pool
}

#[test]
fn it_takes_each_work_once_without_a_proof_or_with_a_more_expensive_one() {
    let mut pool = pool(&[None, Some(10), Some(5), Some(4)]);
    let mut five = competitor(FeeRule::FixedNanomina(fee(5)), 10);
    for serial in 0..4 {
        five.add_candidate(serial, serial, serial);
        five.add_candidate(serial, serial, serial);
    }
    let taken: Vec<Serial> =
        std::iter::from_fn(|| five.take_work(&mut pool, DRAWS)).map(|taken| taken.0).collect();
    assert_eq!(taken, [0, 1]);
}

#[test]
fn with_seq_it_takes_the_first_in_order_of_purchase() {
    for (selection, first) in [(SelectionMethod::Seq, 1), (SelectionMethod::Rand, 0)] {
        let mut pool = pool(&[None, None]);
        let mut one = select(FeeRule::FixedNanomina(fee(0)), 1, selection);
        one.add_candidate(5, 9, 0);
        one.add_candidate(6, 8, 1);
        assert_eq!(one.take_work(&mut pool, DRAWS).unwrap().0, first);
    }
}

#[test]
fn it_proves_no_more_works_at_once_than_it_has_provers() {
    let mut pool = pool(&[None, None]);
    let mut one = competitor(FeeRule::FixedNanomina(fee(0)), 1);
    one.add_candidate(0, 0, 0);
    one.add_candidate(1, 1, 1);
    let (first, _, _) = one.take_work(&mut pool, DRAWS).unwrap();
    assert!(one.take_work(&mut pool, DRAWS).is_none());
    one.finish_proof(first, 0, &mut pool);
    assert_eq!(one.take_work(&mut pool, DRAWS).unwrap().0, 1 - first);
}

#[test]
fn an_undercutter_goes_a_tick_below_the_lowest_above_its_floor() {
    let rule = |floor| FeeRule::Undercut {
        floor_nanomina: fee(floor),
        ask_nanomina: fee(1000),
        tick_nanomina: fee(1),
        every_seconds: 60,
    };
    let pool = pool(&[Some(0), Some(300), Some(200), None]);
    for (floor, expected) in [(50, 199), (199, 199), (200, 299), (300, 1000), (0, 199)] {
        let mut bot = competitor(rule(floor), 1);
        bot.review_fee(0..4, &pool, DRAWS);
        assert_eq!(bot.fee, fee(expected), "floor {floor}");
    }
}

#[test]
fn a_fixed_list_price_never_moves_and_a_repricer_keeps_to_its_list() {
    let pool = pool(&[Some(300)]);
    let mut fixed = competitor(FeeRule::FixedNanomina(fee(5)), 1);
    assert!(!fixed.review_fee(0..1, &pool, DRAWS));
    let list = vec![fee(1), fee(2), fee(3)];
    let mut rare =
        competitor(FeeRule::Reprice { fees_nanomina: list.clone(), every_seconds: 60 }, 1);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..50 {
        rare.review_fee(0..1, &pool, DRAWS);
        seen.insert(rare.fee);
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), list);
}
