//! The lab through its public interface, over real sockets and files.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test ends it, in helpers too"
)]

mod account;
mod block_files;
mod daemon_sim_http;
mod daemon_sim_schema;
mod estimate_band;
mod fixed_daemon;
mod mina_sdk_client;
mod selection;
