//! Tests of the whole, over real sockets and public interfaces only.

mod fixed_daemon;
mod foreign_client;
mod simd_http;
mod simd_schema;
