//! The only place that reads the time; `clippy.toml` bans it elsewhere.

mod boot;
mod stopwatch;

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};

use boot::Boot;
pub use stopwatch::Stopwatch;

/// A clock that runs at a constant multiple of real time, one for the service, more for `demo`; or
/// one that shows the time of another machine.
///
/// Only waits that belong to the market's time go through it. Time limits of requests stay in real
/// time: a loopback answer does not get faster because the simulated market does.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Pace);

#[derive(Clone, Copy, Debug)]
enum Pace {
    /// Follows the machine's time of day, jumps included: the daemon's timestamps do so too.
    Wall {
        started: Stopwatch,
        boot: Boot,
    },
    Accelerated {
        origin: Timestamp,
        started: Stopwatch,
        speed: f64,
        boot: Boot,
    },
    Foreign(&'static dyn Timepiece),
}

/// What the clocks of a machine show that is not this one.
pub trait Timepiece: fmt::Debug + Send + Sync {
    /// The time of day, which can be set.
    fn now(&self) -> Timestamp;

    /// Time that passed, whatever the clock was set to meanwhile, while the machine was awake.
    fn steady(&self) -> Duration;

    /// Time since [`Timepiece::boot`], the time that the machine slept included.
    fn uptime(&self) -> Duration;

    /// A number that tells starts of the machine apart.
    fn boot(&self) -> u128;
}

impl Timepiece for Hand {
    fn now(&self) -> Timestamp {
        self.shown()
    }

    fn steady(&self) -> Duration {
        self.state().1
    }

    fn uptime(&self) -> Duration {
        self.steady()
    }

    /// A clock set by hand never starts anew.
    fn boot(&self) -> u128 {
        0
    }
}

/// What a clock set by hand shows. Whoever keeps it can let time pass and set it, backwards too,
/// for every clock made from it.
#[derive(Debug)]
pub struct Hand(Mutex<(Timestamp, Duration)>);

impl Hand {
    /// Shows `at` until changed.
    pub const fn new(at: Timestamp) -> Self {
        Self(Mutex::new((at, Duration::ZERO)))
    }

    /// Lets `span` pass.
    pub fn pass(&self, span: Duration) {
        let mut state = self.state();
        state.0 = state.0.checked_add(span).unwrap_or(Timestamp::MAX);
        state.1 = state.1.saturating_add(span);
    }

    /// Shows `at` from now on, without any time passing.
    pub fn set(&self, at: Timestamp) {
        self.state().0 = at;
    }

    /// The time shown now.
    pub fn shown(&self) -> Timestamp {
        self.state().0
    }

    fn state(&self) -> MutexGuard<'_, (Timestamp, Duration)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Pace::Wall { started: Stopwatch::start(), boot: Boot::of_machine() })
    }

    /// A clock that shows `origin` now and then runs `speed` times as fast as real time.
    ///
    /// `speed` outside 0.001..=1e6 is brought to the nearer bound.
    pub fn accelerated(origin: Timestamp, speed: f64) -> Self {
        let speed = if speed.is_finite() { speed.clamp(0.001, 1e6) } else { 1.0 };
        Self(Pace::Accelerated { origin, started: Stopwatch::start(), speed, boot: Boot::begin() })
    }

    /// A clock that shows what `hand` is set to. Waits take as long as on the machine's clock.
    pub const fn manual(hand: &'static Hand) -> Self {
        Self::of(hand)
    }

    /// A clock that shows what `timepiece` does. Waits take as long as on the machine's clock.
    pub const fn of(timepiece: &'static dyn Timepiece) -> Self {
        Self(Pace::Foreign(timepiece))
    }

    /// The machine's time of day, for the origin of an accelerated clock.
    #[expect(clippy::disallowed_methods, reason = "only this crate reads the time")]
    pub fn wall() -> Timestamp {
        Timestamp::now()
    }

    /// The machine's monotonic time, for what no set clock and no accelerated market may change.
    #[expect(clippy::disallowed_methods, reason = "only this crate reads the time")]
    pub fn instant() -> Instant {
        Instant::now()
    }

    /// The time shown now.
    pub fn now(&self) -> Timestamp {
        match self.0 {
            Pace::Wall { .. } => Self::wall(),
            Pace::Accelerated { origin, .. } => {
                let passed = SignedDuration::try_from(self.steady()).unwrap_or(SignedDuration::MAX);
                origin.checked_add(passed).unwrap_or(Timestamp::MAX)
            }
            Pace::Foreign(timepiece) => timepiece.now(),
        }
    }

    /// Time that passed on this clock since it was made, whatever it was set to meanwhile. Where
    /// the machine slept, less.
    pub fn steady(&self) -> Duration {
        match self.0 {
            Pace::Wall { started, .. } => started.elapsed(),
            Pace::Accelerated { started, speed, .. } => started.elapsed().mul_f64(speed),
            Pace::Foreign(timepiece) => timepiece.steady(),
        }
    }

    /// Time that passed on this clock since [`Clock::boot`], whatever it was set to meanwhile. On
    /// Linux, the time that the machine slept counts.
    pub fn uptime(&self) -> Duration {
        match self.0 {
            Pace::Wall { boot, .. } => boot.time_since().unwrap_or_else(|| self.steady()),
            Pace::Accelerated { .. } => self.steady(),
            Pace::Foreign(timepiece) => timepiece.uptime(),
        }
    }

    /// What [`Clock::uptime`] counts from: a number that tells starts of the machine apart, where it
    /// has one.
    pub fn boot(&self) -> u128 {
        match self.0 {
            Pace::Wall { boot, .. } | Pace::Accelerated { boot, .. } => boot.id,
            Pace::Foreign(timepiece) => timepiece.boot(),
        }
    }

    /// How many seconds this clock runs in one real second.
    pub fn speed(&self) -> f64 {
        match self.0 {
            Pace::Wall { .. } | Pace::Foreign(_) => 1.0,
            Pace::Accelerated { speed, .. } => speed,
        }
    }

    /// The real time that `shown` takes on this clock.
    pub fn real(&self, shown: Duration) -> Duration {
        shown.div_f64(self.speed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accelerated_clock_starts_at_its_origin_and_divides_waits() {
        let origin: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::accelerated(origin, 120.0);
        assert!(clock.now() >= origin);
        assert_eq!(clock.real(Duration::from_secs(60)), Duration::from_millis(500));
        assert!(Clock::accelerated(origin, f64::NAN).speed() > 0.0);
    }

    #[test]
    fn the_machines_clocks_count_from_one_boot_and_others_from_their_own() {
        let (first, second) = (Clock::system(), Clock::system());
        let before = first.uptime();
        assert!(second.uptime() >= before);
        assert_eq!(first.boot() == second.boot(), cfg!(target_os = "linux"));
        let accelerated = || Clock::accelerated(Timestamp::UNIX_EPOCH, 60.0).boot();
        assert_ne!(accelerated(), accelerated());
    }

    #[test]
    fn a_clock_set_by_hand_stands_still_and_goes_where_it_is_set() {
        static HAND: Hand = Hand::new(Timestamp::UNIX_EPOCH);
        let clock = Clock::manual(&HAND);
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
        for at in ["2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z"] {
            let at: Timestamp = at.parse().unwrap();
            HAND.set(at);
            assert_eq!((clock.now(), clock.steady()), (at, Duration::ZERO));
        }
        let (hour, before) = (Duration::from_secs(3_600), clock.now());
        HAND.pass(hour);
        assert_eq!((clock.now(), clock.steady()), (before + hour, hour));
    }
}
