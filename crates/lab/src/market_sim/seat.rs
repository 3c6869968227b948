//! The operators of a market: each has a daemon of its own with a worker behind it.
//!
//! The first is the operator of the scenario: its daemon restarts, is set by others and produces
//! blocks as the scenario says. Daemons of further operators do none of that.

use super::{operator::OperatorWorker, process::DaemonProcess, seat_id::SeatId};

/// One operator.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) worker: OperatorWorker,
    pub(super) process: DaemonProcess,
}

/// The operators of a market, at least one.
#[derive(Debug)]
pub(super) struct Seats {
    first: Seat,
    others: Vec<Seat>,
}

impl Seats {
    pub(super) const fn new(first: Seat, others: Vec<Seat>) -> Self {
        Self { first, others }
    }

    pub(super) const fn first(&self) -> &Seat {
        &self.first
    }

    pub(super) const fn first_mut(&mut self) -> &mut Seat {
        &mut self.first
    }

    /// An operator; the first where there is no such number.
    pub(super) fn get(&self, id: SeatId) -> &Seat {
        let other = id.place_among_others().and_then(|index| self.others.get(index));
        other.unwrap_or(&self.first)
    }

    /// As [`Seats::get`].
    pub(super) fn get_mut(&mut self, id: SeatId) -> &mut Seat {
        let other = id.place_among_others().and_then(|index| self.others.get_mut(index));
        other.unwrap_or(&mut self.first)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Seat> {
        std::iter::once(&self.first).chain(&self.others)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Seat> {
        std::iter::once(&mut self.first).chain(&mut self.others)
    }
}
