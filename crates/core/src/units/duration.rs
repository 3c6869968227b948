//! Durations as people write them: `90s`, `5m`, `24h`, `1h30m`, `500ms`.

use std::{fmt, time::Duration};

use super::{
    decimal::{Decimal, find_factor, split_unit},
    quantity::{Quantity, QuantityError, QuantityProblem},
};

/// Nanoseconds of each unit, the longest first.
const UNITS: [(&str, u128); 8] = [
    ("w", 604_800_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Parses a duration: one or more numbers, each with a unit (`w d h m s ms us ns`), from the longest
/// unit to the shortest.
///
/// # Errors
///
/// If the text is not a duration, or one too long to represent.
pub fn parse(text: &str) -> Result<Duration, QuantityError> {
    let fail = |problem| QuantityError::new(Quantity::Duration, text, problem);
    let mut rest = text.trim();
    let (mut total, mut previous) = (0_u128, u128::MAX);
    loop {
        let end = end_of_part(rest);
        let (part, remainder) = rest.split_at(end);
        let (number, unit) = split_unit(part).map_err(fail)?;
        let nanoseconds = find_factor(unit, &UNITS).map_err(fail)?;
        if number.negative {
            return Err(fail(QuantityProblem::Negative));
        }
        if nanoseconds >= previous {
            return Err(fail(QuantityProblem::Order));
        }
        previous = nanoseconds;
        let sum = add_scaled(total, &number, nanoseconds).map_err(fail)?;
        total = sum;
        rest = remainder.trim_start();
        if rest.is_empty() {
            break;
        }
    }
    let seconds =
        u64::try_from(total / 1_000_000_000).map_err(|_| fail(QuantityProblem::TooLarge))?;
    let nanoseconds =
        u32::try_from(total % 1_000_000_000).map_err(|_| fail(QuantityProblem::TooLarge))?;
    Ok(Duration::new(seconds, nanoseconds))
}

fn add_scaled(
    total: u128,
    number: &Decimal<'_>,
    nanoseconds: u128,
) -> Result<u128, QuantityProblem> {
    total.checked_add(number.times(nanoseconds)?).ok_or(QuantityProblem::TooLarge)
}

/// Where the first number and its unit end: at the first digit after a letter, or at the end.
fn end_of_part(text: &str) -> usize {
    let mut in_unit = false;
    for (at, c) in text.char_indices() {
        if c.is_alphabetic() {
            in_unit = true;
        } else if in_unit && c.is_ascii_digit() && !is_in_exponent(text, at) {
            return at;
        }
    }
    text.len()
}

/// Whether the digit at `at` belongs to an exponent, as in `1e3`. The part is then kept whole, so
/// that the error names the exponent.
fn is_in_exponent(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().trim_end_matches(['+', '-']);
    let head = before.strip_suffix(['e', 'E']).unwrap_or_default();
    head.ends_with(|c: char| c.is_ascii_digit() || c == '.')
}

/// Formats a duration so that [`parse`] reads it back: `1h30m`.
pub fn show(duration: Duration) -> impl fmt::Display {
    DisplayDuration(duration)
}

struct DisplayDuration(Duration);

impl fmt::Display for DisplayDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_nanos();
        if rest == 0 {
            return f.pad("0s");
        }
        let mut text = String::new();
        // Without weeks and days, since people say `24h` and `36h`.
        for (unit, nanoseconds) in UNITS.iter().skip(2) {
            let count = rest / nanoseconds;
            rest %= nanoseconds;
            if count > 0 {
                text.push_str(&format!("{count}{unit}"));
            }
        }
        f.pad(&text)
    }
}
