//! The one record of a look: what was seen, concluded, decided and done. Log, metrics, journal, page and replay read it, and
//! nothing else works out what happened.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    market::{Look, Summary},
    policy::{Action, Decision},
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

impl Record {
    /// The fee the daemon asks when the look is over: the one just confirmed, else the one seen; `None` while unknown.
    pub fn fee_after(&self) -> Option<Nanomina> {
        match (&self.outcome, &self.decision.action) {
            (Outcome::Confirmed, Action::SetFee { fee } | Action::SwitchOn { fee, .. } | Action::Park { fee }) => {
                Some(*fee)
            }
            _ => self.look.status.as_ref().ok().map(|status| status.fee),
        }
    }

    /// Whether the daemon works when the look is over; `None` while that cannot be told: a coordinator never shows its key,
    /// and before the role is known a missing key may mean either.
    pub fn enabled_after(&self) -> Option<bool> {
        match (&self.outcome, &self.decision.action) {
            (Outcome::Confirmed, Action::SwitchOn { .. }) => return Some(true),
            (Outcome::Confirmed, Action::SwitchOff) => return Some(false),
            _ => {}
        }
        let shown = self.look.status.as_ref().ok()?.worker.is_some();
        match self.role {
            Role::Worker => Some(shown),
            Role::Unsure => shown.then_some(true),
            Role::Coordinator => None,
        }
    }

    /// Whether every part asked of the daemon's API was read.
    pub fn read_in_full(&self) -> bool {
        let look = &self.look;
        look.status.is_ok()
            && look.chain.as_ref().is_none_or(Result::is_ok)
            && look.book.as_ref().is_none_or(Result::is_ok)
    }

    /// What was wrong with each source that gave nothing usable, by its name.
    pub fn faults(&self) -> Vec<(&'static str, &Fault)> {
        let look = &self.look;
        let part = [
            ("status", look.status.as_ref().err()),
            ("chain", look.chain.as_ref().and_then(|chain| chain.as_ref().err())),
            ("book", look.book.as_ref().and_then(|book| book.as_ref().err())),
            ("metrics", look.metrics.as_ref().and_then(|metrics| metrics.as_ref().err())),
            ("account", look.account.as_ref().and_then(|account| account.as_ref().err())),
        ];
        part.into_iter().filter_map(|(source, fault)| Some((source, fault?))).collect()
    }
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
