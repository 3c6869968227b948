use super::*;

#[test]
fn a_name_is_network_height_and_hash() {
    let name: BlockName = "mainnet-2200-3NKjwFBM.json".parse().unwrap();
    assert_eq!(
        (name.network.as_str(), name.height, name.state_hash.as_str()),
        ("mainnet", 2200, "3NKjwFBM")
    );
    let dashed: BlockName = "test-world-2-38-3NL.json".parse().unwrap();
    assert_eq!((dashed.network.as_str(), dashed.height), ("test-world-2", 38));
}

#[test]
fn other_names_are_rejected() {
    let wrong = [
        "",
        ".json",
        "mainnet-1.json",
        "mainnet-x-3N.json",
        "mainnet-+1-3N.json",
        "-1-3N.json",
        "mainnet-1-3N",
    ];
    for name in wrong.into_iter().chain([
        "mainnet-1-.json",
        "mainnet-99999999999-3N.json",
        "mainnet-1-3N.json.gz",
    ]) {
        assert_eq!(name.parse::<BlockName>(), Err(BlockNameError), "{name}");
    }
}
