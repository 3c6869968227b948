//! What every test with a simulated daemon needs: a time, fees, a free port, an HTTP client.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use snarkfee_clock::Clock;
use snarkfee_core::units::{Nanomina, PublicKey};
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, SimDaemonServer},
    market_sim::{World, library},
};
use tokio_util::sync::CancellationToken;

/// A free port of this machine.
pub(crate) const ANY_PORT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A simulated daemon in a market of the library, and its clock, which goes on `speed` times as fast
/// as this machine's from now.
pub(crate) async fn simulated_daemon(
    scenario: &str,
    seed: u64,
    speed: f64,
    stop: &CancellationToken,
) -> (SimDaemonServer, Clock) {
    let start = Clock::wall();
    let world = World::new(&library::scenario(scenario).unwrap(), seed, start);
    let (world, clock) = (Arc::new(Mutex::new(world)), Clock::accelerated(start, speed));
    let options = DaemonSimOptions::default();
    let server = SimDaemonServer::bind(ANY_PORT, ANY_PORT, world, clock, options, stop).await;
    (server.unwrap(), clock)
}

pub(crate) fn key(name: &str) -> PublicKey {
    PublicKey::try_new(&format!("B62q{name}")).unwrap()
}

pub(crate) fn nanomina(amount: u64) -> Nanomina {
    Nanomina::try_new(amount).unwrap()
}

pub(crate) fn start() -> Timestamp {
    "2026-10-01T00:00:00Z".parse().unwrap()
}

/// An HTTP client. Its crate needs a TLS provider, installed once per process.
pub(crate) fn http() -> reqwest::Client {
    install_tls();
    reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap()
}

pub(crate) fn install_tls() {
    // Another test may have installed one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
