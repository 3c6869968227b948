//! The layout of a shared store and how it came about.
//!
//! Invariants: of many replicas that start at once one migrates; a replica of the version before
//! goes on beside one of the next, since a layout is kept usable by the one before.

use tokio_postgres::error::SqlState;

use super::{connection::StoreClient, failure::StoreFailure};
use crate::{error::JournalError, schema};

/// One script for each version of the layout. A script that was released is never changed.
const MIGRATIONS: [&str; 1] = [include_str!("layout/1.sql")];

/// The oldest version whose replicas may go on writing beside the newest.
const USABLE_SINCE: i64 = 1;

/// How many tables or rows made by another replica at the same time are waited for.
const ATTEMPTS: u32 = 20;

/// A layout as a store states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLayout {
    /// Its version; 0 for an empty database.
    pub version: i64,
    /// The oldest version of the layout that a replica must know to write.
    pub usable_since: i64,
}

/// The newest version of the layout that is known.
pub(crate) fn known() -> i64 {
    schema::version(&MIGRATIONS)
}

/// Brings the layout up to date, unless a later version did.
pub(crate) async fn migrate(client: &mut StoreClient) -> Result<(), JournalError> {
    let mut attempts = 0;
    loop {
        match try_migrate(client).await {
            Ok(found) => return found.check(),
            Err(failure) if attempts < ATTEMPTS && failure.is_made_by_another() => attempts += 1,
            Err(failure) => return Err(failure.into_error("bringing the layout up to date")),
        }
    }
}

async fn try_migrate(client: &mut StoreClient) -> Result<StoreLayout, StoreFailure> {
    client
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS layout (
             id BIGINT PRIMARY KEY CHECK (id = 1),
             version BIGINT NOT NULL,
             usable_since BIGINT NOT NULL)",
        )
        .await?;
    client
        .batch_execute(
            "INSERT INTO layout (id, version, usable_since) VALUES (1, 0, 0)
             ON CONFLICT (id) DO NOTHING",
        )
        .await?;
    let transaction = client.transaction().await?;
    let row = transaction
        .query_one("SELECT version, usable_since FROM layout WHERE id = 1 FOR UPDATE", &[])
        .await?;
    let found = StoreLayout { version: row.try_get(0)?, usable_since: row.try_get(1)? };
    let due = usize::try_from(found.version).ok().and_then(|done| MIGRATIONS.get(done..));
    let Some(due) = due.filter(|due| !due.is_empty()) else { return Ok(found) };
    for script in due {
        transaction.batch_execute(script).await?;
    }
    transaction
        .execute(
            "UPDATE layout SET version = $1, usable_since = $2 WHERE id = 1",
            &[&known(), &USABLE_SINCE],
        )
        .await?;
    transaction.commit().await?;
    Ok(StoreLayout { version: known(), usable_since: USABLE_SINCE })
}

/// Reads the layout of a store.
pub(crate) async fn read(client: &StoreClient) -> Result<StoreLayout, JournalError> {
    let read = "SELECT version, usable_since FROM layout WHERE id = 1";
    match client.query_opt(read, &[]).await {
        Ok(Some(row)) => {
            let columns =
                || Ok(StoreLayout { version: row.try_get(0)?, usable_since: row.try_get(1)? });
            columns().map_err(|error| StoreFailure::Sql(error).into_error("reading the layout"))
        }
        Ok(None) => Ok(StoreLayout { version: 0, usable_since: 0 }),
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => {
            Ok(StoreLayout { version: 0, usable_since: 0 })
        }
        Err(error) => Err(StoreFailure::Sql(error).into_error("reading the layout")),
    }
}

impl StoreLayout {
    /// Refuses a layout that this version may not write.
    ///
    /// # Errors
    ///
    /// Where a later version made it unusable for this one, or it was never made.
    pub(crate) fn check(self) -> Result<(), JournalError> {
        if self.usable_since > known() {
            return Err(JournalError::NewerStore { found: self.version, known: known() });
        }
        if self.version < known() {
            return Err(JournalError::OlderStore { found: self.version });
        }
        Ok(())
    }
}
