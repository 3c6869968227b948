//! `pause` and `resume` as an operator gives them: they reach the service or fail, and what they say
//! holds.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{Command, Output},
    sync::{Arc, Mutex},
    time::Duration,
};

use snarkfee_clock::Clock;
use snarkfee_journal::Journal;
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, SimDaemonServer},
    market_sim::{World, library},
};
use tokio_util::sync::CancellationToken;

use crate::{
    network::ANY_PORT,
    process::{Configured, Process},
};

const TOKEN: &str = "0123456789abcdef-admin";

/// A port on which nothing listens, most likely.
fn free_port() -> u16 {
    std::net::TcpListener::bind(ANY_PORT).unwrap().local_addr().unwrap().port()
}

/// Settings for a daemon called `main`; `controller` are lines of `[controller]`.
fn settings(graphql: &str, controller: &str) -> String {
    format!(
        "[controller]\nmode = \"live\"\ninterval = \"1s\"\n{controller}\n\
         [daemons.main]\ngraphql_url = \"{graphql}\"\nworker_key = \"{key}\"\nrole = \"worker\"\n\
         cost = {{ per_work = \"0.0001 MINA\" }}\n[policy]\ncooldown = \"100ms\"\n",
        key = World::operator_key(),
    )
}

fn snarkfee(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snarkfee"));
    for name in ["RUST_LOG", "STATE_DIRECTORY", "XDG_STATE_HOME", "XDG_CONFIG_HOME"] {
        command.env_remove(name);
    }
    command.env("HOME", home).current_dir(home).args(arguments).args(["--log-level", "error"]);
    command
}

fn told(output: &Output) -> (i32, String) {
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.code().unwrap(), text)
}

async fn simulated(stop: &CancellationToken) -> SimDaemonServer {
    let start = Clock::wall();
    let world = World::new(&library::scenario("scarce").unwrap(), 1, start);
    let clock = Clock::accelerated(start, 60.0);
    let world = Arc::new(Mutex::new(world));
    SimDaemonServer::bind(ANY_PORT, ANY_PORT, world, clock, DaemonSimOptions::default(), stop)
        .await
        .unwrap()
}

#[test]
fn an_order_that_nobody_would_read_fails_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("c.toml");
    let listen = format!("listen = \"127.0.0.1:{}\"", free_port());
    fs::write(&file, settings("http://127.0.0.1:9/graphql", &listen)).unwrap();
    let cases: [(&[&str], &str); 4] = [
        (&["pause"], "there is no journal in"),
        (&["resume"], "there is no journal in"),
        (&["pause", "-c", "c.toml", "--for", "2h"], "nothing answers at 127.0.0.1"),
        (&["pause", "-c", "c.toml", "--daemon", "nosuch"], "no daemon is called \"nosuch\""),
    ];
    for (arguments, expected) in cases {
        let (code, text) = told(&snarkfee(home.path(), arguments).output().unwrap());
        assert_eq!(code, 1, "{arguments:?}: {text}");
        assert!(text.starts_with("snarkfee: ") && text.contains(expected), "{arguments:?}: {text}");
    }
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["c.toml"], "no journal is made for an order");
    // A journal of some other run, whose daemons are others.
    let state = home.path().join(".local/state/snarkfee");
    Journal::open(&state, Duration::from_secs(3_600), Clock::wall()).unwrap().close();
    let other = snarkfee(home.path(), &["pause", "--daemon", "nosuch"]).output().unwrap();
    let (code, text) = told(&other);
    assert!(code == 1 && text.contains("knows no daemon called nosuch"), "{text}");
}

#[test]
fn another_user_is_told_who_may() {
    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let state = home.path().join("state");
    Journal::open(&state, Duration::from_secs(3_600), Clock::wall()).unwrap().close();
    let token = home.path().join("token");
    fs::write(&token, TOKEN).unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    let file = home.path().join("c.toml");
    let text = settings(
        "http://127.0.0.1:9/graphql",
        "listen = \"\"\nstate_dir = \"state\"\nadmin_token_file = \"token\"",
    );
    fs::write(&file, text).unwrap();
    let as_nobody = || {
        let mut command = snarkfee(home.path(), &["pause", "-c", "c.toml"]);
        command.uid(65_534).gid(65_534).output()
    };
    let Ok(output) = as_nobody() else {
        return println!("skipped: only root can run the program as another user");
    };
    for hidden in [None, Some(&file)] {
        if let Some(file) = hidden {
            fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let (code, text) = match hidden {
            None => told(&output),
            Some(_) => told(&as_nobody().unwrap()),
        };
        assert!(code == 1 && text.contains("run this as root, or as the user"), "{code} {text}");
        assert!(!text.contains(TOKEN), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_reaches_the_service_with_its_token_and_beside_it_without() {
    let stop = CancellationToken::new();
    let server = simulated(&stop).await;
    let home = tempfile::tempdir().unwrap();
    let token = home.path().join("token");
    fs::write(&token, TOKEN).unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    let controller = format!(
        "listen = \"{listen}\"\nstate_dir = {:?}\nadmin_token_file = {token:?}",
        home.path().join("state")
    );
    let process = Process::run(Configured::new(&settings(&server.graphql_url(), &controller)), &[]);
    let (seen, _) = process.decided(0, |_| true).await;
    let write = |name: &str, controller: &str| {
        fs::write(home.path().join(name), settings(&server.graphql_url(), controller)).unwrap();
    };
    write("same.toml", &controller);
    write("tokenless.toml", &controller.replace("admin_token_file", "#"));
    write("elsewhere.toml", &format!("listen = \"{listen}\"\nstate_dir = \"other\""));
    let give = |arguments: &[&str]| told(&snarkfee(home.path(), arguments).output().unwrap());

    let (code, text) = give(&["pause", "-c", "same.toml", "--daemon", "main", "--for", "2h"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.starts_with("main: paused until 20"), "{text}");
    assert!(text.ends_with(&format!(", by the service at {listen}\n")), "{text}");
    let sent = server.mutation_count();
    let (seen, _) = process.decided(seen, |line| line["reason"] == "paused").await;
    let (code, text) = give(&["resume", "-c", "tokenless.toml"]);
    assert_eq!(
        (code, &*text),
        (0, "every daemon: resumed, in the journal of the running service\n")
    );
    let (seen, _) = process.decided(seen, |line| line["reason"] != "paused").await;
    let (code, text) = give(&["pause", "-c", "tokenless.toml"]);
    assert_eq!(code, 0, "{text}");
    process.decided(seen, |line| line["reason"] == "paused").await;
    assert!(server.mutation_count() >= sent);

    let (code, text) = give(&["pause", "-c", "elsewhere.toml"]);
    assert!(code == 1 && text.contains("but its journal is not in"), "{code} {text}");
    Journal::open(&home.path().join("other"), Duration::from_secs(3_600), Clock::wall())
        .unwrap()
        .close();
    let (code, text) = give(&["pause", "-c", "elsewhere.toml"]);
    assert!(code == 1 && text.contains("it would not read the order"), "{code} {text}");
    process.signal("TERM");
    assert_eq!(process.exit_code().await, 0);
    stop.cancel();
    server.shut_down().await;
}
