//! The running service: settings turned into clients, loops, price feeds and the HTTP server, and
//! kept in step with reloads.
//!
//! Invariants: every task ends on cancellation, the loops before the HTTP server, so that the last
//! decisions can still be read; an invalid reload changes nothing.
//!
//! Not here: flags, signals and exit codes (`cli`).

mod command_recorder;
mod config_watch;
mod daemon_loops;
mod energy_feed;
mod outside;
mod preview;
mod price_feed;
mod publisher;
mod replica;
mod run;
mod service_manager;
mod twin_watch;

pub use config_watch::{Reloaded, Rereading, SettingsSource};
pub use outside::{ConnectError, Feed, Outside, OverHttp};
pub use publisher::{Narrator, Publisher};
pub use run::{RunningService, Service, ServiceError};

pub(crate) use energy_feed::read_energy;
pub(crate) use preview::{Preview, connect, preview_daemon, preview_through};
pub(crate) use price_feed::read_price;
