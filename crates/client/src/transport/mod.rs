//! One HTTP exchange within limits, and how far it got when it failed. Every request that leaves
//! the process goes through here.
//!
//! Invariants: no exchange outlives its time limit or buffers more than its size limit; no proxy of
//! the environment is used, no cookie kept, no Referer sent; redirects are followed only where
//! [`Redirects`] allows it; a connection serves one exchange, since a daemon that closes an idle one
//! would turn a mutation into a lost one; a token or a password is never in a log or a fault.
//!
//! Not here: what an answer means (`answers`, `metrics`, `price`).

mod clients;
mod exchange;

use std::time::Duration;

use reqwest::header::{HeaderValue, InvalidHeaderValue};
use secrecy::{ExposeSecret, SecretString};
use snarkfee_core::fault::Fault;
use url::Url;

pub(crate) use self::{
    clients::{Certificates, HttpClients, Redirects},
    exchange::{Answer, Failure, HttpClient, Limits, Reach},
};

/// Gets a document of another program within limits of time and size.
///
/// # Errors
///
/// Whatever kept the document from being read whole, an HTTP status other than success among it.
pub async fn fetch(url: &Url, time: Duration, bytes: u64) -> Result<Vec<u8>, Fault> {
    let certificates = Certificates::needed_for([url]);
    let clients = HttpClients::default();
    let http =
        HttpClient::try_new(Limits { time, bytes }, certificates, Redirects::Refused, &clients)
            .map_err(setup_fault)?;
    Ok(http.get_text(url, None).await?.success()?)
}

/// Posts a JSON document to another program within limits of time and size, and returns its answer
/// with its HTTP status, whatever that is.
///
/// # Errors
///
/// Whatever kept the answer from being read whole.
pub async fn post(
    url: &Url,
    token: Option<&SecretString>,
    body: Vec<u8>,
    time: Duration,
    bytes: u64,
) -> Result<(u16, Vec<u8>), Fault> {
    let certificates = Certificates::needed_for([url]);
    let clients = HttpClients::default();
    let http =
        HttpClient::try_new(Limits { time, bytes }, certificates, Redirects::Refused, &clients)
            .map_err(setup_fault)?;
    let token = token
        .map(bearer_header)
        .transpose()
        .map_err(|error| Fault::Malformed { cause: Fault::excerpt(&error.to_string()) })?;
    let answer = http.post_json(url, token.as_ref(), body).await?;
    Ok((answer.status.as_u16(), answer.body))
}

/// The header that carries a token.
pub(crate) fn bearer_header(token: &SecretString) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Why no client can be made, as a fault.
pub(crate) fn setup_fault(error: reqwest::Error) -> Fault {
    Fault::Unreachable { cause: exchange::causes(error) }
}
