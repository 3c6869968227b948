//! What can go wrong with the journal.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::ErrorCode;
use snarkfee_core::{
    fault::{Fault, JournalClass, JournalFault},
    units::DaemonId,
};
use tokio_postgres::error::SqlState;

use crate::sql_state;

/// Why the journal cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The folder of state cannot be made or used.
    #[error("cannot use the state folder {} (controller.state_dir)", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another instance runs on the same folder.
    #[error("{} is in use by another snarkfee{}", .path.display(), process(*.pid))]
    InUse {
        /// The folder.
        path: PathBuf,
        /// Its process, where that is known.
        pid: Option<u32>,
    },
    /// There is no journal.
    #[error("there is no journal in {}", .path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is not a journal of snarkfee: {why}; it was left untouched", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// How that shows.
        why: String,
    },
    /// The file is damaged.
    #[error(
        "{} is damaged: {why}; it was left untouched, move it away to begin a new one",
        .path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// How that shows.
        why: String,
    },
    /// A file was deleted or replaced while the journal was in use.
    #[error(
        "{}: {why}; what was recorded since may be lost, restart snarkfee", .path.display()
    )]
    Lost {
        /// The file.
        path: PathBuf,
        /// How that shows.
        why: String,
    },
    /// A row is not as it was written.
    #[error(
        "journal: {what} is damaged; restart snarkfee, which then holds until `snarkfee resume`"
    )]
    Damaged {
        /// What the row holds.
        what: &'static str,
    },
    /// The file was written by a later version.
    #[error(
        "{} has layout {found}, this version knows {known}: it was written by a later snarkfee; it \
         was left untouched",
        .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: i64,
        /// The newest layout known.
        known: i64,
    },
    /// The file was written by an earlier version, and only the service brings it up to date.
    #[error(
        "{} has layout {found} of an earlier snarkfee; the service brings it up to date when it \
         starts",
        .path.display()
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: i64,
    },
    /// SQLite failed.
    #[error("journal: {doing}")]
    Sql {
        /// What was tried.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: rusqlite::Error,
    },
    /// The server of a shared store refused, or the connection to it broke.
    #[error("store: {doing}")]
    Postgres {
        /// What was tried.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: tokio_postgres::Error,
    },
    /// No connection to a shared store could be had.
    #[error("store: no connection")]
    NoConnection {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A shared store did not answer in time.
    #[error("store: no answer within {limit:?}")]
    NoAnswer {
        /// How long was waited.
        limit: Duration,
    },
    /// A shared store was made unusable for this version by a later one.
    #[error(
        "the store has layout {found}, this version knows {known}: it was brought up to date by a \
         later snarkfee, which this one cannot work beside"
    )]
    NewerStore {
        /// Its layout.
        found: i64,
        /// The newest layout known.
        known: i64,
    },
    /// A shared store was made by an earlier version.
    #[error(
        "the store has layout {found} of an earlier snarkfee, or none; `snarkfee store migrate` or \
         a start of the service brings it up to date"
    )]
    OlderStore {
        /// Its layout.
        found: i64,
    },
    /// A journal is to be copied into a store that holds one.
    #[error("the store holds a journal already; nothing was copied")]
    StoreInUse,
    /// Another replica works the daemon, or none may.
    #[error("store: the lease of {daemon} is not held here")]
    NotHeld {
        /// The daemon.
        daemon: DaemonId,
    },
    /// Something stored cannot be read.
    #[error("journal: {what} cannot be read")]
    Unreadable {
        /// What.
        what: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something cannot be encoded.
    #[error("journal: {what} cannot be encoded")]
    Unwritable {
        /// What.
        what: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The writing thread could not be started.
    #[error("journal: cannot start its thread")]
    Thread(#[source] io::Error),
}

fn process(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

impl JournalError {
    /// For `map_err`: SQLite failed while `doing`.
    pub(crate) fn sql(doing: &'static str) -> impl Fn(rusqlite::Error) -> Self + Copy {
        move |source| Self::Sql { doing, source }
    }

    /// For `map_err`: SQLite failed on opening or checking the file at `path`, where damage must be
    /// named as such.
    pub(crate) fn opening(
        path: &Path,
        doing: &'static str,
    ) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| match sql_class(&source) {
            JournalClass::Corrupt => {
                Self::Corrupt { path: path.to_owned(), why: source.to_string() }
            }
            JournalClass::Foreign => {
                Self::Foreign { path: path.to_owned(), why: source.to_string() }
            }
            _ => Self::Sql { doing, source },
        }
    }

    /// The kind of failure.
    pub fn class(&self) -> JournalClass {
        match self {
            Self::Folder { source, .. } | Self::Thread(source) => io_class(source),
            Self::InUse { .. } => JournalClass::InUse,
            Self::Missing { .. } => JournalClass::Io,
            Self::Foreign { .. } => JournalClass::Foreign,
            Self::Corrupt { .. } | Self::Unreadable { .. } | Self::Damaged { .. } => {
                JournalClass::Corrupt
            }
            Self::Lost { .. } => JournalClass::Lost,
            Self::Newer { .. } | Self::Older { .. } => JournalClass::Newer,
            Self::Sql { source, .. } => sql_class(source),
            Self::Postgres { source, .. } => sql_state::class(source),
            Self::NoConnection { .. } => JournalClass::Unreachable,
            Self::NoAnswer { .. } => JournalClass::TimedOut,
            Self::NewerStore { .. } | Self::OlderStore { .. } => JournalClass::Newer,
            Self::NotHeld { .. } => JournalClass::NotHeld,
            Self::StoreInUse => JournalClass::InUse,
            Self::Unwritable { .. } => JournalClass::Internal,
        }
    }

    /// Whether the setting `controller.state_dir` is what is wrong.
    pub const fn is_misconfiguration(&self) -> bool {
        matches!(self, Self::Folder { .. })
    }

    /// Whether another user may do what this one may not.
    pub fn is_denied(&self) -> bool {
        self.class() == JournalClass::ReadOnly
    }

    /// Whether a row that another one refers to is gone.
    pub(crate) fn is_lost_reference(&self) -> bool {
        matches!(self, Self::Postgres { source, .. }
            if source.code() == Some(&SqlState::FOREIGN_KEY_VIOLATION))
    }

    /// The error as data.
    pub fn fault(&self) -> JournalFault {
        let source =
            std::error::Error::source(self).map(|source| format!(": {source}")).unwrap_or_default();
        JournalFault { class: self.class(), cause: Fault::excerpt(&format!("{self}{source}")) }
    }
}

fn io_class(error: &io::Error) -> JournalClass {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => JournalClass::Full,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            JournalClass::ReadOnly
        }
        _ => JournalClass::Io,
    }
}

fn sql_class(error: &rusqlite::Error) -> JournalClass {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => JournalClass::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => JournalClass::Locked,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => JournalClass::ReadOnly,
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => JournalClass::Io,
        Some(ErrorCode::DatabaseCorrupt) => JournalClass::Corrupt,
        Some(ErrorCode::NotADatabase) => JournalClass::Foreign,
        _ => JournalClass::Internal,
    }
}
