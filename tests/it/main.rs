//! Tests of the whole, over real sockets and public interfaces only.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step of a test ends it, in helpers too"
)]

use tokio::task::JoinHandle;

mod backtest;
mod browser;
mod check;
mod checker;
mod chronicle;
mod deployment;
mod documents;
mod estimate_and_explain;
mod faults;
mod faulty_proxy;
mod fixed_daemon;
mod foreign_client;
mod injected_fault;
mod journal;
mod kill;
mod module_imports;
mod precomputed;
mod process;
mod program;
mod project;
mod prometheus;
mod replay;
mod scenario_prices;
mod service_manager;
mod simd_http;
mod simd_schema;
#[path = "../../crates/client/tests/it/socket.rs"]
mod socket;
mod stage;
mod theatre;
mod tls;
mod tools;
mod untrusted;
mod web;

/// Starts a task that ends at the latest with the runtime of its test.
#[expect(clippy::disallowed_methods, reason = "no task outlives its test")]
fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(task)
}
