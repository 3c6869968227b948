//! What holds for every request that leaves the process, whoever sends it.

use std::{process::Command, time::Duration};

use mockito::{Matcher, Mock, Server, ServerGuard};
use snarkfee_client::{ClientConfig, DaemonClient, MetricsEndpoint, PriceFeed, fetch};
use snarkfee_core::{
    cost::{PriceQuote, PriceSource},
    fault::Fault,
    port::DaemonPort,
    units::Currency,
};
use url::Url;

use crate::server::config;

fn price_feed(url: &str) -> PriceFeed {
    let feed = PriceSource::single(
        url.parse().unwrap(),
        "/usd".to_owned(),
        Currency::try_new("USD").unwrap(),
        Duration::from_secs(3_600),
    );
    PriceFeed::new(feed).unwrap()
}

async fn read_price(url: &str) -> Result<PriceQuote, Fault> {
    let mut reading = price_feed(url).fetch(jiff::Timestamp::UNIX_EPOCH).await;
    reading.quote.ok_or_else(|| reading.failed.remove(0).1)
}

fn with_metrics(url: &str, metrics: MetricsEndpoint) -> DaemonClient {
    DaemonClient::new(ClientConfig { metrics: Some(metrics), ..config(url) }).unwrap()
}

fn prometheus(url: &str) -> MetricsEndpoint {
    MetricsEndpoint::Prometheus {
        url: Url::parse(url).unwrap(),
        selector: "job=\"mina\"".to_owned(),
        max_age: Duration::from_secs(300),
    }
}

fn page(url: &str) -> MetricsEndpoint {
    MetricsEndpoint::Page(Url::parse(url).unwrap())
}

/// What became of one request of each sender to `url`; none of them understands the answer.
async fn send_each(url: &str) -> [(&'static str, Fault); 5] {
    let parsed = Url::parse(url).unwrap();
    [
        ("graphql", DaemonClient::new(config(url)).unwrap().status().await.unwrap_err()),
        ("metrics", with_metrics(url, page(url)).scrape().await.unwrap().unwrap_err()),
        ("prometheus", with_metrics(url, prometheus(url)).scrape().await.unwrap().unwrap_err()),
        ("price", read_price(url).await.unwrap_err()),
        ("fetch", fetch(&parsed, Duration::from_secs(30), 1 << 20).await.unwrap_err()),
    ]
}

fn redirect(server: &mut ServerGuard, path: &str, to: &str) -> Mock {
    server.mock("GET", path).with_status(302).with_header("location", to)
}

/// Set where this program is its own child, in an environment that names a proxy.
const TARGET: &str = "SNARKFEE_TEST_PROXIED_TARGET";

#[tokio::test]
async fn a_proxy_of_the_environment_is_not_used() {
    if let Ok(target) = std::env::var(TARGET) {
        for (sender, fault) in send_each(&target).await {
            let answered = matches!(fault, Fault::HttpStatus { status: 404, .. });
            assert!(answered, "{sender} did not reach the server itself: {fault}");
        }
        // The environment is one that a client which asked for it would follow.
        let plain = reqwest::Client::new().get(&target).send().await.unwrap();
        assert_eq!(plain.status(), 418, "answered by the proxy");
        return;
    }
    let mut server = Server::new_async().await;
    let direct = server.mock("GET", Matcher::Any).with_status(404).expect(4).create_async().await;
    server.mock("POST", Matcher::Any).with_status(404).create_async().await;
    let mut proxy = Server::new_async().await;
    let proxied = proxy.mock("GET", Matcher::Any).with_status(418).expect(1).create_async().await;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "transport::a_proxy_of_the_environment_is_not_used", "--nocapture"]);
    child.env(TARGET, server.url()).env_remove("NO_PROXY").env_remove("no_proxy");
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
    {
        child.env(name, proxy.url());
    }
    let output = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    proxied.assert_async().await;
    direct.assert_async().await;
}

#[tokio::test]
async fn only_a_price_feed_follows_a_redirect() {
    let mut server = Server::new_async().await;
    let elsewhere = server.mock("GET", "/elsewhere").with_body("{}").expect(1).create_async().await;
    redirect(&mut server, "/", "/elsewhere").create_async().await;
    redirect(&mut server, "/api/v1/query", "/elsewhere")
        .match_query(Matcher::Any)
        .create_async()
        .await;
    let post = server.mock("POST", Matcher::Any).with_status(307);
    post.with_header("location", "/elsewhere").create_async().await;
    for (sender, fault) in send_each(&server.url()).await {
        let code = if sender == "price" { "unsupported" } else { "http_status" };
        assert_eq!(fault.code(), code, "{sender}: {fault}");
    }
    elsewhere.assert_async().await;
}

#[tokio::test]
async fn a_redirected_price_feed_shows_nobody_its_address_or_password() {
    let (mut first, mut other) = (Server::new_async().await, Server::new_async().await);
    let with_password = Matcher::Exact("Basic YW5uOmh1bnRlcjI=".to_owned());
    redirect(&mut first, "/price?key=hunter2", "/here")
        .match_header("authorization", with_password.clone())
        .create_async()
        .await;
    redirect(&mut first, "/here", &format!("{}/there", other.url()))
        .match_header("authorization", with_password)
        .match_header("referer", Matcher::Missing)
        .create_async()
        .await;
    let there = other
        .mock("GET", "/there")
        .match_header("authorization", Matcher::Missing)
        .match_header("referer", Matcher::Missing)
        .with_body(r#"{"usd": 0.31}"#)
        .create_async()
        .await;
    let address = first.host_with_port();
    let quote = read_price(&format!("http://ann:hunter2@{address}/price?key=hunter2")).await;
    assert_eq!(quote.map(|quote| quote.price.to_string()), Ok("0.31 USD".to_owned()));
    there.assert_async().await;
}

#[tokio::test]
async fn a_price_feed_follows_a_few_redirects_and_no_more() {
    let mut server = Server::new_async().await;
    for hop in 0..4 {
        let (from, to) = (format!("/{hop}"), format!("/{}", hop + 1));
        redirect(&mut server, &from, &to).create_async().await;
    }
    server.mock("GET", "/4").with_body(r#"{"usd": 0.31}"#).create_async().await;
    assert!(read_price(&format!("{}/1", server.url())).await.is_ok());
    let fault = read_price(&format!("{}/0", server.url())).await.unwrap_err();
    assert!(matches!(fault, Fault::HttpStatus { status: 302, .. }), "{fault}");
}

#[tokio::test]
async fn cookies_are_not_kept() {
    let mut server = Server::new_async().await;
    let asked = server
        .mock("GET", "/price")
        .match_header("cookie", Matcher::Missing)
        .with_header("set-cookie", "visit=1")
        .with_body(r#"{"usd": 0.31}"#)
        .expect(2)
        .create_async()
        .await;
    let feed = price_feed(&format!("{}/price", server.url()));
    for _ in 0..2 {
        assert!(feed.fetch(jiff::Timestamp::UNIX_EPOCH).await.quote.is_some());
    }
    asked.assert_async().await;
}
