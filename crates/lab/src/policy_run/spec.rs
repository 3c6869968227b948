//! The policies that can run, by their names on the command line.

use std::{fmt, str::FromStr};

use snarkfee_core::{policy::Strategy, units::Nanomina};

/// A policy by name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PolicySpec {
    /// The whole controller with a strategy: `profit`, `undercut`, `quantile:Q`, `fixed:FEE`,
    /// `cover`.
    Controlled(Strategy),
    /// `always-on:FEE`: one fee, never off.
    AlwaysOn(Nanomina),
    /// `off`: never on.
    Off,
    /// `stopper:FEE`: one fee, off before own blocks, as operators' scripts do it.
    Stopper(Nanomina),
    /// `random:LOW-HIGH`: never off, each hour a fee drawn from a log-uniform distribution.
    Random {
        /// Lowest fee, above zero.
        low: Nanomina,
        /// Highest fee.
        high: Nanomina,
    },
}

/// A text that is not the name of a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a policy; the policies are profit, undercut, quantile:0.25, fixed:0.001MINA, \
     cover, always-on:0MINA, off, stopper:0.1MINA, random:0.001-1MINA"
)]
pub struct UnknownPolicyError(String);

impl FromStr for PolicySpec {
    type Err = UnknownPolicyError;

    fn from_str(text: &str) -> Result<Self, UnknownPolicyError> {
        let unknown = || UnknownPolicyError(text.chars().take(80).collect());
        let fee = |text: &str| text.parse::<Nanomina>().map_err(|_| unknown());
        match text.split_once(':') {
            None => match text {
                "profit" => Ok(Self::Controlled(Strategy::Profit)),
                "undercut" => Ok(Self::Controlled(Strategy::Undercut)),
                "cover" => Ok(Self::Controlled(Strategy::Cover)),
                "off" => Ok(Self::Off),
                _ => Err(unknown()),
            },
            Some(("quantile", quantile)) => match quantile.parse::<f64>() {
                Ok(quantile) if (0.0..=1.0).contains(&quantile) => {
                    Ok(Self::Controlled(Strategy::Quantile { quantile }))
                }
                _ => Err(unknown()),
            },
            Some(("fixed", asked)) => Ok(Self::Controlled(Strategy::Fixed { fee: fee(asked)? })),
            Some(("always-on", asked)) => Ok(Self::AlwaysOn(fee(asked)?)),
            Some(("stopper", asked)) => Ok(Self::Stopper(fee(asked)?)),
            Some(("random", range)) => {
                let (low, high) = range.split_once('-').ok_or_else(unknown)?;
                let high = fee(high)?;
                let low = fee(low).or_else(|_| fee(&format!("{low} MINA")))?;
                if low == Nanomina::ZERO || low > high {
                    Err(unknown())
                } else {
                    Ok(Self::Random { low, high })
                }
            }
            Some(_) => Err(unknown()),
        }
    }
}

impl fmt::Display for PolicySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let compact = |fee: &Nanomina| fee.to_string().replace(' ', "");
        match self {
            Self::Controlled(Strategy::Quantile { quantile }) => write!(f, "quantile:{quantile}"),
            Self::Controlled(Strategy::Fixed { fee }) => write!(f, "fixed:{}", compact(fee)),
            Self::Controlled(strategy) => f.write_str(strategy.name()),
            Self::AlwaysOn(fee) => write!(f, "always-on:{}", compact(fee)),
            Self::Off => f.write_str("off"),
            Self::Stopper(fee) => write!(f, "stopper:{}", compact(fee)),
            Self::Random { low, high } => {
                write!(f, "random:{}-{}", compact(low).trim_end_matches("MINA"), compact(high))
            }
        }
    }
}

/// A policy, and how many operators follow it: `cover*10`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PolicyCount {
    /// The policy.
    pub policy: PolicySpec,
    /// How many.
    pub operators: u32,
}

impl FromStr for PolicyCount {
    type Err = UnknownPolicyError;

    fn from_str(text: &str) -> Result<Self, UnknownPolicyError> {
        /// Most operators of one policy in a market.
        const MOST: u32 = 100;
        let Some((policy, operators)) = text.split_once('*') else {
            return Ok(Self { policy: text.parse()?, operators: 1 });
        };
        match operators.parse() {
            Ok(operators) if (1..=MOST).contains(&operators) => {
                Ok(Self { policy: policy.parse()?, operators })
            }
            _ => Err(UnknownPolicyError(text.chars().take(80).collect())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_survives_parsing_and_printing() {
        for name in [
            "profit",
            "undercut",
            "quantile:0.25",
            "fixed:0.001MINA",
            "cover",
            "always-on:0MINA",
            "off",
            "stopper:0.1MINA",
            "random:0.001-1MINA",
        ] {
            assert_eq!(name.parse::<PolicySpec>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn a_policy_can_be_followed_by_several_operators() {
        let count = |text: &str| text.parse::<PolicyCount>().map(|count| count.operators);
        assert_eq!((count("cover"), count("always-on:0MINA*20")), (Ok(1), Ok(20)));
        for wrong in ["cover*", "cover*0", "cover*101", "*3", "cover*-1"] {
            assert!(count(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_unknown_name_is_rejected_with_the_list_of_policies() {
        for name in [
            "",
            "greedy",
            "quantile:2",
            "fixed:",
            "fixed:1",
            "random:0-1MINA",
            "random:2-1MINA",
            "off:1MINA",
        ] {
            let error = name.parse::<PolicySpec>().unwrap_err().to_string();
            assert!(error.contains("always-on"), "{name}");
        }
    }
}
