//! The hook through which a caller counts requests.

use std::time::Duration;

use snarkfee_core::fault::Fault;

/// The names under which requests are observed.
pub const OPERATIONS: [&str; 13] = [
    "introspection",
    "status",
    "status_metrics",
    "status_coda",
    "market_blocks",
    "market_range",
    "market_pool",
    "market_coda",
    "account",
    "set_snark_worker",
    "unset_snark_worker",
    "set_snark_work_fee",
    "metrics",
];

/// Called for each request when it has ended.
pub trait RequestObserver: Send + Sync {
    /// `operation` is one of [`OPERATIONS`]; `fault` is what was wrong, `None` when it succeeded.
    fn observed(&self, operation: &'static str, fault: Option<&Fault>, took: Duration);
}
