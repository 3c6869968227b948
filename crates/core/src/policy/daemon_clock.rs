//! The daemon's clock beside ours.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::waits::since;
use crate::market::DaemonStatus;

/// A smaller disagreement could be the time that an answer takes.
const SLACK: Duration = Duration::from_secs(5);

/// By how much the daemon's clock is ahead of ours at least, negative if behind; zero where no more
/// than the time of the answer is between them. The status was read at some time between `asked` and
/// `answered`.
pub fn find_clock_error(
    status: &DaemonStatus,
    asked: Timestamp,
    answered: Timestamp,
) -> SignedDuration {
    DaemonClockReading::new(status, asked, answered).error()
}

/// From one time to another, `to` left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Span {
    fn overlaps(&self, other: &Self) -> bool {
        self.from < other.to && other.from < self.to
    }
}

/// What time it is now: by our clock, and by the daemon's where the two disagree.
#[derive(Clone, Copy, Debug)]
pub(super) struct DaemonClockReading {
    ours: Timestamp,
    theirs: Option<Span>,
    error: SignedDuration,
}

impl DaemonClockReading {
    /// The daemon tells no time but that of the slot that runs, so its clock is known to a slot; it
    /// was read at some time between `asked` and `now`.
    pub(super) fn new(status: &DaemonStatus, asked: Timestamp, now: Timestamp) -> Self {
        let begins = status.now.starts;
        let ends = begins.checked_add(status.slot_duration).unwrap_or(Timestamp::MAX);
        let beyond_slack = |span: SignedDuration| (span.unsigned_abs() > SLACK).then_some(span);
        let ahead = begins.duration_since(now).max(SignedDuration::ZERO);
        let behind = ends.duration_since(asked).min(SignedDuration::ZERO);
        let error = beyond_slack(ahead).or(beyond_slack(behind)).unwrap_or(SignedDuration::ZERO);
        let latest = ends.checked_add(since(asked, now)).unwrap_or(Timestamp::MAX);
        let theirs = (!error.is_zero()).then_some(Span { from: begins, to: latest });
        Self { ours: now, theirs, error }
    }

    /// By how much the daemon's clock is ahead of ours at least, negative if behind; zero where the
    /// two may agree.
    pub(super) const fn error(&self) -> SignedDuration {
        self.error
    }

    /// Whether it may be a time in the span, by either clock.
    pub(super) fn may_be_in(&self, span: Span) -> bool {
        span.from <= self.ours && self.ours < span.to
            || self.theirs.is_some_and(|theirs| theirs.overlaps(&span))
    }

    /// The latest that it may be.
    pub(super) fn latest(&self) -> Timestamp {
        self.theirs.map_or(self.ours, |theirs| theirs.to.max(self.ours))
    }
}

#[cfg(test)]
mod tests;
