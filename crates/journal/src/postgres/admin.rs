//! What an operator does with a shared store besides running on it.

use std::path::Path;

use jiff::Timestamp;
use tokio_postgres::Row;

use super::{
    connection::{Sessions, StoreAddress, StoreClient, connection},
    copy::{CopiedRows, copy_tables},
    failure::StoreFailure,
    layout::{self, StoreLayout},
};
use crate::{
    error::JournalError,
    folder::{FolderLock, journal_path},
    inspect::find_layout,
    opening::open_sealed,
    seal_file::SealFile,
};

/// A shared store, for its operator.
pub struct StoreAdmin {
    client: StoreClient,
}

/// What a store holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreStatus {
    /// Its layout.
    pub layout: StoreLayout,
    /// The newest layout that this version knows.
    pub known: i64,
    /// The replicas that run, by name, with their sites and versions.
    pub replicas: Vec<[String; 3]>,
    /// Each daemon with the replica that holds it; `None` where none does.
    pub leases: Vec<(String, Option<String>)>,
}

impl StoreAdmin {
    /// Connects to a store.
    ///
    /// # Errors
    ///
    /// Where it cannot be reached.
    pub async fn connect(address: &StoreAddress) -> Result<Self, JournalError> {
        let pool = address.pool(&Sessions::default())?;
        let connecting = |failure: StoreFailure| failure.into_error("connecting to the store");
        Ok(Self { client: connection(&pool).await.map_err(connecting)? })
    }

    /// Brings the layout up to date.
    ///
    /// # Errors
    ///
    /// Where the store cannot be changed, or a later version made it unusable for this one.
    pub async fn migrate(&mut self) -> Result<StoreLayout, JournalError> {
        layout::migrate(&mut self.client).await?;
        layout::read(&self.client).await
    }

    /// Reads what the store holds.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub async fn status(&self) -> Result<StoreStatus, JournalError> {
        let (layout, known) = (layout::read(&self.client).await?, layout::known());
        if layout.version == 0 {
            return Ok(StoreStatus { layout, known, replicas: Vec::new(), leases: Vec::new() });
        }
        let failed = |error| StoreFailure::Sql(error).into_error("reading the leases");
        let replicas = "SELECT name, site, version FROM replicas WHERE expires_at > now()
             ORDER BY name";
        let replica = |row: Row| Ok([row.try_get(0)?, row.try_get(1)?, row.try_get(2)?]);
        let rows = self.client.query(replicas, &[]).await.map_err(failed)?;
        let replicas = rows.into_iter().map(replica).collect::<Result<_, _>>().map_err(failed)?;
        let leases = "SELECT daemon, CASE WHEN expires_at > now() THEN holder END FROM leases
             ORDER BY daemon";
        let lease = |row: Row| Ok((row.try_get(0)?, row.try_get(1)?));
        let rows = self.client.query(leases, &[]).await.map_err(failed)?;
        let leases = rows.into_iter().map(lease).collect::<Result<_, _>>().map_err(failed)?;
        Ok(StoreStatus { layout, known, replicas, leases })
    }

    /// Copies the journal of a folder into a store that holds none yet, all or nothing. No service
    /// may run on either meanwhile.
    ///
    /// # Errors
    ///
    /// Where a service runs on the folder, the store already holds looks, or one of them cannot be
    /// used.
    pub async fn copy_from(
        &mut self,
        folder: &Path,
        now: Timestamp,
    ) -> Result<CopiedRows, JournalError> {
        let path = journal_path(folder);
        if find_layout(&path)?.is_none() {
            return Err(JournalError::Missing { path: folder.to_owned() });
        }
        let _lock = FolderLock::take(folder)?;
        // Where something acknowledged may be lost, an order that says so is copied too.
        let file = open_sealed(&path, &SealFile::new(folder), now)?;
        layout::migrate(&mut self.client).await?;
        copy_tables(&file, &mut self.client).await
    }
}
