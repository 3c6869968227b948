//! The files of `config/`, and settings written out as one.

use std::{fs, path::Path, time::Duration};

use snarkfee_core::{
    cost::{CostModel, Electricity, MinaPrice, Throughput},
    market::PacePrior,
    policy::{Pricing, Strategy},
    units::Nanomina,
};

use super::{table::Tables, *};

const FLEET: &str = include_str!("../../../../config/example-fleet.toml");

#[test]
fn the_default_file_equals_the_built_in_defaults() {
    let written = load(&default_file());
    let built_in = load(LEAST);
    assert_eq!(written.controller, built_in.controller);
    assert_eq!(written.daemons, built_in.daemons);
    assert_eq!(built_in.controller, Controller::in_dir("/home/ann/.local/state/snarkfee".into()));
    let daemon = &built_in.daemons[0];
    assert_eq!(*daemon, Daemon::new(daemon.id.clone(), daemon.graphql_url.clone()));
    assert_eq!(daemon.params.pricing, Pricing::default());
}

/// Defaults that show only under another strategy are in the file too.
#[test]
fn the_default_file_gives_the_defaults_of_every_strategy() {
    for name in ["quantile", "fixed"] {
        let strategy = format!("strategy = \"{name}\"");
        let written = load(&default_file().replace("strategy = \"profit\"", &strategy));
        let built_in = load(&format!("{LEAST}[policy]\n{strategy}\n"));
        assert_eq!(written.daemons[0].params.pricing, built_in.daemons[0].params.pricing);
        assert_eq!(built_in.daemons[0].params.pricing.strategy.name(), name);
    }
}

/// The default file with its commented settings switched on, one of each key.
fn everything() -> String {
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    let mut section = String::new();
    let mut text = String::new();
    for line in default_file().lines() {
        if line.starts_with('[') {
            line.clone_into(&mut section);
        }
        let key = line
            .strip_prefix("# ")
            .and_then(|setting| setting.split_once(" = "))
            .map(|(key, _)| key);
        let is_key =
            key.is_some_and(|key| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        let clashes = key.is_some_and(|key| {
            ["per_work", "metrics_url"].contains(&key) || key.ends_with("_file")
        });
        // Of settings shown several times the last, which is the longest form.
        let is_last = |key: &str| {
            let shown = seen.entry(key.to_owned()).or_default();
            *shown += 1;
            *shown == default_file().matches(&format!("\n# {key} = ")).count()
        };
        if is_key && !clashes && key.is_some_and(is_last) {
            text.push_str(line.trim_start_matches("# "));
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text.replace("B62q...", "B62qre3erTHfzQckNuibViWQGyyKwZseztqrjPZBv6SQF384Rg6ESAy")
}

#[test]
fn every_commented_setting_of_the_default_file_is_one() {
    let settings = load(&everything());
    let daemon = &settings.daemons[0];
    assert!(daemon.params.worker.key.is_some());
    assert!(matches!(daemon.metrics, Some(MetricsSource::Prometheus { .. })));
    let CostModel::Parts(parts) = &daemon.cost else { panic!("{:?}", daemon.cost) };
    assert!(matches!(parts.energy(), Some((_, Electricity::Tariff(_)))));
    assert!(matches!(parts.mina_price(), MinaPrice::Quoted(_)));
    for setting in
        ["per_work = \"0.0004 MINA\"", "metrics_url = \"http://127.0.0.1:10000/metrics\""]
    {
        assert!(default_file().contains(&format!("\n# {setting}\n")), "{setting}");
    }
}

/// What is written from the table of settings; `UPDATE_DOCUMENTS=1` writes it anew.
#[test]
fn the_default_file_and_the_documentation_follow_from_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/settings.md")).unwrap();
    let written =
        [("config/default.toml", default_file()), ("docs/settings.md", document_settings(&page))];
    for (path, text) in written {
        let file = root.join(path);
        if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
            fs::write(&file, &text).unwrap();
        }
        let committed = fs::read_to_string(&file).unwrap();
        assert_eq!(committed, text, "{path}: run this test with UPDATE_DOCUMENTS=1");
    }
}

/// The default file is written from the table that the reader uses; what could be left out is the
/// example of a key within an inline table.
#[test]
fn every_key_is_in_the_default_file() {
    let (tables, text) = (Tables::new().keys(), default_file());
    assert!(tables.iter().map(|table| table.keys.len()).sum::<usize>() > 60);
    for key in tables.iter().flat_map(|table| &table.keys) {
        let shown = text.contains(&format!("{key} = "));
        let opened = text.contains(&format!("[{key}")) || text.contains(&format!(".{key}]"));
        assert!(shown || opened, "{key} is not in config/default.toml");
    }
}

#[test]
fn the_example_fleet_loads() {
    let settings = load(FLEET);
    let names: Vec<&str> = settings.daemons.iter().map(|daemon| daemon.id.as_str()).collect();
    assert_eq!(names, ["basement", "pool", "rented-1"]);
    let [basement, pool, rented] = settings.daemons.as_slice() else { panic!("three daemons") };
    assert!(settings.daemons.iter().all(|daemon| daemon.params.safety.min_peers == 5));
    let ceiling: Nanomina = "0.1 MINA".parse().unwrap();
    assert!(settings.daemons.iter().all(|daemon| daemon.params.pricing.ceiling == ceiling.into()));
    assert_eq!(pool.params.pricing.strategy, Strategy::Quantile { quantile: 0.1 });
    assert_eq!(basement.params.pricing.strategy, Strategy::Profit);
    assert_eq!(rented.params.pricing.min_on, Duration::from_secs(3600));
    assert_eq!(rented.params.pricing.resume_above, "0.1 MINA/h".parse().unwrap());
    assert_eq!(basement.params.pricing.resume_above, "0.01 MINA/h".parse().unwrap());
    assert!(pool.params.block_production.enabled && !basement.params.block_production.enabled);
    assert_eq!(settings.controller.state_dir, PathBuf::from("conf/state"));
    let CostModel::Parts(parts) = &basement.cost else { panic!("{:?}", basement.cost) };
    assert_eq!(parts.works_per_hour(), Throughput::Measured(PacePrior::default()));
    assert_eq!(settings.warnings(), Vec::<String>::new());
}

#[test]
fn effective_settings_read_back_as_the_same_settings() {
    let odd = "[controller]\nlisten = \"\"\nstate_dir = \"/a\\\\b\\t\\\"c\"\ninterval = \"1h30m\"\n[policy]\nstrategy = \"fixed\"\ndeadband = 0.1\nstop_below = \"-0.5 MINA/h\"\n";
    for text in [LEAST, FLEET, &default_file(), &everything(), &format!("{odd}{LEAST}")] {
        let settings = load(text);
        let effective = settings.effective();
        let again = source(&[])
            .load_text(&effective)
            .unwrap_or_else(|errors| panic!("{errors}\n{effective}"));
        // The folder of state is relative to the file in FLEET, and the path shown is resolved
        // already.
        let state_dir = settings.controller.state_dir.clone();
        let controller = Controller { state_dir, ..again.controller.clone() };
        assert_eq!(
            (controller, &again.daemons),
            (settings.controller, &settings.daemons),
            "{effective}"
        );
    }
}

#[test]
fn a_token_that_could_be_guessed_is_an_error_of_the_configuration() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.toml");
    fs::write(&path, format!("[controller]\nadmin_token_file = \"admin.token\"\n{LEAST}")).unwrap();
    let load = |token: &str| {
        fs::write(dir.path().join("admin.token"), token).unwrap();
        Source::new(Some(path.clone()), environment(&[])).load()
    };
    for weak in ["short", "fifteen-letters\n"] {
        let told = load(weak).unwrap_err().to_string();
        assert!(told.contains("controller.admin_token_file") && told.contains("16"), "{told}");
        assert!(!told.contains(weak.trim()), "{told}");
    }
    assert!(load("sixteen--letters\n").is_ok());
}

#[test]
fn secrets_come_from_files_and_stay_out_of_sight() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.toml");
    let token = dir.path().join("daemon.token");
    fs::write(&token, "hunter2\n").unwrap();
    fs::write(dir.path().join("admin.token"), "hunter3-is-longer").unwrap();
    let text = format!(
        "[controller]\nadmin_token_file = \"admin.token\"\n{LEAST}bearer_token_file = \"daemon.token\"\n"
    );
    fs::write(&path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(dir.path().join("admin.token"), fs::Permissions::from_mode(0o644))
            .unwrap();
    }
    let source = Source::new(Some(path.clone()), environment(&[]));
    let settings = source.load().unwrap();
    let secret = settings.daemons[0].bearer_token.as_ref().unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(secret.value()), "hunter2");
    let shown = format!("{settings:?}{}{}", settings.effective(), settings.warnings().join(""));
    assert!(!shown.contains("hunter") && shown.contains("daemon.token"));
    #[cfg(unix)]
    {
        let open: Vec<&String> =
            settings.warnings().iter().filter(|w| w.contains("chmod 600")).collect();
        assert!(open.len() == 1 && open[0].contains("admin.token"), "{open:?}");
    }

    let before = source.fingerprint(Some(&settings));
    assert_eq!(source.fingerprint(Some(&settings)), before);
    fs::write(&token, "hunter4").unwrap();
    let rotated = source.fingerprint(Some(&settings));
    assert_ne!(rotated, before);
    assert_ne!(source.load().unwrap(), settings);
    fs::write(&path, LEAST).unwrap();
    assert_ne!(source.fingerprint(Some(&settings)), rotated);

    for (content, problem) in
        [("", "empty"), ("a b", "holds spaces"), (&"x".repeat(20_000), "larger than 16384 bytes")]
    {
        fs::write(&token, content).unwrap();
        fs::write(&path, format!("{LEAST}bearer_token_file = \"daemon.token\"\n")).unwrap();
        let errors = source.load().unwrap_err().to_string();
        assert!(
            errors.contains(problem) && errors.contains(":3: daemons.main.bearer_token_file"),
            "{errors}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_is_one_problem() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.toml");
    let problem =
        || Source::new(Some(path.clone()), environment(&[])).load().unwrap_err().to_string();
    assert!(
        problem().ends_with("s.toml: cannot be read: No such file or directory (os error 2)"),
        "{}",
        problem()
    );
    fs::write(&path, b"[policy]\nfloor = \"\xff\"\n").unwrap();
    assert!(problem().ends_with("s.toml:2: not UTF-8 text"), "{}", problem());
    // UTF-16 of either order, without the mark that says so.
    for text in [b"[\0p\0]\0".as_slice(), b"\0[\0p\0]"] {
        fs::write(&path, text).unwrap();
        assert!(problem().ends_with("as text in UTF-16 does: save it as UTF-8"), "{}", problem());
    }
    fs::write(&path, vec![b'#'; 2 << 20]).unwrap();
    assert!(problem().ends_with("s.toml: larger than 1048576 bytes"), "{}", problem());
}
