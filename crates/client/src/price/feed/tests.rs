use std::{
    io::{Read, Write},
    net::TcpListener,
};

use mockito::Server;

use super::*;
use snarkfee_core::units::Currency;

fn feed(url: &str, limits: Limits) -> PriceFeed {
    let feed = PriceSource {
        url: url.parse().unwrap(),
        pointer: "/mina/usd".to_owned(),
        currency: Currency::try_new("USD").unwrap(),
        max_age: Duration::from_secs(3600),
    };
    PriceFeed::with_limits(feed, limits).unwrap()
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
    let quote = feed(&url, Limits { bytes: 1000, ..LIMITS }).fetch(now()).await;
    mock.assert_async().await;
    quote
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
        let fault = feed.fetch(now()).await.unwrap_err();
        assert_eq!(fault.code(), code, "{fault}");
        assert!(!fault.to_string().contains("hunter2") && !format!("{feed:?}").contains("hunter2"));
    }
}
