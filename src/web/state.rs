//! What every request handler can reach.

use std::{sync::Arc, time::Duration};

use snarkfee_clock::Clock;
use snarkfee_config::HostName;

use super::{access::AdminAccess, archive::Archive};
use crate::telemetry::{Liveness, Metrics, StatusBoard};

/// What the request handlers read, and where commands go.
#[derive(Clone)]
pub struct WebState {
    /// What the controller has published.
    pub board: Arc<StatusBoard>,
    /// The program's own metrics.
    pub metrics: Arc<Metrics>,
    /// Whether the loops still run.
    pub liveness: Arc<Liveness>,
    /// The clock for the ages that are shown.
    pub clock: Clock,
    /// Names of this service besides those of the address that it listens on.
    pub hosts: Arc<[HostName]>,
    /// Who may pause and resume; without it those paths do not exist.
    pub admin: Option<Arc<AdminAccess>>,
    /// What the journal keeps; without it only what is in memory is shown.
    pub archive: Option<Arc<Archive>>,
    /// Time between two looks at a daemon, by `clock`.
    pub interval: Duration,
    /// How often the page refreshes itself, at least every second.
    pub refresh: Duration,
}
