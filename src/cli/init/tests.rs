//! Which daemon is meant, and what is asked of it.

use snarkfee_client::Era;
use snarkfee_core::{fixtures::sample, units::Nanomina};

use super::*;

fn daemon(url: &str) -> FoundDaemon {
    let mut status = sample::record().look.status.unwrap();
    status.worker = None;
    FoundDaemon {
        graphql_url: url.parse().unwrap(),
        metrics_url: Some("http://127.0.0.1:10000/metrics".parse().unwrap()),
        era: Era::Mesa40,
        status,
        local: None,
    }
}

fn two() -> Vec<FoundDaemon> {
    vec![daemon("http://127.0.0.1:3085/graphql"), daemon("http://127.0.0.1:4001/graphql")]
}

fn questions(input: &str, yes: bool) -> Questions<&[u8], Vec<u8>> {
    Questions::new(input.as_bytes(), Vec::new(), yes)
}

fn options(words: &[&str]) -> InitArgs {
    use clap::Parser as _;
    let words = ["snarkfee", "init"].iter().chain(words);
    match crate::cli::Arguments::try_parse_from(words).unwrap().command {
        crate::cli::args::CliCommand::Init(options) => options,
        other => panic!("{other:?}"),
    }
}

#[test]
fn of_several_daemons_one_is_chosen_or_all_are_named() {
    let chosen = choose_daemon(two(), &mut questions("3\n2\n", false)).unwrap();
    assert_eq!(chosen.graphql_url.to_string(), "http://127.0.0.1:4001/graphql");
    let first = choose_daemon(two(), &mut questions("\n", false)).unwrap();
    assert_eq!(first.graphql_url.to_string(), "http://127.0.0.1:3085/graphql");
    let several = SeveralDaemons(two().into_iter().map(|daemon| daemon.graphql_url).collect());
    assert!(several.to_string().contains("`snarkfee init http://127.0.0.1:4001/graphql`"));
    assert!(choose_daemon(two(), &mut questions("", true)).is_err(), "nobody said which");
}

#[test]
fn metrics_that_two_daemons_share_are_nobodys() {
    let mut found = two();
    forget_shared_metrics(&mut found, None);
    assert!(found.iter().all(|daemon| daemon.metrics_url.is_none()));
    let mut one = vec![daemon("http://127.0.0.1:3085/graphql")];
    forget_shared_metrics(&mut one, None);
    assert!(one[0].metrics_url.is_some());
}

#[test]
fn answers_make_a_valid_file() {
    let key = PublicKey::of_simulated_operator();
    let input = format!("coordinator\n{key}\n200\n0.30 EUR\n0.09 USD\n0.09\n");
    let file = complete(
        daemon("http://127.0.0.1:3085/graphql"),
        None,
        &options(&[]),
        &mut questions(&input, false),
    )
    .unwrap();
    assert_eq!(file.assumed(), Vec::<&str>::new());
    let text = file.to_string();
    for line in [
        "role = \"coordinator\"",
        &format!("worker_key = \"{key}\""),
        "power = \"200 W\"",
        "electricity = \"0.3 EUR/kWh\"",
        "mina_price = \"0.09 EUR\"",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let settings = Source::new(None, [("HOME".into(), "/home/mina".into())]).load_text(&text);
    assert_eq!(settings.unwrap().daemons.len(), 1);
    assert!(text.lines().all(|line| line.len() <= 110), "{text}");
}

#[test]
fn without_a_terminal_options_and_defaults_answer() {
    let per_work = options(&["--yes", "--per-work", "0.0004MINA"]);
    let url = "http://127.0.0.1:3085/graphql";
    let file = complete(daemon(url), None, &per_work, &mut questions("", true)).unwrap();
    assert_eq!(file.cost, FirstCost::PerWork(Nanomina::try_new(400_000).unwrap()));
    assert_eq!((file.role, file.worker_key), (RoleSetting::Auto, None));
    let power = options(&["--yes", "--power", "90", "--electricity", "30ct"]);
    let file = complete(daemon(url), None, &power, &mut questions("", true)).unwrap();
    assert_eq!(file.assumed(), ["mina_price"]);
    assert!(file.to_string().contains("ASSUMED"));
    let settings = Source::new(None, [("HOME".into(), "/home/mina".into())]);
    settings.load_text(&file.to_string()).unwrap();
}

#[test]
fn the_packaged_settings_name_the_directory_of_the_service() {
    let packaged = options(&["-y", "-o", "/etc/snarkfee/snarkfee.toml"]);
    let url = "http://127.0.0.1:3085/graphql";
    let file = complete(daemon(url), None, &packaged, &mut questions("", true)).unwrap();
    assert!(file.to_string().contains("state_dir = \"/var/lib/snarkfee\""));
}
