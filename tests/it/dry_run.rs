//! A dry run of real processes, and the first look after going live.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use snarkfee_lab::market_sim::World;
use tokio_util::sync::CancellationToken;

use crate::network::simulated_daemon;

/// Looks of four seconds.
const DRY_LOOKS: usize = 4;

/// A process of the service; it is killed when it is dropped.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first decisions of a service in `folder`, which then ends.
fn decisions(folder: &std::path::Path, mode: &str, count: usize) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snarkfee"));
    command.current_dir(folder).env_remove("RUST_LOG").args(["--log-format", "json"]);
    command.args(["run", "-c", "snarkfee.toml", mode]).stdout(Stdio::null());
    let mut service = Service(command.stderr(Stdio::piped()).spawn().unwrap());
    let log = BufReader::new(service.0.stderr.take().unwrap());
    let events = log.lines().map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let decisions = events.filter(|event| event["target"] == "snarkfee::decision");
    decisions.take(count).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_live_look_after_a_dry_run_acts_in_scarce_and_in_surplus() {
    for (scenario, acts) in [("scarce", "set_fee"), ("surplus", "switch_off")] {
        let stop = CancellationToken::new();
        let (server, _) = simulated_daemon(scenario, 1, 1.0, &stop).await;
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "[controller]\ninterval = \"1s\"\nlisten = \"\"\nstate_dir = {state:?}\n\
             [daemons.main]\ngraphql_url = \"{graphql}\"\nmetrics_url = \"{metrics}\"\n\
             worker_key = \"{key}\"\ncost = {{ per_work = \"0.0001 MINA\" }}\n",
            state = folder.path().join("state"),
            graphql = server.graphql_url(),
            metrics = server.metrics_url(),
            key = World::operator_key(),
        );
        fs::write(folder.path().join("snarkfee.toml"), config).unwrap();
        let path = folder.path().to_owned();
        let dry = tokio::task::spawn_blocking(move || decisions(&path, "--dry-run", DRY_LOOKS));
        let dry = dry.await.unwrap();
        let imagined = dry.iter().find(|fields| fields["outcome"] == "dry_run");
        let imagined = imagined.unwrap_or_else(|| panic!("nothing was decided: {dry:#?}"));
        assert_eq!(imagined["action"], acts, "{dry:#?}");
        let last = dry.last().unwrap();
        assert_eq!((&last["fee"], &last["worker"]), (&"0.1 MINA".into(), &"on".into()), "real");
        assert!(last["would_since"].is_string(), "{last}");
        assert_eq!(server.mutation_count(), 0);
        let path = folder.path().to_owned();
        let live = tokio::task::spawn_blocking(move || decisions(&path, "--live", 1));
        let first = &live.await.unwrap()[0];
        let found = (&first["action"], &first["outcome"]);
        assert_eq!(found, (&acts.into(), &"confirmed".into()), "{first}");
        assert!(first.get("would_ask").is_none(), "{first}");
        stop.cancel();
        server.shut_down().await;
    }
}
