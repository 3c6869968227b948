//! One request and its whole answer.

use std::{error::Error, time::Duration};

use reqwest::{
    StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use snarkfee_core::fault::Fault;
use url::Url;

use super::clients::{Certificates, HttpClients, Redirects, Settings};

/// The longest time to connect, even where the whole exchange may take longer.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

/// How much of an answer that reports an HTTP error is read.
const ERROR_BODY: u64 = 64 * 1024;

/// The header in which a simulated daemon says how many times as fast as real time its time passes.
const SIMULATED_SPEED: &str = "snarkfee-simulated-speed";

/// How far a request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It never left.
    NotSent,
    /// The daemon, or a proxy in front of it, refused.
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
    /// How many times as fast as real time the daemon says that its time passes.
    pub(crate) simulated_speed: Option<f64>,
}

/// Sends requests that share their limits.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    client: reqwest::Client,
    limits: Limits,
    connect_timeout: Duration,
}

impl HttpClient {
    pub(crate) fn try_new(
        limits: Limits,
        certificates: Certificates,
        redirects: Redirects,
        clients: &HttpClients,
    ) -> Result<Self, reqwest::Error> {
        let connect_timeout = limits.time.min(LONGEST_CONNECT);
        let client = clients.client(Settings { connect_timeout, certificates, redirects })?;
        Ok(Self { client, limits, connect_timeout })
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
        let simulated_speed = response
            .headers()
            .get(SIMULATED_SPEED)
            .and_then(|speed| speed.to_str().ok()?.parse().ok())
            .filter(|speed: &f64| speed.is_finite() && *speed > 0.0);
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
        Ok(Answer { status, body, simulated_speed })
    }

    /// No answer began.
    fn unanswered(&self, error: reqwest::Error) -> Failure {
        let never_left = error.is_connect() || error.is_builder();
        let fault = if error.is_timeout() {
            Fault::TimedOut {
                limit: if error.is_connect() { self.connect_timeout } else { self.limits.time },
            }
        } else if error.is_builder() {
            Fault::Malformed { cause: causes(error) }
        } else {
            Fault::Unreachable { cause: causes(error) }
        };
        Failure { fault, reach: if never_left { Reach::NotSent } else { Reach::Unclear } }
    }

    /// An answer began and did not end.
    fn broken(&self, error: reqwest::Error) -> Failure {
        Failure::unclear(if error.is_timeout() {
            Fault::TimedOut { limit: self.limits.time }
        } else {
            Fault::Truncated { cause: causes(error) }
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
pub(super) fn causes(error: reqwest::Error) -> String {
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
