//! What must hold in every run of the controller, whatever goes wrong around it: one checker for
//! simulation and tests.
//!
//! Invariants: judged by what was asked of the daemon and set on it, not by what the controller
//! says of itself; memory does not grow with the length of a run, but for the violations found.

mod checker;
mod step;

pub use checker::{Checker, Invariant, Violation};
pub use step::{AppliedChange, ChangeAuthor, CheckedLook, SentMutations, SettingChange};
