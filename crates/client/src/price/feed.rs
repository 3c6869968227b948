//! The requests for a price.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use snarkfee_core::{
    cost::{PriceQuote, PriceSource},
    fault::Fault,
    units::{Endpoint, Fiat},
};

use tokio::task::JoinSet;

use super::document::{read_price, read_time};
use crate::transport::{Certificates, HttpClient, HttpClients, Limits, Redirects, setup_fault};

const LIMITS: Limits = Limits { time: Duration::from_secs(10), bytes: 1 << 20 };

/// A source of prices of MINA.
#[derive(Clone, Debug)]
pub struct PriceFeed {
    feed: PriceSource,
    http: HttpClient,
}

/// What the documents of a feed said.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceReading {
    /// The median of their prices; `None` where too few gave one.
    pub quote: Option<PriceQuote>,
    /// How many gave a price.
    pub read: usize,
    /// How many must.
    pub needed: usize,
    /// Those that gave none.
    pub failed: Vec<(Endpoint, Fault)>,
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

    /// Asks every document once, all at the same time.
    pub async fn fetch(&self, now: Timestamp) -> PriceReading {
        let mut asked = JoinSet::new();
        for (place, url) in self.feed.urls.iter().cloned().enumerate() {
            let feed = self.clone();
            asked
                .spawn(async move { (place, feed.ask(&url, now).await.map_err(|why| (url, why))) });
        }
        let mut answers = asked.join_all().await;
        answers.sort_by_key(|(place, _)| *place);
        let (mut quotes, mut failed) = (Vec::new(), Vec::new());
        for (_, answer) in answers {
            match answer {
                Ok(quote) => quotes.push(quote),
                Err(failure) => failed.push(failure),
            }
        }
        let (read, needed) = (quotes.len(), self.feed.min_sources.max(1));
        let quote = if read < needed { None } else { median(quotes) };
        PriceReading { quote, read, needed, failed }
    }

    /// Asks one document.
    async fn ask(&self, url: &Endpoint, now: Timestamp) -> Result<PriceQuote, Fault> {
        let body = self.http.get_json(url.expose(), None).await?.success()?;
        read_quote(&body, &self.feed, now)
    }
}

/// Reads the price in a document. One that tells no time is of `now`.
///
/// # Errors
///
/// Where it holds no price, one outside the bounds, or one that is too old or not of this time.
pub fn read_quote(body: &[u8], feed: &PriceSource, now: Timestamp) -> Result<PriceQuote, Fault> {
    let PriceSource { pointer, time_pointer, currency, max_age, bounds, .. } = feed;
    let price = read_price(body, pointer, *currency)?;
    if let Some(bounds) = bounds.filter(|bounds| !bounds.contains(price)) {
        let value = format!("{price}, outside the bounds of {bounds}");
        return Err(Fault::InvalidValue { field: pointer.clone(), value });
    }
    let Some(time_pointer) = time_pointer else { return Ok(PriceQuote { price, at: now }) };
    let at = read_time(body, time_pointer)?;
    let age = now.duration_since(at).unsigned_abs();
    match age > *max_age {
        true => Err(Fault::Outdated { age, limit: *max_age }),
        false => Ok(PriceQuote { price, at: at.min(now) }),
    }
}

/// The quote with the median price, of two in the middle the lower: a cost is not understated.
fn median(mut quotes: Vec<PriceQuote>) -> Option<PriceQuote> {
    quotes.sort_by_key(|quote| quote.price.nanos());
    let middle = quotes.len().checked_sub(1)? / 2;
    let price: Fiat = quotes.get(middle)?.price;
    // The price is as old as the oldest that it was found among.
    let at = quotes.iter().map(|quote| quote.at).min()?;
    Some(PriceQuote { price, at })
}

impl PriceReading {
    /// The code of the first fault.
    pub fn code(&self) -> &'static str {
        self.failed.first().map_or("none", |(_, fault)| fault.code())
    }
}

/// The documents that gave no price, each with the reason.
impl fmt::Display for PriceReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (url, fault)) in self.failed.iter().enumerate() {
            let before = if place == 0 { "" } else { "; " };
            write!(f, "{before}{url}: {fault}")?;
        }
        match self.failed.len() + self.read {
            0 | 1 => Ok(()),
            all => write!(f, "; {} of {all} feeds gave a price, {} must", self.read, self.needed),
        }
    }
}

#[cfg(test)]
mod tests;
