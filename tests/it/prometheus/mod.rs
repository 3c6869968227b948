//! The program beside a real Prometheus server, and what is in `config/` for it. Skipped where it
//! is not installed.

mod dashboard;
pub(crate) mod server;
mod through;
