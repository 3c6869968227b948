//! The journal: what was seen, decided and done, and what must outlive the process, in one SQLite
//! file.
//!
//! Invariants: what was acknowledged survives a kill at any moment; a file that is damaged, foreign
//! or of a later version is refused and never written; at most one service runs on a folder; every
//! wait has a limit; a failure is a typed fault, never a panic.
//!
//! Of the market the looks themselves are kept, and once an hour all that is known of its sales: a
//! start takes that up, and its first look fetches the chain's newest blocks anew. Our own works,
//! totals and pace, which no daemon tells, are kept with the memory of each daemon.
//!
//! Not here: when something is journalled and what a failure means (`controller`).

mod archive;
mod body;
mod connection;
mod error;
mod folder;
mod looks;
mod markets;
mod orders;
mod origins;
mod schema;
mod store;
mod writer;

#[cfg(test)]
mod tests;

pub use archive::{JournalReader, LookFilter, LookSummary, RecordedLook};
pub use error::JournalError;
pub use folder::{JOURNAL_FILE, last_holder};
pub use orders::give_order;

pub use writer::{InjectedLimits, Journal};
