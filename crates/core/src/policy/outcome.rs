//! What came of a decision.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::daemon_settings::{Action, DaemonSettings};
use crate::fault::{Fault, JournalFault};

/// What came of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// There was nothing to do.
    Held,
    /// Dry-run: nothing was sent.
    DryRun,
    /// Sent and answered, but what the daemon shows or says speaks against it.
    Applied {
        /// What reading back failed with; `None` when it showed other settings, or was not tried.
        unread: Option<Fault>,
        /// Someone else had set the daemon since it was looked at. Nothing further of the decision
        /// was sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        overtook: Option<Overtaken>,
    },
    /// Sent, and reading back shows it.
    Confirmed,
    /// Sent and answered with success, but the daemon still shows what it was set to before: nobody
    /// changed it, and nothing further of the decision was sent.
    Ineffective {
        /// What it shows.
        shown: DaemonSettings,
    },
    /// The daemon would not, or never got it. Nothing further of the decision was sent.
    Rejected {
        /// What was wrong.
        fault: Fault,
        /// What the calls before it, which were answered, left the daemon set to; `None` where it
        /// was the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reached: Option<DaemonSettings>,
    },
    /// The permission was taken back before the next call. Nothing further of the decision was sent.
    Withdrawn {
        /// By what.
        by: Withdrawal,
        /// What the calls before it, which were answered, left the daemon set to; `None` where
        /// nothing was sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reached: Option<DaemonSettings>,
    },
    /// No answer, and reading back failed too: it may or may not have been applied.
    Unknown {
        /// What was wrong.
        fault: Fault,
    },
}

/// What took back the permission for an action that the gates had allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "withdrawal", rename_all = "snake_case")]
pub enum Withdrawal {
    /// The operator paused meanwhile.
    Paused {
        /// When the pause ends; `None` is until `resume`.
        until: Option<Timestamp>,
    },
    /// Other settings came into force meanwhile: the next look decides by them.
    Reloaded,
    /// What it was decided by had become too old, as after the machine slept.
    Stale {
        /// Time since the look began.
        age: Duration,
        /// `safety.max_age`.
        limit: Duration,
    },
    /// Whether the operator paused meanwhile could not be read.
    OrdersUnread {
        /// What was wrong.
        fault: JournalFault,
    },
}

impl fmt::Display for Withdrawal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paused { .. } => f.write_str("the operator paused meanwhile"),
            Self::Reloaded => f.write_str("other settings came into force meanwhile"),
            Self::Stale { age, limit } => {
                let (age, limit) = (age.as_secs(), limit.as_secs());
                write!(f, "what was read had become {age} s old, and counts for {limit} s")
            }
            Self::OrdersUnread { fault } => {
                write!(f, "whether the operator paused cannot be read: {fault}")
            }
        }
    }
}

/// A change by someone else that one of ours replaced before any look could see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overtaken {
    /// What someone else had set, as far as it is known.
    pub found: DaemonSettings,
    /// What our calls left in its place.
    pub left: DaemonSettings,
}

impl Outcome {
    /// What `action` left a daemon set to that was set to `before`, before anyone else touched it;
    /// `None` where that cannot be told before the next look.
    pub fn left(&self, before: &DaemonSettings, action: &Action) -> Option<DaemonSettings> {
        match self {
            Self::Held | Self::DryRun => Some(before.clone()),
            Self::Confirmed => Some(before.after(action)),
            Self::Applied { overtook: Some(Overtaken { left, .. }), .. } => Some(left.clone()),
            Self::Rejected { reached, .. } | Self::Withdrawn { reached, .. } => {
                Some(reached.as_ref().unwrap_or(before).clone())
            }
            // A change is in force before it is answered (Mina `mina_lib.ml`, 3.0.3): who reads
            // something else reads someone else's.
            Self::Applied { unread: None, .. } => Some(before.after(action)),
            // It may still take effect.
            Self::Applied { unread: Some(_), .. }
            | Self::Ineffective { .. }
            | Self::Unknown { .. } => None,
        }
    }

    /// What was wrong, if anything was.
    pub const fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Rejected { fault, .. }
            | Self::Unknown { fault }
            | Self::Applied { unread: Some(fault), .. } => Some(fault),
            Self::Held
            | Self::DryRun
            | Self::Applied { unread: None, .. }
            | Self::Confirmed
            | Self::Ineffective { .. }
            | Self::Withdrawn { .. } => None,
        }
    }

    /// Every code but `held`.
    pub const CODES: [&'static str; 7] =
        ["dry_run", "applied", "confirmed", "ineffective", "rejected", "withdrawn", "unknown"];

    /// The stable code: metric label, log field; `held` is not counted as an action.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::DryRun => "dry_run",
            Self::Applied { .. } => "applied",
            Self::Confirmed => "confirmed",
            Self::Ineffective { .. } => "ineffective",
            Self::Rejected { .. } => "rejected",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Unknown { .. } => "unknown",
        }
    }
}
