//! A daemon's metrics read through a Prometheus server, compared with the daemon's own page.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;

use snarkfee_client::{ClientConfig, DaemonClient, MetricsEndpoint, Scrape};
use snarkfee_clock::Clock;
use snarkfee_core::{
    fault::Fault,
    units::{Nanomina, PublicKey},
};
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, Era, SimDaemonServer},
    market_sim::{SimulatedDaemon, Snapshot, World, library},
};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::server::{Prometheus, until};
use crate::network::{ANY_PORT, nanomina, start};

const LIMIT: Duration = Duration::from_secs(300);

/// A daemon whose snapshot changes only when the test changes it.
struct StoppedDaemon(Snapshot);

impl SimulatedDaemon for StoppedDaemon {
    fn advance(&mut self, _: Timestamp) {}

    fn snapshot(&self) -> Snapshot {
        self.0.clone()
    }

    fn set_fee(&mut self, fee: Nanomina) -> Nanomina {
        std::mem::replace(&mut self.0.status.fee, fee)
    }

    fn set_worker(&mut self, key: Option<PublicKey>) -> Option<PublicKey> {
        std::mem::replace(&mut self.0.status.worker, key)
    }
}

async fn serve(era: Era) -> (SimDaemonServer, Arc<Mutex<StoppedDaemon>>) {
    let world = World::new(&library::scenario("scarce").unwrap(), 1, start());
    let daemon = Arc::new(Mutex::new(StoppedDaemon(world.snapshot())));
    let (clock, stop) = (Clock::accelerated(start(), 1.0), CancellationToken::new());
    let options = DaemonSimOptions { era, ..DaemonSimOptions::default() };
    let server =
        SimDaemonServer::bind(ANY_PORT, ANY_PORT, daemon.clone(), clock, options, &stop).await;
    (server.unwrap(), daemon)
}

fn reads(metrics: MetricsEndpoint) -> DaemonClient {
    let config = ClientConfig {
        graphql_url: Url::parse("http://127.0.0.1:1/graphql").unwrap(),
        metrics: Some(metrics),
        bearer: None,
        timeout: Duration::from_secs(30),
        max_response: 1 << 20,
        clock: Clock::system(),
        observer: None,
        member: None,
    };
    DaemonClient::new(config).unwrap()
}

fn through(server: &Prometheus, selector: &str, max_age: Duration) -> DaemonClient {
    let url = Url::parse(&server.url()).unwrap();
    reads(MetricsEndpoint::Prometheus { url, selector: selector.to_owned(), max_age })
}

async fn scrape(client: &DaemonClient) -> Result<Scrape, Fault> {
    client.scrape().await.expect("metrics are configured")
}

async fn cause(client: &DaemonClient) -> String {
    match scrape(client).await {
        Err(Fault::NotScraped { cause }) => cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_tells_what_the_daemon_tells_and_nothing_that_is_old() {
    let [(one, daemon), (other, _)] = [serve(Era::Mesa40).await, serve(Era::Coda2020).await];
    let configuration = format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\nscrape_configs:\n- job_name: mina\n  static_configs:\n  \
         - targets: ['{}', '{}']\n- job_name: gone\n  static_configs:\n  - targets: ['127.0.0.1:1']\n",
        one.metrics_address(),
        other.metrics_address()
    );
    let Some(server) = Prometheus::start(&configuration, &[]).await else { return };
    for served in [&one, &other] {
        let direct = reads(MetricsEndpoint::Page(Url::parse(&served.metrics_url()).unwrap()));
        let selector = format!("job=\"mina\",instance=\"{}\"", served.metrics_address());
        let client = through(&server, &selector, LIMIT);
        let found = until("the first samples", async || scrape(&client).await.ok()).await;
        let direct = scrape(&direct).await.unwrap();
        assert_eq!(found.metrics, direct.metrics);
        assert_eq!(found.prefix, direct.prefix);
        assert!(found.sampled.unwrap() < LIMIT, "{found:?}");
        assert!(
            direct
                .metrics
                .fees
                .is_some_and(|fees| fees.cumulative.last().is_some_and(|total| *total > 0.0))
        );
    }

    // A change is seen with one of the next scrapes.
    let free = {
        let fees = &mut daemon.lock().unwrap().0.counters.fees_added;
        fees.observe(nanomina(0));
        fees.cumulative[0] as f64
    };
    let selector = format!("instance=\"{}\"", one.metrics_address());
    let client = through(&server, &selector, LIMIT);
    until("the change", async || {
        let fees = scrape(&client).await.ok()?.metrics.fees?;
        (fees.cumulative.first() == Some(&free)).then_some(())
    })
    .await;

    assert!(cause(&through(&server, "job=\"mina\"", LIMIT)).await.contains("several targets"));
    assert!(cause(&through(&server, "job=\"nobody\"", LIMIT)).await.contains("no target"));
    assert!(
        cause(&through(&server, &selector, Duration::ZERO)).await.contains("old, allowed are 0")
    );
    until("the scrape that fails", async || {
        (!server.query("up{job=\"gone\"}").await.is_empty()).then_some(())
    })
    .await;
    assert!(cause(&through(&server, "job=\"gone\"", LIMIT)).await.contains("cannot scrape"));
    let refused = scrape(&through(&server, "instance=~\"(\"", LIMIT)).await.unwrap_err();
    assert!(
        matches!(&refused, Fault::HttpStatus { status: 400, body } if body.contains("parse error")),
        "{refused:?}"
    );

    // What the server still remembers of a daemon that is gone does not count.
    one.shut_down().await;
    until("the end of the samples", async || {
        matches!(scrape(&client).await, Err(Fault::NotScraped { .. })).then_some(())
    })
    .await;
    assert!(cause(&client).await.contains("cannot scrape"));
}
