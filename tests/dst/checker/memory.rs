//! What the service must remember of a daemon, whatever happens to its process.

use std::time::Duration;

use snarkfee_core::policy::DaemonSettings;

use crate::config::{EXTERNAL_HOLD, MOST_FAILURES};

/// What it must remember, on the timeline of the daemon's memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    failures: u32,
    /// Successes in a row since the breaker opened.
    opened: Option<u32>,
    /// Until when it leaves the settings to someone else.
    pub(super) hold: Option<Duration>,
    /// Times at which someone undid what the service had set.
    rounds: Vec<Duration>,
    /// Whether something stands that the service set.
    pub(super) ours: bool,
    /// What the daemon was surely set to after the last look; `None` where that is not sure.
    pub(super) believed: Option<DaemonSettings>,
}

/// Rounds that make another controller.
const STANDOFF: usize = 3;
const LONGEST: Duration = Duration::from_secs(24 * 3600);

impl Memory {
    pub(super) const fn breaker_open(&self) -> bool {
        self.opened.is_some()
    }

    /// Whether the hold is one against another controller.
    pub(super) fn contested(&self) -> bool {
        self.rounds.len() >= STANDOFF
    }

    pub(super) fn count_look(&mut self, failed: bool) {
        match (&mut self.opened, failed) {
            (None, false) => self.failures = 0,
            (None, true) => {
                self.failures += 1;
                if self.failures >= MOST_FAILURES {
                    self.opened = Some(0);
                }
            }
            (Some(successes), true) => *successes = 0,
            (Some(successes), false) => {
                *successes += 1;
                if *successes >= MOST_FAILURES {
                    (self.opened, self.failures) = (None, 0);
                }
            }
        }
    }

    /// A look showed that someone else had set the daemon.
    pub(super) fn meet_stranger(&mut self, line: Duration, reapplies: bool) {
        if std::mem::take(&mut self.ours) {
            self.rounds.push(line);
        }
        let doublings = u32::try_from(self.rounds.len().saturating_sub(STANDOFF - 1)).unwrap();
        let grown = EXTERNAL_HOLD.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST);
        match (self.contested(), reapplies) {
            (true, _) => self.hold = Some(line + grown),
            (false, false) => self.hold = Some(line + EXTERNAL_HOLD),
            (false, true) => {}
        }
    }

    /// The operator resumed.
    pub(super) fn resume(&mut self) {
        (self.failures, self.opened, self.hold) = (0, None, None);
        self.rounds.clear();
        self.ours = false;
    }
}
