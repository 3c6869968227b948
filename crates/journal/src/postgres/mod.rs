//! The journal in a store that replicas share, over PostgreSQL's protocol.
//!
//! Invariants: those of the journal in a file, but for damage to files, which is the server's to
//! find; and each daemon is written about by one replica at a time, the one that holds its lease.
//!
//! Sources: PostgreSQL 15 manual, chapters 13 (concurrency control) and 34.1.2 (connection
//! parameters).

mod admin;
mod connection;
mod copy;
mod failure;
mod jobs;
mod layout;
mod leases;
mod reader;
mod restore;
mod retention;
mod shared;

pub use admin::{StoreAdmin, StoreStatus};
pub use connection::{StoreAddress, StoreAddressError};
pub use copy::CopiedRows;
pub use layout::StoreLayout;
pub(crate) use reader::SharedReader;
pub use shared::{SharedJournal, SharedJournalConfig};
