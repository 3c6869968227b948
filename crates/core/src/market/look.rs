//! What one look at one daemon yields: the only facts that the rest of the program knows about the
//! outside.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    metrics_text::Histogram,
    units::{DaemonId, Nanomina, PublicKey, WorkId},
};

/// One look at one daemon. Each source succeeds or fails on its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// When the look began.
    pub at: Timestamp,
    /// How far the clock was set since the look before, beyond the time that passed; `None` where
    /// it only went on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_set: Option<SignedDuration>,
    /// `daemonStatus`: what the daemon is and does.
    pub status: Result<DaemonStatus, Fault>,
    /// Which other daemon of the fleet read blocks and book; `None` where this one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market_read: Option<MarketSource>,
    /// Blocks of the best chain; `None` where the schema has no `bestChain` or the status already
    /// forbade asking.
    pub chain: Option<Result<ChainLook, Fault>>,
    /// The works still to be bought; `None` when the status already forbade asking.
    pub book: Option<Result<Book, Fault>>,
    /// The metrics text; `None` when none is configured.
    pub metrics: Option<Result<PoolMetrics, Fault>>,
    /// Whether the configured worker key has a ledger account; `None` when not asked in this look
    /// or no key is configured.
    pub account: Option<Result<bool, Fault>>,
}

/// By whom and when something was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketSource {
    /// The daemon that was asked.
    pub by: DaemonId,
    /// When its look began.
    pub at: Timestamp,
}

/// What the daemon says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DaemonStatus {
    /// The key snark work is done for; `None` is off, or a coordinator, which never shows it (Mina
    /// `mina_lib.ml`, 3.0.3).
    pub worker: Option<PublicKey>,
    /// The fee asked for each work from now on.
    pub fee: Nanomina,
    /// Whether the daemon follows the chain.
    pub sync: SyncState,
    /// Height of the best tip; `None` while bootstrapping.
    pub height: Option<u32>,
    /// Highest block length received from peers.
    pub highest_received: u32,
    /// Time since the daemon started; a smaller value than before is a restart.
    pub uptime: Duration,
    /// Connected peers; `None` in eras whose schema lists them differently.
    pub peers: Option<u32>,
    /// The build's commit.
    pub commit: String,
    /// State hash of the best tip.
    pub state_hash: Option<String>,
    /// Start of the best tip's slot.
    pub best_tip: Option<ConsensusSlot>,
    /// The slot it is now by the daemon's clock.
    pub now: ConsensusSlot,
    /// Length of a slot.
    pub slot_duration: Duration,
    /// Start of the next slot this daemon knows that it will produce a block in.
    pub next_block_production: Option<Timestamp>,
    /// Whether the daemon holds block production keys.
    pub produces_blocks: bool,
    /// Exact integers that repeat metrics gauges, from eras that have them (3.0.0).
    pub exact_pool: Option<ExactPool>,
}

/// A consensus slot and when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsensusSlot {
    /// Slots since the last hard fork.
    pub global_slot: u64,
    /// When the slot begins.
    pub starts: Timestamp,
}

/// `syncStatus`, the same six names in every era.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// Looking for peers.
    Connecting,
    /// Has peers, has heard no block yet.
    Listening,
    /// Heard nothing for too long.
    Offline,
    /// Fetching the ledger.
    Bootstrap,
    /// Follows the chain, as far as the daemon can tell.
    Synced,
    /// Fetching missing blocks.
    Catchup,
    /// A name that no era read has.
    Other(String),
}

impl SyncState {
    /// The name for people, metrics and JSON, in lower case.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Connecting => "connecting",
            Self::Listening => "listening",
            Self::Offline => "offline",
            Self::Bootstrap => "bootstrap",
            Self::Synced => "synced",
            Self::Catchup => "catchup",
            Self::Other(name) => name,
        }
    }
}

/// Exact integers of `daemonStatus.metrics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExactPool {
    /// Work bundles in the snark pool.
    pub snark_pool_size: u64,
    /// Jobs unproved, or priced above our own fee while our worker is on: its meaning changes with
    /// our own settings.
    pub pending_snark_work: u64,
}

/// The newest part of the best chain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChainLook {
    /// Oldest first, consecutive heights; each shared by all who remember it.
    pub blocks: Vec<Arc<Block>>,
}

/// A block and the works it bought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Block height.
    pub height: u32,
    /// State hash, the block's identity across forks.
    pub state_hash: Box<str>,
    /// Start of the block's slot.
    pub at: Timestamp,
    /// Works bought, in scan-state order.
    pub works: Box<[Sale]>,
}

/// A work bought in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// The work.
    pub work: WorkId,
    /// What was paid for it.
    pub fee: Nanomina,
    /// Who was paid.
    pub prover: PublicKey,
}

/// A standing proof in the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The fee asked.
    pub fee: Nanomina,
    /// Who asks it.
    pub prover: PublicKey,
}

/// A work still to be bought, with the cheapest standing proof if there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenWork {
    /// The work.
    pub work: WorkId,
    /// The cheapest proof; `None` when nobody has proved it.
    pub standing: Option<Offer>,
}

/// The works still to be bought at the best tip, works already bought taken out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// How the list was obtained, and so what its order and completeness mean.
    pub order: BookOrder,
    /// The open works; shared by all who read them.
    pub works: Arc<[OpenWork]>,
}

/// What the order of a [`Book`] means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookOrder {
    /// From `snarkWorkRange`: every open work, next to be bought first.
    Purchase,
    /// From `snarkPool` joined with `pendingSnarkWork`: unproved works are complete, the order is
    /// unknown.
    Unknown,
}

/// What the metrics text says of the snark pool and of our own workers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolMetrics {
    /// `snark_fee`: fees of works added to the pool since the daemon started.
    pub fees: Option<FeeHistogram>,
    /// `snark_pool_size`.
    pub pool_size: Option<f64>,
    /// `completed_snark_work_received_rpc`: bundles our own workers delivered since the daemon
    /// started.
    pub completed_by_own: Option<f64>,
    /// `snark_work_assigned_rpc`: bundles handed to our own workers since the daemon started.
    pub assigned_to_own: Option<f64>,
    /// Lines the parser could not use.
    pub defects: u32,
}

/// A fee histogram with cumulative buckets in ascending order of bound, the last bound being
/// infinity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeeHistogram {
    /// Upper bounds, inclusive, in the daemon's unit (nanomina since 2021, whole coins in 2020);
    /// finite and ascending. The bucket above the last bound has no upper one.
    pub bounds: Vec<f64>,
    /// Observations at or below each bound; one more entry than `bounds`, the last being the total.
    pub cumulative: Vec<f64>,
    /// Sum of all observations, with the six digits the daemon prints.
    pub sum: f64,
}

impl FeeHistogram {
    /// The histogram with its arithmetic; `None` when its counts contradict each other.
    pub fn to_histogram(&self) -> Option<Histogram> {
        Histogram::try_new(self.bounds.clone(), self.cumulative.clone(), self.sum).ok()
    }
}
