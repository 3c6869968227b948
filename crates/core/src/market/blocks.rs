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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::{block, time};

    fn known(blocks: &KnownBlocks) -> Vec<(u32, &str)> {
        blocks.iter().map(|block| (block.height, &*block.state_hash)).collect()
    }

    #[test]
    fn new_blocks_replace_those_from_their_height_on() {
        let mut blocks = KnownBlocks::default();
        assert_eq!(blocks.splice(&[]), None);
        assert_eq!(
            blocks.splice(&[
                block(1, "a", 0, &[]),
                block(2, "b", 90, &[]),
                block(3, "c", 180, &[])
            ]),
            Some(true)
        );
        assert_eq!(blocks.splice(&[block(2, "x", 100, &[])]), Some(true));
        assert_eq!(known(&blocks), [(1, "a"), (2, "x")]);
        assert_eq!(blocks.splice(&[block(5, "y", 300, &[])]), Some(false));
        assert_eq!(known(&blocks), [(1, "a"), (2, "x"), (5, "y")]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let blocks =
            KnownBlocks::new([block(7, "b", 90, &[(1, 5, "them")]), block(6, "a", 0, &[])]);
        let text = serde_json::to_string(&blocks).unwrap();
        assert!(text.starts_with("{\"6\":{"), "{text}");
        assert_eq!(serde_json::from_str::<KnownBlocks>(&text).unwrap().0, blocks.0);
        assert!(serde_json::from_str::<KnownBlocks>("{}").unwrap().0.is_empty());
    }

    proptest! {
        #[test]
        fn heights_ascend_whatever_runs_come(runs in proptest::collection::vec((0_u32..60, 0_u32..20), 0..12)) {
            let mut blocks = KnownBlocks::default();
            for (first, count) in runs {
                let run: Vec<_> = (first..first + count).map(|height| block(height, "h", i64::from(height), &[])).collect();
                blocks.splice(&run);
                let heights: Vec<u32> = blocks.iter().map(|block| block.height).collect();
                prop_assert!(heights.is_sorted_by(|one, next| one < next));
                prop_assert!(run.iter().all(|block| heights.contains(&block.height)));
            }
            blocks.prune(time(30));
            prop_assert!(blocks.iter().all(|block| block.at >= time(30)));
        }
    }
}
