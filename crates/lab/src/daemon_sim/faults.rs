//! Failures that a test can inject.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use super::controls::lock;

/// The server's current faults. They can change while it runs.
#[derive(Debug, Default)]
pub struct InjectedFaults {
    down: AtomicBool,
    lost_answers: AtomicU32,
    delay: Mutex<Duration>,
}

impl InjectedFaults {
    /// While true, drops every connection, open or new.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Delays every answer by this real time. Mutations are applied before the delay.
    pub fn set_delay(&self, delay: Duration) {
        *lock(&self.delay) = delay;
    }

    /// Applies the mutations of the next `count` requests with one, and drops their connections
    /// without an answer.
    pub fn lose_answers(&self, count: u32) {
        self.lost_answers.store(count, Ordering::SeqCst);
    }

    pub(super) fn down(&self) -> bool {
        self.down.load(Ordering::SeqCst)
    }

    pub(super) fn delay(&self) -> Duration {
        *lock(&self.delay)
    }

    /// True if the next answer must be lost; counts it.
    pub(super) fn take_lost_answer(&self) -> bool {
        let one_less = |count: u32| count.checked_sub(1);
        self.lost_answers.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
    }
}
