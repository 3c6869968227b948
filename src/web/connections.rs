//! The open connections, of which the longest idle makes room for a new one.
//!
//! Invariants: no more are open than allowed; one whose whole request came and is being answered is
//! not cut; a new one waits only while all others are being answered, which has a time limit.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The open connections.
#[derive(Debug)]
pub(super) struct Connections {
    limit: usize,
    seats: Mutex<Seats>,
    /// A seat became free, or its connection idle.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Seats {
    /// Counts what happened; it orders the idle ones by age.
    turn: u64,
    taken: BTreeMap<u64, TakenSeat>,
}

#[derive(Debug)]
struct TakenSeat {
    /// The turn since which it is idle; `None` while a request is being answered.
    idle_since: Option<u64>,
    cut: CancellationToken,
}

/// A connection's place; free again when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    connections: Arc<Connections>,
    number: u64,
    cut: CancellationToken,
}

/// A request that is being answered on a connection, until dropped.
#[derive(Debug)]
pub(super) struct Answering {
    connections: Arc<Connections>,
    number: u64,
}

impl Seats {
    fn next_turn(&mut self) -> u64 {
        self.turn += 1;
        self.turn
    }

    fn longest_idle(&self) -> Option<u64> {
        let idle = self.taken.iter().filter_map(|(number, seat)| Some((seat.idle_since?, *number)));
        idle.min().map(|(_, number)| number)
    }
}

impl Connections {
    /// Room for so many; for one at least.
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit: limit.max(1), seats: Mutex::default(), changed: Notify::new() })
    }

    /// Waits for a place; cuts the connection that has been idle longest if there is none.
    pub(super) async fn admit(self: &Arc<Self>) -> Seat {
        loop {
            if let Some(seat) = self.take_seat() {
                return seat;
            }
            self.changed.notified().await;
        }
    }

    fn take_seat(self: &Arc<Self>) -> Option<Seat> {
        let mut seats = self.lock();
        if seats.taken.len() >= self.limit {
            let longest = seats.longest_idle()?;
            seats.taken.remove(&longest)?.cut.cancel();
        }
        let (number, cut) = (seats.next_turn(), CancellationToken::new());
        seats.taken.insert(number, TakenSeat { idle_since: Some(number), cut: cut.clone() });
        Some(Seat { connections: Arc::clone(self), number, cut })
    }

    fn set_idle(&self, number: u64, idle: bool) {
        let mut seats = self.lock();
        let turn = seats.next_turn();
        if let Some(seat) = seats.taken.get_mut(&number) {
            seat.idle_since = idle.then_some(turn);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Waits until the connection must make room.
    pub(super) async fn cut(&self) {
        self.cut.cancelled().await;
    }

    /// A request has come whole.
    pub(super) fn begin_answer(&self) -> Answering {
        self.connections.set_idle(self.number, false);
        Answering { connections: Arc::clone(&self.connections), number: self.number }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.connections.set_idle(self.number, true);
        self.connections.changed.notify_one();
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.connections.lock().taken.remove(&self.number);
        self.connections.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::{future::Future, pin::pin, task::Poll};

    use super::*;

    fn is_cut(seat: &Seat) -> bool {
        seat.cut.is_cancelled()
    }

    fn poll(admission: std::pin::Pin<&mut impl Future<Output = Seat>>) -> Option<Seat> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match admission.poll(&mut context) {
            Poll::Ready(seat) => Some(seat),
            Poll::Pending => None,
        }
    }

    #[test]
    fn the_longest_idle_makes_room_and_one_being_answered_never() {
        let connections = Connections::new(3);
        let admit = || poll(pin!(connections.admit())).unwrap();
        let (first, second, third) = (admit(), admit(), admit());
        let answering = first.begin_answer();
        drop(second.begin_answer());
        let fourth = admit();
        assert!(is_cut(&third) && !is_cut(&first) && !is_cut(&second), "it was idle longest");
        drop(third);
        let (second_answers, fourth_answers) = (second.begin_answer(), fourth.begin_answer());
        let mut waiting = pin!(connections.admit());
        assert!(poll(waiting.as_mut()).is_none(), "all are being answered");
        drop(answering);
        let fifth = poll(waiting.as_mut()).unwrap();
        assert!(is_cut(&first));
        drop((second_answers, fourth_answers, first, second, fourth, fifth));
        assert!(connections.lock().taken.is_empty());
    }

    #[test]
    fn a_seat_that_is_given_back_is_free() {
        let connections = Connections::new(0);
        let one = poll(pin!(connections.admit())).unwrap();
        let _answering = one.begin_answer();
        let mut waiting = pin!(connections.admit());
        assert!(poll(waiting.as_mut()).is_none());
        drop(one);
        assert!(poll(waiting.as_mut()).is_some());
    }
}
