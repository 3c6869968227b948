//! Tests of the whole, over real sockets and public interfaces only.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step of a test ends it, in helpers too"
)]

mod asking;
mod backtest;
mod book;
mod browser;
mod check;
mod checker;
mod chronicle;
mod deployment;
mod documents;
mod eras;
mod exchange;
mod faults;
mod faulty_proxy;
mod fixed_daemon;
mod fleet;
mod foreign_client;
mod injected_fault;
mod journal;
mod kill;
mod metrics_text;
mod mutation;
mod precomputed;
mod process;
mod program;
mod project;
mod prometheus;
mod real_purchases;
mod replay;
mod scenario_prices;
mod schema;
mod server;
mod service_manager;
mod simd_http;
mod simd_schema;
mod stage;
mod theatre;
mod tls;
mod tools;
mod untrusted;
mod validate;
mod web;
