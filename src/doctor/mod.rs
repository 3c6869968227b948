//! What is wrong with a setup: facts are gathered once, without changing anything, and judged.
//!
//! Invariants: daemons get only queries, and nothing is written; every check has at least one
//! finding, whatever could not be found out; a finding that is not `ok` says what to do; verdicts are
//! pure.
//!
//! Not here: how findings are printed, and the exit code (`cli`).

mod check;
mod daemon_clock;
mod examination;
mod examine;
mod machine;
mod processes;
mod verdicts;

pub use check::{Check, CheckReport, Finding, Verdict};
pub use examination::Examination;
pub use examine::examine;
pub(crate) use processes::list_commands;
pub use verdicts::judge;
