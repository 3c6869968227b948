//! What a controller can be in: the words that settings, decisions and records share.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{clocks::SteadyTime, fault::JournalDoubt};

/// Whether decisions are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Decided and recorded, never sent.
    DryRun,
    /// Sent to the daemon.
    Live,
}

impl Mode {
    /// The name used in the configuration and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DryRun => "dry-run",
            Self::Live => "live",
        }
    }
}

/// Whether the operator, the breaker or a doubt about the journal holds the worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldState {
    /// The operator's pause.
    pub paused: Option<Pause>,
    /// Whether the breaker is open.
    pub breaker_open: bool,
    /// Why the journal may have lost something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal_doubt: Option<JournalDoubt>,
}

/// An operator's pause, as it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseDeadline {
    /// When it ends by itself; `None` is until `resume`.
    pub until: Option<SteadyTime>,
}

/// An operator's pause, as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When it ends by itself; `None` is until `resume`.
    pub until: Option<Timestamp>,
}

/// What a daemon is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Not yet told.
    #[default]
    Unsure,
    /// Its key turns work on and off.
    Worker,
    /// It hands work to remote provers under a key that its API cannot change.
    Coordinator,
}

impl Role {
    /// The name used in JSON and on the page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsure => "unsure",
            Self::Worker => "worker",
            Self::Coordinator => "coordinator",
        }
    }
}
