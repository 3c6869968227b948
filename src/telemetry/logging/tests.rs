use tracing::Level;

use super::*;

#[test]
fn a_filter_that_cannot_be_read_is_named() {
    let error = init_logging(LogFormat::Text, "snarkfee=[").unwrap_err();
    assert!(error.to_string().contains("snarkfee=["));
    for slip in [
        "!!",
        "info;snarkfee=debug",
        "snarkfee=",
        "=debug",
        "warn,snarkfee=loud",
        "a[span]=debug",
        "a b",
    ] {
        assert!(parse_filter(slip).is_err(), "{slip}");
    }
}

#[test]
fn a_filter_names_levels_for_all_and_for_targets() {
    let level = |filter: &str, target| {
        let targets = parse_filter(filter).unwrap();
        let levels = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];
        levels.into_iter().find(|level| targets.would_enable(target, level))
    };
    for (filter, of_ours, of_others) in [
        ("", Some(Level::ERROR), Some(Level::ERROR)),
        ("info,", Some(Level::INFO), Some(Level::INFO)),
        ("warn, snarkfee=debug", Some(Level::DEBUG), Some(Level::WARN)),
        ("snarkfee", Some(Level::TRACE), None),
        ("off", None, None),
        ("INFO,snarkfee::decision=off", None, Some(Level::INFO)),
    ] {
        assert_eq!(level(filter, "snarkfee::decision"), of_ours, "{filter}");
        assert_eq!(level(filter, "hyper"), of_others, "{filter}");
    }
}
