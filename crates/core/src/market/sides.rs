//! The offers on open works by whose they are.

use super::look::{Offer, OpenWork};
use crate::units::{Nanomina, PublicKey, WorkId};

/// The open works of a look by one answer to whose they are: what is ours is asked in two ways, by
/// who sells and by whom not to undercut.
pub(super) struct Sides<'a> {
    /// Our own offers, in the order of the book.
    pub(super) own: Vec<(WorkId, &'a Offer)>,
    /// The fees of everyone else, ascending.
    pub(super) others: Vec<Nanomina>,
    /// Works without an offer.
    pub(super) uncovered: usize,
}

impl<'a> Sides<'a> {
    pub(super) fn of(works: &'a [OpenWork], owns: impl Fn(&PublicKey) -> bool) -> Self {
        let mut sides =
            Self { own: Vec::new(), others: Vec::with_capacity(works.len()), uncovered: 0 };
        for OpenWork { work, standing } in works {
            match standing {
                None => sides.uncovered += 1,
                Some(offer) if owns(&offer.prover) => sides.own.push((*work, offer)),
                Some(offer) => sides.others.push(offer.fee),
            }
        }
        sides.others.sort_unstable();
        sides
    }

    /// The fees of our own offers, ascending.
    pub(super) fn own_fees(&self) -> Vec<Nanomina> {
        let mut fees: Vec<Nanomina> = self.own.iter().map(|(_, offer)| offer.fee).collect();
        fees.sort_unstable();
        fees
    }
}
