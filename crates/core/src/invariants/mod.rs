//! The invariants of every run of the controller under any fault, and their checker for simulation
//! and tests.
//!
//! Invariants: the checker judges what was sent to the daemon and set on it, not what the controller
//! claims; its memory grows only with the violations found.

mod checker;
mod step;

pub use checker::{Checker, Invariant, Violation};
pub use step::{AppliedChange, ChangeAuthor, CheckedLook, SentMutations, SettingChange};
