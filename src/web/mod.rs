//! The HTTP server: status page, API, health and metrics on one listener.
//!
//! Invariants: every answer is made from the status board, the metrics and the journal, so no request
//! waits for a daemon, and the present needs no disk; only the two POST paths change anything, and
//! they need the admin token; no answer holds markup from a daemon; no request is answered that names
//! another host; every body, header and connection has a limit in size and time.
//!
//! Not here: binding the address and deciding whether it may be bound (`config`, `service`).

mod access;
mod admin;
mod api;
mod archive;
mod assets;
mod awaited_body;
mod command_sink;
mod connections;
mod error;
mod fleet_query;
mod known_hosts;
mod limits;
mod middleware;
mod page;
mod past;
mod query;
mod router;
mod server;
mod state;

pub use access::{AdminAccess, WeakAdminToken};
pub use archive::Archive;
pub use command_sink::{CommandRefused, CommandSink};
pub use limits::ServerLimits;
pub use router::build_router;
pub use server::{serve, serve_stream};
pub use state::WebState;
