//! Connections to a shared store: as many as a replica needs, each with limits on both sides.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::{
    Hook, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts,
};
use rustls::{ClientConfig, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

use super::failure::StoreFailure;
use crate::error::JournalError;

/// A connection in use.
pub(crate) type StoreClient = Object;

/// Connections of one replica. A look takes a few milliseconds of one.
const CONNECTIONS: usize = 4;
/// How long a new connection may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a job waits for a connection that is in use.
const WAIT: Duration = Duration::from_secs(3);
/// How long TCP waits for an acknowledgement before it takes the connection for dead.
const UNACKNOWLEDGED: Duration = Duration::from_secs(5);
/// What the server gives up by itself, so that nothing of a replica that was stopped stays locked.
const LIMITS: &str = "-c statement_timeout=6000 -c lock_timeout=3000 \
                      -c idle_in_transaction_session_timeout=10000";

/// How many sessions a pool has begun: each may be with another server than the one before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions(Arc<AtomicU64>);

impl Sessions {
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Where a shared store is and how to get in.
#[derive(Clone)]
pub struct StoreAddress {
    config: Config,
    /// The address without anything secret, for messages.
    shown: String,
}

impl std::fmt::Debug for StoreAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("StoreAddress").field(&self.shown).finish()
    }
}

impl std::fmt::Display for StoreAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Why an address of a store is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreAddressError {
    /// It is no URL of PostgreSQL.
    #[error("not a PostgreSQL address such as postgres://user@host/database")]
    NotPostgres,
    /// It holds a password.
    #[error("holds a password; a file that store.password_file names keeps it secret")]
    Password,
    /// A parameter is unknown or wrong.
    #[error("{0}")]
    Parameter(String),
}

impl StoreAddress {
    /// Reads the address of a store; the password comes from elsewhere.
    ///
    /// # Errors
    ///
    /// Where it is no address of PostgreSQL, or holds a password.
    pub fn try_new(text: &str, password: Option<&str>) -> Result<Self, StoreAddressError> {
        let url = Url::parse(text).map_err(|_no_url| StoreAddressError::NotPostgres)?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(StoreAddressError::NotPostgres);
        }
        let names_password = |(key, _): (std::borrow::Cow<'_, str>, _)| key == "password";
        if url.password().is_some() || url.query_pairs().any(names_password) {
            return Err(StoreAddressError::Password);
        }
        let mut config: Config = text.parse().map_err(|error: tokio_postgres::Error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            StoreAddressError::Parameter(cause.unwrap_or_else(|| error.to_string()))
        })?;
        let given = config.get_options().map(|options| format!("{options} ")).unwrap_or_default();
        config
            .options(format!("{given}{LIMITS}"))
            .connect_timeout(CONNECT)
            .tcp_user_timeout(UNACKNOWLEDGED)
            .keepalives_idle(UNACKNOWLEDGED);
        if config.get_application_name().is_none() {
            config.application_name("snarkfee");
        }
        if let Some(password) = password {
            config.password(password);
        }
        let mut shown = url;
        shown.set_query(None);
        Ok(Self { config, shown: shown.to_string() })
    }

    /// Prepares connections; nothing is connected yet.
    pub(crate) fn pool(&self, sessions: &Sessions) -> Result<Pool, JournalError> {
        let unusable = |source: Box<dyn std::error::Error + Send + Sync>| {
            JournalError::NoConnection { source }
        };
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_platform_verifier())
            .map_err(|error| unusable(error.into()))?
            .with_no_client_auth();
        let rules = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(self.config.clone(), MakeRustlsConnect::new(tls), rules);
        let begun = sessions.clone();
        let count = Hook::sync_fn(move |_, _| {
            begun.0.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
        Pool::builder(manager)
            .post_create(count)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts { wait: Some(WAIT), create: Some(CONNECT), recycle: Some(CONNECT) })
            .build()
            .map_err(|error| unusable(error.into()))
    }
}

/// Takes a connection from the pool.
pub(crate) async fn connection(pool: &Pool) -> Result<StoreClient, StoreFailure> {
    pool.get().await.map_err(|error| match error {
        deadpool_postgres::PoolError::Backend(error) => StoreFailure::Sql(error),
        error => StoreFailure::Pool(error),
    })
}
