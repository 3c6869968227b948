//! What overrides what.

use std::time::Duration;

use snarkfee_core::{cost::CostModel, policy::OnExit, record::Mode, units::PublicKey};

use super::*;

fn load_with(text: &str, variables: &[(&str, &str)]) -> Settings {
    source(variables).load_text(text).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn flags_override_the_environment_which_overrides_the_file() {
    let text = format!(
        "[controller]\ninterval = \"20s\"\nmode = \"dry-run\"\non_exit = \"off\"\n{LEAST}cost = {{ per_work = \"0 MINA\" }}\n"
    );
    let variables =
        [("SNARKFEE__CONTROLLER__INTERVAL", "30s"), ("SNARKFEE__CONTROLLER__MODE", "dry-run")];
    let source = source(&variables).with_flag("controller.mode", "live", "--live");
    let settings = source.load_text(&text).unwrap();
    assert_eq!(settings.controller.on_exit, OnExit::Off);
    assert_eq!(settings.controller.interval, Duration::from_secs(30));
    assert_eq!(settings.controller.mode, Mode::Live);
}

#[test]
fn variables_reach_every_kind_of_key() {
    let settings = load_with(
        LEAST,
        &[
            ("SNARKFEE__DAEMONS__MAIN__GRAPHQL_URL", "http://10.0.0.7:3085/graphql"),
            ("SNARKFEE__DAEMONS__MAIN__OWN_PROVERS", &format!("{}, {}", key(1), key(2))),
            ("SNARKFEE__DAEMONS__MAIN__PROMETHEUS__URL", "http://p:9090"),
            ("SNARKFEE__DAEMONS__MAIN__PROMETHEUS__SELECTOR", "instance=\"m:1\""),
            ("SNARKFEE__DAEMONS__MAIN__COST__PER_WORK", "0.0004 MINA"),
            ("SNARKFEE__DAEMONS__MAIN__POLICY__CONFIRM", "5"),
            ("SNARKFEE__POLICY__DEADBAND", "0.1"),
            ("SNARKFEE__BLOCK_PRODUCTION__ENABLED", "true"),
            ("SNARKFEE__CONTROLLER__LISTEN", ""),
            ("SNARKFEE_LOG", "ignored"),
            ("PATH", "ignored"),
        ],
    );
    let daemon = &settings.daemons[0];
    assert_eq!(daemon.graphql_url.to_string(), "http://10.0.0.7:3085/graphql");
    assert_eq!(daemon.params.worker.own_provers.len(), 2);
    assert!(matches!(daemon.metrics, Some(MetricsSource::Prometheus { .. })));
    assert_eq!(daemon.cost, CostModel::PerWork("0.0004 MINA".parse().unwrap()));
    assert_eq!(daemon.params.pricing.confirm, 5);
    assert!((daemon.params.pricing.deadband - 0.1).abs() < 1e-12);
    assert!(daemon.params.block_production.enabled);
    assert_eq!(settings.controller.listen, None);
}

#[test]
fn a_variable_can_hold_a_list_of_tables() {
    let tariff = "[{ from = \"00:00\", to = \"24:00\", price = \"0.1 USD/kWh\" }]";
    let variables = [
        ("SNARKFEE__DAEMONS__MAIN__COST__ELECTRICITY", tariff),
        ("SNARKFEE__DAEMONS__MAIN__COST__POWER", "350 W"),
        ("SNARKFEE__DAEMONS__MAIN__COST__MINA_PRICE__URL", "http://h/"),
        ("SNARKFEE__DAEMONS__MAIN__COST__MINA_PRICE__POINTER", "/mina/usd"),
        ("SNARKFEE__DAEMONS__MAIN__COST__MINA_PRICE__MAX_AGE", "1h"),
        ("SNARKFEE__DAEMONS__MAIN__COST__WORKS_PER_HOUR", "2.5"),
    ];
    // The table that the variables make takes the place of the file's single price.
    let text = format!("{LEAST}cost = {{ mina_price = \"0.31 USD\" }}\n");
    let settings = load_with(&text, &variables);
    assert!(matches!(settings.daemons[0].cost, CostModel::Parts(_)));
    assert!(settings.daemons[0].cost.feed().is_some());
    let bad = errors_with(LEAST, &[("SNARKFEE__DAEMONS__MAIN__COST__ELECTRICITY", "[{ from = ")]);
    assert!(
        bad[0].starts_with(
            "config: SNARKFEE__DAEMONS__MAIN__COST__ELECTRICITY: daemons.main.cost.electricity: not valid TOML: "
        ),
        "{bad:?}"
    );
}

#[test]
fn names_of_daemons_are_found_as_a_variable_can_spell_them() {
    let text = "[daemons.\"Mina-1.eu\"]\ngraphql_url = \"http://h/\"\n";
    let settings = load_with(text, &[("SNARKFEE__DAEMONS__MINA_1_EU__ROLE", "worker")]);
    assert_eq!(settings.daemons.len(), 1);
    assert_eq!(settings.daemons[0].params.worker.role, snarkfee_core::policy::RoleSetting::Worker);
    // Without a file a variable makes the daemon.
    let source =
        Source::new(None, environment(&[("SNARKFEE__DAEMONS__MAIN__GRAPHQL_URL", "http://h/")]));
    assert_eq!(source.load().unwrap().daemons[0].id.as_str(), "main");
}

#[test]
fn bad_variables_and_flags_are_named() {
    let cases = [
        ("SNARKFEE__POLICY__FLOR", "1 MINA", "policy.flor: unknown key, did you mean \"floor\"?"),
        (
            "SNARKFEE__POLICY__FLOOR",
            "0.001",
            "policy.floor: \"0.001\": a fee or cost needs a unit: \"0.001 MINA\" or \"250000 nanomina\"",
        ),
        ("SNARKFEE__POLICY", "x", "policy: must be a table, [policy], not a single value"),
        ("SNARKFEE__FLOOR", "1 MINA", "floor: unknown key, it belongs in [policy]"),
        ("SNARKFEE__POLICY__", "x", "not the name of a key, write SNARKFEE__SECTION__KEY"),
        ("SNARKFEE__", "x", "not the name of a key, write SNARKFEE__SECTION__KEY"),
        (
            "SNARKFEE__A__B__C__D__E__F__G__H__I",
            "x",
            "not the name of a key, write SNARKFEE__SECTION__KEY",
        ),
        (
            "SNARKFEE__DAEMONS__OTHER__ROLE",
            "auto",
            "daemons.other.graphql_url: missing, write \"http://127.0.0.1:3085/graphql\"",
        ),
        (
            "SNARKFEE__CONTROLLER__MODE",
            "",
            "controller.mode: \"\" is none of \"dry-run\", \"live\"",
        ),
    ];
    for (name, value, expected) in cases {
        assert_eq!(errors_with(LEAST, &[(name, value)]), [format!("config: {name}: {expected}")]);
    }
    let flagged = source(&[])
        .with_flag("controller.listen", "nowhere", "--listen")
        .load_text(LEAST)
        .unwrap_err();
    assert!(
        flagged.to_string().starts_with("config: --listen: controller.listen: not an address"),
        "{flagged}"
    );
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_named() {
    use std::os::unix::ffi::OsStringExt;
    let value = std::ffi::OsString::from_vec(vec![0xff]);
    let variables =
        [("HOME".into(), "/home/ann".into()), ("SNARKFEE__POLICY__FLOOR".into(), value)];
    let errors = Source::new(None, variables).load_text(LEAST).unwrap_err().to_string();
    assert_eq!(errors, "config: SNARKFEE__POLICY__FLOOR: not UTF-8 text");
}

#[test]
fn state_is_kept_where_the_environment_says() {
    let dir = |variables: &[(&str, &str)]| {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Source::new(None, variables).load_text(LEAST).map(|settings| settings.controller.state_dir)
    };
    let (home, xdg, systemd) =
        (("HOME", "/h"), ("XDG_STATE_HOME", "/x"), ("STATE_DIRECTORY", "/s/a:/s/b"));
    assert_eq!(dir(&[home]), Ok(PathBuf::from("/h/.local/state/snarkfee")));
    assert_eq!(dir(&[home, xdg]), Ok(PathBuf::from("/x/snarkfee")));
    assert_eq!(dir(&[home, xdg, systemd]), Ok(PathBuf::from("/s/a")));
    assert_eq!(
        dir(&[home, ("XDG_STATE_HOME", "relative"), ("STATE_DIRECTORY", "")]),
        Ok(PathBuf::from("/h/.local/state/snarkfee"))
    );
    assert!(dir(&[("HOME", "relative")]).is_err());
}

#[test]
fn daemons_of_one_file_know_the_keys_of_all() {
    let daemon = |name: &str, key: &PublicKey| {
        format!("[daemons.{name}]\ngraphql_url = \"http://{name}/\"\nworker_key = \"{key}\"\n")
    };
    let (a, b) = (key(1), key(2));
    let settings = load_with(&[daemon("a", &a), daemon("b", &b)].concat(), &[]);
    for daemon in &settings.daemons {
        let worker = &daemon.params.worker;
        let says = |text: &str| {
            let key = PublicKey::try_new(text).unwrap();
            (worker.owns(&key), worker.is_friendly(&key))
        };
        assert_eq!(says(key(3).as_str()), (false, false));
        let own = daemon.id.as_str() == "a";
        assert_eq!(
            (says(a.as_str()), says(b.as_str())),
            ((own, true), (!own, true)),
            "own sales are counted by one daemon"
        );
    }
    assert!(load_with(&daemon("a", &a), &[]).daemons[0].params.worker.fleet.is_empty());
}
