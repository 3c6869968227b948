//! The journal: what was seen, decided and done, and what must outlive the process, in one SQLite
//! file, or in a PostgreSQL store that replicas of the service share (`postgres`).
//!
//! Invariants of the file: what was acknowledged survives a kill at any moment, and where files were damaged,
//! lost or replaced, that shows at the next opening, and nothing is sent until the operator resumes;
//! a file that SQLite cannot read, a foreign one and one of a later version are refused and never
//! written; at most one service runs on a folder; every wait has a limit; a failure is a typed
//! fault, never a panic.
//!
//! Every look is kept, and once an hour a snapshot of all that is known of the market's sales. A
//! start continues from the last snapshot, and its first look fetches the newest blocks. Our own
//! works, totals and pace, which no daemon reports, are kept with the memory of each daemon.
//!
//! Not here: when something is recorded and what a failure means (`controller`).

mod checksum;
mod connection;
mod daemons;
mod decisions;
mod error;
mod folder;
mod in_place;
mod inspect;
mod intents;
mod looks;
mod markets;
mod opening;
mod order_writer;
mod orders;
mod packing;
mod postgres;
mod reader;
mod recorded_look;
mod row_text;
mod schema;
mod seal;
mod seal_file;
mod snapshots;
mod sql_state;
mod store;
mod trends;
mod writer;

#[cfg(test)]
mod tests;

pub use error::JournalError;
pub use folder::{JOURNAL_FILE, LOCK_FILE, last_holder};
pub use order_writer::{GivenOrder, OrderWriter};
pub use postgres::{
    CopiedRows, SharedJournal, SharedJournalConfig, StoreAddress, StoreAddressError, StoreAdmin,
    StoreLayout, StoreStatus,
};
pub use reader::{JournalFileReader, JournalReader};
pub use recorded_look::{LookFilter, LookSummary, RecordedLook};
pub use row_text::{RowContent, RowText};
pub use store::InjectedLimits;
pub use writer::Journal;
