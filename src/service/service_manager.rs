//! Notifications to the service manager (systemd's `Type=notify`): ready, reloading, stopping, one
//! line of status, and the watchdog.
//!
//! Invariants: the watchdog is notified only while every daemon's loop is in time; without a service
//! manager nothing is sent.

use std::{
    fmt, io,
    time::{Duration, Instant},
};

use sd_notify::NotifyState;
use snarkfee_core::fault::Fault;
use tracing::{debug, warn};

use super::publisher::Publisher;
use crate::telemetry::DaemonOverview;

/// How often the status is updated, unless a watchdog needs more.
const PERIOD: Duration = Duration::from_secs(5);
/// The watchdog is notified this many times within its limit, so that one may be late.
const WATCHDOG_FRACTION: u32 = 3;

/// Sends notifications to a service manager.
type Notify = dyn Fn(&[NotifyState<'_>]) -> io::Result<()> + Send;

/// The connection to a service manager.
pub(super) struct ServiceManager {
    notify: Box<Notify>,
    watchdog: Option<Duration>,
    status: String,
    /// Whether late loops were already logged.
    late: bool,
}

impl ServiceManager {
    /// The service manager named by the environment, if any.
    pub(super) fn from_environment() -> Self {
        Self::new(Box::new(sd_notify::notify), sd_notify::watchdog_enabled())
    }

    fn new(notify: Box<Notify>, watchdog: Option<Duration>) -> Self {
        Self { notify, watchdog, status: String::new(), late: false }
    }

    /// How often [`ServiceManager::beat`] wants to be called.
    pub(super) fn period(&self) -> Duration {
        let shortest = Duration::from_millis(1);
        self.watchdog
            .map_or(PERIOD, |watchdog| (watchdog / WATCHDOG_FRACTION).clamp(shortest, PERIOD))
    }

    /// The service runs with its settings.
    pub(super) fn ready(&self) {
        self.send(&[NotifyState::Ready]);
    }

    /// The service reloads its settings, until [`ServiceManager::ready`].
    pub(super) fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.send(&[NotifyState::Reloading, now]),
            Err(error) => {
                debug!(%error, "the monotonic clock cannot be read, the service manager is not notified of the reload")
            }
        }
    }

    /// The service stops.
    pub(super) fn stopping(&self) {
        self.send(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
    }

    /// Notifies the watchdog if every loop is in time, and sends the status if it changed.
    pub(super) fn beat(&mut self, publisher: &Publisher, now: Instant) {
        let overdue = publisher.liveness.overdue(now);
        if overdue.is_empty() && self.watchdog.is_some() {
            self.send(&[NotifyState::Watchdog]);
        }
        let late = !overdue.is_empty();
        if late && !self.late {
            let daemons: Vec<String> = overdue.iter().map(ToString::to_string).collect();
            warn!(
                daemons = daemons.join(", "),
                "loops are late, so the watchdog is not notified and may restart the service"
            );
        }
        self.late = late;
        let status = summarise(&publisher.board.daemons());
        if status != self.status {
            self.send(&[NotifyState::Status(&status)]);
            self.status = status;
        }
    }

    fn send(&self, states: &[NotifyState<'_>]) {
        if let Err(error) = (self.notify)(states) {
            debug!(%error, "the service manager cannot be notified");
        }
    }
}

impl fmt::Debug for ServiceManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceManager").field("watchdog", &self.watchdog).finish_non_exhaustive()
    }
}

/// Each daemon's last decision on one line, bounded in length.
fn summarise(daemons: &[DaemonOverview]) -> String {
    let line = |overview: &DaemonOverview| match &overview.latest {
        Some(record) => {
            let (mode, decision) = (record.mode.as_str(), &record.decision);
            format!(
                "{} ({mode}): {}, {}",
                overview.daemon,
                decision.action.code(),
                decision.reason.code()
            )
        }
        None => format!("{}: first look", overview.daemon),
    };
    Fault::excerpt(&daemons.iter().map(line).collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use snarkfee_clock::Clock;

    use super::*;
    use snarkfee_core::{record::Mode, units::DaemonId};

    #[test]
    fn a_late_loop_stops_the_watchdog() {
        let main = DaemonId::try_new("main").unwrap();
        let publisher = Publisher::new(Mode::Live, [main.clone()]);
        let sent = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&sent);
        let notify = move |states: &[NotifyState<'_>]| {
            heard.lock().unwrap().extend(states.iter().map(|state| format!("{state:?}")));
            Ok(())
        };
        let mut manager = ServiceManager::new(Box::new(notify), Some(Duration::from_secs(30)));
        assert_eq!(manager.period(), PERIOD);
        let start = Clock::instant();
        let mut notified = |seconds: u64| {
            manager.beat(&publisher, start + Duration::from_secs(seconds));
            std::mem::take(&mut *sent.lock().unwrap()).iter().any(|state| state == "Watchdog")
        };
        publisher.liveness.expect(&main, Duration::from_secs(100), start);
        assert!(notified(0) && notified(100));
        assert!(!notified(101) && !notified(5_000));
        publisher.liveness.record_look(&main, start + Duration::from_secs(5_000));
        assert!(notified(5_001));
    }
}
