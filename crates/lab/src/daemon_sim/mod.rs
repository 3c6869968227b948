//! The HTTP face of a simulated daemon: GraphQL and metrics as a real daemon of a chosen era serves
//! them.
//!
//! Invariants: every answer is made from one snapshot, taken after the simulated market was brought
//! up to the clock; nothing but a mutation changes the market.
//!
//! Not here: the market (`simulate`).

mod controls;
mod era;
#[cfg(test)]
mod fake;
mod faults;
mod format_g;
mod graphql_http;
mod line;
mod metrics_page;
mod payment;
mod scalars;
mod schema;
mod server;
mod stand_in;
mod view;

pub use controls::{MutationRecord, SettingChange, SharedDaemon};
pub use era::{Era, UnknownEra};
pub use faults::Faults;
pub use server::{BindError, GRAPHQL_ADDRESS, METRICS_ADDRESS, Options, SimDaemonServer};
pub use view::Network;
