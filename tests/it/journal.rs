//! The journal as the command line shows and refuses it.

use std::{
    fs,
    process::{Command, Output},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use snarkfee_clock::Clock;
use snarkfee_journal::Journal;
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, SimDaemonServer},
    market_sim::{World, library},
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::network::ANY_PORT;

/// A folder with a configuration for one daemon; its state is in `state`.
fn configured(graphql: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let config = format!(
        "[controller]\nlisten = \"\"\nstate_dir = {:?}\n[daemons.main]\ngraphql_url = \"{graphql}\"\nworker_key = \"{}\"\n\
         cost = {{ per_work = \"0.0001 MINA\" }}\n",
        folder.path().join("state"),
        World::operator_key(),
    );
    fs::write(folder.path().join("c.toml"), config).expect("a file");
    folder
}

fn snarkfee(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snarkfee"));
    let command = command.current_dir(folder.path()).env_remove("RUST_LOG").args(arguments);
    command.args(["-c", "c.toml", "--log-level", "error"]).output().expect("the program")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[track_caller]
fn printed(output: &Output) -> &str {
    assert!(output.status.success(), "{output:?}");
    text(&output.stdout)
}

/// The error's first line, for an exit code.
#[track_caller]
fn refused(output: &Output, code: i32) -> &str {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let line = text(&output.stderr).lines().next().expect("a line");
    line.strip_prefix("snarkfee: ").expect("the program's name")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_shows_in_the_history_and_a_pause_in_the_next_look() {
    let stop = CancellationToken::new();
    let start = Clock::wall();
    let world = World::new(&library::scenario("scarce").expect("a scenario"), 1, start);
    let clock = Clock::accelerated(start, 1.0);
    let world = Arc::new(Mutex::new(world));
    let server =
        SimDaemonServer::bind(ANY_PORT, ANY_PORT, world, clock, DaemonSimOptions::default(), &stop)
            .await;
    let server = server.expect("a server");
    let folder = configured(&server.graphql_url());
    let missing = snarkfee(&folder, &["history"]);
    assert!(refused(&missing, 1).contains("there is no journal"), "{missing:?}");

    printed(&snarkfee(&folder, &["run", "--once"]));
    let paused = snarkfee(&folder, &["pause", "--for", "2h", "--daemon", "main"]);
    assert!(printed(&paused).starts_with("main: paused until"), "{paused:?}");
    assert!(printed(&snarkfee(&folder, &["run", "--once"])).contains("hold (paused)"));
    assert_eq!(
        printed(&snarkfee(&folder, &["resume"])),
        "every daemon: resumed, from the next start on, since no service runs now\n"
    );
    assert!(!printed(&snarkfee(&folder, &["run", "--once"])).contains("paused"));

    let json = snarkfee(&folder, &["history", "--json"]);
    let json: Value = serde_json::from_str(printed(&json)).expect("one document");
    let reasons: Vec<&str> = json["decisions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| row["reason"].as_str().expect("a code"))
        .collect();
    assert_eq!((reasons.len(), reasons[1]), (3, "paused"));
    let csv = snarkfee(&folder, &["history", "--csv", "--since", "1h"]);
    let lines: Vec<&str> = printed(&csv).lines().collect();
    assert!(
        lines.len() == 4
            && lines[0].starts_with("at,daemon,mode,action")
            && lines[2].contains(",paused,"),
        "{lines:?}"
    );
    let shown = snarkfee(&folder, &["history"]);
    assert!(printed(&shown).contains("paused: paused by the operator until"), "{shown:?}");
    let nobody = snarkfee(&folder, &["pause", "--daemon", "other"]);
    assert!(
        refused(&nobody, 1).contains("no daemon is called \"other\"; the configuration has main")
    );
    stop.cancel();
    server.shut_down().await;
}

#[test]
fn a_journal_that_is_not_ours_or_in_use_or_impossible_ends_the_program_with_one_line() {
    let folder = configured("http://127.0.0.1:9/graphql");
    let state = folder.path().join("state");
    let journal = state.join("journal.sqlite");

    let running =
        Journal::open(&state, Duration::from_secs(3600), Clock::wall()).expect("a journal");
    let second = snarkfee(&folder, &["run"]);
    let line = refused(&second, 1);
    assert!(
        line.ends_with(&format!("is in use by another snarkfee (process {})", std::process::id())),
        "{line}"
    );
    assert_eq!(
        printed(&snarkfee(&folder, &["pause"])),
        "every daemon: paused until resumed, in the journal of the running service\n"
    );
    running.close();

    fs::write(&journal, "my notes").expect("a file");
    for command in ["run", "pause", "history"] {
        let line = refused(&snarkfee(&folder, &[command]), 1).to_owned();
        assert!(
            line.contains("journal.sqlite is not a journal of snarkfee")
                && line.contains("left untouched"),
            "{line}"
        );
    }
    assert_eq!(fs::read_to_string(&journal).expect("a file"), "my notes");

    fs::remove_dir_all(&state).expect("a folder");
    fs::write(&state, "a file where a folder should be").expect("a file");
    let misplaced = snarkfee(&folder, &["run"]);
    assert!(refused(&misplaced, 78).contains("(controller.state_dir)"), "{misplaced:?}");
}
