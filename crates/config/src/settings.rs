//! Settings as the program works with them.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use snarkfee_core::{
    cost::CostModel,
    cycle::BOOK_INTERVAL,
    policy::{OnExit, Params, Pricing, Worker},
    record::Mode,
    units::{Bytes, DaemonId, Endpoint},
};

use super::{HostName, Secret};

/// Everything the operator set, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The service itself.
    pub controller: Controller,
    /// The daemons by name, sorted; at least one.
    pub daemons: Vec<Daemon>,
    /// Where the journal is kept, if not in a file.
    pub store: Store,
    pub(super) warnings: Vec<String>,
}

impl Settings {
    /// Settings made in code. Where there are several daemons, each learns the keys of all.
    pub fn new(controller: Controller, mut daemons: Vec<Daemon>) -> Self {
        if daemons.len() > 1 {
            let workers = daemons.iter().map(|daemon| &daemon.params.worker);
            let keys =
                workers.flat_map(|worker| worker.key.iter().chain(&worker.own_provers)).cloned();
            let fleet = Arc::new(keys.collect());
            daemons.iter_mut().for_each(|daemon| daemon.params.worker.fleet = Arc::clone(&fleet));
        }
        Self { controller, daemons, store: Store::default(), warnings: Vec::new() }
    }

    /// What is allowed but probably not meant, one line each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The files that secrets were read from.
    pub fn secret_files(&self) -> impl Iterator<Item = &Path> {
        let tokens = self.daemons.iter().filter_map(|daemon| daemon.bearer_token.as_ref());
        let own = self.controller.admin_token.iter().chain(&self.store.password);
        own.chain(tokens).map(Secret::file)
    }
}

/// The service itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Controller {
    /// Whether decisions are carried out.
    pub mode: Mode,
    /// Time between two looks at a daemon, at least 100 ms.
    pub interval: Duration,
    /// Where page, API and metrics are served; `None` is nowhere.
    pub listen: Option<SocketAddr>,
    /// Names under which the page may be asked for, besides those of `listen`.
    pub hosts: Vec<HostName>,
    /// Whether an address that other machines can reach may be served in live mode without an admin
    /// token.
    pub allow_remote: bool,
    /// Folder of journal and lock.
    pub state_dir: PathBuf,
    /// How long the journal keeps records.
    pub retention: Duration,
    /// What the service leaves behind.
    pub on_exit: OnExit,
    /// Needed by requests that change something; without it there are none.
    pub admin_token: Option<Secret>,
}

impl Controller {
    /// Port of the page, the API and the metrics.
    const PORT: u16 = 9527;

    /// The built-in defaults, those of `config/default.toml`.
    pub const fn in_dir(state_dir: PathBuf) -> Self {
        Self {
            mode: Mode::DryRun,
            interval: Duration::from_secs(60),
            listen: Some(SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), Self::PORT)),
            hosts: Vec::new(),
            allow_remote: false,
            state_dir,
            retention: Duration::from_secs(90 * 24 * 3600),
            on_exit: OnExit::Keep,
            admin_token: None,
        }
    }
}

/// A store that replicas of the service share.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    /// Its address; `None` where the journal is a file.
    pub url: Option<String>,
    /// The password of its user.
    pub password: Option<Secret>,
    /// How long a replica that cannot renew it keeps a daemon to itself.
    pub lease: Duration,
    /// Where this replica runs; empty for nowhere in particular.
    pub site: String,
}

impl Default for Store {
    fn default() -> Self {
        Self { url: None, password: None, lease: Duration::from_secs(90), site: String::new() }
    }
}

/// One daemon.
#[derive(Clone, Debug, PartialEq)]
pub struct Daemon {
    /// The operator's name for it.
    pub id: DaemonId,
    /// Its GraphQL endpoint.
    pub graphql_url: Endpoint,
    /// Where its metrics are read, if anywhere.
    pub metrics: Option<MetricsSource>,
    /// Time for one request.
    pub timeout: Duration,
    /// Time between two readings of the order book.
    pub book_interval: Duration,
    /// Largest answer read.
    pub max_response: Bytes,
    /// Sent as a bearer token with every request to `graphql_url`.
    pub bearer_token: Option<Secret>,
    /// Where it is to be worked from in a fleet on a shared store; empty for anywhere.
    pub site: String,
    /// What one work costs.
    pub cost: CostModel,
    /// What decisions depend on.
    pub params: Params,
}

impl Daemon {
    /// A daemon with the built-in defaults, those of `config/default.toml`, and no known cost.
    pub fn new(id: DaemonId, graphql_url: Endpoint) -> Self {
        Self {
            id,
            graphql_url,
            metrics: None,
            timeout: Duration::from_secs(30),
            book_interval: BOOK_INTERVAL,
            max_response: Bytes(64 << 20),
            bearer_token: None,
            site: String::new(),
            cost: CostModel::Unknown,
            params: Params {
                pricing: Pricing::default(),
                worker: Worker::default(),
                block_production: Default::default(),
                safety: Default::default(),
            },
        }
    }
}

/// Where a daemon's metrics are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricsSource {
    /// From the daemon.
    Direct(Endpoint),
    /// Through a Prometheus server.
    Prometheus {
        /// The server's address, without the path of its API.
        url: Endpoint,
        /// The label matchers that select this daemon's series, without braces:
        /// `instance="mina-1:10000"`.
        selector: String,
    },
}
