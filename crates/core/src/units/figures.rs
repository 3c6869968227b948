//! Numbers formatted for people.

/// Formats a share from 0 to 1 as a percentage, with a decimal where rounding would wrongly show 0
/// or 100.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if (0.0..1.0).contains(&percent) && percent > 0.0 || percent > 99.0 && percent < 100.0 {
        format!("{:.1} %", percent.clamp(0.1, 99.9))
    } else {
        format!("{percent:.0} %")
    }
}

/// Formats a number with at most four significant digits and nine decimals; 0 if it is not finite.
pub fn four_digits(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let places = (3.0 - value.abs().log10().floor()).clamp(0.0, 9.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=9")]
    let text = format!("{value:.*}", places as usize);
    if !text.contains('.') {
        return text;
    }
    drop_sign_of_zero(text.trim_end_matches('0').trim_end_matches('.').to_owned())
}

/// Formats a number with so many decimals; what rounds to zero has no sign.
pub fn decimals(value: f64, places: usize) -> String {
    drop_sign_of_zero(format!("{value:.places$}"))
}

/// The same with a sign, but for what rounds to zero.
pub fn signed_decimals(value: f64, places: usize) -> String {
    drop_sign_of_zero(format!("{value:+.places$}"))
}

fn drop_sign_of_zero(text: String) -> String {
    let is_zero = |digits: &&str| digits.bytes().all(|digit| matches!(digit, b'0' | b'.'));
    match text.strip_prefix(['-', '+']).filter(is_zero) {
        Some(zero) => zero.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_no_sign() {
        for zero in [0.0, -0.0, -1e-9, 1e-9] {
            assert_eq!(decimals(zero, 6), "0.000000");
            assert_eq!(signed_decimals(zero, 4), "0.0000");
        }
        assert_eq!((decimals(-0.5, 0), decimals(-0.4, 0)), ("0".to_owned(), "0".to_owned()));
        assert_eq!((decimals(-1.25, 2), decimals(1.25, 1)), ("-1.25".to_owned(), "1.2".to_owned()));
        assert_eq!(signed_decimals(0.00006, 4), "+0.0001");
        assert_eq!(signed_decimals(-3.0, 1), "-3.0");
    }
}
