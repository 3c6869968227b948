//! Orders from another process than the service.
//!
//! Invariants: no journal is made for an order; once an order is given and nothing is under way any
//! more that began before it, nothing is sent that it forbids. A service records an action, and then
//! reads the orders before each call. Here the order is recorded together with finding the actions
//! that are open, in one transaction: an action that is not found is recorded after the order, and so
//! reads it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use snarkfee_core::{control::OperatorCommand, units::DaemonId};

use crate::{
    connection::connect,
    daemons,
    error::JournalError,
    folder::{FolderLock, Holder, journal_path},
    inspect::find_layout,
    intents,
    orders::insert_order,
    schema,
    seal_file::SealFile,
    store::write_sealed,
};

/// A journal open for orders, beside a running service or for the next one.
#[derive(Debug)]
pub struct OrderWriter {
    folder: PathBuf,
    connection: Connection,
    seal_file: SealFile,
    holder: Holder,
}

/// An order that was recorded.
#[derive(Debug)]
pub struct GivenOrder {
    /// Actions of the running service that were open when it was recorded.
    open_intents: Vec<i64>,
}

impl OrderWriter {
    /// Opens the journal of a folder. Where no service runs on it, none can start until this is
    /// dropped.
    ///
    /// # Errors
    ///
    /// Where there is no journal, it cannot be written, or has another layout.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let path = journal_path(folder);
        if find_layout(&path)?.is_none() {
            return Err(JournalError::Missing { path: folder.to_owned() });
        }
        let holder = FolderLock::find_holder(folder)?;
        let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        schema::expect_current(&connection, &path)?;
        let (folder, seal_file) = (folder.to_owned(), SealFile::new(folder));
        Ok(Self { folder, connection, seal_file, holder })
    }

    /// Whether a service runs on it. Otherwise orders wait for the next start.
    pub const fn service_runs(&self) -> bool {
        matches!(self.holder, Holder::Other)
    }

    /// Whether the journal has anything of a daemon.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub fn knows(&self, daemon: &DaemonId) -> Result<bool, JournalError> {
        daemons::is_known(&self.connection, daemon)
    }

    /// Records an order.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn give(
        &mut self,
        at: Timestamp,
        command: &OperatorCommand,
    ) -> Result<GivenOrder, JournalError> {
        let Self { connection, seal_file, holder, .. } = self;
        let open_intents =
            write_sealed(connection, seal_file, "recording an order", |transaction, change| {
                insert_order(transaction, at, command, change)?;
                match holder {
                    Holder::Us(_) => Ok(Vec::new()),
                    Holder::Other | Holder::Nobody => {
                        intents::load_open_of_this_run(transaction, command)
                    }
                }
            })?;
        Ok(GivenOrder { open_intents })
    }

    /// Whether an action may still be under way that began before the order.
    ///
    /// # Errors
    ///
    /// Where that cannot be read.
    pub fn is_under_way(&self, order: &GivenOrder) -> Result<bool, JournalError> {
        let open = intents::count_open(&self.connection, &order.open_intents)?;
        // A service that is gone sends nothing any more.
        Ok(open > 0 && matches!(FolderLock::find_holder(&self.folder)?, Holder::Other))
    }
}
