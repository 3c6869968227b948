//! Tests of the whole, over real sockets and public interfaces only.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed step of a test ends it, in helpers too")]

mod eras;
mod exchange;
mod fixed_daemon;
mod foreign_client;
mod real_purchases;
mod simd_http;
mod simd_schema;
//! Integration tests: one binary, one module for each subject.

#[cfg(test)]
mod metrics_text;
