//! The daemon's input scalars.

use async_graphql::Value;

use super::era::Era;

/// The daemon's message for an invalid `UInt64` (Mina `graphql_basic_scalars.ml`).
pub(super) const UNDECODABLE_UINT64: &str = "Could not decode uint64.";

/// Parses a `UInt64` or `UInt32` argument: canonical decimal text or an integer literal, not
/// negative.
///
/// Releases before 1.2.0 parse text as `strtoull` does: leading digits count, the rest is ignored,
/// and a minus sign wraps.
pub(super) fn parse_uint64(era: Era, value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) if era.requires_canonical_numbers() => {
            text.parse::<u64>().ok().filter(|number| number.to_string() == *text)
        }
        Value::String(text) => strtoull(text),
        _ => None,
    }
}

/// C's `strtoull` in base 10, saturating; `None` where no digit follows the sign.
fn strtoull(text: &str) -> Option<u64> {
    let text = text.trim_ascii_start();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let number = match digits.get(..end) {
        None | Some("") => return None,
        Some(digits) => digits.parse::<u64>().unwrap_or(u64::MAX),
    };
    Some(if negative { number.wrapping_neg() } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(era: Era, text: &str) -> Option<u64> {
        parse_uint64(era, &Value::from(text))
    }

    #[test]
    fn later_eras_accept_canonical_decimals_only() {
        let era = Era::Mesa40;
        assert_eq!(text(era, "100000000"), Some(100_000_000));
        assert_eq!(text(era, "18446744073709551615"), Some(u64::MAX));
        for rejected in
            ["", " 1", "1 ", "+1", "-1", "01", "1.0", "1_000", "1e9", "18446744073709551616", "0x1"]
        {
            assert_eq!(text(era, rejected), None, "{rejected:?}");
        }
        assert_eq!(parse_uint64(era, &Value::from(5)), Some(5));
        assert_eq!(parse_uint64(era, &Value::from(-5)), None);
        assert_eq!(parse_uint64(era, &Value::from(1.5)), None);
        assert_eq!(parse_uint64(era, &Value::Null), None);
        assert_eq!(parse_uint64(era, &Value::from(true)), None);
    }

    #[test]
    fn early_eras_parse_text_like_strtoull() {
        let era = Era::Mainnet115;
        assert_eq!(text(era, "1.1"), Some(1));
        assert_eq!(text(era, " 7"), Some(7));
        assert_eq!(text(era, "-1"), Some(u64::MAX));
        assert_eq!(text(era, "99999999999999999999"), Some(u64::MAX));
        assert_eq!(text(era, "x"), None);
        assert_eq!(text(era, "-"), None);
    }
}
