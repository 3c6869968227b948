use super::*;

#[test]
fn a_name_is_network_height_and_hash() {
    let parts = |name: &str| {
        let BlockName { network, height, state_hash } = name.parse().unwrap();
        (network, height, state_hash)
    };
    let named = |network: &str, height| (network.to_owned(), height, "3NKjwFBM".to_owned());
    for (name, expected) in [
        ("mainnet-2200-3NKjwFBM.json", named("mainnet", Some(2200))),
        ("mainnet-3NKjwFBM.json", named("mainnet", None)),
        ("test-world-3NKjwFBM.json", named("test-world", None)),
        ("test-world-2-38-3NKjwFBM.json", named("test-world-2", Some(38))),
        ("mainnet-2200-3NKjwFBM.json.gz", named("mainnet", Some(2200))),
        ("mainnet-3NKjwFBM.json.gz", named("mainnet", None)),
    ] {
        assert_eq!(parts(name), expected, "{name}");
    }
}

#[test]
fn other_names_are_rejected() {
    let wrong = [
        "",
        ".json",
        "mainnet-1.json",
        "mainnet-blocks.json",
        "-1-3N.json",
        "-3N.json",
        "3N.json",
        "mainnet-1-3N",
        "mainnet-1-.json",
        "mainnet-99999999999-3N.json",
        "mainnet-1-3N.json.xz",
        "mainnet-1-3N.gz",
        "mainnet-1-3N.gz.json",
    ];
    for name in wrong {
        assert_eq!(name.parse::<BlockName>(), Err(BlockNameError), "{name}");
    }
}
