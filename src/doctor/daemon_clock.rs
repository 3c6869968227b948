//! Whether a daemon's clock is this machine's, and where not, whether it runs faster.
//!
//! Not here: what follows from it (`verdicts`).

use std::time::Duration;

use jiff::Timestamp;
use snarkfee_clock::Stopwatch;
use snarkfee_core::{market::DaemonStatus, policy, port::DaemonPort};

/// How long a daemon whose clock is wrong is observed. It tells its uptime in whole seconds.
const OBSERVATION: Duration = Duration::from_secs(2);
/// A daemon's time that passes so much faster than ours is no wrong clock, but an accelerated one.
const ACCELERATED: f64 = 1.2;

/// How a daemon's clock disagrees with this machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClockError {
    /// This machine's is at least so far behind.
    Behind(Duration),
    /// This machine's is at least so far ahead.
    Ahead(Duration),
}

/// The disagreement that no delay of the answer explains, as the gates see it.
pub(super) fn find_clock_error(
    status: &DaemonStatus,
    asked: Timestamp,
    answered: Timestamp,
) -> Option<ClockError> {
    let theirs = policy::find_clock_error(status, asked, answered);
    let by = theirs.unsigned_abs();
    match theirs.signum() {
        0 => None,
        1 => Some(ClockError::Behind(by)),
        _ => Some(ClockError::Ahead(by)),
    }
}

/// How many times as fast as ours a daemon's time passes, where it is a simulated one that is
/// accelerated; `None` for any other.
pub(super) async fn measure_acceleration(port: &impl DaemonPort) -> Option<f64> {
    let whole = Stopwatch::start();
    let before = port.status().await.ok()?.uptime;
    let between = Stopwatch::start();
    tokio::time::sleep(OBSERVATION).await;
    let waited = between.elapsed();
    let passed = port.status().await.ok()?.uptime.checked_sub(before)?;
    // Whole seconds: up to one of them may have passed before the first answer.
    let least = passed.saturating_sub(Duration::from_secs(1));
    let speed = passed.as_secs_f64() / waited.as_secs_f64();
    (least.as_secs_f64() / whole.elapsed().as_secs_f64() > ACCELERATED).then_some(speed)
}
