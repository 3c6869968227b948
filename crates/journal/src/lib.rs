//! The journal: what was seen, decided and done, and what must outlive the process, in one SQLite
//! file.
//!
//! Invariants: what was acknowledged survives a kill at any moment; a file that is damaged, foreign
//! or of a later version is refused and never written; at most one service runs on a folder; every
//! wait has a limit; a failure is a typed fault, never a panic.
//!
//! Every look is kept, and once an hour a snapshot of all that is known of the market's sales. A
//! start continues from the last snapshot, and its first look fetches the newest blocks. Our own
//! works, totals and pace, which no daemon reports, are kept with the memory of each daemon.
//!
//! Not here: when something is recorded and what a failure means (`controller`).

mod connection;
mod daemons;
mod error;
mod folder;
mod give_order;
mod intents;
mod looks;
mod markets;
mod orders;
mod packing;
mod reader;
mod schema;
mod snapshots;
mod store;
mod writer;

#[cfg(test)]
mod tests;

pub use error::JournalError;
pub use folder::{JOURNAL_FILE, LOCK_FILE, last_holder};
pub use give_order::give_order;
pub use reader::{JournalReader, LookFilter, LookSummary, RecordedLook};
pub use store::InjectedLimits;
pub use writer::Journal;
