//! The daemon's counters, which only rise while its process lives.

use serde::{Deserialize, Serialize};

use crate::{fault::Fault, market::PoolMetrics};

/// Counters as last trusted.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Counters {
    completed: Option<f64>,
    assigned: Option<f64>,
    #[serde(default)]
    prover_seconds: Option<f64>,
    fees: Option<f64>,
}

impl Counters {
    pub(super) fn read(metrics: &PoolMetrics) -> Self {
        let fees = metrics.fees.as_ref().and_then(|fees| fees.cumulative.last().copied());
        Self {
            completed: metrics.completed_by_own,
            assigned: metrics.assigned_to_own,
            prover_seconds: metrics.prover_seconds,
            fees,
        }
    }

    /// The first that is less than before.
    pub(super) fn find_fall(&self, before: &Self) -> Option<Fault> {
        [
            ("completed_snark_work_received_rpc", before.completed, self.completed),
            ("snark_work_assigned_rpc", before.assigned, self.assigned),
            ("snark_work_time_sec", before.prover_seconds, self.prover_seconds),
            ("snark_fee_count", before.fees, self.fees),
        ]
        .into_iter()
        .find_map(|(field, before, now)| {
            let (before, now) = before.zip(now).filter(|(before, now)| now < before)?;
            let value = format!("{now} after {before}, from a daemon that did not restart");
            Some(Fault::InvalidValue { field: field.to_owned(), value })
        })
    }
}
