//! The releases that a simulated daemon can imitate.

use std::{fmt, str::FromStr};

use crate::market_sim::HandOut;

/// A daemon release whose GraphQL schema and metrics are served.
///
/// The order is the order of release, so a range of eras says which releases have a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Era {
    /// The testnet build of January 2020.
    Coda2020,
    /// Mainnet 1.0.0, March 2021.
    Mainnet10,
    /// Mainnet 1.1.5, April 2021.
    Mainnet115,
    /// Mainnet 1.2.0, October 2021.
    Mainnet12,
    /// Mainnet 1.3.0, March 2022.
    Mainnet13,
    /// Mainnet 1.4.1, March 2024, the last before the Berkeley fork.
    Mainnet14,
    /// Berkeley 3.0.3, October 2024.
    Berkeley30,
    /// Mesa 4.0, with `snarkWorkRange`.
    #[default]
    Mesa40,
}

/// A text that is not the name of an era.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no schema era; known are {known}", known = Era::ALL.map(Era::code).join(", "))]
pub struct UnknownEra(String);

impl Era {
    /// Every era, oldest first.
    pub const ALL: [Self; 8] = [
        Self::Coda2020,
        Self::Mainnet10,
        Self::Mainnet115,
        Self::Mainnet12,
        Self::Mainnet13,
        Self::Mainnet14,
        Self::Berkeley30,
        Self::Mesa40,
    ];

    /// The stable name, used by `--schema-era`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Coda2020 => "coda-2020",
            Self::Mainnet10 => "mainnet-1.0",
            Self::Mainnet115 => "mainnet-1.1.5",
            Self::Mainnet12 => "mainnet-1.2",
            Self::Mainnet13 => "mainnet-1.3",
            Self::Mainnet14 => "mainnet-1.4",
            Self::Berkeley30 => "berkeley-3.0",
            Self::Mesa40 => "mesa-4.0",
        }
    }

    /// This era's name of the type that 3.0 calls `name`.
    ///
    /// Before 3.0 the daemon had no scalars of its own for amounts, lengths, slots and hashes: they
    /// were `UInt64`, `UInt32` and `String`. The rule holds for every field of the published
    /// introspection files, so one table of fields serves all eras.
    pub(super) fn type_name(self, name: &str) -> &str {
        if self >= Self::Berkeley30 {
            return name;
        }
        match name {
            "Amount" | "Balance" | "Fee" => "UInt64",
            "Epoch"
            | "GlobalSlotSinceHardFork"
            | "GlobalSlotSpan"
            | "Globalslot"
            | "Length"
            | "Slot" => "UInt32",
            "AccountNonce"
            | "BlockTime"
            | "ChainHash"
            | "EpochSeed"
            | "FeeTransferType"
            | "LedgerHash"
            | "Span"
            | "StateHash"
            | "StateHashAsDecimal"
            | "Time"
            | "TransactionHash"
            | "TransactionStatusFailure" => "String",
            "TransactionId" => "ID",
            other => other,
        }
    }

    /// Whether a `UInt64` in text must be a canonical decimal (since 1.2.0). Earlier releases pass
    /// the text to C's `strtoull`.
    pub(super) fn requires_canonical_numbers(self) -> bool {
        self >= Self::Mainnet12
    }

    /// What the daemon hands to its workers: pieces since the work partitioner of 2025-09
    /// (`work_partitioner.ml`).
    pub(super) fn hand_out(self) -> HandOut {
        if self >= Self::Mesa40 { HandOut::Pieces } else { HandOut::Bundles }
    }

    /// Whether a request that declares a variable without giving it a value is rejected. Earlier
    /// releases read the variable as null (mina-sdk-spec, `SPEC.md`, for daemon 4.0).
    pub(super) fn rejects_absent_variables(self) -> bool {
        self >= Self::Mesa40
    }
}

impl fmt::Display for Era {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for Era {
    type Err = UnknownEra;

    fn from_str(text: &str) -> Result<Self, UnknownEra> {
        Self::ALL
            .into_iter()
            .find(|era| era.code() == text)
            .ok_or_else(|| UnknownEra(text.chars().take(60).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_parses_to_its_era_and_eras_ascend() {
        for era in Era::ALL {
            assert_eq!(era.code().parse(), Ok(era));
        }
        assert!(Era::ALL.is_sorted());
        assert!("mainnet".parse::<Era>().unwrap_err().to_string().contains("mesa-4.0"));
    }
}
