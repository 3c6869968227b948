//! A daemon with a fixed market, for unit tests.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use snarkfee_core::{
    market::{Block, ConsensusSlot, DaemonStatus, ExactPool, Offer, OpenWork, Sale, SyncState},
    units::{Nanomina, PublicKey, WorkId},
};

use super::{
    era::Era,
    view::{DaemonView, NetworkIdentity},
};
use crate::market_sim::{
    DaemonCounters, PoolEntry, ProvedJobs, ProverTime, SimulatedDaemon, Snapshot,
};

/// A daemon whose market never changes. Its time and its settings do.
pub(super) struct FixedDaemon {
    pub(super) shown: Snapshot,
}

pub(super) fn key(name: &str) -> PublicKey {
    PublicKey::try_new(&format!("B62q{name}")).unwrap()
}

fn nanomina(amount: u64) -> Nanomina {
    Nanomina::try_new(amount).unwrap()
}

impl Default for FixedDaemon {
    fn default() -> Self {
        let start: Timestamp = "2026-10-01T00:00:00Z".parse().unwrap();
        let sale = |id, fee, prover: &str| Sale {
            work: WorkId::two(id, id + 1),
            fee: nanomina(fee),
            prover: key(prover),
        };
        let block = |index: i64, works: Vec<Sale>| {
            Arc::new(Block {
                height: 1000 + u32::try_from(index).unwrap(),
                state_hash: format!("3Nhash{index}").into(),
                at: start + Duration::from_secs(90) * u32::try_from(index).unwrap(),
                works: works.into(),
            })
        };
        let mut counters = DaemonCounters {
            assigned: 12,
            completed: 7,
            timed_out: 1,
            blocks_produced: 2,
            proved: ProvedJobs {
                base: ProverTime { jobs: 3, seconds: 90.0 },
                zkapp_base: ProverTime { jobs: 1, seconds: 210.5 },
                merge: ProverTime { jobs: 8, seconds: 400.0 },
                merge_cumulative: [7, 8, 8, 8, 8, 8, 8, 8],
            },
            ..DaemonCounters::default()
        };
        for fee in [0, 3, 1_000_000, 2_000_000_000] {
            counters.fees_added.observe(nanomina(fee));
        }
        counters.purchased_in_last_block = 3;
        counters.snark_fees_in_last_block = 4_500_000;
        counters.transaction_fees_in_last_block = 20_000_000;
        let chain = vec![
            block(0, vec![sale(10, 0, "cheap")]),
            block(1, vec![]),
            block(
                2,
                vec![
                    sale(20, 1_000_000, "one"),
                    sale(30, 500_000, "two"),
                    sale(40, 3_000_000, "one"),
                ],
            ),
        ];
        let at = start + Duration::from_secs(200);
        Self {
            shown: Snapshot {
                at,
                status: DaemonStatus {
                    worker: Some(key("worker")),
                    fee: nanomina(5_000_000_000),
                    sync: SyncState::Synced,
                    height: Some(1002),
                    highest_received: 1003,
                    uptime: Duration::from_millis(173_959_321),
                    peers: Some(3),
                    commit: "0123456789abcdef".to_owned(),
                    state_hash: Some("3Nhash2".to_owned()),
                    best_tip: Some(ConsensusSlot {
                        global_slot: 9002,
                        starts: start + Duration::from_secs(180),
                    }),
                    now: ConsensusSlot {
                        global_slot: 9002,
                        starts: start + Duration::from_secs(180),
                    },
                    slot_duration: Duration::from_secs(90),
                    own_slots: [start + Duration::from_secs(900)].into_iter().collect(),
                    produces_blocks: true,
                    exact_pool: Some(ExactPool { snark_pool_size: 2, pending_snark_work: 1 }),
                    read_only: false,
                    simulated_speed: None,
                },
                chain,
                pool: vec![
                    PoolEntry { work: WorkId::two(10, 11), fee: nanomina(0), prover: key("cheap") },
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
                accounts: vec![key("worker"), key("one"), key("two")],
            },
        }
    }
}

impl FixedDaemon {
    /// What a request sees.
    pub(super) fn view(&self, era: Era) -> DaemonView {
        DaemonView::new(era, Arc::new(NetworkIdentity::default()), self.shown.clone())
    }

    /// The same daemon without a frontier.
    pub(super) fn bootstrapping() -> Self {
        let mut daemon = Self::default();
        let status = &mut daemon.shown.status;
        status.sync = SyncState::Bootstrap;
        status.height = None;
        status.state_hash = None;
        status.best_tip = None;
        daemon.shown.chain.clear();
        daemon
    }
}

impl SimulatedDaemon for FixedDaemon {
    fn advance(&mut self, to: Timestamp) {
        self.shown.at = self.shown.at.max(to);
    }

    fn snapshot(&self) -> Snapshot {
        self.shown.clone()
    }

    fn set_fee(&mut self, fee: Nanomina) -> Nanomina {
        std::mem::replace(&mut self.shown.status.fee, fee)
    }

    fn set_worker(&mut self, key: Option<PublicKey>) -> Option<PublicKey> {
        std::mem::replace(&mut self.shown.status.worker, key)
    }
}
