//! Whoever reads the log stops reading, or goes away: the service goes on.

use std::{
    fs,
    io::{self, PipeReader, Write},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use snarkfee_clock::{Clock, Stopwatch};
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, SimDaemonServer},
    market_sim::{World, library},
};
use tokio_util::sync::CancellationToken;

use crate::network::ANY_PORT;

/// Far more than any step takes, so that only a step that never ends runs into it.
const AMPLE: Duration = Duration::from_secs(90);

/// A service whose log goes into a pipe that is full from the beginning.
struct Stalled {
    daemon: SimDaemonServer,
    page: String,
    service: Child,
    reader: Option<PipeReader>,
    _folder: tempfile::TempDir,
}

impl Stalled {
    async fn start(stop: &CancellationToken) -> Self {
        let start = Clock::wall();
        let world = World::new(&library::scenario("scarce").unwrap(), 1, start);
        let daemon = SimDaemonServer::bind(
            ANY_PORT,
            ANY_PORT,
            Arc::new(Mutex::new(world)),
            Clock::accelerated(start, 60.0),
            DaemonSimOptions::default(),
            stop,
        )
        .await
        .unwrap();
        let listen = std::net::TcpListener::bind(ANY_PORT).unwrap().local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let settings = format!(
            "[controller]\ninterval = \"100ms\"\nlisten = \"{listen}\"\nstate_dir = \"state\"\n\
             [daemons.main]\ngraphql_url = \"{}\"\ncost = {{ per_work = \"0.0001 MINA\" }}\n",
            daemon.graphql_url(),
        );
        fs::write(folder.path().join("snarkfee.toml"), settings).unwrap();
        let (reader, writer) = io::pipe().unwrap();
        let mut filler = writer.try_clone().unwrap();
        // Ends when the reader is dropped.
        thread::spawn(move || while filler.write_all(&[b'\n'; 4096]).is_ok() {});
        let service = Command::new(env!("CARGO_BIN_EXE_snarkfee"))
            .args(["run", "-c", "snarkfee.toml", "--log-level", "trace"])
            .current_dir(folder.path())
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(writer)
            .spawn()
            .unwrap();
        let page = format!("http://{listen}");
        Self { daemon, page, service, reader: Some(reader), _folder: folder }
    }

    /// Waits until the daemon has been asked many times more, and the service says that it is well.
    async fn goes_on(&mut self) {
        let target = self.daemon.requests() + 60;
        let began = Stopwatch::start();
        while self.daemon.requests() < target {
            assert!(self.service.try_wait().unwrap().is_none(), "it ended");
            assert!(began.elapsed() < AMPLE, "looks stopped at {}", self.daemon.requests());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let client = reqwest::Client::builder().no_proxy().timeout(AMPLE).build().unwrap();
        let health = client.get(format!("{}/healthz", self.page)).send().await.unwrap();
        assert!(health.status().is_success(), "{health:?}");
    }

    async fn ends(&mut self) {
        let id = self.service.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let began = Stopwatch::start();
        let ended = loop {
            if let Some(ended) = self.service.try_wait().unwrap() {
                break ended;
            }
            assert!(began.elapsed() < AMPLE, "SIGTERM does not end it");
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        assert_eq!(ended.code(), Some(0));
    }
}

impl Drop for Stalled {
    fn drop(&mut self) {
        drop(self.service.kill());
        drop(self.service.wait());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_nobody_reads_stops_neither_looks_nor_health_nor_sigterm() {
    // Another test may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let stop = CancellationToken::new();
    let mut stalled = Stalled::start(&stop).await;
    stalled.goes_on().await;
    stalled.ends().await;

    let mut abandoned = Stalled::start(&stop).await;
    abandoned.goes_on().await;
    drop(abandoned.reader.take());
    abandoned.goes_on().await;
    abandoned.ends().await;
    stop.cancel();
}
