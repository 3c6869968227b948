//! The request for a price.

use std::{error::Error, time::Duration};

use jiff::Timestamp;
use reqwest::{Client, redirect::Policy};
use snarkfee_core::{
    cost::{PriceQuote, PriceSource},
    fault::Fault,
};

use super::document::read_price;

/// Time for the whole exchange.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Largest document read.
const SIZE_LIMIT: usize = 1 << 20;
const MOST_REDIRECTS: usize = 3;

/// A source of prices of MINA.
#[derive(Clone, Debug)]
pub struct PriceFeed {
    feed: PriceSource,
    client: Client,
    time_limit: Duration,
    size_limit: usize,
}

impl PriceFeed {
    /// Prepares the client; fails where the machine's certificates cannot be read.
    pub fn new(feed: PriceSource) -> Result<Self, Fault> {
        // Without a provider the builder panics; where one is installed already, that one stays.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder()
            .timeout(TIME_LIMIT)
            .redirect(Policy::limited(MOST_REDIRECTS))
            .user_agent(concat!("snarkfee/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Fault::Unreachable { cause: cause(&error) })?;
        Ok(Self { feed, client, time_limit: TIME_LIMIT, size_limit: SIZE_LIMIT })
    }

    /// Where it reads.
    pub const fn feed(&self) -> &PriceSource {
        &self.feed
    }

    /// Asks once. `now` becomes the quote's time: documents seldom carry one, and none is trusted.
    pub async fn fetch(&self, now: Timestamp) -> Result<PriceQuote, Fault> {
        let exchange = tokio::time::timeout(self.time_limit, self.body());
        let body = exchange.await.unwrap_or(Err(Fault::TimedOut { limit: self.time_limit }))?;
        let price = read_price(&body, &self.feed.pointer, self.feed.currency)?;
        Ok(PriceQuote { price, at: now })
    }

    async fn body(&self) -> Result<Vec<u8>, Fault> {
        let request =
            self.client.get(self.feed.url.expose().clone()).header("accept", "application/json");
        let mut response = request.send().await.map_err(|error| self.fault(error, false))?;
        let status = response.status();
        let oversized =
            || Fault::Oversized { limit: u64::try_from(self.size_limit).unwrap_or(u64::MAX) };
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.fault(error, true))? {
            if body.len() + chunk.len() > self.size_limit {
                return Err(oversized());
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            let body = Fault::excerpt(&String::from_utf8_lossy(&body));
            return Err(Fault::HttpStatus { status: status.as_u16(), body });
        }
        Ok(body)
    }

    fn fault(&self, error: reqwest::Error, within_body: bool) -> Fault {
        // The address may hold a key.
        let error = error.without_url();
        let cause = cause(&error);
        match (error.is_timeout(), within_body) {
            (true, _) => Fault::TimedOut { limit: self.time_limit },
            (false, true) => Fault::Truncated { cause },
            (false, false) => Fault::Unreachable { cause },
        }
    }
}

/// An error with everything that led to it, in one bounded line.
fn cause(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(&format!(": {inner}"));
        source = inner.source();
    }
    Fault::excerpt(&text)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
    };

    use mockito::Server;

    use super::*;
    use snarkfee_core::units::Currency;

    fn feed(url: &str) -> PriceFeed {
        PriceFeed::new(PriceSource {
            url: url.parse().unwrap(),
            pointer: "/mina/usd".to_owned(),
            currency: Currency::try_new("USD").unwrap(),
            max_age: Duration::from_secs(3600),
        })
        .unwrap()
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
        let mut feed = feed(&format!("{}/price?key=hunter2", server.url()));
        feed.size_limit = 1000;
        let quote = feed.fetch(now()).await;
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
        assert_eq!(code(answer(500, &"x".repeat(1001)).await), "oversized");
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
        let refused = feed(&format!("http://ann:hunter2@{closed}/?key=hunter2"));
        let cut = feed(&serve(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"mina\"", false));
        let mut silent = feed(&serve(b"", true));
        silent.time_limit = Duration::from_millis(50);
        let mut slow = feed(&serve(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", true));
        slow.time_limit = Duration::from_millis(50);
        for (feed, code) in [
            (refused, "unreachable"),
            (cut, "truncated"),
            (silent, "timed_out"),
            (slow, "timed_out"),
        ] {
            let fault = feed.fetch(now()).await.unwrap_err();
            assert_eq!(fault.code(), code, "{fault}");
            assert!(
                !fault.to_string().contains("hunter2") && !format!("{feed:?}").contains("hunter2")
            );
        }
    }
}
