//! A simulated daemon with a fixed market that has every kind of answer in it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use snarkfee_clock::Clock;
use snarkfee_core::{
    market::{Block, ConsensusSlot, DaemonStatus, ExactPool, Offer, OpenWork, Sale, SyncState},
    units::{Nanomina, PublicKey, WorkId},
};
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, Era, SharedDaemon, SimDaemonServer},
    market_sim::{DaemonCounters, PoolEntry, SimulatedDaemon, Snapshot},
};
use tokio_util::sync::CancellationToken;

/// A free port of this machine.
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

pub(crate) struct FixedDaemon {
    pub(crate) shown: Snapshot,
    /// Number of snapshots taken.
    pub(crate) snapshots: Arc<std::sync::atomic::AtomicUsize>,
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

impl Default for FixedDaemon {
    fn default() -> Self {
        let start = start();
        let sale = |id, fee, prover: &str| Sale {
            work: WorkId::two(id, id + 1),
            fee: nanomina(fee),
            prover: key(prover),
        };
        let chain = (0..5_u32)
            .map(|index| Block {
                height: 1000 + index,
                state_hash: format!("3Nhash{index}").into(),
                at: start + Duration::from_secs(90) * index,
                works: (0..i64::from(index))
                    .map(|n| sale(100 * i64::from(index) + 2 * n, 7 + n.unsigned_abs(), "one"))
                    .collect(),
            })
            .map(Arc::new)
            .collect();
        let tip = ConsensusSlot { global_slot: 9004, starts: start + Duration::from_secs(360) };
        let mut counters = DaemonCounters {
            assigned: 12,
            completed: 7,
            timed_out: 1,
            ..DaemonCounters::default()
        };
        counters.fees_added.observe(nanomina(3));
        counters.fees_added.observe(nanomina(1_000_000));
        Self {
            snapshots: Arc::default(),
            shown: Snapshot {
                at: start,
                status: DaemonStatus {
                    worker: Some(key("worker")),
                    fee: nanomina(100_000_000),
                    sync: SyncState::Synced,
                    height: Some(1004),
                    highest_received: 1005,
                    uptime: Duration::from_secs(86_400),
                    peers: Some(3),
                    commit: "0123456789abcdef".to_owned(),
                    state_hash: Some("3Nhash4".to_owned()),
                    best_tip: Some(tip),
                    now: tip,
                    slot_duration: Duration::from_secs(90),
                    own_slots: Default::default(),
                    produces_blocks: true,
                    exact_pool: Some(ExactPool { snark_pool_size: 2, pending_snark_work: 1 }),
                    read_only: false,
                    simulated_speed: None,
                },
                chain,
                pool: vec![
                    PoolEntry { work: WorkId::two(400, 401), fee: nanomina(7), prover: key("one") },
                    PoolEntry {
                        work: WorkId::one(5_000_000_000),
                        fee: nanomina(2_000_000_000),
                        prover: key("worker"),
                    },
                ],
                pending: vec![WorkId::two(60, 61)],
                open: vec![
                    OpenWork {
                        work: WorkId::one(5_000_000_000),
                        standing: Some(Offer {
                            fee: nanomina(2_000_000_000),
                            prover: key("worker"),
                        }),
                    },
                    OpenWork { work: WorkId::two(60, 61), standing: None },
                ],
                counters,
                account_creation_fee: Nanomina::ONE_MINA,
                coinbase: nanomina(360_000_000_000),
                accounts: vec![key("worker"), key("one")],
            },
        }
    }
}

impl SimulatedDaemon for FixedDaemon {
    fn advance(&mut self, to: Timestamp) {
        self.shown.at = self.shown.at.max(to);
    }

    fn snapshot(&self) -> Snapshot {
        self.snapshots.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        self.shown.clone()
    }

    fn set_fee(&mut self, fee: Nanomina) -> Nanomina {
        std::mem::replace(&mut self.shown.status.fee, fee)
    }

    fn set_worker(&mut self, key: Option<PublicKey>) -> Option<PublicKey> {
        std::mem::replace(&mut self.shown.status.worker, key)
    }
}

/// A server on free ports, and the daemon behind it.
pub(crate) struct Served {
    pub(crate) server: SimDaemonServer,
    pub(crate) daemon: Arc<Mutex<FixedDaemon>>,
}

impl Served {
    pub(crate) async fn new(era: Era) -> Self {
        Self::with(DaemonSimOptions { era, ..DaemonSimOptions::default() }).await
    }

    pub(crate) async fn with(options: DaemonSimOptions) -> Self {
        let daemon = Arc::new(Mutex::new(FixedDaemon::default()));
        Self { server: serve(daemon.clone(), options).await, daemon }
    }

    pub(crate) fn shown(&self) -> Snapshot {
        self.daemon.lock().unwrap().shown.clone()
    }
}

/// Serves a daemon on free ports.
pub(crate) async fn serve(daemon: SharedDaemon, options: DaemonSimOptions) -> SimDaemonServer {
    let clock = Clock::accelerated(start(), 1.0);
    SimDaemonServer::bind(ANY_PORT, ANY_PORT, daemon, clock, options, &CancellationToken::new())
        .await
        .unwrap()
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
