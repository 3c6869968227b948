//! Prices of electricity by the hour, as a supplier or an exchange publishes them.

use std::time::Duration;

use jiff::Timestamp;

use crate::units::{Currency, Endpoint, EnergyPrice};

/// Where prices by the hour are read from.
#[derive(Clone, Debug, PartialEq)]
pub struct EnergySource {
    /// The document's address.
    pub url: Endpoint,
    /// The JSON pointer (RFC 6901) to the list or map; `None` for the whole document.
    pub pointer: Option<String>,
    /// The key of the price in an entry of the list; `None` for one of the usual ones.
    pub price_key: Option<String>,
    /// The price that the number 1 in the document is.
    pub unit: EnergyPrice,
    /// What is paid on top of each price: grid, taxes.
    pub surcharge: Option<EnergyPrice>,
    /// Age above which the document is not used.
    pub max_age: Duration,
}

impl EnergySource {
    /// The currency of its prices.
    pub const fn currency(&self) -> Currency {
        self.unit.currency()
    }
}

/// The price of electricity in one span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnergyQuote {
    /// The price, with what is paid on top.
    pub price: EnergyPrice,
    /// The beginning of the span.
    pub from: Timestamp,
    /// Its end, excluded.
    pub to: Timestamp,
    /// When the document was read.
    pub read: Timestamp,
}

/// Why spans do not form a list of prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEnergyList {
    /// There is none.
    #[error("no prices in it")]
    Empty,
    /// A span ends before it begins, or two spans share a time.
    #[error("two prices at {0}")]
    Overlap(Timestamp),
}

/// Prices of successive spans of time; gaps are allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnergyList {
    spans: Vec<EnergyQuote>,
}

/// How long a span is where neither its end nor another span tells.
const USUAL_SPAN: Duration = Duration::from_secs(3_600);

impl EnergyList {
    /// Takes the beginning, the end if it is known, and the price of each span, in any order. A span
    /// without an end lasts until the next begins, and the last as long as the one before.
    ///
    /// # Errors
    ///
    /// If there is no span, or two share a time.
    pub fn try_new(
        mut entries: Vec<(Timestamp, Option<Timestamp>, EnergyPrice)>,
        read: Timestamp,
    ) -> Result<Self, InvalidEnergyList> {
        entries.sort_by_key(|(from, ..)| *from);
        let mut spans: Vec<EnergyQuote> = Vec::with_capacity(entries.len());
        for (place, (from, to, price)) in entries.iter().enumerate() {
            let next = entries.get(place + 1).map(|(next, ..)| *next);
            let before = spans.last().map(|span| span.to.duration_since(span.from).unsigned_abs());
            let to = to.or(next).unwrap_or_else(|| {
                from.checked_add(before.unwrap_or(USUAL_SPAN)).unwrap_or(Timestamp::MAX)
            });
            if to <= *from || next.is_some_and(|next| next < to) {
                return Err(InvalidEnergyList::Overlap(next.unwrap_or(*from)));
            }
            spans.push(EnergyQuote { price: *price, from: *from, to, read });
        }
        if spans.is_empty() { Err(InvalidEnergyList::Empty) } else { Ok(Self { spans }) }
    }

    /// The price at a moment; `None` where the list has none.
    pub fn quote(&self, at: Timestamp) -> Option<EnergyQuote> {
        self.spans.iter().find(|span| span.from <= at && at < span.to).copied()
    }

    /// The beginning of the first span and the end of the last.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.spans.first()?.from, self.spans.last()?.to))
    }
}

#[cfg(test)]
mod tests;
