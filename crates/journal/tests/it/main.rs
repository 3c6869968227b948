//! The journal in a shared store, on a real server.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step of a test ends it, in helpers too"
)]

mod entries;
mod leases;
mod postgres_server;
mod shared_journal;
