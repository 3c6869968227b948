//! What can go wrong with a shared store, and what may be tried again.

use snarkfee_core::fault::JournalClass;
use tokio_postgres::{Error, error::SqlState};

use crate::{
    error::JournalError,
    sql_state::{class, is_end_of_session, is_mistyped},
};

/// Why a statement or a whole job failed.
#[derive(Debug)]
pub(crate) enum StoreFailure {
    /// The server refused, or the connection broke.
    Sql(Error),
    /// No connection could be had.
    Pool(deadpool_postgres::PoolError),
    /// Something cannot be read or encoded, or may not be done.
    Other(JournalError),
}

impl From<Error> for StoreFailure {
    fn from(error: Error) -> Self {
        Self::Sql(error)
    }
}

impl From<JournalError> for StoreFailure {
    fn from(error: JournalError) -> Self {
        Self::Other(error)
    }
}

impl StoreFailure {
    /// Whether the same job may succeed at once: it lost against another transaction, or the
    /// connection was cut, maybe after it had been carried out.
    pub(crate) fn is_worth_repeating(&self) -> bool {
        match self {
            Self::Sql(error) => match error.code() {
                Some(code) => {
                    *code == SqlState::T_R_SERIALIZATION_FAILURE
                        || *code == SqlState::T_R_DEADLOCK_DETECTED
                        || is_end_of_session(code)
                }
                None => !is_mistyped(error),
            },
            Self::Pool(_) | Self::Other(_) => false,
        }
    }

    /// The kind of failure.
    pub(crate) fn class(&self) -> JournalClass {
        match self {
            Self::Sql(error) => class(error),
            Self::Pool(_) => JournalClass::Unreachable,
            Self::Other(error) => error.class(),
        }
    }

    /// Whether another replica made a table or row in the same moment.
    pub(crate) fn is_made_by_another(&self) -> bool {
        let Self::Sql(error) = self else { return false };
        error.code().is_some_and(|code| {
            *code == SqlState::UNIQUE_VIOLATION
                || *code == SqlState::DUPLICATE_TABLE
                || *code == SqlState::DUPLICATE_OBJECT
                || *code == SqlState::T_R_SERIALIZATION_FAILURE
        })
    }

    pub(crate) fn into_error(self, doing: &'static str) -> JournalError {
        match self {
            Self::Sql(source) => JournalError::Postgres { doing, source },
            Self::Pool(source) => JournalError::NoConnection { source: source.into() },
            Self::Other(error) => error,
        }
    }
}
