//! Which of the blocks at one height count.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use snarkfee_core::{
    market::{Block, Sale},
    units::WorkId,
};

use super::layout::BlockContent;

/// What tells a block from every other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BlockIdentity {
    /// The network, such as `mainnet`.
    pub(super) network: String,
    /// State hash of the block.
    pub(super) state_hash: String,
}

/// A block with its identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RecordedBlock {
    /// What the name of its file says.
    pub(super) identity: BlockIdentity,
    /// The content of its file.
    pub(super) content: BlockContent,
}

/// Blocks of one chain without a gap, oldest first; at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockSeries {
    /// The network.
    pub network: String,
    /// The blocks.
    pub blocks: Vec<Arc<Block>>,
    /// Slot of each block, since genesis.
    pub slots: Vec<u64>,
}

/// Finds the chains of each network, in order of network and height. Also returns the blocks that
/// are on none of them, each with the reason.
///
/// A block names the state hash of its parent. Of chains over the same heights the longest counts,
/// as on the network. Of equally long chains, that with the greatest state hash counts: the network
/// would compare hashes of VRF outputs, which the file alone does not give.
pub(super) fn longest_chains(
    recorded: Vec<RecordedBlock>,
) -> (Vec<BlockSeries>, Vec<(BlockIdentity, String)>) {
    let mut networks: BTreeMap<String, BTreeMap<String, RecordedBlock>> = BTreeMap::new();
    for block in recorded {
        networks
            .entry(block.identity.network.clone())
            .or_default()
            .insert(block.identity.state_hash.clone(), block);
    }
    let (mut series, mut left) = (Vec::new(), Vec::new());
    for (network, blocks) in networks {
        let chains = find_chains(&blocks);
        let winners: BTreeMap<u32, &str> = chains
            .iter()
            .flatten()
            .map(|block| (block.content.height, block.identity.state_hash.as_str()))
            .collect();
        for block in blocks.values() {
            let why = match winners.get(&block.content.height) {
                Some(winner) if *winner == block.identity.state_hash => continue,
                Some(winner) => {
                    format!("not on the longest chain, which has {winner} at this height")
                }
                None => "on a chain beside the longest chain".to_owned(),
            };
            left.push((block.identity.clone(), why));
        }
        series.extend(chains.into_iter().map(|chain| BlockSeries {
            network: network.clone(),
            slots: chain.iter().map(|block| block.content.global_slot).collect(),
            blocks: chain.into_iter().map(to_block).collect(),
        }));
    }
    (series, left)
}

/// The chains of one network by height. No two chains have a block at the same height.
fn find_chains(blocks: &BTreeMap<String, RecordedBlock>) -> Vec<Vec<&RecordedBlock>> {
    let mut tips: Vec<(usize, &RecordedBlock)> = Vec::new();
    let parents: BTreeSet<&str> =
        blocks.values().map(|block| block.content.previous.as_str()).collect();
    for (hash, block) in blocks {
        if !parents.contains(hash.as_str()) {
            tips.push((ancestors(blocks, block).count(), block));
        }
    }
    tips.sort_unstable_by_key(|(length, tip)| {
        std::cmp::Reverse((*length, tip.identity.state_hash.as_str()))
    });
    let mut taken: BTreeSet<u32> = BTreeSet::new();
    let mut found = Vec::new();
    for (_, tip) in tips {
        let mut chain: Vec<&RecordedBlock> = ancestors(blocks, tip).collect();
        if chain.iter().any(|block| taken.contains(&block.content.height)) {
            continue;
        }
        chain.reverse();
        taken.extend(chain.iter().map(|block| block.content.height));
        found.push(chain);
    }
    found.sort_unstable_by_key(|chain| chain.first().map(|block| block.content.height));
    found
}

/// A block and its known ancestors, newest first.
fn ancestors<'a>(
    blocks: &'a BTreeMap<String, RecordedBlock>,
    tip: &'a RecordedBlock,
) -> impl Iterator<Item = &'a RecordedBlock> {
    std::iter::successors(Some(tip), |block| {
        let before = blocks.get(&block.content.previous)?;
        // Heights must descend, so wrong names cannot form a loop. The first block of a hard fork
        // has the time of its genesis.
        let follows = before.content.height.checked_add(1) == Some(block.content.height);
        (follows && before.content.at <= block.content.at).then_some(before)
    })
}

fn to_block(recorded: &RecordedBlock) -> Arc<Block> {
    let RecordedBlock { identity, content } = recorded;
    // The files of most archives have no statement hashes. Height and place make a unique id.
    let id = |place: usize| {
        WorkId::one(i64::from(content.height) << 13 | i64::try_from(place).unwrap_or(i64::MAX))
    };
    let works = content.works.iter().enumerate();
    Arc::new(Block {
        height: content.height,
        state_hash: identity.state_hash.as_str().into(),
        at: content.at,
        works: works
            .map(|(place, (fee, prover))| Sale {
                work: id(place),
                fee: *fee,
                prover: prover.clone(),
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests;
