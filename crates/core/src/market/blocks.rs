//! The known blocks of the best chain, shared with the looks that showed them and with the other
//! daemons of a fleet.
//!
//! Invariants: heights ascend; [`KnownBlocks::prune`] leaves at most [`MAX_BLOCKS`].

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::look::Block;

/// Most blocks kept: several days, even in the era with the shortest slots.
const MAX_BLOCKS: usize = 8_000;

/// Known blocks, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownBlocks(Vec<Arc<Block>>);

impl KnownBlocks {
    /// Takes blocks in any order. Of two at one height, the later one in the list counts.
    pub(super) fn new(blocks: impl IntoIterator<Item = Arc<Block>>) -> Self {
        let by_height: BTreeMap<u32, Arc<Block>> =
            blocks.into_iter().map(|block| (block.height, block)).collect();
        Self(by_height.into_values().collect())
    }

    /// Replaces the known blocks from the lowest height of `newest` on, so that a fork takes the
    /// place of the blocks it abandoned. `newest` ascends in height.
    ///
    /// Returns whether the new blocks join the known ones below without a gap; `None` if `newest`
    /// is empty.
    pub(super) fn splice(&mut self, newest: &[Arc<Block>]) -> Option<bool> {
        let lowest = newest.first()?.height;
        debug_assert!(newest.is_sorted_by(|one, next| one.height < next.height), "heights ascend");
        self.0.truncate(self.0.partition_point(|block| block.height < lowest));
        let joins = self.0.last().is_none_or(|below| below.height + 1 == lowest);
        self.0.extend(newest.iter().cloned());
        Some(joins)
    }

    /// Drops blocks older than `oldest`, and the oldest ones beyond [`MAX_BLOCKS`].
    pub(super) fn prune(&mut self, oldest: Timestamp) {
        self.0.retain(|block| block.at >= oldest);
        self.0.drain(..self.0.len().saturating_sub(MAX_BLOCKS));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Block>> {
        self.0.iter()
    }

    pub(super) fn into_vec(self) -> Vec<Arc<Block>> {
        self.0
    }
}

impl Serialize for KnownBlocks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|block| (block.height, block)))
    }
}

impl<'de> Deserialize<'de> for KnownBlocks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::<u32, Arc<Block>>::deserialize(deserializer)
            .map(|by_height| Self::new(by_height.into_values()))
    }
}

#[cfg(test)]
mod tests;
