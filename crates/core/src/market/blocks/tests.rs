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
        blocks.splice(&[block(1, "a", 0, &[]), block(2, "b", 90, &[]), block(3, "c", 180, &[])]),
        Some(true)
    );
    assert_eq!(blocks.splice(&[block(2, "x", 100, &[])]), Some(true));
    assert_eq!(known(&blocks), [(1, "a"), (2, "x")]);
    assert_eq!(blocks.splice(&[block(5, "y", 300, &[])]), Some(false));
    assert_eq!(known(&blocks), [(1, "a"), (2, "x"), (5, "y")]);
}

#[test]
fn what_is_written_is_read_again() {
    let blocks = KnownBlocks::new([block(7, "b", 90, &[(1, 5, "them")]), block(6, "a", 0, &[])]);
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
