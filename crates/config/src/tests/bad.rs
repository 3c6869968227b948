//! Bad configurations and what is said about them.

use proptest::prelude::*;

use super::*;

/// The problems of `LEAST` with `text` before it, whose first line is line 1.
fn with_daemon(text: &str) -> Vec<String> {
    errors(&format!("{text}\n{LEAST}"))
}

#[test]
fn every_bad_setting_names_its_place_and_how_to_write_it() {
    let cases = [
        ("[policy]\nflor = \"0 MINA\"", "2: policy.flor: unknown key, did you mean \"floor\"?"),
        (
            "[policy]\nhalfLife = \"6h\"",
            "2: policy.halfLife: unknown key, did you mean \"half_life\"?",
        ),
        ("[polcy]\nfloor = \"0 MINA\"", "1: polcy: unknown key, did you mean \"policy\"?"),
        (
            "[controller]\nfloor = \"0 MINA\"",
            "2: controller.floor: unknown key, it belongs in [policy]",
        ),
        (
            "[policy]\nfloor = 0.001",
            "2: policy.floor: \"0.001\": a fee or cost needs a unit: \"0.001 MINA\" or \"250000 nanomina\"",
        ),
        (
            "[policy]\nfloor = \"-1 MINA\"",
            "2: policy.floor: \"-1 MINA\": a fee or cost cannot be negative",
        ),
        ("[policy]\nfloor = []", "2: policy.floor: must be a single value, not a list"),
        ("[policy.floor]\nx = 1", "1: policy.floor: must be a single value, not a table"),
        ("policy = 1", "1: policy: must be a table, [policy], not a single value"),
        ("[policy]\nfloor = \"2 MINA\"", "2: policy.floor: 2 MINA is above ceiling, 1 MINA"),
        (
            "[policy]\nceiling = \"0.1 MINA\"\nfloor = \"0.2 MINA\"",
            "3: policy.floor: 0.2 MINA is above ceiling, 0.1 MINA",
        ),
        (
            "[policy]\nstop_below = \"1 MINA/h\"",
            "2: policy.stop_below: 1 MINA/h is above resume_above, 0.001 MINA/h",
        ),
        (
            "[policy]\nresume_above = \"-1 MINA/h\"",
            "2: policy.stop_below: 0 MINA/h is above resume_above, -1 MINA/h",
        ),
        (
            "[policy]\nstrategy = \"profits\"",
            "2: policy.strategy: \"profits\" is none of \"profit\", \"undercut\", \"quantile\", \"fixed\", \"cover\"",
        ),
        (
            "[policy]\nstrategy = \"fixed\"\nfixed_fee = \"2 MINA\"",
            "3: policy.fixed_fee: 2 MINA is not between floor, 0 MINA, and ceiling, 1 MINA",
        ),
        ("[policy]\nquantile = 1.5", "2: policy.quantile: must be a number from 0 to 1"),
        ("[policy]\nquantile = nan", "2: policy.quantile: must be a number from 0 to 1"),
        ("[policy]\nquantile = \"0.5\"", "2: policy.quantile: must be a number without quotes"),
        ("[policy]\ndeadband = 1.0", "2: policy.deadband: must be a number from 0 to 0.999"),
        (
            "[policy]\ntick = \"0 MINA\"",
            "2: policy.tick: must be at least \"1 nanomina\": an equal fee does not replace an offer",
        ),
        ("[policy]\nconfirm = 0", "2: policy.confirm: must be a whole number from 1 to 4294967295"),
        (
            "[policy]\nconfirm = -1",
            "2: policy.confirm: must be a whole number from 1 to 4294967295",
        ),
        (
            "[policy]\nconfirm = 1.5",
            "2: policy.confirm: must be a whole number from 1 to 4294967295",
        ),
        (
            "[policy]\nwindow = 24",
            "2: policy.window: \"24\": a duration needs a unit: \"90s\", \"5m\", \"24h\" or \"1h30m\"",
        ),
        ("[policy]\nwindow = \"0s\"", "2: policy.window: must be from 1ms to 87600h"),
        ("[policy]\nwindow = \"3651d\"", "2: policy.window: must be from 1ms to 87600h"),
        (
            "[controller]\ninterval = \"99ms\"",
            "2: controller.interval: must be from 100ms to 87600h",
        ),
        (
            "[controller]\nmode = true",
            "2: controller.mode: \"true\" is none of \"dry-run\", \"live\"",
        ),
        (
            "[controller]\nallow_remote = \"true\"",
            "2: controller.allow_remote: must be true or false, without quotes",
        ),
        (
            "[controller]\nlisten = \"localhost\"",
            "2: controller.listen: not an address and port, write \"127.0.0.1:9527\", \"[::1]:9527\", or \"\" for none",
        ),
        ("[controller]\nstate_dir = 5", "2: controller.state_dir: must be a string in quotes"),
        (
            "[safety]\nmin_peers = 5000000000",
            "2: safety.min_peers: must be a whole number from 0 to 4294967295",
        ),
        (
            "[block_production]\nenabled = 1",
            "2: block_production.enabled: must be true or false, without quotes",
        ),
        ("\"saf.ety\" = 1", "1: saf.ety: unknown key, did you mean \"safety\"?"),
    ];
    for (text, expected) in cases {
        assert_eq!(with_daemon(text), [format!("config: conf/s.toml:{expected}")], "{text}");
    }
}

#[test]
fn every_bad_daemon_names_its_place_and_how_to_write_it() {
    let cases = [
        (
            "metrics_url = \"file:///etc/passwd\"",
            "3: daemons.main.metrics_url: an address must begin with http:// or https://",
        ),
        (
            "metrics_url = \"127.0.0.1\"",
            "3: daemons.main.metrics_url: not an address: relative URL without a base; write \"http://127.0.0.1:3085/graphql\"",
        ),
        (
            "worker_key = \"B62q...\"",
            "3: daemons.main.worker_key: a placeholder, not a key: leave it out, and `snarkfee check` prints the key that the daemon shows, ready to paste",
        ),
        ("own_provers = [\"\"]", "3: daemons.main.own_provers: public key \"\" is empty"),
        ("own_provers = [1]", "3: daemons.main.own_provers: each item must be a string in quotes"),
        (
            "own_provers = \"B62\"",
            "3: daemons.main.own_provers: must be a list, not a single value",
        ),
        (
            "role = \"coordinater\"",
            "3: daemons.main.role: \"coordinater\" is none of \"auto\", \"worker\", \"coordinator\"",
        ),
        ("timeout = \"0s\"", "3: daemons.main.timeout: must be from 1ms to 87600h"),
        (
            "max_response = 64",
            "3: daemons.main.max_response: \"64\": a size needs a unit: \"64 MiB\" or \"500 kB\"",
        ),
        ("max_response = \"1 KiB\"", "3: daemons.main.max_response: must be at least 64 KiB"),
        (
            "bearer_token_file = \"none\"",
            "3: daemons.main.bearer_token_file: conf/none: cannot be read: No such file or directory (os error 2)",
        ),
        (
            "prometheus = { url = \"http://p:9090\" }",
            "3: daemons.main.prometheus.selector: missing, write 'instance=\"mina-1:10000\"': the labels that only this daemon's series have",
        ),
        (
            "prometheus = { url = \"http://p:9090\", selector = '{a=\"b\"}' }",
            "3: daemons.main.prometheus.selector: not a list of label matchers without braces, write 'instance=\"mina-1:10000\"'",
        ),
        (
            "metrics_url = \"http://m:1/metrics\"\nprometheus = { url = \"http://p:9090\", selector = 'a=\"b\"' }",
            "3: daemons.main.metrics_url: either metrics_url or prometheus, not both",
        ),
        (
            "[daemons.main.policy]\nceilling = \"1 MINA\"",
            "4: daemons.main.policy.ceilling: unknown key, did you mean \"ceiling\"?",
        ),
        (
            "[daemons.main.policy]\nfloor = \"2 MINA\"",
            "4: daemons.main.policy.floor: 2 MINA is above ceiling, 1 MINA",
        ),
        (
            "[daemons.\"a b\"]\ngraphql_url = \"http://h/\"",
            "3: daemons.a b.: daemon name \"a b\" may hold only letters, digits, '-', '_' and '.'",
        ),
        (
            "[daemons.other]\nrole = \"worker\"",
            "3: daemons.other.graphql_url: missing, write \"http://127.0.0.1:3085/graphql\"",
        ),
        (
            "[daemons]\nother = 1",
            "4: daemons.other: must be a table, [daemons.other], not a single value",
        ),
        ("worker_key = \"B62q", "3: not valid TOML: invalid basic string, expected `\"`"),
        ("role = \"auto\"\nrole = \"auto\"", "4: not valid TOML: duplicate key"),
    ];
    for (text, expected) in cases {
        assert_eq!(in_daemon(text), [format!("config: conf/s.toml:{expected}")], "{text}");
    }
}

#[test]
fn every_bad_cost_names_its_place_and_how_to_write_it() {
    const STATIC: &str = "mina_price = \"0.31 USD\"\nworks_per_hour = 90\n";
    let cases = [
        ("per_work = 0", "4: daemons.main.cost.per_work: \"0\": a fee or cost needs a unit: \"0.001 MINA\" or \"250000 nanomina\"".to_owned()),
        ("per_work = \"0 MINA\"\nmachine = \"1 USD/h\"", "5: daemons.main.cost.machine: either per_work or the parts of a cost, not both".to_owned()),
        (&format!("{STATIC}power = \"350 W\""), "3: daemons.main.cost.electricity: missing, write \"0.18 USD/kWh\"".to_owned()),
        (&format!("{STATIC}electricity = \"0.18 USD/kWh\""), "3: daemons.main.cost.power: missing, write \"350 W\"".to_owned()),
        (STATIC, "3: daemons.main.cost.power: missing, write \"350 W\" with electricity, or machine = \"0.40 USD/h\"".to_owned()),
        ("machine = \"1 USD/h\"\nworks_per_hour = 90", "3: daemons.main.cost.mina_price: missing, write \"0.31 USD\"".to_owned()),
        ("machine = \"1 USD/h\"\nmina_price = \"0.31 USD\"", "3: daemons.main.cost.works_per_hour: missing, write 90 or \"measured\"".to_owned()),
        (
            "machine = \"1 USD/h\"\nmina_price = \"0.31 USD\"\nworks_per_hour = 0",
            "6: daemons.main.cost.works_per_hour: \"0\": a number of works per hour must be above zero: 90, 2.5 or \"measured\"".to_owned(),
        ),
        (
            &format!("{STATIC}machine = \"1 USD/h\"\nbelieved_works_per_hour = \"60..180\""),
            "7: daemons.main.cost.believed_works_per_hour: only with works_per_hour = \"measured\"".to_owned(),
        ),
        (
            "believed_works_per_hour = \"180..60\"",
            "4: daemons.main.cost.believed_works_per_hour: the first rate must be below the second".to_owned(),
        ),
        (
            "believed_works_per_hour = \"60\"",
            "4: daemons.main.cost.believed_works_per_hour: must be two rates, write \"60..180\"".to_owned(),
        ),
        (&format!("{STATIC}machine = \"1 USD/h\"\nidle_power = \"60 W\""), "3: daemons.main.cost.power: missing, write \"350 W\"".to_owned()),
        (&format!("{STATIC}machine = \"1 EUR/h\""), "4: daemons.main.cost.mina_price: prices in EUR and USD; use one currency".to_owned()),
        (&format!("{STATIC}machine = \"1 USD\""), "6: daemons.main.cost.machine: \"1 USD\": a price of an hour needs a unit: \"0.40 USD/h\"".to_owned()),
        (
            &format!("{STATIC}power = \"350 W\"\nelectricity = [{{ from = \"22:00\", to = \"06:00\", price = \"0.09 USD/kWh\" }}]"),
            "7: daemons.main.cost.electricity: no price from 06:00 to 22:00".to_owned(),
        ),
        (
            &format!("{STATIC}power = \"350 W\"\nelectricity = [\n{{ from = \"22:00\", to = \"6:00\", price = \"0.09 USD/kWh\" }}]"),
            "8: daemons.main.cost.electricity[0].to: not a time of day, write \"22:00\"".to_owned(),
        ),
        (
            &format!("{STATIC}power = \"350 W\"\nelectricity = [\n{{ from = \"22:00\", to = \"06:00\", prize = \"0.09 USD/kWh\", price = \"0.09 USD/kWh\" }},\n{{ from = \"06:00\", to = \"22:00\", price = \"0.09 USD/kWh\" }}]"),
            "8: daemons.main.cost.electricity[0].prize: unknown key, did you mean \"price\"?".to_owned(),
        ),
        (&format!("{STATIC}machine = \"1 USD/h\"\ntime_zone = \"Berlin\""), "7: daemons.main.cost.time_zone: \"Berlin\" is not in this machine's time zone database, write \"Europe/Berlin\"".to_owned()),
        (
            "machine = \"1 USD/h\"\nworks_per_hour = 90\nmina_price = { url = \"http://h/\", pointer = \"mina\", max_age = \"1h\" }",
            "6: daemons.main.cost.mina_price.pointer: must begin with a slash, write \"/mina/usd\"".to_owned(),
        ),
        (
            "machine = \"1 USD/h\"\nworks_per_hour = 90\nmina_price = { url = \"http://h/\", pointer = \"/mina\" }",
            "6: daemons.main.cost.mina_price.max_age: missing, write \"1h\"".to_owned(),
        ),
        (
            "machine = \"1 USD/h\"\nworks_per_hour = 90\nmina_price = { url = \"http://h/\", pointer = \"/mina\", max_age = \"1h\", currency = \"dollar\" }",
            "6: daemons.main.cost.mina_price.currency: \"dollar\": needs a currency of three letters: \"0.31 USD\"".to_owned(),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(
            in_daemon(&format!("[daemons.main.cost]\n{text}")),
            [format!("config: conf/s.toml:{expected}")],
            "{text}"
        );
    }
}

#[test]
fn selectors_are_label_matchers() {
    let count = |selector: &str| {
        in_daemon(&format!("prometheus = {{ url = \"http://p:9090\", selector = '{selector}' }}"))
            .len()
    };
    for good in ["a=\"b\"", " a = \"b\" , c!~\"d|e\",", "a=\"}\", b=\"\\\"\"", "_a1=~\".+\""] {
        assert_eq!(count(good), 0, "{good}");
    }
    for bad in [
        "a",
        "a=b",
        "a=\"b",
        "=\"b\"",
        "1a=\"b\"",
        "a=\"b\" c=\"d\"",
        "a=\"b\"} or up{x=\"",
        "a=\"\\\"",
        ",",
    ] {
        assert_eq!(count(bad), 1, "{bad}");
    }
}

#[test]
fn all_problems_are_reported_at_once_in_the_order_of_the_file() {
    let text = "[controller]\nmode = \"on\"\n[policy]\nflor = 1\nwindow = 5\n[daemons.a]\n[safety]\nmin_peers = \"x\"\n";
    let found = errors_with(text, &[("SNARKFEE__POLICY__TICK", "1")]);
    let places: Vec<&str> =
        found.iter().map(|line| line.rsplitn(2, ": ").last().unwrap_or_default()).collect();
    let starts = [
        "conf/s.toml:2",
        "conf/s.toml:4",
        "conf/s.toml:5",
        "conf/s.toml:6",
        "conf/s.toml:8",
        "SNARKFEE__POLICY__TICK",
    ];
    assert_eq!(found.len(), starts.len(), "{found:?}");
    for (place, start) in places.iter().zip(starts) {
        assert!(place.starts_with(&format!("config: {start}: ")), "{place}");
    }
}

#[test]
fn a_shared_problem_is_reported_once_however_many_daemons_share_it() {
    let two = format!(
        "{LEAST}[daemons.two]\ngraphql_url = \"http://h/\"\n[daemons.two.policy]\nceiling = \"1 MINA\"\n"
    );
    let found = errors(&format!("{two}[policy]\nflor = \"1 MINA\"\ntick = 5\n"));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[0].contains(":8: policy.flor:") && found[1].contains(":9: policy.tick:"),
        "{found:#?}"
    );
}

#[test]
fn without_a_daemon_or_a_folder_of_state() {
    assert_eq!(
        errors(""),
        ["config: conf/s.toml: daemons: no daemon: write [daemons.main] with graphql_url below it"]
    );
    let bare = Source::new(None, Vec::new());
    let found = bare.load_text(LEAST).unwrap_err().to_string();
    assert_eq!(
        found,
        "config: controller.state_dir: missing, write \"/var/lib/snarkfee\": neither STATE_DIRECTORY, XDG_STATE_HOME nor HOME is set"
    );
}

#[test]
fn what_proves_for_the_network_needs_no_cost() {
    let live = "[controller]\nmode = \"live\"\n";
    assert_eq!(
        errors(&format!("{live}[policy]\nstrategy = \"cover\"\n{LEAST}")),
        Vec::<String>::new()
    );
}

#[test]
fn live_mode_wants_a_cost_and_guards_its_listener() {
    let live = "[controller]\nmode = \"live\"\n";
    let found = errors(&format!("{live}{LEAST}"));
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with(
            "config: conf/s.toml:3: daemons.main.cost: what a work costs is not known"
        ),
        "{found:?}"
    );
    let cost = "[daemons.main.cost]\nper_work = \"0 MINA\"\n";
    assert_eq!(errors(&format!("{live}{LEAST}{cost}")), Vec::<String>::new());

    let open = "listen = \"0.0.0.0:9527\"\n";
    assert_eq!(
        errors(&format!("{live}{open}{LEAST}{cost}")),
        [
            "config: conf/s.toml:3: controller.listen: 0.0.0.0:9527 can be reached from other machines: in live mode set admin_token_file or allow_remote = true"
        ]
    );
    assert!(errors(&format!("{live}{open}allow_remote = true\n{LEAST}{cost}")).is_empty());
    assert!(errors(&format!("[controller]\n{open}{LEAST}")).is_empty());

    let twice = "[daemons.again]\ngraphql_url = \"http://127.0.0.1:3085/graphql\"\ncost = { per_work = \"0 MINA\" }\n";
    let found = errors(&format!("{live}{LEAST}{cost}{twice}"));
    assert_eq!(found.len(), 1);
    assert!(
        found[0].contains("main.graphql_url: the same daemon as daemons.again: two policies"),
        "{found:?}"
    );
    let alias = twice.replace("127.0.0.1:3085/graphql", "LOCALHOST:3085/graphql/");
    let found = errors(&format!("{live}{LEAST}{cost}{alias}"));
    assert!(found.len() == 1 && found[0].contains("the same daemon as"), "{found:?}");
}

#[test]
fn errors_and_debug_texts_hold_no_credentials() {
    let secret = "[daemons.main]\ngraphql_url = \"ftp://ann:hunter2@h/\"\nmetrics_url = \"http://ann:hunter2@\"\n";
    let found = errors(secret);
    assert_eq!(found.len(), 2);
    assert!(!found.concat().contains("hunter2"));
    let settings = load("[daemons.main]\ngraphql_url = \"http://ann:hunter2@h/?key=hunter2\"\n");
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert!(!settings.effective().contains("hunter2"));
    assert!(
        settings.warnings().iter().any(|warning| warning.contains("unencrypted")),
        "{:?}",
        settings.warnings()
    );
    let source = source(&[("SNARKFEE__DAEMONS__MAIN__GRAPHQL_URL", "http://ann:hunter2@h/")]);
    assert!(!format!("{source:?}").contains("hunter2"));
}

#[test]
fn what_is_allowed_but_hardly_meant_is_warned_about() {
    let text = format!("[controller]\ninterval = \"500ms\"\nlisten = \"0.0.0.0:1\"\n{LEAST}");
    let warnings = load(&text).warnings().join("\n");
    for part in [
        "config: conf/s.toml:2: controller.interval: under 10s",
        "config: conf/s.toml:3: controller.listen: 0.0.0.0:1 can be reached",
        "config: conf/s.toml:4: daemons.main.cost: what a work costs is not known",
        "config: conf/s.toml:4: daemons.main.worker_key: not set",
    ] {
        assert!(warnings.contains(part), "{part} in {warnings}");
    }
}

proptest! {
    #[test]
    fn no_text_panics_and_each_problem_is_one_line(text in "\\PC{0,200}") {
        let _ = source(&[]).load_text(&text);
    }

    /// Texts that are nearly right: lines of the default file with some of their values and keys
    /// changed.
    #[test]
    fn no_nearly_right_text_panics(
        lines in proptest::collection::vec((0..400_usize, "\\PC{0,12}|[0-9.]{1,6}|\"[0-9a-zA-Z /.:-]{0,12}\"|\\[[0-9,]{0,6}\\]|true|nan|22:00:00|\\{ x = 1 \\}", 0..3), 0..12),
    ) {
        let mut file: Vec<String> = default_file().lines().map(|line| line.strip_prefix("# ").unwrap_or(line).to_owned()).filter(|line| line.is_empty() || line.contains(" = ") || line.starts_with('[')).collect();
        for (at, value, how) in lines {
            let at = at % file.len();
            file[at] = match how {
                0 => format!("{} = {value}", file[at].split(" = ").next().unwrap_or_default()),
                1 => format!("{value}{}", file[at]),
                _ => value,
            };
        }
        if let Err(errors) = source(&[]).load_text(&file.join("\n")) {
            let shown = errors.to_string();
            prop_assert_eq!(shown.lines().count(), errors.iter().count());
            prop_assert!(shown.lines().all(|line| line.starts_with("config: ")));
        }
    }

    #[test]
    fn no_variable_panics(name in "[A-Za-z_]{0,40}|POLICY__[A-Z_]{0,12}|(A__){0,200}", value in "\\PC{0,40}|\\[.{0,10}\\]") {
        let _ = source(&[(&format!("SNARKFEE__{name}"), &value)]).load_text(LEAST);
    }
}

#[test]
fn a_private_key_is_refused_and_never_repeated() {
    const PRIVATE: &str = "EKFKgDtU3rcuFTVSEpmpXSkukjmX4cKefYREi6Sdsk7E7wsT7KRw";
    for (text, place) in [
        (format!("worker_key = \"{PRIVATE}\""), "3: daemons.main.worker_key"),
        (format!("worker_key = \" {PRIVATE}\""), "3: daemons.main.worker_key"),
        (format!("own_provers = [\"{PRIVATE}\"]"), "3: daemons.main.own_provers"),
    ] {
        let refused = "this is a private key (EK..); write the public key, B62q..";
        assert_eq!(in_daemon(&text), [format!("config: conf/s.toml:{place}: {refused}")]);
    }
}
