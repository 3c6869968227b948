//! The reason of a record for people.

use snarkfee_core::{fault::Fault, policy::Reason, record::Record, units::FeeUnit};

/// The reason of a record, with its amounts in the unit of the daemon, bounded in length.
pub(crate) fn reason_text(record: &Record) -> String {
    show_reason(&record.decision.reason, record.fee_unit())
}

/// A reason with its amounts in the unit of a daemon, bounded in length.
pub(crate) fn show_reason(reason: &Reason, unit: FeeUnit) -> String {
    let text = reason.to_string();
    let has_amounts = matches!(
        reason,
        Reason::Uneconomical { .. }
            | Reason::Profitable { .. }
            | Reason::PriceMove { .. }
            | Reason::InsideDeadband { .. }
            | Reason::StaysOff { .. }
    );
    let convert = has_amounts && unit == FeeUnit::BaseUnit;
    Fault::excerpt(&if convert { mina_to_base_units(&text) } else { text })
}

/// Rewrites every amount of MINA in a text in base units.
fn mina_to_base_units(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let number = words.last().and_then(|number| times_a_billion(number));
        if let (Some(rest), Some(number)) = (word.strip_prefix("MINA"), number) {
            let unit = if number == "1" { "base unit" } else { FeeUnit::BaseUnit.name() };
            words.pop();
            words.extend([number, format!("{unit}{rest}")]);
        } else {
            words.push(word.to_owned());
        }
    }
    words.join(" ")
}

/// A decimal number of at most nine decimals, times 1e9.
fn times_a_billion(number: &str) -> Option<String> {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let product: u128 = format!("{whole}{decimals:0<9}").parse().ok()?;
    (decimals.len() <= 9).then(|| format!("{sign}{product}"))
}

#[cfg(test)]
mod tests;
