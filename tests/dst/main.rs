//! The whole service in a simulated world: deterministic, in time of its own, without a socket.
//!
//! The code of the service runs as it is: loops, reloads, orders, leaving, and a real journal. The
//! daemons, the disk's failures, the clocks, the feed, signals and the operator are simulated, and
//! all of it follows from a seed. A checker that knows what really happened judges every mutation by
//! the promises of `docs/safety.md`.
//!
//! `SNARKFEE_DST_LOOKS` sets how many looks, `SNARKFEE_DST_SEEDS` over how many seeds,
//! `SNARKFEE_DST_FIRST_SEED` from which on.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step of a test ends it, in helpers too"
)]

mod checker;
mod config;
mod daemon;
mod disk;
mod episode;
mod history;
mod kill_point;
mod log_tap;
mod machine;
mod operator;
mod outside;
mod promises;
mod schedule;
mod shrink;
mod storms;
