//! What one request sees: a snapshot of the simulated daemon, shared by every field and metric of
//! the answer.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use snarkfee_core::{
    market::{Block, ConsensusSlot, SyncState},
    units::PublicKey,
};

use super::{
    era::Era,
    stand_in::{StandInKind, key_stand_in, pick, stand_in},
};
use crate::market_sim::Snapshot;

/// Slots of an epoch on mainnet (Mina `genesis_constants.ml`).
pub(super) const SLOTS_PER_EPOCH: u64 = 7140;

/// The network that the daemon claims to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkIdentity {
    /// `networkID`.
    pub id: String,
    /// `daemonStatus.chainId`: 64 hexadecimal digits on real networks.
    pub chain_id: String,
}

impl Default for NetworkIdentity {
    fn default() -> Self {
        Self { id: "mina:simulated".to_owned(), chain_id: "5".repeat(64) }
    }
}

/// A snapshot, with what the daemon's fields derive from it.
#[derive(Debug)]
pub(super) struct DaemonView {
    pub(super) era: Era,
    pub(super) network: Arc<NetworkIdentity>,
    /// The snapshot. Its chain has moved to [`DaemonView::chain`].
    pub(super) snapshot: Snapshot,
    /// Blocks of the frontier, oldest first.
    pub(super) chain: Vec<Arc<Block>>,
}

impl DaemonView {
    pub(super) fn new(era: Era, network: Arc<NetworkIdentity>, mut snapshot: Snapshot) -> Self {
        let chain = std::mem::take(&mut snapshot.chain);
        Self { era, network, snapshot, chain }
    }

    /// Whether the daemon has no frontier yet. Then everything that reads the best tip fails or is
    /// null.
    pub(super) fn is_bootstrapping(&self) -> bool {
        self.snapshot.status.sync == SyncState::Bootstrap
    }

    /// The newest block, unless bootstrapping.
    pub(super) fn best_tip(&self) -> Option<&Arc<Block>> {
        if self.is_bootstrapping() { None } else { self.chain.last() }
    }

    /// Index of a block in [`DaemonView::chain`].
    pub(super) fn position(&self, wanted: impl Fn(&Block) -> bool) -> Option<usize> {
        if self.is_bootstrapping() {
            None
        } else {
            self.chain.iter().position(|block| wanted(block))
        }
    }

    /// The slot that contains `at`; 0 for times before slot 0.
    pub(super) fn slot_at(&self, at: Timestamp) -> u64 {
        let now = self.snapshot.status.now;
        let length = i128::try_from(self.snapshot.status.slot_duration.as_millis())
            .unwrap_or(i128::MAX)
            .max(1);
        let before = i128::from(now.starts.as_millisecond()) - i128::from(at.as_millisecond());
        // Rounds up, so that a time inside a slot belongs to that slot and not to the next.
        let slots = -(-before).div_euclid(length);
        u64::try_from(i128::from(now.global_slot) - slots).unwrap_or(0)
    }

    /// The start of a slot, in milliseconds since 1970.
    pub(super) fn slot_start(&self, slot: u64) -> i128 {
        let now = self.snapshot.status.now;
        let length = i128::try_from(self.snapshot.status.slot_duration.as_millis()).unwrap_or(0);
        i128::from(now.starts.as_millisecond())
            + (i128::from(slot) - i128::from(now.global_slot)) * length
    }

    /// When slot 0 began, to the second.
    pub(super) fn genesis(&self) -> Timestamp {
        let status = &self.snapshot.status;
        i32::try_from(status.now.global_slot)
            .ok()
            .and_then(|slots| {
                SignedDuration::try_from(status.slot_duration).ok()?.checked_mul(slots)
            })
            .and_then(|age| status.now.starts.checked_sub(age).ok())
            .unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Slot of the best tip, unless bootstrapping.
    pub(super) fn best_tip_slot(&self) -> Option<ConsensusSlot> {
        if self.is_bootstrapping() { None } else { self.snapshot.status.best_tip }
    }

    /// The key that this daemon produces blocks with.
    pub(super) fn producer() -> String {
        key_stand_in("block producer").into()
    }

    /// The producer of a block. The market model has none, so an account is picked, always the same
    /// for the same block.
    pub(super) fn creator_of(&self, block: &Block) -> Arc<str> {
        let accounts = &self.snapshot.accounts;
        let picked = pick(&block.state_hash, accounts.len()).and_then(|index| accounts.get(index));
        picked.map_or_else(|| Self::producer().into(), |key: &PublicKey| key.as_str().into())
    }

    /// The state hash of the parent of `block`.
    pub(super) fn previous_state_hash(&self, block: &Block) -> String {
        let parent =
            self.chain.iter().rev().find(|other| other.height.checked_add(1) == Some(block.height));
        parent.map_or_else(
            || stand_in(StandInKind::State, &format!("before {}", block.state_hash)),
            |parent| parent.state_hash.to_string(),
        )
    }

    /// The first block of the network. The snapshot does not have it; its hash and time follow from
    /// the network's.
    pub(super) fn genesis_block(&self) -> Block {
        Block {
            height: 1,
            state_hash: stand_in(StandInKind::State, &format!("genesis {}", self.network.chain_id))
                .into(),
            at: self.genesis(),
            works: Vec::new().into(),
        }
    }

    /// Made-up addresses of the peers in the status, at most 200.
    pub(super) fn peers(&self) -> Vec<Peer> {
        let count = self.snapshot.status.peers.unwrap_or(0).min(200);
        (0..count)
            .map(|index| Peer {
                host: format!("198.51.100.{}", index + 1),
                libp2p_port: 8302,
                peer_id: stand_in(StandInKind::PeerId, &index.to_string()),
            })
            .collect()
    }

    /// Sizes of the snark pool and of the pending work, from the status if it has them.
    pub(super) fn pool_sizes(&self) -> (u64, u64) {
        let counted = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        self.snapshot.status.exact_pool.map_or_else(
            || (counted(self.snapshot.pool.len()), counted(self.snapshot.pending.len())),
            |exact| (exact.snark_pool_size, exact.pending_snark_work),
        )
    }
}

/// A peer's address.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) host: String,
    pub(super) libp2p_port: u16,
    pub(super) peer_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon_sim::fixed::FixedDaemon;

    #[test]
    fn slots_follow_from_the_time_in_the_status() {
        let view = FixedDaemon::default().view(Era::Mesa40);
        let now = view.snapshot.status.now;
        let length = SignedDuration::try_from(view.snapshot.status.slot_duration).unwrap();
        assert_eq!(view.slot_at(now.starts), now.global_slot);
        assert_eq!(view.slot_at(now.starts + length), now.global_slot + 1);
        let inside = now.starts + SignedDuration::from_millis(1);
        assert_eq!(view.slot_at(inside), now.global_slot);
        let before = now.starts - SignedDuration::from_millis(1);
        assert_eq!(view.slot_at(before), now.global_slot - 1);
        assert_eq!(view.slot_start(0), i128::from(view.genesis().as_millisecond()));
        assert_eq!(view.slot_at(Timestamp::MIN), 0);
    }

    #[test]
    fn a_block_inside_the_frontier_knows_its_parent() {
        let view = FixedDaemon::default().view(Era::Mesa40);
        let [.., parent, tip] = view.chain.as_slice() else { panic!("two blocks") };
        assert_eq!(view.previous_state_hash(tip), *parent.state_hash);
        assert_ne!(view.previous_state_hash(&view.chain[0]), "");
    }
}
