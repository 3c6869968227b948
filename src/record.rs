//! The one record of a look: what was seen, concluded, decided and done. Log, metrics, journal, page and replay read it, and
//! nothing else works out what happened.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::policy::{HoldState, Mode, Outcome, Pause, Role};
use crate::{
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
