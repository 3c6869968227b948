//! The hook through which requests are counted without this layer knowing who counts.

use std::time::Duration;

/// The names under which requests are observed.
pub const OPERATIONS: [&str; 12] = [
    "introspection",
    "status",
    "status_metrics",
    "status_coda",
    "market_range",
    "market_pool",
    "market_coda",
    "account",
    "set_snark_worker",
    "unset_snark_worker",
    "set_snark_work_fee",
    "metrics",
];

/// Is told of every request when it has ended.
pub trait RequestObserver: Send + Sync {
    /// `operation` is one of [`OPERATIONS`]; `outcome` is `ok` or a code of [`crate::fault::Fault`].
    fn observed(&self, operation: &'static str, outcome: &'static str, took: Duration);
}
