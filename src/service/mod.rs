//! The running service: settings turned into clients, loops, price feeds and the HTTP face, and
//! kept in step with reloads.
//!
//! Invariants: every task ends on cancellation, loops before the face, so that the last decisions
//! can still be read; an invalid reload changes nothing.
//!
//! Not here: flags, signals and exit codes (`cli`).

mod daemons;
mod desk;
mod feed;
mod glance;
mod manager;
mod publisher;
mod run;

pub use daemons::ConnectError;
pub use glance::{Glance, connect, glance, glance_through};
pub use publisher::Publisher;
pub use run::{Service, ServiceError, Started};
