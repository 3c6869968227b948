//! What the operator's daemon shows of the market.
//!
//! A daemon in bootstrap has no best tip, so it shows no chain and no works. One that catches up
//! shows its chain, but no open works until it is in sync. A block is shown once it has arrived,
//! some seconds into its slot; until then the works that it buys are still open.

use std::time::Duration;

use snarkfee_core::{
    market::{ConsensusSlot, DaemonStatus, ExactPool, Offer, OpenWork, SyncState},
    units::{Nanomina, PublicKey, WorkId},
};

use super::{
    draws::Subject,
    names,
    pool::Bid,
    seat::Seat,
    seat_id::SeatId,
    snapshot::{HandOut, PoolEntry, SimulatedDaemon, Snapshot},
    time::Millis,
    world::World,
};

/// Consensus slot at the start of every run.
const FIRST_SLOT: i64 = 1_000_000;
/// How long the making of a block takes, during which the daemon still shows its slot.
const PRODUCTION: Millis = 30_000;
/// Slots that a producer knows in advance: an epoch of mainnet.
const EPOCH: i64 = 7140;

impl SimulatedDaemon for World {
    fn advance(&mut self, to: jiff::Timestamp) {
        self.run_to(to);
    }

    fn snapshot(&self) -> Snapshot {
        let seat = self.seats.first();
        let sync = seat.process.sync(self.now());
        let synced = sync == SyncState::Synced;
        let pool: Vec<PoolEntry> = self
            .pool
            .referenced(self.height)
            .filter_map(|work| {
                let offer = self.offer(work.shown_to(SeatId::FIRST)?)?;
                Some(PoolEntry { work: work.id, fee: offer.fee, prover: offer.prover })
            })
            .collect();
        let open = if synced { self.open_works(SeatId::FIRST) } else { Vec::new() };
        let pending = self.pending_works(&open);
        let exact = ExactPool {
            snark_pool_size: pool.len() as u64,
            pending_snark_work: pending.len() as u64,
        };
        let chain = if sync == SyncState::Bootstrap {
            Vec::new()
        } else {
            self.chain.iter().cloned().collect()
        };
        Snapshot {
            at: self.at,
            status: self.shown_status(SeatId::FIRST, Some(exact)),
            chain,
            pool,
            pending,
            open,
            counters: seat.process.counters.clone(),
            account_creation_fee: Nanomina::ONE_MINA,
            coinbase: self.scenario.chain.coinbase_nanomina,
            accounts: self
                .accounts
                .iter()
                .filter_map(|prover| self.key(*prover))
                .cloned()
                .collect(),
        }
    }

    fn set_fee(&mut self, fee: Nanomina) -> Nanomina {
        self.change_fee(SeatId::FIRST, fee)
    }

    fn set_worker(&mut self, key: Option<PublicKey>) -> Option<PublicKey> {
        self.change_worker(SeatId::FIRST, key)
    }

    fn set_hand_out(&mut self, hand_out: HandOut) {
        self.seats.first_mut().worker.set_hand_out(hand_out);
    }
}

impl World {
    fn offer(&self, bid: Bid) -> Option<Offer> {
        Some(Offer { fee: bid.fee, prover: self.key(bid.prover)?.clone() })
    }

    /// `pendingSnarkWork`. Without a worker key there is no fee to compare with.
    fn pending_works(&self, open: &[OpenWork]) -> Vec<WorkId> {
        let worker = &self.seats.first().worker;
        let fee = worker.shown().map(|_| worker.fee());
        let wanted = |work: &&OpenWork| match (&work.standing, fee) {
            (None, _) => true,
            (Some(standing), Some(fee)) => standing.fee > fee,
            (Some(_), None) => false,
        };
        open.iter().filter(wanted).map(|work| work.work).collect()
    }

    /// Every work still to be bought, next first, as a daemon in sync lists it.
    pub(super) fn open_works(&self, seat: SeatId) -> Vec<OpenWork> {
        let open = self.scan.open_works().filter_map(|serial| {
            let work = self.pool.get(serial)?;
            let standing = work.shown_to(seat).and_then(|bid| self.offer(bid));
            Some(OpenWork { work: work.id, standing })
        });
        open.collect()
    }

    /// Whether a key has a ledger account.
    pub(super) fn has_account(&self, key: &PublicKey) -> bool {
        self.accounts.iter().any(|prover| self.key(*prover) == Some(key))
    }

    /// `daemonStatus`. `exact_pool` is an argument because counting it takes long.
    pub(super) fn shown_status(&self, id: SeatId, exact_pool: Option<ExactPool>) -> DaemonStatus {
        let now = self.now();
        let Seat { worker, process } = self.seats.get(id);
        let sync = process.sync(now);
        let slot = now.div_euclid(self.slot_millis());
        let follows = sync != SyncState::Bootstrap;
        let tip = self.chain.back().filter(|_| follows);
        let tip_slot = |at: jiff::Timestamp| {
            let since = Millis::try_from(at.duration_since(self.origin).as_millis()).unwrap_or(0);
            since.div_euclid(self.slot_millis())
        };
        let blocks = self.scenario.operator.blocks.as_ref().filter(|_| id.is_first());
        DaemonStatus {
            worker: worker.shown().and_then(|key| self.key(key)).cloned(),
            fee: worker.fee(),
            height: tip.map(|block| block.height),
            highest_received: self.height,
            uptime: Duration::from_millis(u64::try_from(process.uptime(now)).unwrap_or(0)),
            peers: Some(self.peer_count(&sync, slot)),
            commit: names::commit(),
            state_hash: tip.map(|block| block.state_hash.to_string()),
            best_tip: tip.map(|block| self.consensus_slot(tip_slot(block.at))),
            now: self.consensus_slot(slot),
            slot_duration: Duration::from_millis(u64::try_from(self.slot_millis()).unwrap_or(0)),
            own_slots: blocks
                .filter(|_| follows)
                .and_then(|_| self.next_own_slot(now))
                .into_iter()
                .collect(),
            produces_blocks: blocks.is_some(),
            exact_pool,
            read_only: false,
            simulated_speed: None,
            sync,
        }
    }

    fn consensus_slot(&self, slot: i64) -> ConsensusSlot {
        ConsensusSlot {
            global_slot: u64::try_from(slot.saturating_add(FIRST_SLOT)).unwrap_or(0),
            starts: self.timestamp(slot.saturating_mul(self.slot_millis())),
        }
    }

    /// The slot of the block that is being made, else of the next one.
    fn next_own_slot(&self, now: Millis) -> Option<jiff::Timestamp> {
        let slot = now.div_euclid(self.slot_millis());
        let producing = now.rem_euclid(self.slot_millis()) < PRODUCTION;
        let first = if producing { slot } else { slot + 1 };
        let won = (first..=slot + EPOCH).find(|slot| self.wins_slot(*slot))?;
        Some(self.timestamp(won * self.slot_millis()))
    }

    /// About 20 peers; fewer right after a restart.
    fn peer_count(&self, sync: &SyncState, slot: i64) -> u32 {
        let jitter =
            u32::try_from(self.draws.draw_for_slot(Subject::Peers, slot).below(5)).unwrap_or(0);
        if *sync == SyncState::Bootstrap { 4 + jitter } else { 18 + jitter }
    }
}
