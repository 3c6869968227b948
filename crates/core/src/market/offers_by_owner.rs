//! The offers on open works, our own apart from those of others.

use super::look::{Offer, OpenWork};
use crate::units::{Nanomina, PublicKey, WorkId};

/// The offers on the open works of one look. The caller decides who counts as us: only our own
/// provers when sales are counted, our whole fleet when competitors are.
pub(super) struct OffersByOwner<'a> {
    /// Our own offers, in the order of the book.
    pub(super) own: Vec<(WorkId, &'a Offer)>,
    /// The fees of everyone else, ascending.
    pub(super) others: Vec<Nanomina>,
    /// Works without an offer.
    pub(super) uncovered: usize,
}

impl<'a> OffersByOwner<'a> {
    pub(super) fn split(works: &'a [OpenWork], is_ours: impl Fn(&PublicKey) -> bool) -> Self {
        let mut offers =
            Self { own: Vec::new(), others: Vec::with_capacity(works.len()), uncovered: 0 };
        for OpenWork { work, standing } in works {
            match standing {
                None => offers.uncovered += 1,
                Some(offer) if is_ours(&offer.prover) => offers.own.push((*work, offer)),
                Some(offer) => offers.others.push(offer.fee),
            }
        }
        offers.others.sort_unstable();
        offers
    }

    /// The fees of our own offers, ascending.
    pub(super) fn own_fees(&self) -> Vec<Nanomina> {
        let mut fees: Vec<Nanomina> = self.own.iter().map(|(_, offer)| offer.fee).collect();
        fees.sort_unstable();
        fees
    }
}
