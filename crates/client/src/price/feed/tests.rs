use std::{
    io::{Read, Write},
    net::TcpListener,
};

use mockito::Server;

use super::*;
use snarkfee_core::units::Currency;

fn feed(url: &str, limits: Limits) -> PriceFeed {
    PriceFeed::with_limits(source(&[url]), limits).unwrap()
}

fn source(urls: &[&str]) -> PriceSource {
    PriceSource {
        urls: urls.iter().map(|url| url.parse().unwrap()).collect(),
        min_sources: urls.len() / 2 + 1,
        ..PriceSource::single(
            urls[0].parse().unwrap(),
            "/mina/usd".to_owned(),
            Currency::try_new("USD").unwrap(),
            Duration::from_secs(3600),
        )
    }
}

/// The quote, or the first fault.
fn first(mut reading: PriceReading) -> Result<PriceQuote, Fault> {
    reading.quote.ok_or_else(|| reading.failed.remove(0).1)
}

fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

async fn answer(status: usize, body: &str) -> Result<PriceQuote, Fault> {
    let mut server = Server::new_async().await;
    let mock = server
        .mock("GET", "/price?key=hunter2")
        .with_status(status)
        .with_body(body)
        .create_async()
        .await;
    let url = format!("{}/price?key=hunter2", server.url());
    let reading = feed(&url, Limits { bytes: 1000, ..LIMITS }).fetch(now()).await;
    mock.assert_async().await;
    first(reading)
}

#[tokio::test]
async fn a_price_is_read_with_the_time_of_asking() {
    let quote = answer(200, r#"{"mina":{"usd":0.310000001}}"#).await.unwrap();
    assert_eq!((quote.price.to_string().as_str(), quote.at), ("0.310000001 USD", now()));
}

#[tokio::test]
async fn bad_answers_are_faults() {
    let code = |answer: Result<PriceQuote, Fault>| answer.unwrap_err().code();
    assert_eq!(code(answer(429, "slow down").await), "http_status");
    assert_eq!(code(answer(200, "<html></html>").await), "malformed");
    assert_eq!(code(answer(200, r#"{"mina":{}}"#).await), "unsupported");
    assert_eq!(code(answer(200, r#"{"mina":{"usd":-1}}"#).await), "invalid_value");
    assert_eq!(code(answer(200, &" ".repeat(1001)).await), "oversized");
    assert_eq!(code(answer(500, &"x".repeat(1001)).await), "http_status");
}

#[tokio::test]
async fn a_byte_order_mark_is_ignored_and_a_price_out_of_bounds_is_a_fault() {
    let quote = answer(200, "\u{feff}{\"mina\":{\"usd\":0.31}}").await.unwrap();
    assert_eq!(quote.price.to_string(), "0.31 USD");
    for glitch in ["214748.3594", "0.00000001", "101"] {
        let fault = answer(200, &format!("{{\"mina\":{{\"usd\":{glitch}}}}}")).await.unwrap_err();
        assert_eq!(fault.code(), "invalid_value");
        assert!(fault.to_string().contains("bounds of 0.001 USD to 100 USD"), "{fault}");
    }
}

#[tokio::test]
async fn of_several_prices_the_median_counts_where_enough_were_read() {
    let mut server = Server::new_async().await;
    let mut price = async |path: &str, body: &str| {
        server.mock("GET", path).with_body(body).create_async().await;
        format!("{}{path}", server.url())
    };
    let usd = |price: &str| format!("{{\"mina\":{{\"usd\":{price}}}}}");
    let (a, b) = (price("/a", &usd("0.30")).await, price("/b", &usd("0.32")).await);
    let (c, wrong) = (price("/c", &usd("31")).await, price("/wrong", "{}").await);
    let read = async |urls: &[&str], min_sources: usize| {
        let source = PriceSource { min_sources, ..source(urls) };
        PriceFeed::with_limits(source, LIMITS).unwrap().fetch(now()).await
    };
    let median = async |urls: &[&str], least: usize| {
        read(urls, least).await.quote.map(|quote| quote.price.to_string())
    };
    assert_eq!(median(&[&a, &b, &c], 3).await.as_deref(), Some("0.32 USD"));
    assert_eq!(median(&[&c, &a], 2).await.as_deref(), Some("0.3 USD"), "of two the lower");
    assert_eq!(median(&[&a, &wrong, &b], 2).await.as_deref(), Some("0.3 USD"));
    let few = read(&[&a, &wrong, &b], 3).await;
    assert_eq!((few.quote, few.read), (None, 2));
    let text = few.to_string();
    assert!(
        text.contains("/wrong") && text.contains("2 of 3 feeds gave a price, 3 must"),
        "{text}"
    );
}

#[tokio::test]
async fn a_time_of_the_documents_own_shows_a_frozen_feed() {
    let mut server = Server::new_async().await;
    let second = now().as_second();
    for (path, at) in
        [("/now", second - 60), ("/frozen", second - 3_601), ("/ahead", second + 3_601)]
    {
        let body = format!("{{\"mina\":{{\"usd\":0.31}},\"t\":{at}}}");
        server.mock("GET", path).with_body(body).create_async().await;
    }
    server.mock("GET", "/none").with_body(r#"{"mina":{"usd":0.31}}"#).create_async().await;
    let read = async |path: &str| {
        let url = format!("{}{path}", server.url());
        let source = PriceSource { time_pointer: Some("/t".to_owned()), ..source(&[&url]) };
        first(PriceFeed::with_limits(source, LIMITS).unwrap().fetch(now()).await)
    };
    assert_eq!(read("/now").await.unwrap().at.as_second(), second - 60, "the document's time");
    for path in ["/frozen", "/ahead"] {
        assert_eq!(read(path).await.unwrap_err().code(), "outdated", "{path}");
    }
    assert_eq!(read("/none").await.unwrap_err().code(), "unsupported");
}

/// Answers one connection with `bytes`, then holds it open until the peer closes it, if `hang`,
/// or closes it.
fn serve(bytes: &'static [u8], hang: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        stream.write_all(bytes).unwrap();
        if hang {
            let _ = stream.read(&mut request);
        }
    });
    format!("http://127.0.0.1:{}/?key=hunter2", address.port())
}

#[tokio::test]
async fn silence_and_broken_connections_are_faults_that_keep_the_key() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = feed(&format!("http://ann:hunter2@{closed}/?key=hunter2"), LIMITS);
    let cut = serve(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"mina\"", false);
    let cut = feed(&cut, LIMITS);
    let hasty = Limits { time: Duration::from_millis(50), ..LIMITS };
    let silent = feed(&serve(b"", true), hasty);
    let slow = serve(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", true);
    let slow = feed(&slow, hasty);
    for (feed, code) in
        [(refused, "unreachable"), (cut, "truncated"), (silent, "timed_out"), (slow, "timed_out")]
    {
        let fault = first(feed.fetch(now()).await).unwrap_err();
        assert_eq!(fault.code(), code, "{fault}");
        assert!(!fault.to_string().contains("hunter2") && !format!("{feed:?}").contains("hunter2"));
    }
}
