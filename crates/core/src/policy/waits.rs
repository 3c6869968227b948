//! Time that passed, and time left.

use std::time::Duration;

use jiff::Timestamp;

/// What is left of `time` since `last`; `None` when it is over. A clock that was set back holds for
/// `time` itself at most.
pub(super) fn remaining(
    last: Option<Timestamp>,
    time: Duration,
    now: Timestamp,
) -> Option<Duration> {
    let passed = since(last?, now);
    time.checked_sub(passed).filter(|left| !left.is_zero())
}

/// Time from `earlier` to `later`; zero when they are the other way round.
pub(super) fn since(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or(Duration::ZERO)
}
