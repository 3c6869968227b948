//! The client against what answers over real sockets, through its public interface only.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step of a test ends it, in helpers too"
)]

mod account;
mod book;
mod eras;
mod exchange;
mod fleet;
mod mutation;
mod schema;
mod server;
mod simulated;
mod simulated_speed;
mod socket;
mod transport;
mod works_made;
