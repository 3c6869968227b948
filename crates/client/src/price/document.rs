//! Finds a number in a JSON document by its pointer and reads it exactly.

use std::{borrow::Cow, collections::HashMap};

use jiff::Timestamp;
use serde_json::value::RawValue;
use snarkfee_core::{
    fault::Fault,
    units::{Currency, Fiat},
};

/// What an editor of another system puts before a text (RFC 8259, 8.1: may be ignored).
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
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

/// Reads the time at `pointer`.
pub(super) fn read_time(body: &[u8], pointer: &str) -> Result<Timestamp, Fault> {
    let text = read_text(body, pointer)?;
    scalar_time(&text).ok_or_else(|| invalid(pointer, &text))
}

/// A time: an RFC 3339 text, or seconds or milliseconds since 1970.
pub(super) fn scalar_time(text: &str) -> Option<Timestamp> {
    /// Seconds from here on are of the year 5138, milliseconds of 1973.
    const MILLISECONDS_FROM: i64 = 100_000_000_000;
    let whole = text.trim().split('.').next().unwrap_or_default();
    match whole.parse::<i64>() {
        Ok(number) if number.abs() < MILLISECONDS_FROM => Timestamp::from_second(number).ok(),
        Ok(number) => Timestamp::from_millisecond(number).ok(),
        Err(_) => text.trim().parse().ok(),
    }
}

/// The number or string at `pointer`, as text.
fn read_text(body: &[u8], pointer: &str) -> Result<String, Fault> {
    read_scalar(find_value(parse_root(body)?, pointer)?)
}

/// The document.
pub(super) fn parse_root(body: &[u8]) -> Result<&RawValue, Fault> {
    serde_json::from_slice(body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body)).map_err(malformed)
}

/// The value at `pointer`; a document that lacks it is shown.
pub(super) fn find_value<'a>(root: &'a RawValue, pointer: &str) -> Result<&'a RawValue, Fault> {
    find(root, pointer).ok_or_else(|| {
        let begins: String = root.get().chars().take(SHOWN).collect();
        Fault::Unsupported { missing: Fault::excerpt(&format!("value at {pointer:?} of {begins}")) }
    })
}

/// The text of a string, or of any other value as it is written.
pub(super) fn read_scalar(value: &RawValue) -> Result<String, Fault> {
    match value.get().strip_prefix('"') {
        Some(_) => serde_json::from_str(value.get()).map_err(malformed),
        None => Ok(value.get().to_owned()),
    }
}

pub(super) fn invalid(field: &str, text: &str) -> Fault {
    Fault::InvalidValue { field: field.to_owned(), value: Fault::excerpt(text) }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn malformed(error: serde_json::Error) -> Fault {
    Fault::Malformed { cause: Fault::excerpt(&error.to_string()) }
}

/// The number in billionths, rounded towards zero; `None` for what is no number or too large.
pub(super) fn read_signed_nanos(text: &str) -> Option<i64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text),
    };
    i64::try_from(nanos(text)?).ok().map(|nanos| sign * nanos)
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
