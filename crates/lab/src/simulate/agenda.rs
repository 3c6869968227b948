//! The events to come, in order of time and, at one instant, of entry.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
};

use snarkfee_core::units::Nanomina;

use super::pool::Serial;

/// Milliseconds since the start of the run; negative in the warm-up.
pub(super) type Millis = i64;

/// Something that will happen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// A slot begins: transactions arrive, and its producer, if it has one, decides what to buy.
    Slot(i64),
    /// The block decided on in the running slot reaches everybody.
    BlockArrives,
    /// A competitor finishes a proof at the fee that stood when it took the work.
    CompetitorProved { competitor: usize, serial: Serial, fee: Nanomina },
    /// A competitor looks at its fee.
    CompetitorReviews(usize),
    /// One of the operator's provers asks for work, unless it was stopped since.
    OwnAsks { prover: usize, life: u32 },
    /// One of the operator's provers delivers, unless it was stopped since.
    OwnProved { prover: usize, life: u32 },
    /// A work handed to the operator's worker may be handed out again, unless its result came back.
    ReservationEnds { serial: Serial, assignment: u64 },
    /// The restarted daemon hears of a standing proof again, unless it restarted once more.
    Refill { serial: Serial, restart: u64 },
    /// The restarted daemon is in sync, unless it restarted once more.
    Synced { restart: u64 },
}

/// The queue of events.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<Entry>>,
    entered: u64,
}

impl Agenda {
    /// Enters an event.
    pub(super) fn push(&mut self, at: Millis, event: Event) {
        self.heap.push(Reverse(Entry { at, order: self.entered, event }));
        self.entered += 1;
    }

    /// Takes the next event that happens before `end`.
    pub(super) fn pop_before(&mut self, end: Millis) -> Option<(Millis, Event)> {
        if self.heap.peek()?.0.at >= end {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| (entry.at, entry.event))
    }
}

#[derive(Debug)]
struct Entry {
    at: Millis,
    order: u64,
    event: Event,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_then_by_entry_and_not_before_their_end() {
        let mut agenda = Agenda::default();
        for (at, slot) in [(5, 1), (3, 2), (5, 3), (-4, 4)] {
            agenda.push(at, Event::Slot(slot));
        }
        let mut seen = Vec::new();
        while let Some((at, Event::Slot(slot))) = agenda.pop_before(6) {
            seen.push((at, slot));
        }
        assert_eq!(seen, [(-4, 4), (3, 2), (5, 1), (5, 3)]);
        agenda.push(6, Event::BlockArrives);
        assert!(agenda.pop_before(6).is_none());
    }
}
