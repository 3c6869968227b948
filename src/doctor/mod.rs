//! What stands in the way of a setup: everything that can be found out about it without changing
//! anything, gathered once, and judged.
//!
//! Invariants: nothing is sent to a daemon but questions, and nothing is written; every check has
//! one finding at least, whatever could not be found out; a finding that is not `ok` says what to
//! do; verdicts are pure.
//!
//! Not here: how findings are printed, and the exit code (`cli`).

mod check;
mod examination;
mod gather;
mod machine;
mod verdicts;

pub use check::{Check, Finding, Report, Verdict};
pub use examination::{Examination, Examined, Journalled, Machine, Process, StateFolder, Usable};
pub use gather::examine;
pub use verdicts::judge;
