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
mod tests;
