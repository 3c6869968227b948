//! Errors in written quantities, which show how to write them.

use std::fmt;

/// The kinds of quantity that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// A fee, cost or balance in MINA.
    Amount,
    /// Earnings per hour in MINA.
    FeeRate,
    /// A length of time.
    Duration,
    /// A size in bytes.
    Size,
    /// Electrical power.
    Power,
    /// An amount of a currency.
    Money,
    /// A price of energy.
    EnergyPrice,
    /// A price of an hour.
    HourlyPrice,
    /// Works made per hour.
    WorkRate,
}

impl Quantity {
    /// The name in a sentence, with its article.
    const fn noun(self) -> &'static str {
        match self {
            Self::Amount => "a fee or cost",
            Self::FeeRate => "a rate of earning",
            Self::Duration => "a duration",
            Self::Size => "a size",
            Self::Power => "a power",
            Self::Money => "a price",
            Self::EnergyPrice => "a price of electricity",
            Self::HourlyPrice => "a price of an hour",
            Self::WorkRate => "a number of works per hour",
        }
    }

    /// How it is written.
    const fn examples(self) -> &'static str {
        match self {
            Self::Amount => r#""0.001 MINA" or "250000 nanomina""#,
            Self::FeeRate => r#""0.02 MINA/h" or "-0.01 MINA/h""#,
            Self::Duration => r#""90s", "5m", "24h" or "1h30m""#,
            Self::Size => r#""64 MiB" or "500 kB""#,
            Self::Power => r#""350 W" or "0.35 kW""#,
            Self::Money => r#""0.31 USD""#,
            Self::EnergyPrice => r#""0.18 USD/kWh", "18 ct/kWh" or "180 USD/MWh""#,
            Self::HourlyPrice => r#""0.40 USD/h""#,
            Self::WorkRate => r#"90, 2.5 or "measured""#,
        }
    }

    /// The smallest step.
    const fn finest(self) -> &'static str {
        match self {
            Self::Amount => "1 nanomina (9 decimals of a MINA)",
            Self::FeeRate => "1 nanomina/h (9 decimals of a MINA/h)",
            Self::Duration => "1 nanosecond",
            Self::Size => "1 byte",
            Self::Power => "1 milliwatt",
            Self::Money | Self::EnergyPrice | Self::HourlyPrice => "9 decimals",
            Self::WorkRate => "6 decimals",
        }
    }

    /// The largest value accepted.
    const fn largest(self) -> &'static str {
        match self {
            Self::Amount => "2^63 - 1 nanomina, the most the daemon can represent",
            Self::FeeRate => "2^63 - 1 nanomina/h",
            Self::Duration => "2^64 - 1 seconds",
            Self::Size => "2^64 - 1 bytes",
            Self::Power => "1000000 kW",
            Self::Money | Self::EnergyPrice | Self::HourlyPrice => {
                "1000000000 units of the currency"
            }
            Self::WorkRate => "18446744073709",
        }
    }
}

/// What is wrong with a written quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuantityProblem {
    /// Nothing was written.
    Empty,
    /// A unit without a number before it.
    NoNumber,
    /// A number without a unit.
    NoUnit,
    /// Not a plain decimal number: a `+` sign, two points, `NaN`, `inf`.
    NotANumber,
    /// An exponent.
    Exponent,
    /// Commas, underscores or spaces among the digits.
    Separator,
    /// A unit that this quantity does not have.
    UnknownUnit {
        /// The unit written, bounded in length.
        unit: String,
        /// The unit most likely meant, if one is similar.
        nearest: Option<&'static str>,
    },
    /// A three-letter currency code is missing or malformed.
    Currency,
    /// Parts of a duration out of order, or one unit twice.
    Order,
    /// Below zero, which is not allowed.
    Negative,
    /// Zero or below, which is not allowed.
    NotPositive,
    /// Finer than the smallest step.
    TooFine,
    /// More than the largest value.
    TooLarge,
}

/// An invalid quantity. The message shows how to write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantityError {
    shown: String,
    quantity: Quantity,
    problem: QuantityProblem,
}

impl QuantityError {
    /// Keeps the beginning of `text` only, so that the message fits a line.
    pub(super) fn new(quantity: Quantity, text: &str, problem: QuantityProblem) -> Self {
        Self { shown: excerpt(text), quantity, problem }
    }

    /// What is wrong.
    pub const fn problem(&self) -> &QuantityProblem {
        &self.problem
    }
}

/// The first 40 characters of a text from outside.
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push_str("..");
    }
    short
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (noun, examples) = (self.quantity.noun(), self.quantity.examples());
        write!(f, "{:?}: ", self.shown)?;
        match &self.problem {
            QuantityProblem::Empty => write!(f, "empty, write {examples}"),
            QuantityProblem::NoNumber => write!(f, "the number is missing, write {examples}"),
            QuantityProblem::NoUnit => write!(f, "{noun} needs a unit: {examples}"),
            QuantityProblem::NotANumber => write!(f, "not a decimal number, write {examples}"),
            QuantityProblem::Exponent => {
                write!(f, "write the number out, without an exponent: {examples}")
            }
            QuantityProblem::Separator => {
                write!(
                    f,
                    "only digits and a decimal point, no commas, underscores or spaces: {examples}"
                )
            }
            QuantityProblem::UnknownUnit { unit, nearest: Some(nearest) } => {
                write!(f, "unknown unit {unit:?}, did you mean {nearest:?}? Write {examples}")
            }
            QuantityProblem::UnknownUnit { unit, nearest: None } => {
                write!(f, "unknown unit {unit:?}, write {examples}")
            }
            QuantityProblem::Currency => write!(f, "needs a currency of three letters: {examples}"),
            QuantityProblem::Order => {
                write!(f, "each unit once, from the longest to the shortest: {examples}")
            }
            QuantityProblem::Negative => write!(f, "{noun} cannot be negative"),
            QuantityProblem::NotPositive => write!(f, "{noun} must be above zero: {examples}"),
            QuantityProblem::TooFine => {
                write!(f, "{noun} cannot be finer than {}", self.quantity.finest())
            }
            QuantityProblem::TooLarge => {
                write!(f, "{noun} cannot be more than {}", self.quantity.largest())
            }
        }
    }
}

impl std::error::Error for QuantityError {}
