//! Tests of the whole, over real sockets and public interfaces only.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step of a test ends it, in helpers too"
)]

use tokio::task::JoinHandle;

mod account;
mod backtest;
mod broken_setups;
mod browser;
mod check;
mod checker;
mod completions;
mod controller_fixture;
mod deployment;
mod documented_commands;
mod documents;
mod dry_run;
mod estimate_and_explain;
mod failing_journal;
mod faults;
mod faulty_proxy;
mod init;
mod injected_fault;
mod journal;
mod kill;
mod module_imports;
mod network;
mod orders;
mod process;
mod program;
mod project;
mod prometheus;
mod reload;
mod replay;
mod replicas;
mod scripted_daemon;
mod service_manager;
#[path = "../../crates/client/tests/it/socket.rs"]
mod socket;
mod stalled_log;
mod tls;
mod tools;
mod untrusted;
mod web;

/// Starts a task that ends at the latest with the runtime of its test.
#[expect(clippy::disallowed_methods, reason = "no task outlives its test")]
fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(task)
}
