//! What a work costs, as an operator answers in a few words.

use snarkfee_core::units::{Currency, Fiat, Nanomina, Power, QuantityError, WrittenEnergyPrice};

/// What a desktop processor draws more while it proves, in want of a better answer.
pub(crate) const DEFAULT_POWER: &str = "150 W";
/// What a household pays, in want of a better answer.
pub(crate) const DEFAULT_ELECTRICITY: &str = "0.20 USD/kWh";
/// The currency of a number alone.
const DEFAULT_CURRENCY: &str = "USD";
/// The amount of that currency, or of another near it, that a MINA costs in want of a better answer.
pub(crate) const DEFAULT_MINA_PRICE: &str = "0.10";

/// A value, and whether it is a default that nobody confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answered<T> {
    pub(crate) value: T,
    pub(crate) assumed: bool,
}

/// What a work costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstCost {
    /// As given.
    PerWork(Nanomina),
    /// Of power, for as long as a work turns out to take.
    Energy {
        power: Answered<Power>,
        electricity: Answered<WrittenEnergyPrice>,
        mina_price: Answered<Fiat>,
    },
}

/// The answer to what the machine draws, in place of which a cost may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expense {
    PerWork(Nanomina),
    Power(Power),
}

/// Takes `150`, `"150 W"` or `"0.0004 MINA"`.
///
/// # Errors
///
/// If it is neither power nor a cost.
pub(crate) fn parse_expense(text: &str) -> Result<Expense, QuantityError> {
    if text.to_ascii_lowercase().contains("mina") {
        return text.parse().map(Expense::PerWork);
    }
    parse_power(text).map(Expense::Power)
}

/// Takes `150` or `"0.15 kW"`; a number alone is watts.
///
/// # Errors
///
/// If it is no power.
pub(crate) fn parse_power(text: &str) -> Result<Power, QuantityError> {
    with_unit(text, " W").parse()
}

/// Takes `0.20`, `"0.20 EUR"`, `"30 ct/kWh"` or `"200 USD/MWh"`; a number alone is US dollars, and
/// the price is that of a kWh where nothing else is said.
///
/// # Errors
///
/// If it is no price of energy.
pub(crate) fn parse_electricity(text: &str) -> Result<WrittenEnergyPrice, QuantityError> {
    let text = with_unit(text, &format!(" {DEFAULT_CURRENCY}"));
    if text.contains('/') { text.parse() } else { format!("{text}/kWh").parse() }
}

/// Takes `"0.10 USD"`; a number alone is of this currency, or of US dollars where none is known.
///
/// # Errors
///
/// If it is no price.
pub(crate) fn parse_mina_price(
    text: &str,
    currency: Option<Currency>,
) -> Result<Fiat, QuantityError> {
    let currency = currency.map_or(DEFAULT_CURRENCY.to_owned(), |currency| currency.to_string());
    with_unit(text, &format!(" {currency}")).parse()
}

/// The text with a unit behind it, where it is a number alone.
fn with_unit(text: &str, unit: &str) -> String {
    let text = text.trim();
    let number = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_'));
    if number { format!("{text}{unit}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_may_be_short() {
        assert_eq!(parse_expense("150"), "150 W".parse().map(Expense::Power));
        assert_eq!(parse_expense("0.0004 MINA"), "0.0004 MINA".parse().map(Expense::PerWork));
        for written in ["0.20", "0.2 USD", "0.20USD/kWh", "200 USD/MWh"] {
            assert_eq!(parse_electricity(written).unwrap().to_string(), "0.2 USD/kWh", "{written}");
        }
        assert_eq!(parse_electricity("30 ct").unwrap().to_string(), "30 ct/kWh");
        let euro = Currency::try_new("EUR").ok();
        assert_eq!(parse_mina_price("0.1", euro).unwrap().to_string(), "0.1 EUR");
        assert_eq!(parse_mina_price("0.1", None).unwrap().to_string(), "0.1 USD");
    }

    #[test]
    fn nonsense_is_refused() {
        for nonsense in ["", "-5", "much", "150 V", "1e9", "0.0004 MINUS"] {
            assert!(parse_expense(nonsense).is_err(), "{nonsense}");
        }
        assert!(parse_electricity("0.2 dollars").is_err() && parse_electricity("").is_err());
        assert!(parse_mina_price("USD", None).is_err() && parse_mina_price("-1", None).is_err());
    }

    #[test]
    fn the_defaults_are_good_answers() {
        assert!(parse_expense(DEFAULT_POWER).is_ok());
        assert!(parse_electricity(DEFAULT_ELECTRICITY).is_ok());
        assert!(parse_mina_price(DEFAULT_MINA_PRICE, None).is_ok());
    }
}
