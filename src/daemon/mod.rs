//! The daemon boundary: the only code that knows Mina's wire formats and the only code that talks to a daemon.
//!
//! Invariants: every request has a time limit and a size limit; an answer is trusted only after its `errors` were looked at; a
//! mutation carries its key or fee explicitly and is never repeated by itself.
//!
//! Not here: what the answers mean for the fee (`market`, `policy`).

mod port;

pub use port::{DaemonPort, LookPlan, Mutation, SendError};
