//! What a PostgreSQL server's codes and a broken connection mean for the journal.
//!
//! Source: PostgreSQL 15 manual, appendix A (error codes).

use snarkfee_core::fault::JournalClass;
use tokio_postgres::{
    Error,
    error::SqlState,
    types::{WasNull, WrongType},
};

/// Class 08 and the codes with which a server ends sessions or does not take new ones.
pub(crate) fn is_end_of_session(code: &SqlState) -> bool {
    code.code().starts_with("08")
        || [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ]
        .contains(code)
}

/// Whether a value has not the type of its column, which no connection can mend.
pub(crate) fn is_mistyped(error: &Error) -> bool {
    std::error::Error::source(error)
        .is_some_and(|source| source.is::<WrongType>() || source.is::<WasNull>())
}

/// The kind of a failure that the server or the connection reported.
pub(crate) fn class(error: &Error) -> JournalClass {
    let Some(code) = error.code() else {
        let internal = is_mistyped(error);
        return if internal { JournalClass::Internal } else { JournalClass::Unreachable };
    };
    if is_end_of_session(code) {
        return JournalClass::Unreachable;
    }
    let classes = [
        (SqlState::DISK_FULL, JournalClass::Full),
        (SqlState::READ_ONLY_SQL_TRANSACTION, JournalClass::ReadOnly),
        (SqlState::INSUFFICIENT_PRIVILEGE, JournalClass::ReadOnly),
        (SqlState::LOCK_NOT_AVAILABLE, JournalClass::Locked),
        (SqlState::T_R_SERIALIZATION_FAILURE, JournalClass::Locked),
        (SqlState::T_R_DEADLOCK_DETECTED, JournalClass::Locked),
        (SqlState::QUERY_CANCELED, JournalClass::TimedOut),
        (SqlState::TOO_MANY_CONNECTIONS, JournalClass::Unreachable),
        (SqlState::DATA_CORRUPTED, JournalClass::Corrupt),
        (SqlState::INDEX_CORRUPTED, JournalClass::Corrupt),
        (SqlState::IO_ERROR, JournalClass::Io),
    ];
    let found = classes.into_iter().find(|(known, _)| known == code);
    found.map_or(JournalClass::Internal, |(_, class)| class)
}
