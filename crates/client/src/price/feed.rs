//! The request for a price.

use std::time::Duration;

use jiff::Timestamp;
use snarkfee_core::{
    cost::{PriceQuote, PriceSource},
    fault::Fault,
};

use super::document::read_price;
use crate::transport::{Certificates, HttpClient, HttpClients, Limits, Redirects, setup_fault};

const LIMITS: Limits = Limits { time: Duration::from_secs(10), bytes: 1 << 20 };

/// A source of prices of MINA.
#[derive(Clone, Debug)]
pub struct PriceFeed {
    feed: PriceSource,
    http: HttpClient,
}

impl PriceFeed {
    /// Prepares the client.
    ///
    /// # Errors
    ///
    /// Where the machine's certificates cannot be read.
    pub fn new(feed: PriceSource) -> Result<Self, Fault> {
        Self::with_limits(feed, LIMITS)
    }

    fn with_limits(feed: PriceSource, limits: Limits) -> Result<Self, Fault> {
        // An address without TLS may point to one with it.
        let (certificates, redirects) = (Certificates::System, Redirects::Followed);
        let http = HttpClient::try_new(limits, certificates, redirects, &HttpClients::default());
        Ok(Self { feed, http: http.map_err(setup_fault)? })
    }

    /// Where it reads.
    pub const fn feed(&self) -> &PriceSource {
        &self.feed
    }

    /// Asks once. `now` becomes the quote's time: documents seldom carry one, and none is trusted.
    ///
    /// # Errors
    ///
    /// Whatever kept the document from being read whole, or from holding a price.
    pub async fn fetch(&self, now: Timestamp) -> Result<PriceQuote, Fault> {
        let body = self.http.get_json(self.feed.url.expose(), None).await?.success()?;
        let price = read_price(&body, &self.feed.pointer, self.feed.currency)?;
        Ok(PriceQuote { price, at: now })
    }
}

#[cfg(test)]
mod tests;
