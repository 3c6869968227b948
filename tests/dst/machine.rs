//! The clocks of the simulated machine: what passed in truth, and what they show.

use std::{
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use snarkfee_clock::Timepiece;
use tokio::time::Instant;

/// The machine that the service runs on. Time passes as the runtime lets it, and while it sleeps.
#[derive(Debug)]
pub(crate) struct Machine {
    origin: Instant,
    start: Timestamp,
    clocks: Mutex<Clocks>,
}

#[derive(Debug, Default)]
struct Clocks {
    slept: Duration,
    /// How far the time of day is ahead of the truth.
    ahead: SignedDuration,
    /// Where the time of day stands still: at what.
    stopped: Option<Timestamp>,
    boot: u128,
    booted: Duration,
}

/// How long a machine has been up before anything runs on it.
const BOOT: Duration = Duration::from_secs(10);

impl Machine {
    /// A machine whose clocks are right, which began at `start`. It outlives the run, as clocks are
    /// copied into tasks.
    #[expect(clippy::disallowed_methods, reason = "the time of the simulation is the runtime's")]
    pub(crate) fn begin(start: Timestamp) -> &'static Self {
        let (origin, clocks) = (Instant::now(), Mutex::default());
        Box::leak(Box::new(Self { origin, start, clocks }))
    }

    /// Time awake since the beginning.
    #[expect(clippy::disallowed_methods, reason = "the time of the simulation is the runtime's")]
    fn awake(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Time since the beginning.
    pub(crate) fn passed(&self) -> Duration {
        self.awake() + self.clocks().slept
    }

    /// The right time of day.
    pub(crate) fn truth(&self) -> Timestamp {
        self.start + self.passed()
    }

    /// The machine sleeps: nothing on it runs meanwhile.
    pub(crate) fn sleep(&self, span: Duration) {
        self.clocks().slept += span;
    }

    /// Sets the time of day to the right one and `ahead`.
    pub(crate) fn set(&self, ahead: SignedDuration) {
        self.clocks().ahead = ahead;
    }

    /// How far the time of day is ahead of the right one.
    pub(crate) fn ahead(&self) -> SignedDuration {
        self.now().duration_since(self.truth())
    }

    /// Lets the time of day stand still, or go on from the right time.
    pub(crate) fn stop(&self, stops: bool) {
        let shown = self.now();
        let mut clocks = self.clocks();
        clocks.stopped = stops.then_some(shown);
        clocks.ahead = if stops { clocks.ahead } else { SignedDuration::ZERO };
    }

    /// The machine starts anew.
    pub(crate) fn reboot(&self) {
        let passed = self.passed();
        let mut clocks = self.clocks();
        clocks.boot += 1;
        clocks.booted = passed.saturating_sub(BOOT);
    }

    fn clocks(&self) -> MutexGuard<'_, Clocks> {
        self.clocks.lock().unwrap()
    }
}

impl Timepiece for Machine {
    fn now(&self) -> Timestamp {
        let truth = self.truth();
        let clocks = self.clocks();
        clocks.stopped.unwrap_or(truth + clocks.ahead)
    }

    fn steady(&self) -> Duration {
        self.awake()
    }

    fn uptime(&self) -> Duration {
        let passed = self.passed();
        passed - self.clocks().booted.min(passed)
    }

    fn boot(&self) -> u128 {
        self.clocks().boot
    }
}
