//! The daemon boundary: the only code that knows Mina's wire formats and the only code that talks
//! to a daemon.
//!
//! Invariants: every request has a time limit and a size limit; an answer is trusted only after its
//! `errors` were looked at; a mutation carries its key or fee explicitly and is never repeated by
//! itself.
//!
//! Not here: what the answers mean for the fee (`market`, `policy`).

mod answers;
mod book;
mod capabilities;
mod chain;
mod client;
mod cursor;
mod envelope;
mod era;
mod fleet;
mod http;
mod ids;
mod keys;
mod list;
mod listed_blocks;
mod listed_works;
mod market_answer;
mod metrics;
mod observer;
mod operations;
mod prometheus;
mod scalars;
mod scrape;
mod status;

pub use answers::{Answered, Exchange, decode};
pub use capabilities::{Capabilities, Capability, Introspection, MarketOperation, StatusOperation};
pub use client::{ClientConfig, ClientError, DaemonClient};
pub use era::{Era, FeeUnit};
pub use fleet::{Fleet, Member};
pub use http::{fetch, install_tls_provider};
pub use metrics::MetricsEndpoint;
pub use observer::{OPERATIONS, RequestObserver};
pub use scrape::Scrape;
