use proptest::prelude::*;

use super::*;
use snarkfee_core::{
    market::{Block, Offer, Sale},
    units::{Nanomina, PublicKey},
};

fn offer(fee: u64) -> Offer {
    Offer { fee: Nanomina::try_new(fee).unwrap(), prover: PublicKey::try_new("B62q").unwrap() }
}

fn chain(works: &[i64]) -> ChainLook {
    let Offer { fee, prover } = offer(1);
    let sale = |work: &i64| Sale { work: WorkId::one(*work), fee, prover: prover.clone() };
    let works = works.iter().map(sale).collect();
    let block = Block { height: 1, state_hash: "h".into(), at: jiff::Timestamp::UNIX_EPOCH, works };
    ChainLook { blocks: vec![block.into()] }
}

fn shown(book: &Book) -> Vec<(i64, Option<u64>)> {
    let fee = |open: &OpenWork| open.standing.as_ref().map(|offer| offer.fee.get());
    book.works.iter().map(|open| (open.work.ids().next().unwrap(), fee(open))).collect()
}

#[test]
fn the_range_keeps_its_order_without_what_was_bought() {
    let listed = [(3, None), (1, Some(5)), (2, Some(0)), (1, Some(7))];
    let listed = listed
        .map(|(id, fee)| OpenWork { work: WorkId::one(id), standing: fee.map(offer) })
        .to_vec();
    let book = from_range(listed, &chain(&[2]));
    assert_eq!(book.order, BookOrder::Purchase);
    assert_eq!(shown(&book), [(3, None), (1, Some(5))]);
}

fn proved(works: impl IntoIterator<Item = (i64, u64)>) -> Vec<OpenWork> {
    let proved = |(id, fee)| OpenWork { work: WorkId::one(id), standing: Some(offer(fee)) };
    works.into_iter().map(proved).collect()
}

#[test]
fn the_pool_is_joined_with_what_is_pending() {
    let pool = proved([(1, 10), (2, 20), (3, 30), (1, 9)]);
    let pending = [2, 4, 3, 4].map(WorkId::one).to_vec();
    let book = from_pool(pool, pending, &chain(&[3]));
    assert_eq!(book.order, BookOrder::Unknown);
    assert_eq!(shown(&book), [(1, Some(9)), (2, Some(20)), (4, None)]);
}

#[test]
fn a_bundle_is_told_from_its_parts() {
    let pool = vec![OpenWork { work: WorkId::two(1, 2), standing: Some(offer(4)) }];
    let book = from_pool(pool, vec![WorkId::one(1)], &chain(&[2]));
    assert_eq!(book.works.len(), 2);
}

proptest! {
    #[test]
    fn a_book_has_each_open_work_once_and_its_cheapest_offer(
        pool in proptest::collection::vec((0_i64..12, 0_u64..5), 0..20),
        pending in proptest::collection::vec(0_i64..12, 0..20),
        sold in proptest::collection::vec(0_i64..12, 0..6),
    ) {
        let book = from_pool(proved(pool.iter().copied()), pending.iter().copied().map(WorkId::one).collect(), &chain(&sold));
        let shown = shown(&book);
        let ids: HashSet<_> = shown.iter().map(|(id, _)| *id).collect();
        prop_assert_eq!(ids.len(), shown.len());
        for id in 0..12 {
            let cheapest = pool.iter().filter(|(of, _)| *of == id).map(|(_, fee)| *fee).min();
            let open = !sold.contains(&id) && (cheapest.is_some() || pending.contains(&id));
            prop_assert_eq!(ids.contains(&id), open);
            if open {
                prop_assert!(shown.contains(&(id, cheapest)));
            }
        }
    }
}
