//! Failures that a test or a demonstration injects.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use super::controls::whole;

/// What is wrong with the server at the moment; changed while it runs.
#[derive(Debug, Default)]
pub struct Faults {
    down: AtomicBool,
    lost_answers: AtomicU32,
    delay: Mutex<Duration>,
}

impl Faults {
    /// Drops every connection, open or new, until set back.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Holds every answer back for this long, in real time. What was asked has happened by then.
    pub fn set_delay(&self, delay: Duration) {
        *whole(&self.delay) = delay;
    }

    /// Applies the next `count` requests with a mutation and drops their connections without a byte
    /// of answer.
    pub fn lose_answers(&self, count: u32) {
        self.lost_answers.store(count, Ordering::SeqCst);
    }

    pub(super) fn down(&self) -> bool {
        self.down.load(Ordering::SeqCst)
    }

    pub(super) fn delay(&self) -> Duration {
        *whole(&self.delay)
    }

    /// Takes one of the answers to be lost, if any is left.
    pub(super) fn take_lost_answer(&self) -> bool {
        let one_less = |count: u32| count.checked_sub(1);
        self.lost_answers.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
    }
}
