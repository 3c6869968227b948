//! Where a daemon's metrics are read: from its own page, or from a Prometheus server that scrapes
//! it.
//!
//! Invariants: both ways end in the same text and the same reader (`scrape`), so they agree within
//! one scrape; of a server only current samples of one target are taken.

pub(crate) mod prometheus;
pub(crate) mod scrape;

use std::time::Duration;

use reqwest::header::HeaderValue;
use url::Url;

use crate::transport::{Failure, HttpClient};

pub use scrape::Scrape;

/// Where a daemon's metrics are read.
#[derive(Clone, Debug)]
pub enum MetricsEndpoint {
    /// The daemon's own page.
    Page(Url),
    /// A Prometheus server that scrapes it.
    Prometheus {
        /// The server's address, without the path of its API.
        url: Url,
        /// The label matchers that pick this daemon's series, without braces.
        selector: String,
        /// Samples older than this are not taken.
        max_age: Duration,
    },
}

impl MetricsEndpoint {
    /// The address that requests go to, without what they ask.
    pub(crate) const fn url(&self) -> &Url {
        match self {
            Self::Page(url) | Self::Prometheus { url, .. } => url,
        }
    }

    /// Reads once.
    pub(crate) async fn read(
        &self,
        http: &HttpClient,
        token: Option<&HeaderValue>,
    ) -> Result<Scrape, Failure> {
        match self {
            Self::Page(url) => {
                let body = http.get_text(url, token).await?.success()?;
                scrape::read(&body).map_err(Failure::unclear)
            }
            Self::Prometheus { url, selector, max_age } => {
                let answer =
                    http.get_json(&prometheus::query_url(url, selector), token).await?.success()?;
                prometheus::read(&answer, *max_age).map_err(Failure::unclear)
            }
        }
    }
}
