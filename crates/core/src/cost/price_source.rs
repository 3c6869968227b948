//! Where a price of MINA is read from, and what is believed of it.
//!
//! A price decides on profit and loss, and feeds fail in ways that look like prices: an amount of
//! another currency, a scale that is off by a million, a value that froze days ago. So a price
//! counts only within bounds, and one that jumps only once it was read several times in a row.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::units::{Currency, Endpoint, Fiat};

use super::PriceQuote;

/// Where a price of MINA is read from, and what is believed of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceSource {
    /// The documents' addresses, at least one; of several prices the median counts.
    pub urls: Vec<Endpoint>,
    /// How many documents must give a price, from 1 to their number.
    pub min_sources: usize,
    /// The JSON pointer (RFC 6901) to the price within.
    pub pointer: String,
    /// The JSON pointer to the time of the price; `None` where none is required.
    pub time_pointer: Option<String>,
    /// The currency of that price.
    pub currency: Currency,
    /// Age above which a price is not used.
    pub max_age: Duration,
    /// What a price can be; `None` for anything above zero.
    pub bounds: Option<PriceBounds>,
    /// The factor, above 1, beyond which a change must be confirmed.
    pub max_jump: f64,
}

impl PriceSource {
    /// The factor where none is set. In 2021 the price doubled within a day, never within an hour.
    pub const MAX_JUMP: f64 = 3.0;

    /// What tells it from another source: addresses without secrets, the place within, and the
    /// currency.
    fn name(&self) -> String {
        let urls: Vec<String> = self.urls.iter().map(Endpoint::to_string).collect();
        format!("{} {} {}", urls.join(" "), self.pointer, self.currency)
    }

    /// One document, with the usual bounds.
    pub fn single(url: Endpoint, pointer: String, currency: Currency, max_age: Duration) -> Self {
        Self {
            urls: vec![url],
            min_sources: 1,
            pointer,
            time_pointer: None,
            currency,
            max_age,
            bounds: PriceBounds::usual(currency),
            max_jump: Self::MAX_JUMP,
        }
    }
}

/// The last price that was believed, and whose it is. It outlives the process, so that a start while
/// the feeds do not answer goes on with it until its age limit, and doubts a jump as before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BelievedPrice {
    quote: PriceQuote,
    /// [`PriceSource::name`].
    source: String,
}

impl BelievedPrice {
    /// A price believed of a source.
    pub fn new(quote: PriceQuote, source: &PriceSource) -> Self {
        Self { quote, source: source.name() }
    }

    /// The price, if it is of this source.
    pub fn of(&self, source: &PriceSource) -> Option<PriceQuote> {
        (self.source == source.name()).then_some(self.quote)
    }
}

/// The least and the greatest price that is believed, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceBounds {
    least: Fiat,
    greatest: Fiat,
}

/// Why two prices are no bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBounds {
    /// The least is not below the greatest.
    #[error("the first must be below the second, and above zero")]
    Order,
    /// They are in different currencies.
    #[error("prices in {0} and {1}; use one currency")]
    Currencies(Currency, Currency),
}

impl PriceBounds {
    /// Takes the least and the greatest price.
    ///
    /// # Errors
    ///
    /// If they differ in currency, or the first is zero or not below the second.
    pub fn try_new(least: Fiat, greatest: Fiat) -> Result<Self, InvalidBounds> {
        if least.currency() != greatest.currency() {
            return Err(InvalidBounds::Currencies(least.currency(), greatest.currency()));
        }
        match least.nanos() {
            1.. if least.nanos() < greatest.nanos() => Ok(Self { least, greatest }),
            _ => Err(InvalidBounds::Order),
        }
    }

    /// Bounds far beyond every price that MINA has had (0.08 to 10 USD from 2021 to 2026), where
    /// the currency's unit is worth about a dollar.
    pub fn usual(currency: Currency) -> Option<Self> {
        const ABOUT_A_DOLLAR: [&str; 8] = ["USD", "EUR", "GBP", "CHF", "CAD", "AUD", "NZD", "SGD"];
        const LEAST: u64 = 1_000_000;
        const GREATEST: u64 = 100_000_000_000;
        let known = ABOUT_A_DOLLAR.contains(&currency.to_string().as_str());
        let [least, greatest] = [LEAST, GREATEST].map(|nanos| Fiat::try_new(nanos, currency));
        least
            .zip(greatest)
            .filter(|_| known)
            .and_then(|(least, greatest)| Self::try_new(least, greatest).ok())
    }

    /// The least price.
    pub const fn least(self) -> Fiat {
        self.least
    }

    /// The greatest price.
    pub const fn greatest(self) -> Fiat {
        self.greatest
    }

    /// Whether a price of the same currency is within them.
    pub const fn contains(self, price: Fiat) -> bool {
        self.least.nanos() <= price.nanos() && price.nanos() <= self.greatest.nanos()
    }
}

impl fmt::Display for PriceBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.least, self.greatest)
    }
}

/// Readings in a row that confirm a jump.
const CONFIRMATIONS: u32 = 3;

/// Believes prices one after the other, but a jump only once it is confirmed.
#[derive(Clone, Debug, Default)]
pub struct PriceVetting {
    believed: Option<Fiat>,
    /// The price of a jump, and how often it was read in a row.
    jumped: Option<(Fiat, u32)>,
}

/// A price that is not believed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the price jumped from {before} to {price}: it counts once it was read {CONFIRMATIONS} times \
     in a row, {seen} so far; until then the price before counts, until max_age"
)]
pub struct UnconfirmedJump {
    /// The price believed.
    pub before: Fiat,
    /// The price read.
    pub price: Fiat,
    /// How often it was read in a row.
    pub seen: u32,
}

impl PriceVetting {
    /// Goes on from the price believed last.
    pub fn after(believed: Option<PriceQuote>) -> Self {
        Self { believed: believed.map(|quote| quote.price), jumped: None }
    }

    /// Takes a price, and says whether it is believed.
    ///
    /// # Errors
    ///
    /// If it differs from the price believed by more than the factor, and was not read often
    /// enough.
    pub fn vet(&mut self, quote: PriceQuote, max_jump: f64) -> Result<PriceQuote, UnconfirmedJump> {
        let price = quote.price;
        if let Some(before) = self.believed.filter(|before| is_jump(*before, price, max_jump)) {
            let same = self.jumped.filter(|(jumped, _)| !is_jump(*jumped, price, max_jump));
            let seen = same.map_or(1, |(_, seen)| seen.saturating_add(1));
            if seen < CONFIRMATIONS {
                self.jumped = Some((price, seen));
                return Err(UnconfirmedJump { before, price, seen });
            }
        }
        (self.believed, self.jumped) = (Some(price), None);
        Ok(quote)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a factor, not an amount")]
fn is_jump(before: Fiat, price: Fiat, factor: f64) -> bool {
    let (before, price) = (before.nanos() as f64, price.nanos() as f64);
    price > before * factor || before > price * factor
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn quote(price: &str) -> PriceQuote {
        PriceQuote { price: price.parse().unwrap(), at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_jump_counts_once_it_was_read_several_times_in_a_row() {
        let mut vetting = PriceVetting::default();
        let mut believed = |price: &str| vetting.vet(quote(price), 3.0).is_ok();
        assert!(believed("0.31 USD") && believed("0.90 USD") && believed("0.31 USD"));
        // A glitch, however often it comes back.
        for _ in 0..4 {
            assert!(!believed("214748.36 USD") && !believed("214748.36 USD"));
            assert!(believed("0.32 USD"));
        }
        // A crash, which stays.
        assert!(!believed("0.01 USD") && !believed("0.011 USD") && believed("0.01 USD"));
        assert!(believed("0.02 USD"));
        // Jumps in different directions confirm nothing.
        assert!(!believed("1 USD") && !believed("0.0001 USD") && !believed("1 USD"));
    }

    #[test]
    fn a_price_that_jumped_while_nobody_looked_is_doubted_too() {
        let mut vetting = PriceVetting::after(Some(quote("0.31 USD")));
        assert!(vetting.vet(quote("214748.36 USD"), 3.0).is_err());
        assert!(vetting.vet(quote("0.32 USD"), 3.0).is_ok());
    }

    #[test]
    fn a_price_is_kept_for_its_source_alone() {
        let source = |url: &str, pointer: &str| {
            let currency = Currency::try_new("USD").unwrap();
            let hour = Duration::from_secs(3_600);
            PriceSource::single(url.parse().unwrap(), pointer.to_owned(), currency, hour)
        };
        let url = "https://user:secret@example.org/p.json?key=secret";
        let believed = BelievedPrice::new(quote("0.31 USD"), &source(url, "/usd"));
        let kept = serde_json::to_string(&believed).unwrap();
        assert!(!kept.contains("secret"), "{kept}");
        let believed: BelievedPrice = serde_json::from_str(&kept).unwrap();
        assert_eq!(believed.of(&source(url, "/usd")), Some(quote("0.31 USD")));
        assert_eq!(believed.of(&source(url, "/eur")), None);
        assert_eq!(believed.of(&source("https://example.com/p.json", "/usd")), None);
    }

    #[test]
    fn bounds_hold_their_ends_and_are_of_one_currency() {
        let bounds = |least: &str, greatest: &str| {
            PriceBounds::try_new(least.parse().unwrap(), greatest.parse().unwrap())
        };
        let usual = bounds("0.01 USD", "10 USD").unwrap();
        for (price, within) in
            [("0.01 USD", true), ("10 USD", true), ("0.009999999 USD", false), ("10.1 USD", false)]
        {
            assert_eq!(usual.contains(price.parse().unwrap()), within, "{price}");
        }
        for (least, greatest) in [("1 USD", "1 USD"), ("2 USD", "1 USD"), ("0 USD", "1 USD")] {
            assert_eq!(bounds(least, greatest), Err(InvalidBounds::Order));
        }
        assert!(matches!(bounds("1 USD", "2 EUR"), Err(InvalidBounds::Currencies(..))));
        let known = |code: &str| PriceBounds::usual(Currency::try_new(code).unwrap()).is_some();
        assert!(known("USD") && known("EUR") && !known("JPY") && !known("BTC"));
    }
}
