//! What a reload may not do, and what it may not hold up.

use std::{fs, process::Command};

use snarkfee_lab::market_sim::World;
use tokio::net::TcpListener;

use crate::process::{Configured, Process};

fn settings(url: &str, controller: &str) -> String {
    format!(
        "[controller]\ninterval = \"100ms\"\nstate_dir = \"state\"\n{controller}\n\
         [daemons.main]\ngraphql_url = \"{url}\"\nworker_key = \"{key}\"\ntimeout = \"1s\"\n\
         cost = {{ per_work = \"0.0001 MINA\" }}\n",
        key = World::operator_key(),
    )
}

/// The address of a daemon that is not there.
async fn nothing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/graphql", listener.local_addr().unwrap())
}

#[tokio::test]
async fn a_reload_does_not_go_live_where_a_start_would_not() {
    let url = nothing().await;
    let open = "mode = \"dry-run\"\nlisten = \"0.0.0.0:0\"";
    let configured = Configured::new(&settings(&url, open));
    let file = configured.file();
    let process = Process::run(configured, &[]);
    process.decided(0, |_| true).await;
    // As a start it would be allowed; this service listens elsewhere until it is started anew.
    fs::write(&file, settings(&url, "mode = \"live\"\nlisten = \"127.0.0.1:0\"")).unwrap();
    process.signal("HUP");
    let refused = |line: &serde_json::Value| {
        line["message"].as_str().filter(|text| text.contains("still listens where")).map(drop)
    };
    let (seen, ()) = process.logged(0, refused).await;
    let (_, decision) = process.decided(seen, |_| true).await;
    assert_eq!(decision["mode"], "dry-run");
    process.signal("TERM");
    assert_eq!(process.exit_code().await, 0);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_to_its_end_holds_up_nothing() {
    let url = nothing().await;
    let configured = Configured::new(&settings(&url, "listen = \"\""));
    let file = configured.file();
    let process = Process::run(configured, &[]);
    process.decided(0, |_| true).await;
    fs::remove_file(&file).unwrap();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    process.signal("HUP");
    let told = |line: &serde_json::Value| {
        line["message"].as_str().filter(|text| text.contains("read to its end")).map(drop)
    };
    let (seen, ()) = process.logged(0, told).await;
    process.decided(seen, |_| true).await;
    process.signal("TERM");
    assert_eq!(process.exit_code().await, 0);
}
