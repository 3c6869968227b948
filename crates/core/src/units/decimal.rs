//! Decimal numbers with a unit, parsed exactly.
//!
//! Invariants: no floats; a value that the target integer cannot represent exactly is an error,
//! never rounded.

use super::quantity::{QuantityProblem, excerpt};

/// A plain decimal number as text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal<'a> {
    /// Whether it has a minus sign.
    pub(super) negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    /// Takes `digits` or `digits.digits`, with an optional `-`.
    pub(super) fn parse(text: &'a str) -> Result<Self, QuantityProblem> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if unsigned.contains([',', '_']) {
            return Err(QuantityProblem::Separator);
        }
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(QuantityProblem::NotANumber),
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return Err(QuantityProblem::NotANumber);
        }
        Ok(Self { negative, whole, fraction: fraction.trim_end_matches('0') })
    }

    /// The magnitude of the number times `factor`, which must be a whole number.
    pub(super) fn times(&self, factor: u128) -> Result<u128, QuantityProblem> {
        // Units need at most 15 decimals; this limit keeps 10^decimals within 128 bits.
        const MOST_DECIMALS: usize = 27;
        if self.fraction.len() > MOST_DECIMALS {
            return Err(QuantityProblem::TooFine);
        }
        let mut mantissa: u128 = 0;
        let mut divisor: u128 = 1;
        for digit in self.whole.bytes() {
            mantissa = push_digit(mantissa, digit)?;
        }
        for digit in self.fraction.bytes() {
            mantissa = push_digit(mantissa, digit)?;
            divisor = divisor.saturating_mul(10);
        }
        // Without common factors, only a result that is too large overflows.
        let shared = gcd(divisor, factor);
        let (divisor, factor) = (divisor / shared, factor / shared);
        if !mantissa.is_multiple_of(divisor) {
            return Err(QuantityProblem::TooFine);
        }
        (mantissa / divisor).checked_mul(factor).ok_or(QuantityProblem::TooLarge)
    }
}

fn push_digit(number: u128, digit: u8) -> Result<u128, QuantityProblem> {
    let digit = u128::from(digit.wrapping_sub(b'0'));
    number.checked_mul(10).and_then(|tens| tens.checked_add(digit)).ok_or(QuantityProblem::TooLarge)
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

/// Splits `"0.001 MINA"` into number and unit; the space between them is optional.
pub(super) fn split_unit(text: &str) -> Result<(Decimal<'_>, &str), QuantityProblem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(QuantityProblem::Empty);
    }
    let end = text
        .find(|c: char| !matches!(c, '0'..='9' | '.' | ',' | '_' | '+' | '-'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim_start();
    if number.is_empty() || number == "-" || number == "+" {
        let word = unit.to_ascii_lowercase();
        let float = ["nan", "inf"].iter().any(|name| word.starts_with(name));
        return Err(if float || !number.is_empty() {
            QuantityProblem::NotANumber
        } else {
            QuantityProblem::NoNumber
        });
    }
    if is_exponent(unit) {
        return Err(QuantityProblem::Exponent);
    }
    if unit.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(QuantityProblem::Separator);
    }
    Ok((Decimal::parse(number)?, unit))
}

fn is_exponent(unit: &str) -> bool {
    let mut chars = unit.chars();
    let e = matches!(chars.next(), Some('e' | 'E'));
    let mut rest = chars.as_str();
    rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    e && rest.starts_with(|c: char| c.is_ascii_digit())
}

/// Finds the factor of a unit; the error suggests a similar one.
pub(super) fn find_factor(
    unit: &str,
    units: &[(&'static str, u128)],
) -> Result<u128, QuantityProblem> {
    if unit.is_empty() {
        return Err(QuantityProblem::NoUnit);
    }
    if let Some((_, factor)) = units.iter().find(|(name, _)| *name == unit) {
        return Ok(*factor);
    }
    Err(unknown_unit(unit, units.iter().map(|(name, _)| *name)))
}

/// The error for a unit that is not in `names`.
pub(super) fn unknown_unit(
    unit: &str,
    names: impl Iterator<Item = &'static str>,
) -> QuantityProblem {
    let unit = excerpt(unit);
    let distance =
        |name: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &unit.to_lowercase());
    let nearest = names.map(|name| (distance(name), name)).min_by_key(|(d, _)| *d);
    // One letter in three may be wrong, but at least one.
    let near = |(d, name): &(usize, &str)| *d <= (name.chars().count() / 3).max(1);
    let nearest = nearest.filter(near).map(|(_, name)| name);
    QuantityProblem::UnknownUnit { unit, nearest }
}

/// Formats `value / 10^decimals` as a plain decimal number without trailing zeros.
pub(super) fn format_decimal(value: u128, decimals: u32) -> String {
    let scale = 10_u128.saturating_pow(decimals);
    let (whole, fraction) = (value / scale, value % scale);
    if fraction == 0 {
        return whole.to_string();
    }
    let width = usize::try_from(decimals).unwrap_or(0);
    let digits = format!("{fraction:0width$}");
    format!("{whole}.{}", digits.trim_end_matches('0'))
}
