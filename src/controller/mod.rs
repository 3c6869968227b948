//! The control loop: look, conclude, decide, act, record; one runner a daemon, one supervisor over them.
//!
//! Invariants: a look takes no hint of what changed and is not repeated within its interval, the interval is the retry; every task ends
//! on cancellation; everything that happened is in the record.
//!
//! Not here: what to decide (`policy`), how a daemon is talked to (`daemon`), who reads the records.

mod actuate;
mod logbook;
mod runner;
#[cfg(test)]
pub(crate) mod script;
mod state;
mod timekeeper;

pub use actuate::actuate;
pub use runner::{LONGEST_REST, OnExit, Plan, Runner, Sink, Wiring};
pub use state::{Conclusion, Context, State};
