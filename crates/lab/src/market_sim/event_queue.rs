//! Future events in order of time; events of one instant in order of scheduling.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
};

use snarkfee_core::units::Nanomina;

use super::{pool::Serial, seat_id::SeatId, time::Millis};

/// Something that will happen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// A slot begins: transactions arrive, and the producer of the slot, if there is one, decides
    /// what to buy.
    Slot(i64),
    /// The block decided on in the current slot reaches everybody.
    BlockArrives,
    /// A competitor finishes a proof, at its fee from when it took the work.
    /// What it took before it last failed is lost.
    CompetitorProved { competitor: usize, life: u32, serial: Serial, fee: Nanomina },
    /// A competitor reviews its fee.
    CompetitorReviews(usize),
    /// A competitor fails, and what it proves is lost.
    CompetitorFails(usize),
    /// A competitor that failed proves again.
    CompetitorReturns(usize),
    /// One of an operator's provers asks for work, unless it has been stopped.
    OwnAsks { seat: SeatId, prover: usize, life: u32 },
    /// One of an operator's provers delivers, unless it has been stopped.
    OwnProved { seat: SeatId, prover: usize, life: u32 },
    /// The reassignment wait for a work or piece ends, unless its result has come back.
    ReservationEnds { seat: SeatId, serial: Serial, assignment: u64 },
    /// The restarted daemon hears of a standing proof again, unless it has restarted once more.
    Refill { serial: Serial, restart: u64 },
    /// The restarted daemon is in sync, unless it has restarted once more.
    Synced { restart: u64 },
}

/// The queue of events.
#[derive(Debug, Default)]
pub(super) struct EventQueue {
    heap: BinaryHeap<Reverse<ScheduledEvent>>,
    scheduled: u64,
}

impl EventQueue {
    /// Schedules an event.
    pub(super) fn push(&mut self, at: Millis, event: Event) {
        self.heap.push(Reverse(ScheduledEvent { at, order: self.scheduled, event }));
        self.scheduled += 1;
    }

    /// Takes the next event that happens before `end`.
    pub(super) fn pop_before(&mut self, end: Millis) -> Option<(Millis, Event)> {
        if self.heap.peek()?.0.at >= end {
            return None;
        }
        self.heap.pop().map(|Reverse(next)| (next.at, next.event))
    }
}

#[derive(Debug)]
struct ScheduledEvent {
    at: Millis,
    order: u64,
    event: Event,
}

impl Ord for ScheduledEvent {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl PartialOrd for ScheduledEvent {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ScheduledEvent {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ScheduledEvent {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_then_by_scheduling_and_not_after_the_end() {
        let mut queue = EventQueue::default();
        for (at, slot) in [(5, 1), (3, 2), (5, 3), (-4, 4)] {
            queue.push(at, Event::Slot(slot));
        }
        let mut seen = Vec::new();
        while let Some((at, Event::Slot(slot))) = queue.pop_before(6) {
            seen.push((at, slot));
        }
        assert_eq!(seen, [(-4, 4), (3, 2), (5, 1), (5, 3)]);
        queue.push(6, Event::BlockArrives);
        assert!(queue.pop_before(6).is_none());
    }
}
