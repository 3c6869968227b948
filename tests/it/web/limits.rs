//! The limits on slow, large and long-lived requests.

use std::time::Duration;

use reqwest::StatusCode;
use snarkfee::web::ServerLimits;
use tokio::{io::AsyncWriteExt, time::timeout};

use super::test_server::{TOKEN, TestServer, talk, until_closed};

fn short() -> ServerLimits {
    ServerLimits {
        header: Duration::from_millis(200),
        request: Duration::from_millis(200),
        ..ServerLimits::default()
    }
}

#[tokio::test]
async fn a_client_that_sends_no_header_or_half_of_one_is_dropped() {
    let site = TestServer::open(&["main"], true, short()).await;
    let mut silent = site.connect().await;
    assert_eq!(until_closed(&mut silent).await, "");
    let mut slow = site.connect().await;
    let answer = talk(&mut slow, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await;
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(site.get("/healthz").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_connection_that_idles_after_a_request_is_closed() {
    let site = TestServer::open(&["main"], true, short()).await;
    let mut idle = site.connect().await;
    let answer = talk(&mut idle, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_given_up() {
    let site = TestServer::open(&["main"], true, short()).await;
    let mut slow = site.connect().await;
    let head = format!(
        "POST /api/v1/pause HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 100\r\n\r\n{{"
    );
    let answer = talk(&mut slow, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn a_large_body_or_header_is_refused() {
    let site = TestServer::open(&["main"], true, ServerLimits::default()).await;
    let bearer = format!("Bearer {TOKEN}");
    let response = site.post("/api/v1/pause", Some(&bearer), vec![b' '; 16 * 1024 + 1]).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let response = site.post("/api/v1/pause", Some(&bearer), vec![b' '; 16 * 1024]).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED, "the limit itself is allowed");

    let mut stream = site.connect().await;
    let large =
        format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: {}\r\n\r\n", "x".repeat(64 * 1024));
    let answer = talk(&mut stream, large.as_bytes()).await;
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");

    let mut stream = site.connect().await;
    let many: String = (0..200).map(|n| format!("X-{n}: y\r\n")).collect();
    let answer =
        talk(&mut stream, format!("GET / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n").as_bytes())
            .await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");

    let mut stream = site.connect().await;
    let answer = talk(&mut stream, b"\x16\x03\x01 this is TLS\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

/// Their number is beyond any limit, and no limit in time helps: those take longer than the test.
#[tokio::test]
async fn clients_that_send_nothing_or_half_a_request_delay_nobody() {
    let patient = ServerLimits {
        header: Duration::from_secs(3_600),
        request: Duration::from_secs(3_600),
        connections: 20,
        ..ServerLimits::default()
    };
    let site = TestServer::open(&["main"], true, patient).await;
    let mut held = Vec::new();
    let head = format!(
        "POST /api/v1/pause HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Length: 100\r\n\r\n{{"
    );
    for turn in 0..100 {
        let mut stream = site.connect().await;
        let sent = [0, head.len() / 2, head.len()][turn % 3];
        // A connection that was cut meanwhile takes no more.
        let _ = stream.write_all(&head.as_bytes()[..sent]).await;
        held.push(stream);
    }
    assert_eq!(site.get("/healthz").await.status(), StatusCode::OK);
    assert_eq!(until_closed(&mut held.remove(0)).await, "", "the longest idle is cut");
}

#[tokio::test]
async fn a_connection_does_not_outlive_its_time() {
    let limits = ServerLimits { connection: Duration::from_millis(200), ..ServerLimits::default() };
    let site = TestServer::open(&["main"], false, limits).await;
    let mut stream = site.connect().await;
    let answer = talk(&mut stream, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn serving_ends_when_told_to_even_with_clients_connected() {
    let site = TestServer::open(&["main"], false, ServerLimits::default()).await;
    let mut idle = site.connect().await;
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert_eq!(site.get("/healthz").await.status(), StatusCode::OK);
    site.cancel.cancel();
    timeout(Duration::from_secs(60), site.server).await.expect("serving goes on").unwrap();
}
