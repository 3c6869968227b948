//! What a daemon has and what is wanted of it, side by side and never mixed, as the documents have
//! them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use snarkfee_core::{record::Record, units::Nanomina};

/// What the daemon has after the look; unknown values are `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct DaemonSide {
    /// The fee that it asks.
    pub(crate) fee_mina: Option<f64>,
    /// Whether its worker is on.
    pub(crate) worker_enabled: Option<bool>,
}

/// What decisions so far ask of the daemon: live it was sent, in dry-run nothing of it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct WantedSide {
    /// The fee that it is or would be asking.
    pub(crate) fee_mina: Option<f64>,
    /// Whether its worker is or would be on.
    pub(crate) worker_enabled: Option<bool>,
    /// When that was decided; `None` while nothing was decided to be changed.
    pub(crate) since: Option<Timestamp>,
}

impl From<&Record> for DaemonSide {
    fn from(record: &Record) -> Self {
        Self {
            fee_mina: record.fee_after().map(Nanomina::to_mina),
            worker_enabled: record.enabled_after(),
        }
    }
}

impl From<&Record> for WantedSide {
    fn from(record: &Record) -> Self {
        let wanted = record.wanted.as_ref();
        Self {
            fee_mina: wanted.map(|wanted| wanted.fee.to_mina()),
            worker_enabled: record.wanted_enabled(),
            since: wanted.and_then(|wanted| wanted.since),
        }
    }
}
