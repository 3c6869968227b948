//! What every test with a simulated daemon needs: a time, fees, a free port, an HTTP client.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use jiff::Timestamp;
use snarkfee_core::units::{Nanomina, PublicKey};

/// A free port of this machine.
pub(crate) const ANY_PORT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

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
