//! What lies outside of the service, and how it is reached: daemons, and feeds of prices.

use std::{future::Future, sync::Arc};

use jiff::Timestamp;
use snarkfee_client::{
    ClientConfig, ClientError, DaemonClient, EnergyFeed, Fleet, Member, MetricsEndpoint, PriceFeed,
    PriceReading, RequestObserver,
};
use snarkfee_clock::Clock;
use snarkfee_config::{Daemon, MetricsSource};
use snarkfee_core::{
    cost::{EnergyList, EnergySource, PriceSource},
    fault::Fault,
    port::DaemonPort,
    units::DaemonId,
};

/// How daemons and feeds are reached.
pub trait Outside: Send + Sync + 'static {
    /// A daemon.
    type Daemon: DaemonPort + 'static;
    /// A feed of the price of MINA.
    type PriceFeed: Feed<PriceReading> + 'static;
    /// A feed of prices of electricity.
    type EnergyFeed: Feed<Result<EnergyList, Fault>> + 'static;

    /// Settings come into force: what is connected from now on shares nothing with earlier
    /// connections.
    fn renew_connections(&self);

    /// Connects to a configured daemon; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// Where what is configured cannot be used.
    fn connect(
        &self,
        daemon: &Daemon,
        clock: Clock,
        observer: Arc<dyn RequestObserver>,
    ) -> Result<Self::Daemon, ConnectError>;

    /// Prepares to read the price of MINA.
    ///
    /// # Errors
    ///
    /// Where what is configured cannot be used.
    fn open_price_feed(&self, source: PriceSource) -> Result<Self::PriceFeed, Fault>;

    /// Prepares to read prices of electricity.
    ///
    /// # Errors
    ///
    /// Where what is configured cannot be used.
    fn open_energy_feed(&self, source: EnergySource) -> Result<Self::EnergyFeed, Fault>;
}

/// A feed of prices.
pub trait Feed<T>: Send + Sync {
    /// Reads it once, within a limit of time. `now` is the time of day.
    fn fetch(&self, now: Timestamp) -> impl Future<Output = T> + Send;
}

/// Why a daemon cannot be connected to.
#[derive(Debug, thiserror::Error)]
#[error("daemon {daemon}")]
pub struct ConnectError {
    daemon: DaemonId,
    #[source]
    source: ClientError,
}

/// Everything over HTTP; the daemons of one service share what they read of the network.
#[derive(Debug, Default)]
pub struct OverHttp {
    fleet: Arc<Fleet>,
}

impl Outside for OverHttp {
    type Daemon = DaemonClient;
    type PriceFeed = PriceFeed;
    type EnergyFeed = EnergyFeed;

    fn renew_connections(&self) {
        self.fleet.renew_connections();
    }

    fn connect(
        &self,
        daemon: &Daemon,
        clock: Clock,
        observer: Arc<dyn RequestObserver>,
    ) -> Result<DaemonClient, ConnectError> {
        let member = Member { daemon: daemon.id.clone(), fleet: Arc::clone(&self.fleet) };
        build_client(daemon, clock, Some(observer), Some(member))
    }

    fn open_price_feed(&self, source: PriceSource) -> Result<PriceFeed, Fault> {
        PriceFeed::new(source)
    }

    fn open_energy_feed(&self, source: EnergySource) -> Result<EnergyFeed, Fault> {
        EnergyFeed::new(source)
    }
}

impl Feed<PriceReading> for PriceFeed {
    async fn fetch(&self, now: Timestamp) -> PriceReading {
        Self::fetch(self, now).await
    }
}

impl Feed<Result<EnergyList, Fault>> for EnergyFeed {
    async fn fetch(&self, now: Timestamp) -> Result<EnergyList, Fault> {
        Self::fetch(self, now).await
    }
}

/// Builds the client of a configured daemon.
pub(super) fn build_client(
    daemon: &Daemon,
    clock: Clock,
    observer: Option<Arc<dyn RequestObserver>>,
    member: Option<Member>,
) -> Result<DaemonClient, ConnectError> {
    let metrics = daemon.metrics.as_ref().map(|source| match source {
        MetricsSource::Direct(url) => MetricsEndpoint::Page(url.expose().clone()),
        MetricsSource::Prometheus { url, selector } => MetricsEndpoint::Prometheus {
            url: url.expose().clone(),
            selector: selector.clone(),
            max_age: daemon.params.safety.max_age,
        },
    });
    DaemonClient::new(ClientConfig {
        graphql_url: daemon.graphql_url.expose().clone(),
        metrics,
        bearer: daemon.bearer_token.as_ref().map(|secret| secret.value().clone()),
        timeout: daemon.timeout,
        max_response: daemon.max_response.0,
        clock,
        observer,
        member,
    })
    .map_err(|source| ConnectError { daemon: daemon.id.clone(), source })
}
