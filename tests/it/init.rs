//! `snarkfee init` over real HTTP: daemons of several eras, with and without a terminal, and what is
//! no daemon to work with.

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use snarkfee_config::Source;
use snarkfee_core::policy::RoleSetting;
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, Era, SimDaemonServer},
    market_sim::World,
};

use crate::{
    check::{serve, world},
    socket::{nobody, socket},
    tools::tool,
};

/// Runs a program in a folder with these lines as its input, while this test serves.
async fn run_in(folder: &Path, mut command: Command, input: &str) -> Output {
    let mut child = command
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .env("HOME", folder)
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    tokio::task::spawn_blocking(move || {
        // A program that asks nothing may have ended before.
        let _ended = stdin.write_all(input.as_bytes());
        drop(stdin);
        child.wait_with_output().unwrap()
    })
    .await
    .unwrap()
}

async fn init(folder: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snarkfee"));
    command.arg("init").args(arguments);
    told(run_in(folder, command, input).await)
}

fn told(output: Output) -> (i32, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

async fn daemon(scenario: &str, era: Era) -> SimDaemonServer {
    let options = DaemonSimOptions { era, ..DaemonSimOptions::default() };
    serve(Arc::new(Mutex::new(world(scenario))), options).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_of_each_era_gets_a_file_that_the_next_command_takes() {
    for era in Era::ALL {
        let server = daemon("scarce", era).await;
        let folder = tempfile::tempdir().unwrap();
        let metrics = server.metrics_url();
        let url = server.graphql_url();
        let given = [&url, "--yes", "--metrics", &metrics, "--per-work", "0.0001MINA"];
        let (code, out, err) = init(folder.path(), &given, "").await;
        assert_eq!(code, 0, "{era}: {out}{err}");
        assert!(out.contains("next: snarkfee run --once --dry-run"), "{out}");
        let settings = Source::new(Some(folder.path().join("snarkfee.toml")), []);
        let settings = settings.with_flag("controller.state_dir", "state", "test").load().unwrap();
        let main = &settings.daemons[0];
        assert_eq!(main.params.worker.key, Some(World::operator_key()), "{era}");
        assert_eq!(main.params.worker.role, RoleSetting::Worker, "{era}");
        assert!(main.metrics.is_some(), "{era}");
        let mut run = Command::new(env!("CARGO_BIN_EXE_snarkfee"));
        run.args(["run", "--once", "--dry-run"]);
        let (code, out, err) = told(run_in(folder.path(), run, "").await);
        assert_eq!(code, 0, "{era}: {err}");
        assert!(out.starts_with("main: set_fee (price_move): "), "{era}: {out}");
        assert!(err.contains("configuration") && err.contains("snarkfee.toml"), "{err}");
        assert_eq!(server.mutation_count(), 0, "{era}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_are_answered_on_a_terminal_and_the_check_keeps_its_width() {
    let Some(script) = tool("script") else { return };
    let server = daemon("scarce", Era::Mesa40).await;
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(script);
    let inner = format!(
        "stty cols 100; exec {} init {} --metrics {}",
        env!("CARGO_BIN_EXE_snarkfee"),
        server.graphql_url(),
        server.metrics_url()
    );
    command.args(["--quiet", "--return", "--command", &inner, "/dev/null"]);
    let (code, shown, _) = told(run_in(folder.path(), command, "120\n\n0.08\n").await);
    assert_eq!(code, 0, "{shown}");
    for question in ["Watts that", "Price of a kWh", "Price of a MINA"] {
        assert!(shown.contains(question), "{question}\n{shown}");
    }
    let text = std::fs::read_to_string(folder.path().join("snarkfee.toml")).unwrap();
    for line in ["power = \"120 W\"", "electricity = \"0.2 USD/kWh\"", "mina_price = \"0.08 USD\""]
    {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let plain = anstream::adapter::strip_str(&shown).to_string();
    let lines = plain.lines().skip_while(|line| !line.starts_with("ok "));
    let long: Vec<_> = lines.filter(|line| line.chars().count() > 100).collect();
    assert!(long.is_empty(), "{long:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_document_tells_what_was_found_and_assumed() {
    let server = daemon("scarce", Era::Berkeley30).await;
    let folder = tempfile::tempdir().unwrap();
    let url = server.graphql_url();
    let (code, out, err) =
        init(folder.path(), &[&url, "--yes", "--json", "-o", "other.toml"], "").await;
    assert_eq!(code, 0, "{err}");
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["config"], "other.toml");
    assert_eq!(document["daemon"]["era"], "berkeley-3.0");
    assert_eq!(document["daemon"]["role"], "worker");
    assert_eq!(document["daemon"]["produces_blocks"], false);
    assert_eq!(document["assumed"], json!(["power", "electricity", "mina_price"]));
    assert_eq!(document["next"], "snarkfee run -c other.toml --once --dry-run");
    assert!(document["checks"].as_array().unwrap().len() > 15);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_exists_stays_until_it_is_forced() {
    let server = daemon("scarce", Era::Mesa40).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snarkfee.toml");
    std::fs::write(&file, "mine").unwrap();
    let url = server.graphql_url();
    let (code, _, err) = init(folder.path(), &[&url, "--yes"], "").await;
    assert_eq!((code, std::fs::read_to_string(&file).unwrap().as_str()), (1, "mine"), "{err}");
    assert!(err.contains("--force"), "{err}");
    let (code, _, err) = init(folder.path(), &[&url, "--yes", "--force"], "").await;
    assert_eq!(code, 0, "{err}");
    assert!(std::fs::read_to_string(&file).unwrap().contains("[daemons.main]"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_ends_with_2_and_writes_nothing() {
    let server = daemon("scarce", Era::Mesa40).await;
    let folder = tempfile::tempdir().unwrap();
    let url = server.graphql_url();
    let long = "9".repeat(1 << 20);
    let private = format!("EK{}", "F".repeat(50));
    for (arguments, input) in [
        (vec![url.as_str()], ""),
        (vec![&url], "much\nmore\nmost\n"),
        (vec![&url], long.as_str()),
        (vec![&url, "--yes", "--power", "150 V"], ""),
        (vec![&url, "--yes", "--power", "150", "--per-work", "1 MINA"], ""),
        (vec![&url, "--yes", "--worker-key", &private], ""),
        (vec!["ftp://mina", "--yes"], ""),
    ] {
        let (code, out, err) = init(folder.path(), &arguments, input).await;
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(!err.contains("panicked") && !err.contains(&private), "{err}");
        assert!(err.len() < 8_000, "{}", err.len());
    }
    let mixed = [&url, "--yes", "--electricity", "0.3EUR", "--mina-price", "0.1USD"];
    assert_eq!(init(folder.path(), &mixed, "").await.0, 78, "two currencies are no cost");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// A server that answers everything with this document.
async fn answering(document: &Value) -> String {
    let body = document.to_string();
    let response = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    socket(Some(Box::leak(response.into_boxed_str()))).await
}

/// A schema with these queries and no mutations.
fn schema(queries: &[&str], status: &[&str]) -> Value {
    let fields = |names: &[&str]| -> Vec<Value> {
        names.iter().map(|name| json!({"name": name, "args": []})).collect()
    };
    json!({"data": {"__schema": {
        "queryType": {"name": "query"}, "mutationType": null,
        "types": [
            {"name": "query", "fields": fields(queries)},
            {"name": "DaemonStatus", "fields": fields(status)}
        ]
    }}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_worked_with_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let limited = serve(
        Arc::new(Mutex::new(world("scarce"))),
        DaemonSimOptions { limited: true, ..DaemonSimOptions::default() },
    )
    .await;
    let rust = answering(&schema(
        &["daemonStatus", "networkID", "snarkPool", "bestChain"],
        &["blockchainLength", "commitId"],
    ))
    .await;
    let ancient = answering(&schema(&["nodeStatus", "version"], &[])).await;
    let page = socket(Some(
        "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n<html></html",
    ))
    .await;
    let (_port, closed) = nobody();
    for (url, cause, fix) in [
        (limited.graphql_url(), "limited", "3085"),
        (rust, "Rust node", "daemon in OCaml"),
        (ancient, "no known era", "report the missing fields"),
        (page, "cannot be worked with", "not a daemon"),
        (closed, "not reachable", "start the daemon"),
    ] {
        let (code, out, err) = init(folder.path(), &[&url, "--yes"], "").await;
        assert_eq!((code, out.as_str()), (1, ""), "{url}: {err}");
        assert!(err.contains(cause) && err.contains(fix), "{cause}, {fix}: {err}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coordinator_is_asked_about_and_a_failed_check_is_the_exit_code() {
    let server = daemon("coordinator", Era::Mesa40).await;
    let folder = tempfile::tempdir().unwrap();
    let url = server.graphql_url();
    let key = World::operator_key();
    let input = format!("coordinator\n{key}\n0.0001 MINA\n");
    let (code, out, err) = init(folder.path(), &[&url], &input).await;
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("a worker that is off or a coordinator"), "{err}");
    assert!(out.contains("coordinator: only the fee is set"), "{out}");
    // A key without an account earns nothing: the file is there, and the check says why not.
    let unpaid = crate::check::KEY;
    let arguments = [&url, "--yes", "--force", "--role", "worker", "--worker-key", unpaid];
    let (code, out, _) = init(folder.path(), &arguments, "").await;
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("FAIL  main.account") && out.contains("next: "), "{out}");
}
