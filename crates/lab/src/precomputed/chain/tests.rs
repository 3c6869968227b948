use super::*;
use snarkfee_core::fixtures::time;

fn recorded(network: &str, height: u32, hash: &str, previous: &str) -> RecordedBlock {
    let identity = BlockIdentity { network: network.into(), state_hash: hash.into() };
    let (at, global_slot) = (time(i64::from(height) * 180), u64::from(height));
    RecordedBlock {
        identity,
        content: BlockContent {
            height,
            previous: previous.into(),
            at,
            global_slot,
            works: Vec::new(),
        },
    }
}

fn hashes(series: &BlockSeries) -> Vec<&str> {
    series.blocks.iter().map(|block| &*block.state_hash).collect()
}

#[test]
fn of_forks_the_longest_counts_and_the_rest_is_listed() {
    let blocks = vec![
        recorded("main", 5, "e1", "d"),
        recorded("main", 4, "d", "c"),
        recorded("main", 5, "e2", "d"),
        recorded("main", 6, "f2", "e2"),
        recorded("main", 6, "g", "e2"),
    ];
    let (series, left) = longest_chains(blocks);
    assert_eq!(series.len(), 1);
    assert_eq!(hashes(&series[0]), ["d", "e2", "g"], "of equally long ones the greatest hash");
    let names: Vec<&str> = left.iter().map(|(block, _)| block.state_hash.as_str()).collect();
    assert_eq!(names, ["e1", "f2"]);
    assert!(left[0].1.contains("e2"), "{}", left[0].1);
}

#[test]
fn gaps_and_networks_separate_chains() {
    let blocks = vec![
        recorded("main", 9, "i", "h"),
        recorded("main", 4, "d", "c"),
        recorded("main", 5, "e", "d"),
        recorded("test", 4, "t", "s"),
    ];
    let (series, left) = longest_chains(blocks);
    let found: Vec<(&str, Vec<&str>)> =
        series.iter().map(|one| (one.network.as_str(), hashes(one))).collect();
    assert_eq!(found, [("main", vec!["d", "e"]), ("main", vec!["i"]), ("test", vec!["t"])]);
    assert_eq!(left, []);
}

#[test]
fn a_fork_whose_beginning_is_missing_does_not_count_beside_a_longer_chain() {
    let blocks = vec![
        recorded("main", 4, "d", "c"),
        recorded("main", 5, "e", "d"),
        recorded("main", 5, "x", "w"),
        recorded("main", 3, "circle", "circle"),
    ];
    let (series, left) = longest_chains(blocks);
    assert_eq!(series.iter().map(hashes).collect::<Vec<_>>(), [vec!["d", "e"]]);
    assert_eq!(left.len(), 2);
}

#[test]
fn every_block_counts_or_is_listed() {
    let blocks = vec![
        recorded("main", 3, "c", "b"),
        recorded("main", 4, "d", "c"),
        recorded("main", 4, "y", "x"),
        recorded("main", 5, "z", "y"),
        recorded("main", 6, "a", "z"),
    ];
    let (series, left) = longest_chains(blocks);
    assert_eq!(series.iter().map(hashes).collect::<Vec<_>>(), [vec!["y", "z", "a"]]);
    let names: Vec<&str> = left.iter().map(|(block, _)| block.state_hash.as_str()).collect();
    assert_eq!(names, ["c", "d"]);
}
