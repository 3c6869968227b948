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
mod tests;
