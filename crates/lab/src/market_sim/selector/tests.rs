use snarkfee_core::units::WorkId;

use super::*;
use crate::market_sim::pool::{Work, WorkNature};

const DRAWS: Draws = Draws::new(3);

fn pool(works: i64) -> Pool {
    let mut pool = Pool::default();
    for id in 0..works {
        pool.add(Work::new(WorkId::one(id), 1, WorkNature::PLAIN));
    }
    pool
}

const fn picker(assignment: u64) -> Picker {
    Picker { seat: SeatId::FIRST, fee: Nanomina::ZERO, assignment }
}

fn picks(method: SelectionMethod, count: u64) -> Vec<Serial> {
    let pool = pool(40);
    let mut selector = Selector::default();
    (0..count)
        .map_while(|turn| selector.pick(method, (0..40, &pool), picker(turn), DRAWS))
        .collect()
}

#[test]
fn each_method_hands_out_every_work_once() {
    for method in [SelectionMethod::Rand, SelectionMethod::Seq, SelectionMethod::Roffset] {
        let mut all = picks(method, 99);
        all.sort_unstable();
        assert_eq!(all, (0..40).collect::<Vec<_>>(), "{method:?}");
    }
}

#[test]
fn sequence_is_the_order_of_purchase_and_an_offset_begins_within_it() {
    assert_eq!(picks(SelectionMethod::Seq, 3), [0, 1, 2]);
    let from = picks(SelectionMethod::Roffset, 3);
    assert!(from[0] > 0 && from[1] == from[0] + 1 && from[2] == from[0] + 2, "{from:?}");
}

#[test]
fn another_change_of_the_list_draws_the_offset_again() {
    let pool = pool(40);
    let mut selector = Selector::default();
    let mut pick = |open: std::ops::Range<u64>, turn| {
        let fee = Nanomina::ZERO;
        let picker = Picker { fee, ..picker(turn) };
        selector.pick(SelectionMethod::Roffset, (open, &pool), picker, DRAWS).unwrap()
    };
    let first = pick(0..40, 0);
    let moved: Vec<_> =
        (1..20).map(|turn| pick(if turn % 2 == 0 { 0..40 } else { 0..30 }, turn)).collect();
    assert!(moved.iter().any(|pick| *pick < first) && moved.iter().any(|pick| *pick > first));
}
