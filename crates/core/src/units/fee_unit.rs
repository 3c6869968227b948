//! The unit in which a daemon counts its fees.

use serde::{Deserialize, Serialize};

use super::{FeeRate, NANOMINA_PER_MINA, Nanomina, four_digits};

/// What one unit of a daemon's fees is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeUnit {
    /// 1e-9 MINA.
    #[default]
    Nanomina,
    /// A whole coin of a test network of 2020. Its integers are carried as if they were nanomina:
    /// every comparison and sum holds, only the name of the unit differs.
    BaseUnit,
}

impl FeeUnit {
    /// The unit of every fee that a daemon of this era shows and takes; `era` is the stable name
    /// that a record has. Of an unknown era nanomina are assumed.
    pub fn of_era(era: Option<&str>) -> Self {
        if era == Some("coda-2020") { Self::BaseUnit } else { Self::Nanomina }
    }

    /// The unit that follows a number: `MINA`, or `base units`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nanomina => "MINA",
            Self::BaseUnit => "base units",
        }
    }

    /// The amount with its unit: `0.1 MINA`, or `3 base units`.
    pub fn show(self, amount: Nanomina) -> String {
        match self {
            Self::BaseUnit if amount == Nanomina::ONE => "1 base unit".to_owned(),
            _ => format!("{} {}", self.show_number(amount), self.name()),
        }
    }

    /// The amount without its unit.
    pub fn show_number(self, amount: Nanomina) -> String {
        match self {
            Self::Nanomina => amount.to_string().trim_end_matches(" MINA").to_owned(),
            Self::BaseUnit => amount.get().to_string(),
        }
    }

    /// A number of MINA to four digits, without its unit.
    pub fn show_short_number(self, mina: f64) -> String {
        match self {
            Self::Nanomina => four_digits(mina),
            Self::BaseUnit => four_digits(mina * NANOMINA_PER_MINA as f64),
        }
    }

    /// The amount as a short number and its unit: `0.0012` and `MINA`. One a nanomina below a short
    /// number, where undercutting leads, is shown as such: `0.0095` and `MINA - 1 nanomina`; any
    /// other is rounded to four digits.
    pub fn show_in_brief(self, amount: Nanomina) -> (String, String) {
        let name = || self.name().to_owned();
        if self == Self::BaseUnit {
            return (self.show_number(amount), name());
        }
        let above = Nanomina::try_new(amount.get() + 1).unwrap_or(Nanomina::MAX);
        if !is_short(amount) && is_short(above) {
            return (self.show_number(above), format!("{} - 1 nanomina", self.name()));
        }
        (four_digits(amount.to_mina()), name())
    }

    /// A rate to four digits: `0.02087 MINA/h`.
    pub fn show_rate(self, rate: FeeRate) -> String {
        format!("{} {}/h", self.show_short_number(rate.to_mina_per_hour()), self.name())
    }

    /// A rate to the last digit: `0.020873412 MINA/h`.
    pub fn show_exact_rate(self, rate: FeeRate) -> String {
        match self {
            Self::Nanomina => rate.to_string(),
            Self::BaseUnit => format!("{} {}/h", rate.get(), self.name()),
        }
    }
}

/// Whether four digits show an amount exactly.
fn is_short(amount: Nanomina) -> bool {
    let mut digits = amount.get();
    while digits >= 10_000 && digits.is_multiple_of(10) {
        digits /= 10;
    }
    digits < 10_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_just_below_a_round_one_is_read_at_a_glance() {
        let show = |amount| {
            let (number, unit) =
                FeeUnit::Nanomina.show_in_brief(Nanomina::try_new(amount).unwrap());
            format!("{number} {unit}")
        };
        assert_eq!(show(9_499_999), "0.0095 MINA - 1 nanomina");
        assert_eq!(show(9_500_000), "0.0095 MINA");
        assert_eq!(show(99_999_999), "0.1 MINA - 1 nanomina");
        assert_eq!(show(4_731_823), "0.004732 MINA");
        assert_eq!(show(554_999_889), "0.555 MINA");
        assert_eq!((show(0), show(1)), ("0 MINA".to_owned(), "0.000000001 MINA".to_owned()));
        let base = FeeUnit::BaseUnit.show_in_brief(Nanomina::try_new(12_999).unwrap());
        assert_eq!(base, ("12999".to_owned(), "base units".to_owned()));
        let (_, unit) = FeeUnit::Nanomina.show_in_brief(Nanomina::MAX);
        assert_eq!(unit, "MINA");
    }

    #[test]
    fn amounts_are_shown_in_the_unit_of_their_era() {
        let show = |era, amount| FeeUnit::of_era(era).show(Nanomina::try_new(amount).unwrap());
        assert_eq!(show(Some("coda-2020"), 3), "3 base units");
        assert_eq!(show(Some("coda-2020"), 1), "1 base unit");
        assert_eq!(show(Some("mesa-4.0"), 3), "0.000000003 MINA");
        assert_eq!(show(None, 100_000_000), "0.1 MINA");
        let rate = FeeRate::new(-2_087_341);
        assert_eq!(FeeUnit::Nanomina.show_rate(rate), "-0.002087 MINA/h");
        assert_eq!(FeeUnit::BaseUnit.show_rate(rate), "-2087341 base units/h");
    }
}
