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
    match text.trim_end_matches('0').trim_end_matches('.') {
        "-0" => "0".to_owned(),
        short => short.to_owned(),
    }
}
