//! Everything that snarkfee reads from outside, and the three mutations that it sends: daemons over
//! GraphQL, their metrics, a Prometheus server, price feeds.
//!
//! The rooms, each of which imports only those above it:
//!
//! | module | what it holds |
//! |---|---|
//! | `transport` | one HTTP exchange within limits; all requests of the process go through it |
//! | `schema` | what a daemon's schema offers, its era, and which operations follow from that |
//! | `metrics` | the metrics text, from a daemon's page or from a Prometheus server |
//! | `answers` | what the answer to each operation says |
//! | `fleet` | what the daemons of one process share |
//! | `client` | a live daemon behind [`snarkfee_core::port::DaemonPort`] |
//! | `price` | the price of MINA from a JSON document on the web |
//!
//! Invariants: every request has a time limit and a size limit; an answer is trusted only after its
//! `errors` were checked; a mutation carries its key or fee explicitly and is never repeated by
//! itself.
//!
//! Not here: what the answers mean for the fee (`snarkfee_core::market`, `policy`).

mod answers;
mod client;
mod fleet;
mod metrics;
mod price;
mod schema;
mod transport;

pub use answers::{Answered, Exchange, decode};
pub use client::{ClientConfig, ClientError, DaemonClient, OPERATIONS, RequestObserver};
pub use fleet::{Fleet, Member};
pub use metrics::{MetricsEndpoint, Scrape};
pub use price::{EnergyFeed, PriceFeed, PriceReading, read_list, read_quote};
pub use schema::{
    AccountOperation, Capabilities, Capability, Era, Introspection, MarketOperation,
    StatusOperation,
};
pub use transport::{fetch, post};
