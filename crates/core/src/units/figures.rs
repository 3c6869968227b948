//! Figures as people write them.

/// A share from 0 to 1 as people write it, with a digit more where rounding would hide that it is
/// not all or nothing.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if (0.0..1.0).contains(&percent) && percent > 0.0 || percent > 99.0 && percent < 100.0 {
        format!("{:.1} %", percent.clamp(0.1, 99.9))
    } else {
        format!("{percent:.0} %")
    }
}

/// At most four significant digits and nine decimals.
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
