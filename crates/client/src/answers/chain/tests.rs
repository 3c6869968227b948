use proptest::prelude::*;

use super::*;

fn block(height: u32, state_hash: &str) -> Arc<Block> {
    Arc::new(Block {
        height,
        state_hash: state_hash.into(),
        at: jiff::Timestamp::UNIX_EPOCH,
        works: Box::default(),
    })
}

fn heights(chain: &ChainLook) -> Vec<u32> {
    chain.blocks.iter().map(|block| block.height).collect()
}

#[test]
fn the_newest_run_stands() {
    let listed =
        |heights: &[u32]| assemble(heights.iter().map(|height| block(*height, "h")).collect());
    assert_eq!(heights(&listed(&[])), [0; 0]);
    assert_eq!(heights(&listed(&[5])), [5]);
    assert_eq!(heights(&listed(&[5, 6, 7])), [5, 6, 7]);
    assert_eq!(heights(&listed(&[7, 5, 6])), [5, 6, 7]);
    assert_eq!(heights(&listed(&[1, 2, 4, 5])), [4, 5]);
    assert_eq!(heights(&listed(&[1, 3, u32::MAX])), [u32::MAX]);
}

#[test]
fn of_one_height_the_later_listed_stands() {
    let chain = assemble(vec![block(1, "a"), block(2, "b"), block(2, "c")]);
    assert_eq!(chain.blocks.iter().map(|block| &*block.state_hash).collect::<Vec<_>>(), ["a", "c"]);
}

proptest! {
    #[test]
    fn a_chain_is_consecutive_and_ends_at_the_highest(listed in proptest::collection::vec(0_u32..40, 0..40)) {
        let chain = assemble(listed.iter().map(|height| block(*height, "h")).collect());
        let heights = heights(&chain);
        prop_assert_eq!(heights.last(), listed.iter().max());
        prop_assert!(heights.windows(2).all(|pair| pair[0] + 1 == pair[1]));
        // Nothing that continues the run downwards was dropped.
        if let Some(below) = heights.first().and_then(|oldest| oldest.checked_sub(1)) {
            prop_assert!(!listed.contains(&below));
        }
    }
}
