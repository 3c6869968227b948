//! A daemon's metrics read through a server that scrapes it, held against the daemon's own page.

use std::time::Duration;

use snarkfee_client::{ClientConfig, DaemonClient, MetricsEndpoint, Scrape};
use snarkfee_clock::Clock;
use snarkfee_core::fault::Fault;
use snarkfee_lab::daemon_sim::{DaemonSimOptions, Era};
use url::Url;

use super::server::{Prometheus, until};
use crate::fixed_daemon::{Served, nanomina};

const LIMIT: Duration = Duration::from_secs(300);

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
    let [one, other] =
        [Served::with(DaemonSimOptions::default()).await, Served::new(Era::Coda2020).await];
    let configuration = format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\nscrape_configs:\n- job_name: mina\n  static_configs:\n  \
         - targets: ['{}', '{}']\n- job_name: gone\n  static_configs:\n  - targets: ['127.0.0.1:1']\n",
        one.server.metrics_address(),
        other.server.metrics_address()
    );
    let Some(server) = Prometheus::start(&configuration, &[]).await else { return };
    for served in [&one, &other] {
        let direct =
            reads(MetricsEndpoint::Page(Url::parse(&served.server.metrics_url()).unwrap()));
        let selector = format!("job=\"mina\",instance=\"{}\"", served.server.metrics_address());
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
    one.daemon.lock().unwrap().shown.counters.fees_added.observe(nanomina(0));
    let selector = format!("instance=\"{}\"", one.server.metrics_address());
    let client = through(&server, &selector, LIMIT);
    until("the change", async || {
        let fees = scrape(&client).await.ok()?.metrics.fees?;
        (fees.cumulative.first() == Some(&1.0)).then_some(())
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
    one.server.shut_down().await;
    until("the end of the samples", async || {
        matches!(scrape(&client).await, Err(Fault::NotScraped { .. })).then_some(())
    })
    .await;
    assert!(cause(&client).await.contains("cannot scrape"));
}
