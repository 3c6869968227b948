//! Time that passed, and time left.

use std::time::Duration;

use jiff::Timestamp;

use crate::clocks::SteadyTime;

/// What is left of `time` since `last`; `None` when it is over.
pub(super) fn remaining(
    last: Option<SteadyTime>,
    time: Duration,
    now: SteadyTime,
) -> Option<Duration> {
    time.checked_sub(now.since(last?)).filter(|left| !left.is_zero())
}

/// Time from `earlier` to `later` on the daemon's and the market's clocks; zero when they are the
/// other way round.
pub(super) fn since(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or(Duration::ZERO)
}
