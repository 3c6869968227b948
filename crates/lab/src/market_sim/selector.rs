//! Which work the daemon hands to its own workers next (Mina `work_selector`).
//!
//! A work is handed out if it is not assigned already and has no proof, or one that asks more than
//! the daemon's fee; own proofs are no exception.

use std::collections::BTreeMap;

use snarkfee_core::{market::SelectionMethod, units::Nanomina};

use super::{
    draws::{Draws, Subject},
    pool::{Pool, Serial},
    seat_id::SeatId,
};

/// For whom a work is picked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Picker {
    pub(super) seat: SeatId,
    pub(super) fee: Nanomina,
    pub(super) assignment: u64,
}

/// The works assigned now, and the place in the list.
#[derive(Debug, Default)]
pub(super) struct Selector {
    assigned: BTreeMap<Serial, u64>,
    offset: usize,
    listed: usize,
}

impl Selector {
    /// Picks from `open`, works in order of purchase, and notes it as the picker's assignment; `None` when
    /// nothing can be handed out.
    pub(super) fn pick(
        &mut self,
        method: SelectionMethod,
        (open, pool): (impl Iterator<Item = Serial>, &Pool),
        Picker { seat, fee, assignment }: Picker,
        draws: Draws,
    ) -> Option<Serial> {
        let wanted = |serial: &Serial| {
            let work = pool.get(*serial);
            work.is_some_and(|work| work.shown_to(seat).is_none_or(|standing| standing.fee > fee))
        };
        let assigned = &self.assigned;
        let mut offered = open.filter(|serial| !assigned.contains_key(serial)).filter(wanted);
        let serial = if method == SelectionMethod::Seq {
            offered.next()?
        } else {
            let offered: Vec<Serial> = offered.collect();
            let drawn = draws
                .draw_for(Subject::OwnPick, assignment, seat.draw_index())
                .below(offered.len());
            let place = match method {
                SelectionMethod::Roffset => self.advance(offered.len(), drawn),
                SelectionMethod::Rand | SelectionMethod::Seq => drawn,
            };
            *offered.get(place)?
        };
        self.assigned.insert(serial, assignment);
        Some(serial)
    }

    /// The place of `roffset` in a list of `length`. It stays while works leave the list one by one, so that the
    /// next one moves up to it.
    const fn advance(&mut self, length: usize, drawn: usize) -> usize {
        if length != self.listed && length + 1 != self.listed {
            self.offset = drawn;
        }
        self.listed = length;
        if self.offset >= length {
            self.offset = 0;
        }
        self.offset
    }

    /// Frees a work whose result came back.
    pub(super) fn free(&mut self, serial: Serial) {
        self.assigned.remove(&serial);
    }

    /// Frees a work if this assignment of it still holds. True if it did.
    pub(super) fn expire(&mut self, serial: Serial, assignment: u64) -> bool {
        let holds = self.assigned.get(&serial) == Some(&assignment);
        if holds {
            self.free(serial);
        }
        holds
    }
}

#[cfg(test)]
mod tests;
