//! The control loop: look, conclude, decide, act, record; one runner a daemon, one supervisor over
//! them.
//!
//! Invariants: a look takes no hint of what changed and is not repeated within its interval, the
//! interval is the retry; every task ends on cancellation; everything that happened is in the
//! record; right before each mutation orders and settings are read again, within a gate that an
//! order or a reload waits for before it is acknowledged.
//!
//! Not here: what to decide (`policy`), how a daemon is talked to (`daemon`), who reads the
//! records.

mod ending;
mod journal_session;
mod runner;
mod send_gate;
mod timekeeper;

pub use ending::{EndReceiver, EndSender, LoopEnd, end_channel};
pub use runner::{LONGEST_REST, Runner, Sink, Wiring};
pub use send_gate::{SendGate, SendGates};
pub(crate) use timekeeper::Timekeeper;
