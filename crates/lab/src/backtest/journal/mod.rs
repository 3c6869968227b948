//! Policies on the service's own journal.

mod pass;
mod report;
mod scan;

pub(super) use pass::{PolicyVariant, run_variants};
pub use report::backtest_journal;
pub(super) use scan::ScannedJournal;
