//! C's `%g`, the format of every value in the daemon's metrics (OCaml `Fmt.float`).

/// Significant digits of `%g`.
const DIGITS: i32 = 6;

/// Formats `value` as `printf("%g")` does: six significant digits, no trailing zeros, scientific
/// notation when the decimal exponent is below -4 or at least 6, an exponent of at least two digits.
///
/// Infinities and not-a-number are `+Inf`, `-Inf` and `Nan`, as the daemon prints them.
pub(super) fn format_g(value: f64) -> String {
    if value.is_nan() {
        return "Nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    // Rust rounds the exact decimal value half to even, as C libraries do. Rounding comes first,
    // because it can change the exponent.
    let scientific = format!("{value:.*e}", 5);
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let Ok(exponent) = exponent.parse::<i32>() else {
        return scientific;
    };
    if (-4..DIGITS).contains(&exponent) {
        let decimals = usize::try_from(DIGITS - 1 - exponent).unwrap_or_default();
        return without_trailing_zeros(&format!("{value:.decimals$}")).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", without_trailing_zeros(mantissa), exponent.unsigned_abs())
}

fn without_trailing_zeros(decimal: &str) -> &str {
    if decimal.contains('.') {
        decimal.trim_end_matches('0').trim_end_matches('.')
    } else {
        decimal
    }
}

#[cfg(test)]
mod tests;
