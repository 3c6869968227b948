//! Simulated daemons that answer over HTTP.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use jiff::Timestamp;
use snarkfee_clock::Clock;
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, SimDaemonServer},
    market_sim::{SimulatedDaemon, World, library},
};
use tokio_util::sync::CancellationToken;
use url::Url;

pub(crate) fn start() -> Timestamp {
    "2026-10-01T00:00:00Z".parse().unwrap()
}

/// A market of the scenario `scarce`.
pub(crate) fn world(seed: u64) -> Arc<Mutex<World>> {
    Arc::new(Mutex::new(World::new(&library::scenario("scarce").unwrap(), seed, start())))
}

/// A daemon that shows the market, and its address without a path.
pub(crate) async fn serve(
    world: &Arc<Mutex<World>>,
    clock: Clock,
    options: DaemonSimOptions,
) -> (SimDaemonServer, String) {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let daemon: Arc<Mutex<dyn SimulatedDaemon>> = world.clone();
    let stop = CancellationToken::new();
    let served = SimDaemonServer::bind(any_port, any_port, daemon, clock, options, &stop);
    let served = served.await.unwrap();
    let address = Url::parse(&served.graphql_url()).unwrap().origin().ascii_serialization();
    (served, address)
}
