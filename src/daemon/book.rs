//! From the daemon's lists of works to the works still to be bought.
//!
//! A proof stays in the snark pool as long as any block of the frontier still has its work outstanding (Mina
//! `snark_pool_refcount.ml`), so the pool also holds works that newer blocks have bought. Those come out here.

use hashbrown::{HashMap, HashSet, hash_map::Entry};

use crate::{
    market::{Book, BookOrder, ChainLook, Offer, OpenWork},
    units::WorkId,
};

/// The book from `snarkWorkRange`, which lists every work of the best tip's scan state in the order of purchase.
pub(super) fn from_range(listed: Vec<OpenWork>, chain: &ChainLook) -> Book {
    let bought = bought(chain);
    let mut seen = HashSet::with_capacity(listed.len());
    let open = |open: &OpenWork| !bought.contains(&open.work) && seen.insert(open.work);
    Book { order: BookOrder::Purchase, works: listed.into_iter().filter(open).collect() }
}

/// The book from `snarkPool` joined with `pendingSnarkWork`.
///
/// A pending work without an entry in the pool is unproved. One with an entry is priced above the fee of the daemon's own
/// worker, and keeps that offer. Works of the pool come first, in its order.
pub(super) fn from_pool(pool: Vec<(WorkId, Offer)>, pending: Vec<WorkId>, chain: &ChainLook) -> Book {
    let bought = bought(chain);
    let mut places = HashMap::with_capacity(pool.len() + pending.len());
    let mut works: Vec<OpenWork> = Vec::with_capacity(pool.len() + pending.len());
    let offers = pool.into_iter().map(|(work, offer)| (work, Some(offer)));
    for (work, offer) in offers.chain(pending.into_iter().map(|work| (work, None))) {
        if bought.contains(&work) {
            continue;
        }
        match places.entry(work) {
            Entry::Vacant(place) => {
                place.insert(works.len());
                works.push(OpenWork { work, standing: offer });
            }
            Entry::Occupied(place) => {
                // The daemon keeps one proof of a work; should it list two, the cheaper stands.
                if let (Some(known), Some(offer)) = (works.get_mut(*place.get()), offer)
                    && known.standing.as_ref().is_none_or(|standing| offer.fee < standing.fee)
                {
                    known.standing = Some(offer);
                }
            }
        }
    }
    Book { order: BookOrder::Unknown, works: works.into() }
}

fn bought(chain: &ChainLook) -> HashSet<WorkId> {
    chain.blocks.iter().flat_map(|block| &*block.works).map(|sale| sale.work).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        market::{Block, Sale},
        units::{Nanomina, PublicKey},
    };

    fn offer(fee: u64) -> Offer {
        Offer { fee: Nanomina::try_new(fee).unwrap(), prover: PublicKey::try_new("B62q").unwrap() }
    }

    fn chain(works: &[i64]) -> ChainLook {
        let Offer { fee, prover } = offer(1);
        let sale = |work: &i64| Sale { work: WorkId::one(*work), fee, prover: prover.clone() };
        let works = works.iter().map(sale).collect();
        ChainLook { blocks: vec![Block { height: 1, state_hash: "h".into(), at: jiff::Timestamp::UNIX_EPOCH, works }] }
    }

    fn shown(book: &Book) -> Vec<(i64, Option<u64>)> {
        let fee = |open: &OpenWork| open.standing.as_ref().map(|offer| offer.fee.get());
        book.works.iter().map(|open| (open.work.ids().next().unwrap(), fee(open))).collect()
    }

    #[test]
    fn the_range_keeps_its_order_without_what_was_bought() {
        let listed = [(3, None), (1, Some(5)), (2, Some(0)), (1, Some(7))];
        let listed = listed.map(|(id, fee)| OpenWork { work: WorkId::one(id), standing: fee.map(offer) }).to_vec();
        let book = from_range(listed, &chain(&[2]));
        assert_eq!(book.order, BookOrder::Purchase);
        assert_eq!(shown(&book), [(3, None), (1, Some(5))]);
    }

    #[test]
    fn the_pool_is_joined_with_what_is_pending() {
        let pool = [(1, 10), (2, 20), (3, 30), (1, 9)].map(|(id, fee)| (WorkId::one(id), offer(fee))).to_vec();
        let pending = [2, 4, 3, 4].map(WorkId::one).to_vec();
        let book = from_pool(pool, pending, &chain(&[3]));
        assert_eq!(book.order, BookOrder::Unknown);
        assert_eq!(shown(&book), [(1, Some(9)), (2, Some(20)), (4, None)]);
    }

    #[test]
    fn a_bundle_is_told_from_its_parts() {
        let pool = vec![(WorkId::two(1, 2), offer(4))];
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
            let offers = pool.iter().map(|(id, fee)| (WorkId::one(*id), offer(*fee))).collect();
            let book = from_pool(offers, pending.iter().copied().map(WorkId::one).collect(), &chain(&sold));
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
}
