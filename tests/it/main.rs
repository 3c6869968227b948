//! Tests of the whole, over real sockets and public interfaces only.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed step of a test ends it, in helpers too")]

mod fixed_daemon;
mod foreign_client;
mod metrics_text;
mod real_purchases;
mod simd_http;
mod simd_schema;
mod web;
//! Integration tests: the program against what it does not contain.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails here is a failed test")]

mod eras;
mod exchange;
mod mutation;
mod schema;
mod server;
mod validate;
