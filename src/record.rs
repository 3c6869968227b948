//! The one record of a look: what was seen, concluded, decided and done. Log, metrics, journal, page and replay read it, and
//! nothing else works out what happened.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    market::{Look, Summary},
    policy::Decision,
    units::{DaemonId, Nanomina},
};

/// One look at one daemon, complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The daemon.
    pub daemon: DaemonId,
    /// Looks since the controller started, from 1.
    pub sequence: u64,
    /// When the look began.
    pub at: Timestamp,
    /// Whether decisions are carried out.
    pub mode: Mode,
    /// Whether the operator or the breaker holds the worker.
    pub hold: HoldState,
    /// Schema era of the daemon, once found.
    pub era: Option<String>,
    /// What the daemon is.
    pub role: Role,
    /// What was seen.
    pub look: Look,
    /// What is known of the market; `None` before the first usable look.
    pub market: Option<Summary>,
    /// What was decided.
    pub decision: Decision,
    /// What came of it.
    pub outcome: Outcome,
    /// Cost of one work; `None` while unknown.
    pub cost: Option<Nanomina>,
    /// Predicted minus realised share of our own works sold, over the window; `None` before there is anything to compare.
    pub prediction_error: Option<f64>,
    /// Time the look took, reading, deciding and acting, in real time.
    pub took: Duration,
}

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

/// Whether the operator or the breaker holds the worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldState {
    /// The operator's pause.
    pub paused: Option<Pause>,
    /// Whether the breaker is open.
    pub breaker_open: bool,
}

/// An operator's pause.
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

/// What came of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// There was nothing to do.
    Held,
    /// Dry-run: nothing was sent.
    DryRun,
    /// Sent and answered, but reading back did not (yet) show it.
    Applied {
        /// What reading back failed with; `None` when it showed other settings.
        unread: Option<Fault>,
    },
    /// Sent, and reading back shows it.
    Confirmed,
    /// The daemon would not, or never got it: nothing changed.
    Rejected {
        /// What was wrong.
        fault: Fault,
    },
    /// No answer, and reading back failed too: it may or may not have been applied.
    Unknown {
        /// What was wrong.
        fault: Fault,
    },
}

impl Outcome {
    /// The stable code: metric label, log field; `held` is not counted as an action.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::DryRun => "dry_run",
            Self::Applied { .. } => "applied",
            Self::Confirmed => "confirmed",
            Self::Rejected { .. } => "rejected",
            Self::Unknown { .. } => "unknown",
        }
    }
}
