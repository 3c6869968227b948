//! What the service manager is told (systemd's `Type=notify`): that the service is ready, reloads
//! or ends, one line of its state, and that its loops still come round.
//!
//! Invariants: the watchdog is fed only while every daemon's loop comes round in time; without a
//! service manager nothing happens.

use std::{
    fmt, io,
    time::{Duration, Instant},
};

use sd_notify::NotifyState;
use snarkfee_core::fault::Fault;
use tracing::{debug, warn};

use super::publisher::Publisher;
use crate::telemetry::Entry;

/// How often the line of state is looked at where no watchdog asks for more.
const PERIOD: Duration = Duration::from_secs(5);
/// Part of the watchdog's time after which it is fed: once may be late.
const FEEDINGS: u32 = 3;

/// Says something to a service manager.
type Tell = dyn Fn(&[NotifyState<'_>]) -> io::Result<()> + Send;

/// The connection to a service manager.
pub(super) struct Manager {
    tell: Box<Tell>,
    watchdog: Option<Duration>,
    status: String,
    /// Whether it was said that the loops are late.
    starving: bool,
}

impl Manager {
    /// The one that the process's environment names, if any.
    pub(super) fn of_environment() -> Self {
        Self::new(Box::new(sd_notify::notify), sd_notify::watchdog_enabled())
    }

    fn new(tell: Box<Tell>, watchdog: Option<Duration>) -> Self {
        Self { tell, watchdog, status: String::new(), starving: false }
    }

    /// How often [`Manager::beat`] wants to be called.
    pub(super) fn period(&self) -> Duration {
        let shortest = Duration::from_millis(1);
        self.watchdog.map_or(PERIOD, |watchdog| (watchdog / FEEDINGS).clamp(shortest, PERIOD))
    }

    /// The service runs with its settings.
    pub(super) fn ready(&self) {
        self.say(&[NotifyState::Ready]);
    }

    /// The service reads its settings anew; [`Manager::ready`] ends it.
    pub(super) fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.say(&[NotifyState::Reloading, now]),
            Err(error) => debug!(%error, "no time for the service manager"),
        }
    }

    /// The service ends.
    pub(super) fn stopping(&self) {
        self.say(&[NotifyState::Stopping, NotifyState::Status("ending")]);
    }

    /// Feeds the watchdog if every loop came round in time, and tells the state where it changed.
    pub(super) fn beat(&mut self, publisher: &Publisher, now: Instant) {
        let overdue = publisher.liveness.overdue(now);
        if overdue.is_empty() && self.watchdog.is_some() {
            self.say(&[NotifyState::Watchdog]);
        }
        let late = !overdue.is_empty();
        if late && !self.starving {
            let daemons: Vec<String> = overdue.iter().map(ToString::to_string).collect();
            warn!(
                daemons = daemons.join(", "),
                "loops have not come round in time, the watchdog is not fed"
            );
        }
        self.starving = late;
        let status = status(&publisher.board.entries());
        if status != self.status {
            self.say(&[NotifyState::Status(&status)]);
            self.status = status;
        }
    }

    fn say(&self, states: &[NotifyState<'_>]) {
        if let Err(error) = (self.tell)(states) {
            debug!(%error, "the service manager cannot be told");
        }
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager").field("watchdog", &self.watchdog).finish_non_exhaustive()
    }
}

/// Each daemon's last decision on one line, bounded in length.
fn status(entries: &[Entry]) -> String {
    let told = |entry: &Entry| match &entry.latest {
        Some(record) => {
            let (mode, decision) = (record.mode.as_str(), &record.decision);
            format!(
                "{} ({mode}): {}, {}",
                entry.daemon,
                decision.action.code(),
                decision.reason.code()
            )
        }
        None => format!("{}: first look", entry.daemon),
    };
    Fault::excerpt(&entries.iter().map(told).collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use snarkfee_clock::Clock;
    use snarkfee_core::{record::Mode, units::DaemonId};

    #[test]
    fn a_loop_that_does_not_come_round_stops_the_feeding() {
        let main = DaemonId::try_new("main").unwrap();
        let publisher = Publisher::new(Mode::Live, [main.clone()]);
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let tell = move |states: &[NotifyState<'_>]| {
            heard.lock().unwrap().extend(states.iter().map(|state| format!("{state:?}")));
            Ok(())
        };
        let mut manager = Manager::new(Box::new(tell), Some(Duration::from_secs(30)));
        assert_eq!(manager.period(), PERIOD);
        let start = Clock::instant();
        let mut fed = |seconds: u64| {
            manager.beat(&publisher, start + Duration::from_secs(seconds));
            std::mem::take(&mut *told.lock().unwrap()).iter().any(|said| said == "Watchdog")
        };
        publisher.liveness.expect(&main, Duration::from_secs(100), start);
        assert!(fed(0) && fed(100));
        assert!(!fed(101) && !fed(5_000));
        publisher.liveness.beat(&main, start + Duration::from_secs(5_000));
        assert!(fed(5_001));
    }
}
