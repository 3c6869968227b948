//! Reads prices of electricity by the hour from a JSON document.
//!
//! Two shapes are understood: a list of objects, each with a beginning, perhaps an end, and a price
//! (aWATTar `/v1/marketdata`, elprisetjustnu.se, spot-hinta.fi, Octopus `standard-unit-rates`), and
//! a map from times to prices. Times are RFC 3339, or seconds or milliseconds since 1970.

use std::{borrow::Cow, collections::HashMap, time::Duration};

use jiff::Timestamp;
use serde_json::value::RawValue;
use snarkfee_core::{
    cost::{EnergyList, EnergySource},
    fault::Fault,
    units::EnergyPrice,
};

use super::document::{
    find_value, invalid, parse_root, read_scalar, read_signed_nanos, scalar_time,
};
use crate::transport::{Certificates, HttpClient, HttpClients, Limits, Redirects, setup_fault};

const LIMITS: Limits = Limits { time: Duration::from_secs(10), bytes: 1 << 20 };
/// Most spans: a month of quarters of an hour.
const MOST_SPANS: usize = 3_000;
/// Keys of an entry, the first that it has counts.
const BEGINNINGS: [&str; 10] = [
    "start",
    "from",
    "start_timestamp",
    "time_start",
    "startsAt",
    "valid_from",
    "start_time",
    "deliveryStart",
    "DateTime",
    "time",
];
const ENDS: [&str; 8] =
    ["end", "to", "end_timestamp", "time_end", "endsAt", "valid_to", "end_time", "deliveryEnd"];
const PRICES: [&str; 6] =
    ["price", "marketprice", "total", "value", "value_inc_vat", "PriceWithTax"];

type Entry<'a> = HashMap<Cow<'a, str>, &'a RawValue>;

/// A source of prices of electricity by the hour.
#[derive(Clone, Debug)]
pub struct EnergyFeed {
    source: EnergySource,
    http: HttpClient,
}

impl EnergyFeed {
    /// Prepares the client.
    ///
    /// # Errors
    ///
    /// Where the machine's certificates cannot be read.
    pub fn new(source: EnergySource) -> Result<Self, Fault> {
        let (certificates, redirects) = (Certificates::System, Redirects::Followed);
        let http = HttpClient::try_new(LIMITS, certificates, redirects, &HttpClients::default());
        Ok(Self { source, http: http.map_err(setup_fault)? })
    }

    /// Asks once. `now` becomes the time of the document.
    ///
    /// # Errors
    ///
    /// Whatever kept the document from being read whole, or from holding prices.
    pub async fn fetch(&self, now: Timestamp) -> Result<EnergyList, Fault> {
        let body = self.http.get_json(self.source.url.expose(), None).await?.success()?;
        read_list(&body, &self.source, now)
    }
}

/// Reads the prices in a document that was asked for at `now`.
///
/// # Errors
///
/// Where it holds no list or map of times and prices, or too many.
pub fn read_list(body: &[u8], source: &EnergySource, now: Timestamp) -> Result<EnergyList, Fault> {
    let root = parse_root(body)?;
    let pointer = source.pointer.as_deref().unwrap_or_default();
    let found = find_value(root, pointer)?;
    let malformed =
        |error: serde_json::Error| Fault::Malformed { cause: Fault::excerpt(&error.to_string()) };
    let entries = match found.get().starts_with('[') {
        true => {
            let list: Vec<Entry<'_>> = serde_json::from_str(found.get()).map_err(malformed)?;
            check_length(list.len())?;
            list.iter().map(|entry| read_entry(entry, source)).collect::<Result<Vec<_>, _>>()?
        }
        false => {
            let map: Entry<'_> = serde_json::from_str(found.get()).map_err(malformed)?;
            check_length(map.len())?;
            let spans = map.iter().map(|(time, price)| {
                let from = scalar_time(time).ok_or_else(|| invalid(pointer, time))?;
                Ok((from, None, read_price(price, pointer, source)?))
            });
            spans.collect::<Result<Vec<_>, Fault>>()?
        }
    };
    EnergyList::try_new(entries, now).map_err(|error| invalid(pointer, &error.to_string()))
}

fn check_length(length: usize) -> Result<(), Fault> {
    match length > MOST_SPANS {
        true => Err(Fault::Oversized { limit: MOST_SPANS as u64 }),
        false => Ok(()),
    }
}

fn read_entry(
    entry: &Entry<'_>,
    source: &EnergySource,
) -> Result<(Timestamp, Option<Timestamp>, EnergyPrice), Fault> {
    let value =
        |keys: &[&str]| keys.iter().find_map(|key| Some((key.to_string(), *entry.get(*key)?)));
    let missing = |what: &str, keys: &[&str]| Fault::Unsupported {
        missing: format!("{what} of an entry, under {}", keys.join(", ")),
    };
    let time = |(key, value): (String, &RawValue)| {
        let text = read_scalar(value)?;
        scalar_time(&text).ok_or_else(|| invalid(&key, &text))
    };
    let from = value(&BEGINNINGS).ok_or_else(|| missing("the beginning", &BEGINNINGS))?;
    // An open end is written as null.
    let to = value(&ENDS).filter(|(_, value)| value.get() != "null");
    let price = match &source.price_key {
        Some(key) => value(&[key]).ok_or_else(|| missing("the price", &[key]))?,
        None => value(&PRICES).ok_or_else(|| missing("the price", &PRICES))?,
    };
    Ok((time(from)?, to.map(time).transpose()?, read_price(price.1, &price.0, source)?))
}

/// The price of one number in the document, rounded up, with what is paid on top.
fn read_price(value: &RawValue, field: &str, source: &EnergySource) -> Result<EnergyPrice, Fault> {
    let text = read_scalar(value)?;
    let price = read_signed_nanos(text.trim()).and_then(|nanos| {
        let scaled = i128::from(nanos) * i128::from(source.unit.nanos());
        let exact = scaled.rem_euclid(BILLION) == 0;
        let price = scaled.div_euclid(BILLION) + i128::from(!exact);
        let price = price + i128::from(source.surcharge.map_or(0, EnergyPrice::nanos));
        EnergyPrice::try_new(i64::try_from(price).ok()?, source.currency())
    });
    price.ok_or_else(|| invalid(field, &text))
}

const BILLION: i128 = 1_000_000_000;

#[cfg(test)]
mod tests;
