//! Mistakes that many make, and what is not repeated of them.

use super::*;

#[test]
fn what_may_be_a_secret_is_not_repeated_from_where_a_key_or_a_file_belongs() {
    const PRIVATE: &str = "EKFKgDtU3rcuFTVSEpmpXSkukjmX4cKefYREi6Sdsk7E7wsT7KRw";
    const TOKEN: &str = "c2VjcmV0LXRva2VuLW9mLWFuLW9wZXJhdG9y";
    for text in [
        format!("worker_key = \"{TOKEN}\""),
        "worker_key = \"correct horse battery staple\"".to_owned(),
        format!("bearer_token_file = \"{TOKEN}\""),
        format!("bearer_token_file = \"{TOKEN}+/=\""),
        format!("bearer_token_file = \"eyJhbGciOiJIUzI1NiJ9.{TOKEN}\""),
        format!("bearer_token_file = \"{PRIVATE}\""),
        format!("role = \"{PRIVATE}\""),
        format!("{PRIVATE} = 1"),
        format!("[daemons.{PRIVATE}]\ngraphql_url = \"{PRIVATE}\""),
    ] {
        let found = in_daemon(&text);
        assert_eq!(found.len(), 1, "{found:?}");
        for secret in [PRIVATE, TOKEN, "horse"] {
            assert!(!found[0].contains(secret), "{found:?}");
        }
    }
    let named = in_daemon("bearer_token_file = \"nowhere.token\"");
    assert!(named[0].contains("nowhere.token: cannot be read"), "{named:?}");
}

#[test]
fn a_key_is_checked_and_white_space_around_it_is_not() {
    const KEY: &str = "B62qjCuPisQjLW7YkB22BR9KieSmUZTyApftqxsAuB3U21r3vj1YnaG";
    for right in [format!("{KEY} "), format!("{KEY}\\n"), format!(" {KEY}")] {
        let text = format!("{LEAST}worker_key = \"{right}\"");
        assert_eq!(load(&text).daemons[0].params.worker.key.as_ref().unwrap().as_str(), KEY);
    }
    let wrong = [KEY.replace("YnaG", "YnaH"), KEY.to_lowercase(), KEY[..54].to_owned()];
    for wrong in wrong {
        let found = in_daemon(&format!("worker_key = \"{wrong}\""));
        assert!(found.len() == 1 && found[0].contains("not a public key"), "{wrong}: {found:?}");
    }
}

#[test]
fn quotes_within_a_variable_are_told_apart_from_its_value() {
    let quoted = |text: &str| errors_with(LEAST, &[("SNARKFEE__POLICY__FLOOR", text)]);
    let fix = "config: SNARKFEE__POLICY__FLOOR: the value itself contains quotes, write it without: \
               SNARKFEE__POLICY__FLOOR=0.001 MINA";
    assert_eq!(quoted("\"0.001 MINA\""), [fix]);
    for text in ["'0.001 MINA'", "`0.001 MINA`", "“0.001 MINA”", "„0.001 MINA“"] {
        assert_eq!(quoted(text), [fix], "{text}");
    }
    let url = [("SNARKFEE__DAEMONS__MAIN__GRAPHQL_URL", "\"http://u:secret@h/graphql\"")];
    let found = errors_with(LEAST, &url);
    assert!(found[0].ends_with("contains quotes, write it without"), "{found:?}");
}

#[test]
fn a_variable_that_may_mean_two_things_sets_neither() {
    let text = "[daemons.node-1]\ngraphql_url = \"http://a/\"\n\
                [daemons.\"node.1\"]\ngraphql_url = \"http://b/\"\n";
    let found = errors_with(text, &[("SNARKFEE__DAEMONS__NODE_1__GRAPHQL_URL", "http://c/")]);
    let may_mean = "SNARKFEE__DAEMONS__NODE_1__GRAPHQL_URL: may mean daemons.node-1 as well as";
    assert!(found.len() == 1 && found[0].contains(may_mean), "{found:?}");
    let twice = [("SNARKFEE__POLICY__FLOOR", "1 MINA"), ("SNARKFEE__policy__floor", "0 MINA")];
    let found = errors_with(LEAST, &twice);
    assert!(found[0].ends_with("sets the same key as SNARKFEE__POLICY__FLOOR"), "{found:?}");
}

#[test]
fn a_variable_with_single_underscores_is_warned_of() {
    let warnings = |name: &str| {
        let settings = source(&[(name, "0.001 MINA")]).load_text(LEAST).unwrap();
        let about = |warning: &&String| warning.contains(name);
        settings.warnings().iter().filter(about).cloned().collect::<Vec<_>>()
    };
    for (name, right) in [
        ("SNARKFEE_POLICY_FLOOR", "SNARKFEE__POLICY__FLOOR"),
        ("SNARKFEE_POLICY__FLOOR", "SNARKFEE__POLICY__FLOOR"),
        ("SNARKFEE_BLOCK_PRODUCTION_ENABLED", "SNARKFEE__BLOCK_PRODUCTION__ENABLED"),
        ("SNARKFEE_DAEMONS_MAIN_ROLE", "SNARKFEE__DAEMONS__NAME__KEY"),
    ] {
        let expected = format!("config: {name}: not read: write two underscores, {right}");
        assert_eq!(warnings(name), [expected]);
    }
    let expected = "config: snarkfee__policy__floor: not read: write capitals, \
                    SNARKFEE__POLICY__FLOOR";
    assert_eq!(warnings("snarkfee__policy__floor"), [expected]);
    assert_eq!(warnings("SNARKFEE_LOG"), Vec::<String>::new());
}
