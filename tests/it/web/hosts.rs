//! Requests that name another host than this service, as after DNS rebinding.

use snarkfee::web::ServerLimits;

use super::test_server::{TOKEN, TestServer, talk};

#[tokio::test]
async fn a_request_for_another_host_is_refused_on_every_path() {
    let mut site = TestServer::open(&["main"], true, ServerLimits::default()).await;
    let port = site.address.port();
    for (head, status) in [
        ("GET / HTTP/1.1\r\nHost: localhost:PORT", 200),
        ("GET / HTTP/1.1\r\nhost: LocalHost.", 200),
        ("GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT", 200),
        ("GET / HTTP/1.1\r\nHost: [::1]:PORT", 200),
        ("GET /healthz HTTP/1.0", 200),
        ("GET http://127.0.0.1:PORT/ HTTP/1.1\r\nHost: localhost", 200),
        ("GET / HTTP/1.1\r\nHost: status.example.org:443", 200),
        ("GET / HTTP/1.1\r\nHost: evil.example:PORT", 421),
        ("GET / HTTP/1.0\r\nHost: evil.example", 421),
        ("GET /metrics HTTP/1.1\r\nHost: evil.example", 421),
        ("GET /api/v1/status HTTP/1.1\r\nHost: evil.example", 421),
        ("GET /nowhere HTTP/1.1\r\nHost: evil.example", 421),
        ("GET / HTTP/1.1\r\nHost: 10.0.0.7", 421),
        ("GET / HTTP/1.1\r\nHost: status", 421),
        ("GET http://evil.example/ HTTP/1.1\r\nHost: localhost", 421),
        ("GET http://localhost/ HTTP/1.1\r\nHost: evil.example", 421),
        ("POST /api/v1/pause HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer TOKEN", 421),
        ("GET / HTTP/1.1", 400),
        ("GET / HTTP/1.1\r\nHost:", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example", 400),
        ("GET / HTTP/1.1\r\nHost: a@localhost", 400),
        ("GET / HTTP/1.1\r\nHost: local\u{e9}", 400),
    ] {
        let head = head.replace("PORT", &port.to_string()).replace("TOKEN", TOKEN);
        let mut stream = site.connect().await;
        let request = format!("{head}\r\nConnection: close\r\n\r\n");
        let answer = talk(&mut stream, request.as_bytes()).await;
        let found = answer.split(' ').nth(1).unwrap_or_default();
        assert_eq!(found, status.to_string(), "{head}\n{answer}");
    }
    assert!(site.commands.try_recv().is_err(), "nothing was ordered");
}
