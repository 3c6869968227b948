//! Finds a number in a JSON document by its pointer and reads it exactly.

use std::{borrow::Cow, collections::HashMap};

use serde_json::value::RawValue;
use snarkfee_core::{
    fault::Fault,
    units::{Currency, Fiat},
};

/// Reads the price at `pointer` (RFC 6901): a JSON number, or a string that holds one. Digits
/// beyond the ninth decimal are cut off.
pub(super) fn read_price(body: &[u8], pointer: &str, currency: Currency) -> Result<Fiat, Fault> {
    let malformed =
        |error: serde_json::Error| Fault::Malformed { cause: Fault::excerpt(&error.to_string()) };
    let root: &RawValue = serde_json::from_slice(body).map_err(malformed)?;
    let found = find(root, pointer)
        .ok_or_else(|| Fault::Unsupported { missing: format!("value at {pointer:?}") })?;
    let text = match found.get().strip_prefix('"') {
        Some(_) => serde_json::from_str::<String>(found.get()).map_err(malformed)?,
        None => found.get().to_owned(),
    };
    let price = nanos(text.trim())
        .filter(|nanos| *nanos > 0)
        .and_then(|nanos| Fiat::try_new(nanos, currency));
    price.ok_or_else(|| Fault::InvalidValue {
        field: pointer.to_owned(),
        value: Fault::excerpt(&text),
    })
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn price(body: &str, pointer: &str) -> Result<String, Fault> {
        let usd = Currency::try_new("USD").unwrap();
        read_price(body.as_bytes(), pointer, usd).map(|price| price.to_string())
    }

    #[test]
    fn numbers_and_strings_are_read_exactly() {
        let cases = [
            (r#"{"mina":{"usd":0.31}}"#, "/mina/usd", "0.31 USD"),
            (r#"{"mina":{"usd":"0.31"}}"#, "/mina/usd", "0.31 USD"),
            (r#"{"a/b":{"m~n":[7, 3.1e-1]}}"#, "/a~1b/m~0n/1", "0.31 USD"),
            ("12", "", "12 USD"),
            ("0.123456789123456789", "", "0.123456789 USD"),
            ("9007199.254740993", "", "9007199.254740993 USD"),
            ("1.5E+2", "", "150 USD"),
            ("0.00005e4", "", "0.5 USD"),
            (r#"{"p":1,"p":2}"#, "/p", "2 USD"),
        ];
        for (body, pointer, expected) in cases {
            assert_eq!(price(body, pointer), Ok(expected.to_owned()), "{body}");
        }
    }

    #[test]
    fn what_is_no_price_is_a_fault() {
        let code = |body: &str, pointer: &str| price(body, pointer).unwrap_err().code();
        assert_eq!(code("<html>", "/p"), "malformed");
        assert_eq!(code(r#"{"p":"#, "/p"), "malformed");
        assert_eq!(code("{}", "/p"), "unsupported");
        assert_eq!(code(r#"{"p":1}"#, "p"), "unsupported");
        assert_eq!(code("[1]", "/x"), "unsupported");
        for body in [
            "-0.31",
            "0",
            "0.0000000001",
            "null",
            "true",
            "[]",
            "\"NaN\"",
            "\"\"",
            "\"1,5\"",
            "1e400",
            "\"1.\"",
            "1e99999999999",
            "\"\\u0000\"",
            "10000000000",
        ] {
            assert_eq!(code(body, ""), "invalid_value", "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_document_panics(body in "\\PC{0,80}|[0-9eE.+-]{0,30}|[\\[\\]{}\",:0-9a]{0,60}", pointer in "\\PC{0,20}|(/[a0-9]){0,3}") {
            drop(price(&body, &pointer));
        }

        #[test]
        fn shifting_the_point_back_by_an_exponent_changes_nothing(nanos in 1..Fiat::MAX_NANOS, zeros in 0..40_usize) {
            let expected = price(&format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000), "");
            let padding = "0".repeat(zeros);
            prop_assert_eq!(&price(&format!("{nanos}{padding}e-{}", zeros + 9), ""), &expected);
            prop_assert_eq!(price(&format!("0.{padding}{nanos:018}E+{}", zeros + 9), ""), expected);
        }
    }
}
