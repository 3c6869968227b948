//! The service and a simulated daemon, as `demo` runs them, both controlled by the test.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use snarkfee::service::Service;
use snarkfee_clock::Clock;
use snarkfee_config::Source;
use snarkfee_core::ledger::NoJournal;
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, SimDaemonServer},
    market_sim::{World, library},
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    network::{ANY_PORT, http},
    process::Configured,
    prometheus::server::until,
};

pub(super) const TOKEN: &str = "an-admin-token-of-the-tests";
/// Simulated seconds per second: some four looks a second.
const SPEED: f64 = 240.0;

pub(super) struct DemoService {
    pub(super) server: SimDaemonServer,
    pub(super) address: SocketAddr,
    cancel: CancellationToken,
    running: JoinHandle<()>,
}

impl DemoService {
    pub(super) async fn open(scenario: &str, mode: &str) -> Self {
        let start = Clock::wall();
        let clock = Clock::accelerated(start, SPEED);
        let world =
            Arc::new(Mutex::new(World::new(&library::scenario(scenario).unwrap(), 1, start)));
        let cancel = CancellationToken::new();
        let server = SimDaemonServer::bind(
            ANY_PORT,
            ANY_PORT,
            world,
            clock,
            DaemonSimOptions::default(),
            &cancel,
        )
        .await
        .unwrap();
        let configured = Configured::new("");
        let token = configured.file().with_file_name("token");
        std::fs::write(&token, TOKEN).unwrap();
        let text = format!(
            "[controller]\nmode = \"{mode}\"\nlisten = \"127.0.0.1:0\"\nadmin_token_file = \"{}\"\n[safety]\nmax_age = \"2h\"\n\
             [daemons.demo]\ngraphql_url = \"{}\"\nmetrics_url = \"{}\"\nworker_key = \"{}\"\ntimeout = \"10s\"\n\
             [daemons.demo.cost]\nper_work = \"0.0001 MINA\"\n",
            token.display(),
            server.graphql_url(),
            server.metrics_url(),
            World::operator_key()
        );
        std::fs::write(configured.file(), text).unwrap();
        let settings = Source::new(Some(configured.file()), [("HOME".into(), "/nowhere".into())])
            .load()
            .unwrap();
        let started =
            Service::new(settings, clock, Arc::new(NoJournal::default())).start().await.unwrap();
        let address = started.address.unwrap();
        let (_reload, reloads) = mpsc::channel(1);
        let stop = cancel.clone();
        let running = crate::spawn(async move { started.run(None, reloads, stop).await.unwrap() });
        Self { server, address, cancel, running }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The daemon in `/api/v1/status`.
    pub(super) async fn status(&self) -> Value {
        let text = http()
            .get(format!("{}api/v1/status", self.url()))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["daemons"][0].clone()
    }

    /// Waits until the status is as wanted.
    pub(super) async fn wait_for_status(&self, what: &str, wanted: impl Fn(&Value) -> bool) {
        until(what, async || wanted(&self.status().await).then_some(())).await;
    }

    pub(super) async fn pause(&self) {
        let request = http()
            .post(format!("{}api/v1/pause", self.url()))
            .bearer_auth(TOKEN)
            .body(r#"{"for": "12h"}"#);
        assert_eq!(request.send().await.unwrap().status(), 202);
    }

    pub(super) async fn end(self) {
        self.cancel.cancel();
        self.running.await.unwrap();
        self.server.shut_down().await;
    }
}
