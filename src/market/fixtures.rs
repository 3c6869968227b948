//! Small looks for tests of this and higher layers.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::look::{Block, Book, BookOrder, ChainLook, ConsensusSlot, Look, Offer, OpenWork, Sale, Status, SyncState};
use crate::units::{Nanomina, PublicKey, WorkId};

/// Seconds after the epoch of all fixtures.
pub(crate) fn time(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_790_000_000 + seconds)
}

/// A key that a short name stands for.
pub(crate) fn key(name: &str) -> PublicKey {
    PublicKey::try_new(&format!("B62q{name}")).unwrap()
}

pub(crate) fn fee(nanomina: u64) -> Nanomina {
    Nanomina::try_new(nanomina).unwrap()
}

/// A block whose works are (id, fee, prover).
pub(crate) fn block(height: u32, hash: &str, seconds: i64, works: &[(i64, u64, &str)]) -> Arc<Block> {
    let sale =
        |&(id, paid, prover): &(i64, u64, &str)| Sale { work: WorkId::one(id), fee: fee(paid), prover: key(prover) };
    Arc::new(Block { height, state_hash: hash.into(), at: time(seconds), works: works.iter().map(sale).collect() })
}

pub(crate) fn open_work(id: i64, standing: Option<(u64, &str)>) -> OpenWork {
    let offer = |(asked, prover): (u64, &str)| Offer { fee: fee(asked), prover: key(prover) };
    OpenWork { work: WorkId::one(id), standing: standing.map(offer) }
}

/// A synced worker for `us` asking 0.1 MINA.
pub(crate) fn status(seconds: i64) -> Status {
    let slot = ConsensusSlot { global_slot: 1_000, starts: time(seconds) };
    Status {
        worker: Some(key("us")),
        fee: fee(100_000_000),
        sync: SyncState::Synced,
        height: Some(1_000),
        highest_received: 1_000,
        uptime: Duration::from_secs(86_400),
        peers: Some(20),
        commit: "abc".into(),
        state_hash: Some("tip".into()),
        best_tip: Some(slot),
        now: slot,
        slot_duration: Duration::from_secs(90),
        next_block_production: None,
        produces_blocks: false,
        exact_pool: None,
    }
}

pub(crate) fn look(seconds: i64, blocks: Vec<Arc<Block>>, open: Vec<OpenWork>) -> Look {
    Look {
        at: time(seconds),
        clock_set: None,
        status: Ok(status(seconds)),
        market_read: None,
        chain: Some(Ok(ChainLook { blocks })),
        book: Some(Ok(Book { order: BookOrder::Purchase, works: open.into() })),
        metrics: None,
        account: None,
    }
}

pub(crate) fn look_with_chain(seconds: i64, blocks: Vec<Arc<Block>>) -> Look {
    look(seconds, blocks, Vec::new())
}
