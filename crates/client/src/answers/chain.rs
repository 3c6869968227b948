//! From the daemon's list of blocks to a run of consecutive ones.

use std::sync::Arc;

use snarkfee_core::market::{Block, ChainLook};

/// Puts blocks in order of height, one of each height, and keeps the newest run without a gap.
///
/// The daemon answers from the frontier's root to the best tip, oldest first. Should it ever list
/// two blocks of one height, the one listed later is kept. Sales are counted per block, so a gap
/// would pass for a time without sales: what lies before one is left out.
pub(super) fn assemble(mut blocks: Vec<Arc<Block>>) -> ChainLook {
    // The sort is stable: of equal heights the later listed comes first, and that one is kept.
    blocks.reverse();
    blocks.sort_by_key(|block| std::cmp::Reverse(block.height));
    blocks.dedup_by_key(|block| block.height);
    let gap = blocks.windows(2).position(|pair| match pair {
        [newer, older] => older.height.checked_add(1) != Some(newer.height),
        _ => false,
    });
    if let Some(last_kept) = gap {
        blocks.truncate(last_kept + 1);
    }
    blocks.reverse();
    ChainLook { blocks }
}

#[cfg(test)]
mod tests;
