//! The HTTP library's clients, and what is settled once for all requests of the process.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use reqwest::{redirect, retry};
use url::Url;

/// Redirects in a row that are followed where any are.
const MOST_REDIRECTS: usize = 3;

/// Clients by what is settled when one is made, shared by all exchanges that settle it alike: each
/// holds the system's certificates in memory.
#[derive(Debug, Default)]
pub(crate) struct HttpClients(Mutex<Vec<(Settings, reqwest::Client)>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) connect_timeout: Duration,
    pub(super) certificates: Certificates,
    pub(super) redirects: Redirects,
}

/// Whose certificates a server may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certificates {
    /// Those that the system trusts. A machine without any cannot make such a client.
    System,
    /// Nobody's: for addresses without TLS.
    None,
}

/// Whether a redirect is followed. One that is not is an answer with its HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redirects {
    /// For daemons, metrics and servers that the operator names: a mutation that is sent on would
    /// be repeated or turned into a GET, and a redirect there is a mistake in the address.
    Refused,
    /// For a GET of a document on the web, whose address moves without notice: a few in a row, and
    /// never from TLS to plain text. Credentials do not go to another host, port or scheme.
    Followed,
}

impl Certificates {
    /// What requests to these addresses need.
    pub(crate) fn needed_for<'a>(urls: impl IntoIterator<Item = &'a Url>) -> Self {
        if urls.into_iter().any(|url| url.scheme() == "https") { Self::System } else { Self::None }
    }
}

impl HttpClients {
    /// Makes new clients from now on, which read the system's certificates again.
    pub(crate) fn renew(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn client(&self, settings: Settings) -> Result<reqwest::Client, reqwest::Error> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = made.iter().find(|(known, _)| *known == settings) {
            return Ok(client.clone());
        }
        let client = settings.build_client()?;
        made.push((settings, client.clone()));
        Ok(client)
    }
}

impl Settings {
    fn build_client(self) -> Result<reqwest::Client, reqwest::Error> {
        // Without a provider the builder panics. The only error is that one is installed already,
        // which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let builder = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .redirect(self.redirects.policy())
            .retry(retry::never())
            .pool_max_idle_per_host(0)
            .no_proxy()
            .referer(false)
            .http1_only()
            .user_agent(concat!("snarkfee/", env!("CARGO_PKG_VERSION")));
        match self.certificates {
            Certificates::System => builder,
            Certificates::None => builder.tls_certs_only([]),
        }
        .build()
    }
}

impl Redirects {
    fn policy(self) -> redirect::Policy {
        match self {
            Self::Refused => redirect::Policy::none(),
            Self::Followed => redirect::Policy::custom(|attempt| {
                let leaves_tls = attempt.url().scheme() != "https"
                    && attempt.previous().iter().any(|url| url.scheme() == "https");
                if leaves_tls || attempt.previous().len() > MOST_REDIRECTS {
                    attempt.stop()
                } else {
                    attempt.follow()
                }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_that_connect_alike_share_a_client_until_it_is_renewed() {
        let clients = HttpClients::default();
        let make = |seconds, redirects| {
            let connect_timeout = Duration::from_secs(seconds);
            let certificates = Certificates::None;
            clients.client(Settings { connect_timeout, certificates, redirects }).unwrap();
            clients.0.lock().unwrap().len()
        };
        assert_eq!(make(10, Redirects::Refused), 1);
        assert_eq!(make(10, Redirects::Refused), 1);
        assert_eq!(make(1, Redirects::Refused), 2);
        assert_eq!(make(1, Redirects::Followed), 3);
        clients.renew();
        assert_eq!(make(10, Redirects::Refused), 1);
    }
}
