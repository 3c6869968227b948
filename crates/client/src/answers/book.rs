//! From the daemon's lists of works to the works still to be bought.
//!
//! A proof stays in the snark pool as long as any block of the frontier still has its work
//! outstanding (Mina `snark_pool_refcount.ml`), so the pool also holds works that newer blocks have
//! bought. Those come out here.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashSet, HashTable, hash_table::Entry};
use snarkfee_core::{
    market::{Book, BookOrder, ChainLook, OpenWork},
    units::WorkId,
};

/// The book from `snarkWorkRange`, which lists every work of the best tip's scan state in the order
/// of purchase.
pub(super) fn from_range(listed: Vec<OpenWork>, chain: &ChainLook) -> Book {
    Book { order: BookOrder::Purchase, works: open(listed, chain).into() }
}

/// The book from `snarkPool` joined with `pendingSnarkWork`.
///
/// A pending work without an entry in the pool is unproved. One with an entry is priced above the
/// fee of the daemon's own worker, and keeps that offer. Works of the pool come first, in its
/// order.
pub(super) fn from_pool(
    mut listed: Vec<OpenWork>,
    pending: Vec<WorkId>,
    chain: &ChainLook,
) -> Book {
    listed.extend(pending.into_iter().map(|work| OpenWork { work, standing: None }));
    Book { order: BookOrder::Unknown, works: open(listed, chain).into() }
}

/// What of a list is still to be bought, each work once. The daemon keeps one proof of a work;
/// should it list two, the cheaper is kept.
fn open(mut listed: Vec<OpenWork>, chain: &ChainLook) -> Vec<OpenWork> {
    let bought = bought(chain);
    let hasher = DefaultHashBuilder::default();
    // Places in the list instead of works: that little stays in the processor's cache.
    let mut places: HashTable<u32> = HashTable::with_capacity(listed.len());
    let (mut out, mut repeated) = (Vec::new(), Vec::new());
    let work_at = |place: &u32| listed.get(*place as usize).map(|open| open.work);
    let hash = |work: Option<WorkId>| hasher.hash_one(work);
    for (place, OpenWork { work, .. }) in (0..).zip(&listed) {
        if bought.contains(work) {
            out.push(place);
            continue;
        }
        let same = |known: &u32| work_at(known) == Some(*work);
        match places.entry(hash(Some(*work)), same, |known| hash(work_at(known))) {
            Entry::Vacant(vacant) => {
                vacant.insert(place);
            }
            Entry::Occupied(known) => {
                out.push(place);
                repeated.push((*known.get(), place));
            }
        }
    }
    for (first, again) in repeated {
        let offer = listed.get_mut(again as usize).and_then(|open| open.standing.take());
        if let (Some(known), Some(offer)) = (listed.get_mut(first as usize), offer)
            && known.standing.as_ref().is_none_or(|standing| offer.fee < standing.fee)
        {
            known.standing = Some(offer);
        }
    }
    let (mut place, mut out) = (0_u32.., out.into_iter().peekable());
    listed.retain(|_| {
        let place = place.next();
        out.next_if(|out| Some(*out) == place).is_none()
    });
    listed
}

fn bought(chain: &ChainLook) -> HashSet<WorkId> {
    chain.blocks.iter().flat_map(|block| &*block.works).map(|sale| sale.work).collect()
}

#[cfg(test)]
mod tests {
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
        let block =
            Block { height: 1, state_hash: "h".into(), at: jiff::Timestamp::UNIX_EPOCH, works };
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
}
