//! What one look at one daemon yields: all that the rest of the program knows of the outside.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{account::LedgerAccount, own_slots::OwnSlots};
use crate::{
    clocks::{ClockReading, MachineTime},
    fault::Fault,
    metrics_text::Histogram,
    units::{DaemonId, Nanomina, PublicKey, WorkId},
};

/// One look at one daemon. Each source succeeds or fails on its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// When the look began.
    pub at: Timestamp,
    /// How far the clock jumped since the previous look, beyond the time that passed; `None` if it
    /// did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_set: Option<SignedDuration>,
    /// What the machine's clocks showed when the cycle began; `None` where only `at` is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<MachineTime>,
    /// `daemonStatus`: what the daemon is and does.
    pub status: Result<DaemonStatus, Fault>,
    /// The daemon of the fleet whose blocks and book these are; `None` if they are this one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market_read: Option<MarketSource>,
    /// Blocks of the best chain; `None` if the schema has no `bestChain`, the status made asking
    /// pointless, or those known are those of the best tip.
    pub chain: Option<Result<ChainLook, Fault>>,
    /// The works still to be bought; `None` if the status made asking pointless, or an earlier book
    /// still counts.
    pub book: Option<Result<Book, Fault>>,
    /// When the book that still counts was read, if this look did not ask for another; `None` where
    /// it asked, or could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_book: Option<Timestamp>,
    /// How long the daemon took to answer for the book; `None` if it was not asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub book_took: Option<Duration>,
    /// What the metrics text says; `None` if no metrics address is configured.
    pub metrics: Option<Result<PoolMetrics, Fault>>,
    /// The ledger account of the configured worker key; `None` if no key is configured or this look
    /// did not ask.
    pub account: Option<Result<LedgerAccount, Fault>>,
}

impl Look {
    /// A look that read nothing but the daemon's status.
    pub const fn of_status(at: Timestamp, status: Result<DaemonStatus, Fault>) -> Self {
        Self {
            at,
            clock_set: None,
            machine: None,
            status,
            market_read: None,
            chain: None,
            book: None,
            kept_book: None,
            book_took: None,
            metrics: None,
            account: None,
        }
    }

    /// When the book of this look was read; `None` if it shows none.
    pub fn book_read(&self) -> Option<Timestamp> {
        match &self.book {
            Some(Ok(_)) => Some(self.market_read.as_ref().map_or(self.at, |source| source.at)),
            Some(Err(_)) => None,
            None => self.kept_book,
        }
    }

    /// How long the daemon that answered for the book had run; `None` where that is not known.
    pub(super) fn reader_uptime(&self) -> Option<Duration> {
        match &self.market_read {
            Some(source) => source.uptime,
            None => self.status.as_ref().ok().map(|status| status.uptime),
        }
    }

    /// What the clocks show at this look, after they were read `before`.
    pub fn read_clock(&self, before: Option<&ClockReading>) -> ClockReading {
        match (before, self.machine) {
            (Some(before), Some(machine)) => before.next(machine),
            (Some(before), None) => {
                before.next_by_wall(self.at, self.clock_set.unwrap_or_default())
            }
            (None, machine) => {
                ClockReading::first(machine.unwrap_or(MachineTime::of_wall(self.at)))
            }
        }
    }
}

/// The daemon that a look took its blocks and book from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketSource {
    /// The daemon that was asked.
    pub by: DaemonId,
    /// When that daemon's look began.
    pub at: Timestamp,
    /// How long that daemon had run; `None` in records from before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime: Option<Duration>,
}

/// What the daemon reports about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DaemonStatus {
    /// The key that snark work earns for; `None` if the worker is off, or on a coordinator, which
    /// never shows it (Mina `mina_lib.ml`, 3.0.3).
    pub worker: Option<PublicKey>,
    /// The fee asked for each work from now on.
    pub fee: Nanomina,
    /// Whether the daemon follows the chain.
    pub sync: SyncState,
    /// Height of the best tip; `None` while bootstrapping.
    pub height: Option<u32>,
    /// Highest block length received from peers.
    pub highest_received: u32,
    /// Time since the daemon started; if it falls, the daemon restarted.
    pub uptime: Duration,
    /// Connected peers; `None` in eras whose schema lists them differently.
    pub peers: Option<u32>,
    /// The build's commit.
    pub commit: String,
    /// State hash of the best tip.
    pub state_hash: Option<String>,
    /// Start of the best tip's slot.
    pub best_tip: Option<ConsensusSlot>,
    /// The current slot by the daemon's clock.
    pub now: ConsensusSlot,
    /// Length of a slot.
    pub slot_duration: Duration,
    /// The slots in which this daemon knows that it produces a block.
    #[serde(default, alias = "next_block_production")]
    pub own_slots: OwnSlots,
    /// Whether the daemon holds block production keys.
    pub produces_blocks: bool,
    /// Exact values of two metrics gauges, in eras that report them (3.0.0).
    pub exact_pool: Option<ExactPool>,
    /// Whether the schema lacks the mutations that set fee and worker.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// How many times as fast as real time the daemon's time passes, where it says that it is a
    /// simulated one (`daemon-sim`); its clock cannot be compared with ours then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulated_speed: Option<f64>,
}

/// A consensus slot and when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsensusSlot {
    /// Slots since the last hard fork.
    pub global_slot: u64,
    /// When the slot begins.
    pub starts: Timestamp,
}

/// `syncStatus`, which has the same six names in every era.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// Looking for peers.
    Connecting,
    /// Has peers, but has not heard of a block yet.
    Listening,
    /// Has heard nothing for too long.
    Offline,
    /// Fetching the ledger.
    Bootstrap,
    /// Follows the chain, as far as the daemon can tell.
    Synced,
    /// Fetching missing blocks.
    Catchup,
    /// A name that no known era uses.
    Other(String),
}

impl SyncState {
    /// The lower-case name in metrics, JSON and messages.
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
    /// Jobs without a proof or, while our worker is on, with one above our own fee: the meaning
    /// depends on our settings.
    pub pending_snark_work: u64,
}

/// The newest part of the best chain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChainLook {
    /// Oldest first, with consecutive heights; shared with every history that keeps them.
    pub blocks: Vec<Arc<Block>>,
}

/// A block and the works it bought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Block height.
    pub height: u32,
    /// State hash, which identifies the block across forks.
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

/// A proof in the snark pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The fee asked.
    pub fee: Nanomina,
    /// The prover that asks it.
    pub prover: PublicKey,
}

/// A work still to be bought, with its cheapest proof if there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenWork {
    /// The work.
    pub work: WorkId,
    /// The cheapest proof in the pool; `None` if nobody has proved the work.
    pub standing: Option<Offer>,
}

/// The works still to be bought at the best tip, without those already bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// What order the works are in, which depends on the source of the list.
    pub order: BookOrder,
    /// The open works; shared by all readers.
    pub works: Arc<[OpenWork]>,
}

/// What the order of a [`Book`] means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookOrder {
    /// From `snarkWorkRange`: every open work, next to be bought first.
    Purchase,
    /// From `snarkPool` joined with `pendingSnarkWork`: all works without a proof are listed, but
    /// the order is unknown.
    Unknown,
}

/// What the metrics text says of the snark pool and of our own workers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PoolMetrics {
    /// `snark_fee`: fees of works added to the pool since the daemon started.
    pub fees: Option<FeeHistogram>,
    /// `snark_pool_size`.
    pub pool_size: Option<f64>,
    /// `completed_snark_work_received_rpc`: received from our own workers since the daemon started,
    /// whether accepted or not, in `delivery_unit`.
    pub completed_by_own: Option<f64>,
    /// What is counted there; `None` where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_unit: Option<DeliveryUnit>,
    /// `snark_work_assigned_rpc`: assigned to our own workers since the daemon started, in the same
    /// unit.
    pub assigned_to_own: Option<f64>,
    /// Seconds that our own provers spent on what they delivered since the daemon started: base and
    /// merge proofs together. Zero also in daemons that leave the count to the prover's process
    /// (1.x).
    pub prover_seconds: Option<f64>,
    /// Jobs, one or two of each work, that they finished in this time; `None` where the daemon does
    /// not count all of them.
    pub prover_jobs: Option<f64>,
    /// Lines the parser could not use.
    pub defects: u32,
}

/// What a worker delivers at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryUnit {
    /// All of a work.
    Bundle,
    /// From the work partitioner of 2025 on a piece of a work, of two to twenty (Mina
    /// `work_partitioner.ml`).
    Piece,
}

/// The daemon's fee histogram, with cumulative buckets in ascending order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeeHistogram {
    /// Finite upper bounds, inclusive and ascending, in the daemon's unit (nanomina since 2021,
    /// whole coins in 2020). The last bucket has no bound.
    pub bounds: Vec<f64>,
    /// Observations at or below each bound, and in one more entry all of them.
    pub cumulative: Vec<f64>,
    /// Sum of all observations, to the six digits that the daemon prints.
    pub sum: f64,
}

impl FeeHistogram {
    /// The validated histogram; `None` if its counts contradict each other.
    pub fn to_histogram(&self) -> Option<Histogram> {
        Histogram::try_new(self.bounds.clone(), self.cumulative.clone(), self.sum).ok()
    }
}
