//! In what a daemon counts its fees.

use super::Nanomina;

/// What one unit of a daemon's fees is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeeUnit {
    /// 1e-9 MINA.
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

    /// The amount with its unit: `0.1 MINA`, or `3 base units`.
    pub fn show(self, amount: Nanomina) -> String {
        match self {
            Self::Nanomina => amount.to_string(),
            Self::BaseUnit if amount == Nanomina::ONE => "1 base unit".to_owned(),
            Self::BaseUnit => format!("{} base units", amount.get()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_in_the_unit_of_their_era() {
        let show = |era, amount| FeeUnit::of_era(era).show(Nanomina::try_new(amount).unwrap());
        assert_eq!(show(Some("coda-2020"), 3), "3 base units");
        assert_eq!(show(Some("coda-2020"), 1), "1 base unit");
        assert_eq!(show(Some("mesa-4.0"), 3), "0.000000003 MINA");
        assert_eq!(show(None, 100_000_000), "0.1 MINA");
    }
}
