//! The journal that a configuration names, opened: a file's, or that of a shared store.

use std::{sync::Arc, time::Duration};

use secrecy::ExposeSecret;
use snarkfee_clock::Clock;
use snarkfee_config::{Controller, Settings, Store};
use snarkfee_core::{leases::FleetLeases, ledger::Ledger, units::duration};
use snarkfee_journal::{
    Journal, JournalError, SharedJournal, SharedJournalConfig, StoreAddress, StoreAddressError,
};
use tracing::{info, warn};

use super::exit::Failure;
use crate::service::Service;

/// An open journal.
pub(super) enum OpenJournal {
    /// In a file of this service alone.
    File(Arc<Journal>),
    /// In a store that replicas share.
    Shared(Arc<SharedJournal>),
}

impl OpenJournal {
    /// Opens the journal of a configuration.
    pub(super) async fn open(settings: &Settings, clock: Clock) -> Result<Self, Failure> {
        match store_address(&settings.store).map_err(Failure::config)? {
            None => Ok(Self::File(Arc::new(open_file(&settings.controller, clock).await?))),
            Some(address) => {
                let store = address.to_string();
                let opened = open_store(address, settings, clock).await;
                let journal = opened.map_err(Failure::journal)?;
                info!(%store, replica = journal.replica(), "the journal is in a shared store");
                Ok(Self::Shared(Arc::new(journal)))
            }
        }
    }

    /// A service that keeps its journal here.
    pub(super) fn service(&self, settings: Settings, clock: Clock) -> Service {
        match self {
            Self::File(journal) => {
                let ledger: Arc<dyn Ledger> = Arc::clone(journal) as _;
                let folder = settings.controller.state_dir.clone();
                Service::new(settings, clock, ledger).with_archive(folder)
            }
            Self::Shared(journal) => {
                let ledger: Arc<dyn Ledger> = Arc::clone(journal) as _;
                Service::new(settings, clock, ledger).sharing(Arc::clone(journal) as _)
            }
        }
    }

    /// Closes the journal after its last use; a disk that hangs does not keep the program running.
    pub(super) async fn close(self) {
        const LIMIT: Duration = Duration::from_secs(10);
        let Self::File(journal) = self else { return };
        let Some(journal) = Arc::into_inner(journal) else { return };
        let closed = tokio::task::spawn_blocking(move || journal.close());
        if tokio::time::timeout(LIMIT, closed).await.is_err() {
            warn!(
                limit = %duration::show(LIMIT),
                "the journal was not closed in time; it is complete up to the last look"
            );
        }
    }
}

/// Opens the journal on a thread that may wait for the disk.
async fn open_file(controller: &Controller, clock: Clock) -> Result<Journal, Failure> {
    let (folder, retention) = (controller.state_dir.clone(), controller.retention);
    let opened =
        tokio::task::spawn_blocking(move || Journal::open(&folder, retention, clock.now())).await;
    opened.map_err(Failure::running)?.map_err(Failure::journal)
}

/// The address of the store, if the journal is in one.
pub(super) fn store_address(store: &Store) -> Result<Option<StoreAddress>, StoreUrlError> {
    let Some(url) = &store.url else { return Ok(None) };
    let password = store.password.as_ref().map(|secret| secret.value().expose_secret());
    StoreAddress::try_new(url, password).map(Some).map_err(StoreUrlError)
}

/// Opens a store as a replica.
pub(super) async fn open_store(
    address: StoreAddress,
    settings: &Settings,
    clock: Clock,
) -> Result<SharedJournal, JournalError> {
    let config = SharedJournalConfig {
        address,
        retention: settings.controller.retention,
        lease: settings.store.lease,
        host: host_name(),
        site: settings.store.site.clone(),
        uptime: Arc::new(move || clock.uptime()),
    };
    SharedJournal::open(config, clock.now()).await
}

/// The name of the machine.
fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "replica".to_owned() } else { name }
}

/// Why `store.url` names no store.
#[derive(Debug, thiserror::Error)]
#[error("store.url: {0}")]
pub(super) struct StoreUrlError(StoreAddressError);
