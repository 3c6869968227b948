//! A simulated daemon over HTTP: GraphQL and metrics as a real daemon of a chosen era serves them.
//!
//! Invariants: every answer comes from one snapshot, taken after the market has advanced to the
//! clock's time. Apart from time, only a mutation changes the market.
//!
//! Not here: the market (`market_sim`).

mod connection;
mod controls;
mod era;
mod faults;
#[cfg(test)]
mod fixed;
mod format_g;
mod graphql_http;
mod metrics_page;
mod payment;
mod scalars;
mod schema;
mod server;
mod stand_in;
mod view;

pub use controls::{MutationRecord, SharedDaemon};
pub use era::{Era, UnknownEra};
pub use faults::InjectedFaults;
pub use server::{BindError, DaemonSimOptions, GRAPHQL_ADDRESS, METRICS_ADDRESS, SimDaemonServer};
pub use view::NetworkIdentity;
