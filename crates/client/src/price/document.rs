//! Finds a number in a JSON document by its pointer and reads it exactly.

use std::{borrow::Cow, collections::HashMap};

use jiff::Timestamp;
use serde_json::value::RawValue;
use snarkfee_core::{
    fault::Fault,
    units::{Currency, Fiat},
};

/// Characters of a document that are shown where it lacks a value: it may name an error.
const SHOWN: usize = 80;

/// Reads the price at `pointer` (RFC 6901): a JSON number, or a string that holds one. Digits
/// beyond the ninth decimal are cut off.
pub(super) fn read_price(body: &[u8], pointer: &str, currency: Currency) -> Result<Fiat, Fault> {
    let text = read_text(body, pointer)?;
    let price = nanos(text.trim())
        .filter(|nanos| *nanos > 0)
        .and_then(|nanos| Fiat::try_new(nanos, currency));
    price.ok_or_else(|| invalid(pointer, &text))
}

/// Reads the time at `pointer`: an RFC 3339 text, or seconds or milliseconds since 1970.
pub(super) fn read_time(body: &[u8], pointer: &str) -> Result<Timestamp, Fault> {
    /// Seconds from here on are of the year 5138, milliseconds of 1973.
    const MILLISECONDS_FROM: i64 = 100_000_000_000;
    let text = read_text(body, pointer)?;
    let whole = text.trim().split('.').next().unwrap_or_default();
    let time = match whole.parse::<i64>() {
        Ok(number) if number.abs() < MILLISECONDS_FROM => Timestamp::from_second(number).ok(),
        Ok(number) => Timestamp::from_millisecond(number).ok(),
        Err(_) => text.trim().parse().ok(),
    };
    time.ok_or_else(|| invalid(pointer, &text))
}

/// The number or string at `pointer`, as text.
fn read_text(body: &[u8], pointer: &str) -> Result<String, Fault> {
    let malformed =
        |error: serde_json::Error| Fault::Malformed { cause: Fault::excerpt(&error.to_string()) };
    let root: &RawValue = serde_json::from_slice(body).map_err(malformed)?;
    let found = find(root, pointer).ok_or_else(|| {
        let begins: String = root.get().chars().take(SHOWN).collect();
        Fault::Unsupported { missing: Fault::excerpt(&format!("value at {pointer:?} of {begins}")) }
    })?;
    match found.get().strip_prefix('"') {
        Some(_) => serde_json::from_str::<String>(found.get()).map_err(malformed),
        None => Ok(found.get().to_owned()),
    }
}

fn invalid(pointer: &str, text: &str) -> Fault {
    Fault::InvalidValue { field: pointer.to_owned(), value: Fault::excerpt(text) }
}

fn find<'a>(root: &'a RawValue, pointer: &str) -> Option<&'a RawValue> {
    let mut tokens = pointer.split('/');
    if tokens.next() != Some("") {
        return None;
    }
    tokens.try_fold(root, |value, token| {
        let token = token.replace("~1", "/").replace("~0", "~");
        if value.get().starts_with('[') {
            let items: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
            return items.get(token.parse::<usize>().ok()?).copied();
        }
        let members: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(value.get()).ok()?;
        members.get(token.as_str()).copied()
    })
}

/// The number in billionths, rounded down; `None` for negative numbers, numbers too large, and
/// anything else.
fn nanos(text: &str) -> Option<u64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
        None => (mantissa, ""),
    };
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = whole.trim_start_matches('0').bytes().chain(fraction.bytes());
    let leading = whole.trim_start_matches('0').len();
    // Digits to keep: those before the point once it has moved by the exponent and by nine
    // decimals.
    let keep = i64::try_from(leading).ok()? + i64::from(exponent) + 9;
    let Ok(keep) = usize::try_from(keep) else {
        return Some(0);
    };
    // Far beyond what any integer holds; the bound keeps a large exponent from costing time.
    if keep > 100_000 {
        return None;
    }
    let mut nanos: u64 = 0;
    for digit in digits.chain(std::iter::repeat(b'0')).take(keep) {
        nanos = nanos.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    Some(nanos)
}

#[cfg(test)]
mod tests;
