//! One HTTP exchange within limits, and how far it got when it failed.
//!
//! Invariants: no exchange outlives its time limit or buffers more than its size limit; no redirect
//! is followed, no proxy of the environment used, no cookie kept; a connection serves one exchange,
//! since a daemon that closes an idle one would turn a mutation into a lost one; a token is never
//! in a log or a fault.
//!
//! Not here: what an answer means (`envelope`, `scrape`).

use std::{
    error::Error,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use reqwest::{
    StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
    redirect, retry,
};
use snarkfee_core::fault::Fault;
use url::Url;

/// A connection that stands must do so within this time, even where the whole exchange may take
/// longer.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

/// How much of an answer that reports an HTTP error is read.
const ERROR_BODY: u64 = 64 * 1024;

/// Makes ring the process's TLS provider. Calling it again does nothing.
fn install_tls_provider() {
    // The only error is that a provider is installed already, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// Gets a document of another program within limits of time and size.
///
/// # Errors
///
/// Whatever kept the document from being read whole, an HTTP status other than success among it.
pub async fn fetch(url: &Url, time: Duration, bytes: u64) -> Result<Vec<u8>, Fault> {
    let http =
        Http::try_new(Limits { time, bytes }, url.scheme() == "https", &Transports::default());
    let http = http.map_err(|error| Fault::Unreachable { cause: chain(error) })?;
    Ok(http.get_text(url, None).await?.success()?)
}

/// How far a request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It never left.
    NotSent,
    /// The daemon, or what stands before it, answered that it would not.
    Declined,
    /// It may have been carried out.
    Unclear,
}

/// A failed exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) fault: Fault,
    pub(crate) reach: Reach,
}

impl Failure {
    pub(crate) const fn unclear(fault: Fault) -> Self {
        Self { fault, reach: Reach::Unclear }
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        failure.fault
    }
}

/// What an exchange may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// From the start to the last byte.
    pub(crate) time: Duration,
    /// Bytes of an answer's body.
    pub(crate) bytes: u64,
}

/// A complete answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

/// Clients of the library by what is settled when one is made, shared by all exchanges that settle
/// it alike: each has the system's certificates in memory.
#[derive(Debug, Default)]
pub(crate) struct Transports(Mutex<Vec<(Transport, reqwest::Client)>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Transport {
    connect: Duration,
    /// Without, the system's certificates are not read, which a machine without any would fail at.
    tls: bool,
}

impl Transports {
    /// Makes new ones from now on, which read the system's certificates as they then are.
    pub(crate) fn renew(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn client(&self, transport: Transport) -> Result<reqwest::Client, reqwest::Error> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = made.iter().find(|(known, _)| *known == transport) {
            return Ok(client.clone());
        }
        let client = transport.client()?;
        made.push((transport, client.clone()));
        Ok(client)
    }
}

impl Transport {
    fn client(self) -> Result<reqwest::Client, reqwest::Error> {
        install_tls_provider();
        let builder = reqwest::Client::builder()
            .connect_timeout(self.connect)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .pool_max_idle_per_host(0)
            .no_proxy()
            .referer(false)
            .http1_only()
            .user_agent(concat!("snarkfee/", env!("CARGO_PKG_VERSION")));
        if self.tls { builder } else { builder.tls_certs_only([]) }.build()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: reqwest::Client,
    limits: Limits,
    connect: Duration,
}

impl Http {
    pub(crate) fn try_new(
        limits: Limits,
        tls: bool,
        transports: &Transports,
    ) -> Result<Self, reqwest::Error> {
        let connect = limits.time.min(LONGEST_CONNECT);
        Ok(Self { client: transports.client(Transport { connect, tls })?, limits, connect })
    }

    /// Posts a JSON document. The daemon compares the content type as a whole string, a charset
    /// would hide the body from it (Mina `graphql_internal.ml`, 1.0.0 to 3.0.3).
    pub(crate) async fn post_json(
        &self,
        url: &Url,
        token: Option<&HeaderValue>,
        body: Vec<u8>,
    ) -> Result<Answer, Failure> {
        let request = self.client.post(url.clone()).header(CONTENT_TYPE, "application/json");
        self.exchange(request.header(ACCEPT, "application/json").body(body), token).await
    }

    /// Gets a text.
    pub(crate) async fn get_text(
        &self,
        url: &Url,
        token: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        self.exchange(self.client.get(url.clone()).header(ACCEPT, "text/plain"), token).await
    }

    /// Gets a JSON document.
    pub(crate) async fn get_json(
        &self,
        url: &Url,
        token: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        self.exchange(self.client.get(url.clone()).header(ACCEPT, "application/json"), token).await
    }

    async fn exchange(
        &self,
        request: reqwest::RequestBuilder,
        token: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        let request = match token {
            Some(token) => request.header(AUTHORIZATION, token),
            None => request,
        };
        let mut response = request
            .timeout(self.limits.time)
            .send()
            .await
            .map_err(|error| self.unanswered(error))?;
        let status = response.status();
        let limit =
            if status.is_success() { self.limits.bytes } else { self.limits.bytes.min(ERROR_BODY) };
        let announced = response.content_length().unwrap_or(0);
        if announced > limit && status.is_success() {
            return Err(Failure::unclear(Fault::Oversized { limit }));
        }
        let mut body =
            Vec::with_capacity(usize::try_from(announced.min(limit)).unwrap_or_default());
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(error))? {
            let room = usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(body.len());
            if chunk.len() <= room {
                body.extend_from_slice(&chunk);
            } else if status.is_success() {
                return Err(Failure::unclear(Fault::Oversized { limit }));
            } else {
                body.extend_from_slice(chunk.get(..room).unwrap_or_default());
                break;
            }
        }
        Ok(Answer { status, body })
    }

    /// No answer began.
    fn unanswered(&self, error: reqwest::Error) -> Failure {
        let never_left = error.is_connect() || error.is_builder();
        let fault = if error.is_timeout() {
            Fault::TimedOut {
                limit: if error.is_connect() { self.connect } else { self.limits.time },
            }
        } else if error.is_builder() {
            Fault::Malformed { cause: chain(error) }
        } else {
            Fault::Unreachable { cause: chain(error) }
        };
        Failure { fault, reach: if never_left { Reach::NotSent } else { Reach::Unclear } }
    }

    /// An answer began and did not end.
    fn broken(&self, error: reqwest::Error) -> Failure {
        Failure::unclear(if error.is_timeout() {
            Fault::TimedOut { limit: self.limits.time }
        } else {
            Fault::Truncated { cause: chain(error) }
        })
    }
}

impl Answer {
    /// The body of a success, or the status as a fault.
    pub(crate) fn success(self) -> Result<Vec<u8>, Failure> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        // A client error says that the request was not carried out, but for a gateway that gave up
        // waiting. Any other status may come from something between here and the daemon.
        let declined = self.status.is_client_error() && self.status != StatusCode::REQUEST_TIMEOUT;
        Err(Failure {
            fault: Fault::HttpStatus {
                status: self.status.as_u16(),
                body: Fault::excerpt(&String::from_utf8_lossy(&self.body)),
            },
            reach: if declined { Reach::Declined } else { Reach::Unclear },
        })
    }
}

/// The causes of an error in one line, without the URL: it may hold a password.
fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.ends_with(&words) {
            text = format!("{text}: {words}");
        }
        source = cause.source();
    }
    Fault::excerpt(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchanges_that_connect_alike_share_a_client_until_it_is_renewed() {
        let transports = Transports::default();
        let made = || transports.0.lock().unwrap().len();
        let http = |seconds, tls| {
            Http::try_new(Limits { time: Duration::from_secs(seconds), bytes: 1 }, tls, &transports)
                .unwrap()
        };
        let (short, long) = (http(20, false), http(30, false));
        assert_eq!(made(), 1, "both connect within the longest time there is");
        assert_eq!([short.limits.time, long.limits.time].map(|limit| limit.as_secs()), [20, 30]);
        http(1, false);
        http(1, false);
        assert_eq!(made(), 2);
        transports.renew();
        http(20, false);
        assert_eq!(made(), 1);
    }
}
