//! The eras of the daemon's schema.

use serde::{Deserialize, Serialize};

/// Which generation of daemon answers, as far as its schema shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Era {
    /// A schema that fits no era read, or introspection was refused.
    #[serde(rename = "unknown")]
    Unknown,
    /// `--limited-graphql-port`: the daemon's status, no pool, no mutations.
    #[serde(rename = "limited")]
    Limited,
    /// Coda test networks of 2020.
    #[serde(rename = "coda-2020")]
    Coda2020,
    /// Mainnet 1.0.
    #[serde(rename = "mainnet-1.0")]
    Mainnet10,
    /// Mainnet 1.1.
    #[serde(rename = "mainnet-1.1")]
    Mainnet11,
    /// Mainnet 1.2.
    #[serde(rename = "mainnet-1.2")]
    Mainnet12,
    /// Mainnet 1.3.
    #[serde(rename = "mainnet-1.3")]
    Mainnet13,
    /// Mainnet 1.4.
    #[serde(rename = "mainnet-1.4")]
    Mainnet14,
    /// Berkeley 3.0.
    #[serde(rename = "berkeley-3.0")]
    Berkeley30,
    /// Berkeley with `snarkWorkRange`, in the development tree from December 2024.
    #[serde(rename = "berkeley-2024-12")]
    Berkeley202412,
    /// Mesa, daemon 4.0.
    #[serde(rename = "mesa-4.0")]
    Mesa40,
    /// The Rust node (`mina-rust`), which cannot be controlled at run time.
    #[serde(rename = "rust-node")]
    RustNode,
}

impl Era {
    /// Every era, oldest first.
    pub const ALL: [Self; 12] = [
        Self::Unknown,
        Self::Limited,
        Self::Coda2020,
        Self::Mainnet10,
        Self::Mainnet11,
        Self::Mainnet12,
        Self::Mainnet13,
        Self::Mainnet14,
        Self::Berkeley30,
        Self::Berkeley202412,
        Self::Mesa40,
        Self::RustNode,
    ];

    /// The stable name: record, JSON and metric label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Limited => "limited",
            Self::Coda2020 => "coda-2020",
            Self::Mainnet10 => "mainnet-1.0",
            Self::Mainnet11 => "mainnet-1.1",
            Self::Mainnet12 => "mainnet-1.2",
            Self::Mainnet13 => "mainnet-1.3",
            Self::Mainnet14 => "mainnet-1.4",
            Self::Berkeley30 => "berkeley-3.0",
            Self::Berkeley202412 => "berkeley-2024-12",
            Self::Mesa40 => "mesa-4.0",
            Self::RustNode => "rust-node",
        }
    }

    /// One line for people.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unknown => "a schema of no known era; treated as mainnet 1.x",
            Self::Limited => {
                "a limited GraphQL port: status only, nothing can be changed through it"
            }
            Self::Coda2020 => "a Coda test network of 2020; fees are whole coins",
            Self::Mainnet10 => "mainnet 1.0 (2021)",
            Self::Mainnet11 => "mainnet 1.1 (2021)",
            Self::Mainnet12 => "mainnet 1.2 (2021)",
            Self::Mainnet13 => "mainnet 1.3 (2022)",
            Self::Mainnet14 => "mainnet 1.4 (2024)",
            Self::Berkeley30 => "Berkeley 3.0 (2024)",
            Self::Berkeley202412 => "Berkeley with snarkWorkRange (from December 2024)",
            Self::Mesa40 => "Mesa, daemon 4.0 (2026)",
            Self::RustNode => {
                "the Rust node: its fee is fixed by --snarker-fee when it starts, and nothing can be set"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use snarkfee_core::units::FeeUnit;

    use super::*;

    #[test]
    fn names_are_unique_and_the_serialized_ones() {
        let names: std::collections::BTreeSet<_> = Era::ALL.iter().map(|era| era.name()).collect();
        assert_eq!(names.len(), Era::ALL.len());
        for era in Era::ALL {
            assert_eq!(serde_json::to_value(era).unwrap(), era.name());
        }
    }

    #[test]
    fn only_2020_counts_fees_in_whole_coins() {
        for era in Era::ALL {
            let whole = FeeUnit::of_era(Some(era.name())) == FeeUnit::BaseUnit;
            assert_eq!(whole, era == Era::Coda2020, "{era:?}");
        }
    }
}
