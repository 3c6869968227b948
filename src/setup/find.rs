//! Asks addresses whether a daemon answers there, and what it is.

use std::time::Duration;

use snarkfee_client::{Capabilities, Era};
use snarkfee_clock::Clock;
use snarkfee_config::{Daemon, MetricsSource};
use snarkfee_core::{
    market::{DaemonStatus, SyncState},
    policy::RoleSetting,
    port::DaemonPort,
    units::{DaemonId, Endpoint, FeeUnit, PublicKey},
};
use tokio::task::JoinSet;

use super::{
    address::local,
    local_daemon::{LocalDaemon, REST_PORT},
};
use crate::service::connect;

/// Time for one request to an address that was not given.
const PATIENCE: Duration = Duration::from_secs(5);
/// Ports at which a daemon's GraphQL answers: the default; what guides use for the limited one; that
/// of the Rust node; those of the daemons of `mina-local-network.sh`, its coordinator's last.
const USUAL_PORTS: [u16; 8] = [REST_PORT, 3095, 3000, 3001, 4001, 5001, 6001, 7001];
/// Ports at which a daemon's metrics are read, in guides and charts of Mina.
const METRICS_PORTS: [u16; 2] = [10_000, 10_001];
/// How far `mina-local-network.sh` puts the metrics' port from that of GraphQL.
const METRICS_BESIDE: u16 = 2;

/// A daemon that the service can work with.
#[derive(Clone, Debug)]
pub(crate) struct FoundDaemon {
    pub(crate) graphql_url: Endpoint,
    pub(crate) metrics_url: Option<Endpoint>,
    pub(crate) era: Era,
    pub(crate) status: DaemonStatus,
    /// What it was started with, where it runs on this machine.
    pub(crate) local: Option<LocalDaemon>,
}

/// An address at which there is none.
#[derive(Clone, Debug)]
pub(crate) struct NoDaemon {
    pub(crate) url: Endpoint,
    /// Whether some daemon answers, which cannot be worked with.
    pub(crate) answered: bool,
}

/// The addresses of this machine at which daemons usually answer, those of running ones first.
pub(crate) fn usual_addresses(running: &[LocalDaemon]) -> Vec<Endpoint> {
    let mut ports: Vec<u16> = running.iter().map(|daemon| daemon.rest_port).collect();
    for port in USUAL_PORTS {
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    ports.into_iter().filter_map(|port| local(port, "/graphql")).collect()
}

/// Asks all addresses at the same time; the answers are in their order. Metrics are looked for
/// unless their address is given.
pub(crate) async fn find_daemons(
    addresses: Vec<Endpoint>,
    metrics: Option<&Endpoint>,
    running: &[LocalDaemon],
    clock: Clock,
) -> Vec<Result<FoundDaemon, NoDaemon>> {
    let mut asked = JoinSet::new();
    for (place, url) in addresses.into_iter().enumerate() {
        let local = find_running(&url, running);
        let metrics = metrics.cloned();
        asked.spawn(async move { (place, ask(url, metrics, local, clock).await) });
    }
    let mut answers = asked.join_all().await;
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// The running daemon whose port an address of this machine has.
fn find_running(url: &Endpoint, running: &[LocalDaemon]) -> Option<LocalDaemon> {
    let here = url.is_private() && url.expose().scheme() == "http";
    let port = url.expose().port_or_known_default();
    running.iter().find(|daemon| here && Some(daemon.rest_port) == port).cloned()
}

async fn ask(
    url: Endpoint,
    metrics: Option<Endpoint>,
    local: Option<LocalDaemon>,
    clock: Clock,
) -> Result<FoundDaemon, NoDaemon> {
    let (capabilities, status) = match DaemonId::try_new("main") {
        Ok(id) => {
            let daemon = Daemon { timeout: PATIENCE, ..Daemon::new(id, url.clone()) };
            ask_status(&daemon, clock).await
        }
        Err(_) => (None, None),
    };
    let answered = capabilities.as_ref().is_some_and(|found| found.era() != Era::Unknown);
    let (Some(capabilities), Some(status)) = (capabilities, status) else {
        return Err(NoDaemon { url, answered });
    };
    if capabilities.market_operation().is_none() {
        return Err(NoDaemon { url, answered });
    }
    let metrics_url = match metrics {
        Some(given) => Some(given),
        None => find_metrics(&url, local.as_ref(), clock).await,
    };
    Ok(FoundDaemon { graphql_url: url, metrics_url, era: capabilities.era(), status, local })
}

async fn ask_status(daemon: &Daemon, clock: Clock) -> (Option<Capabilities>, Option<DaemonStatus>) {
    let Ok(port) = connect(daemon, clock) else { return (None, None) };
    let capabilities = port.capabilities().await.ok();
    let status = match &capabilities {
        Some(_) => port.status().await.ok(),
        None => None,
    };
    (capabilities, status)
}

/// The first address at which a daemon's metrics are.
async fn find_metrics(
    graphql: &Endpoint,
    local: Option<&LocalDaemon>,
    clock: Clock,
) -> Option<Endpoint> {
    for candidate in metrics_addresses(graphql, local) {
        let mut daemon = Daemon::new(DaemonId::try_new("main").ok()?, graphql.clone());
        daemon.timeout = PATIENCE;
        daemon.metrics = Some(MetricsSource::Direct(candidate.clone()));
        let port = connect(&daemon, clock).ok()?;
        if matches!(port.scrape().await, Some(Ok(_))) {
            return Some(candidate);
        }
    }
    None
}

/// Where a daemon's metrics may be: on its host, without its credentials.
fn metrics_addresses(graphql: &Endpoint, local: Option<&LocalDaemon>) -> Vec<Endpoint> {
    let url = graphql.expose();
    let known = local.and_then(|daemon| daemon.metrics_port);
    let ports = match (known, url.port()) {
        (Some(port), _) => vec![port],
        (None, Some(port)) => {
            port.checked_add(METRICS_BESIDE).into_iter().chain(METRICS_PORTS).collect()
        }
        (None, None) => METRICS_PORTS.to_vec(),
    };
    let Some(host) = url.host_str().filter(|_| url.scheme() == "http") else { return Vec::new() };
    let address = |port| format!("http://{host}:{port}/metrics").parse().ok();
    ports.into_iter().filter_map(address).collect()
}

impl FoundDaemon {
    /// The role, where it is beyond doubt.
    pub(crate) fn role(&self) -> Option<RoleSetting> {
        if self.status.worker.is_some() {
            return Some(RoleSetting::Worker);
        }
        let local = self.local.as_ref()?;
        match (&local.coordinator, &local.worker) {
            (Some(_), _) => Some(RoleSetting::Coordinator),
            (None, Some(_)) => Some(RoleSetting::Worker),
            (None, None) => None,
        }
    }

    /// The key that it works for: shown, or of its flags.
    pub(crate) fn worker_key(&self) -> Option<&PublicKey> {
        let local = self.local.as_ref();
        self.status
            .worker
            .as_ref()
            .or(local.and_then(|local| local.worker.as_ref()))
            .or(local.and_then(|local| local.coordinator.as_ref()))
    }

    /// Whether it can be set.
    pub(crate) const fn can_be_set(&self) -> bool {
        !self.status.read_only
    }

    /// What it is and does, in one line.
    pub(crate) fn describe(&self) -> String {
        format!("{}; {}", self.era.text(), self.describe_state())
    }

    /// What it does.
    pub(crate) fn describe_state(&self) -> String {
        let fee = FeeUnit::of_era(Some(self.era.name())).show(self.status.fee);
        let worker = match (self.role(), &self.status.worker) {
            (_, Some(key)) => format!("worker, on for {} at {fee}", key.short()),
            (Some(RoleSetting::Coordinator), None) => format!("coordinator, at {fee}"),
            (Some(_), None) => format!("worker, off; its fee is {fee}"),
            (None, None) => format!("a worker that is off or a coordinator; its fee is {fee}"),
        };
        let sync = match self.status.sync {
            SyncState::Synced => "synced",
            _ => "not synced",
        };
        let blocks = if self.produces_blocks() { "produces blocks" } else { "produces no blocks" };
        format!("{worker}; {sync}; {blocks}")
    }

    /// Whether it makes blocks, around which work stops.
    pub(crate) fn produces_blocks(&self) -> bool {
        self.status.produces_blocks || self.status.own_slots.iter().next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(addresses: &[Endpoint]) -> Vec<String> {
        addresses.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn metrics_are_looked_for_on_the_daemons_host_without_its_credentials() {
        let local = |url: &str| metrics_addresses(&url.parse().unwrap(), None);
        assert_eq!(
            shown(&local("http://user:secret@mina:7001/graphql?key=1")),
            ["http://mina:7003/metrics", "http://mina:10000/metrics", "http://mina:10001/metrics"]
        );
        assert_eq!(shown(&local("http://mina:65535/graphql")).len(), 2);
        assert!(local("https://mina.example.org/graphql").is_empty());
    }

    #[test]
    fn running_daemons_come_first_and_no_port_twice() {
        let daemon = LocalDaemon {
            rest_port: 7001,
            metrics_port: Some(7009),
            worker: None,
            coordinator: None,
            selection: None,
        };
        let addresses = shown(&usual_addresses(std::slice::from_ref(&daemon)));
        assert_eq!(
            addresses[..2],
            ["http://127.0.0.1:7001/graphql", "http://127.0.0.1:3085/graphql"]
        );
        assert_eq!(addresses.len(), USUAL_PORTS.len());
        let url = "http://localhost:7001/graphql".parse().unwrap();
        let running = find_running(&url, std::slice::from_ref(&daemon));
        assert_eq!(
            shown(&metrics_addresses(&url, running.as_ref())),
            ["http://localhost:7009/metrics"]
        );
        assert_eq!(find_running(&"http://mina:7001/".parse().unwrap(), &[daemon]), None);
    }
}
