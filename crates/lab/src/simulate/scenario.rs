//! A simulated market as text: who proves at what price, how fast, from when; how blocks fill; what
//! the operator has.
//!
//! Invariants: a [`Scenario`] is checked when it is made, so a world can be built from it without
//! further errors. Fees are integers of nanomina, times are seconds, places in time are slots from
//! the start of the run.
//!
//! Not here: the shipped scenarios (`library`).

use std::collections::BTreeMap;

use serde::Deserialize;
use snarkfee_core::units::Nanomina;

use super::scan_state::TreeShape;

mod check;

/// A scenario that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// Not TOML, an unknown or missing key, a value of the wrong kind.
    #[error("not a scenario: {0}")]
    Syntax(String),
    /// Values out of range; every one is named.
    #[error("scenario {name:?} cannot be used: {}", .problems.join("; "))]
    Invalid {
        /// The scenario's name.
        name: String,
        /// One sentence for each defect.
        problems: Vec<String>,
    },
    /// No shipped scenario has this name.
    #[error("there is no scenario {name:?}; there are {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
}

/// A simulated market, checked.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Short name: lower-case letters, digits and `-`.
    pub(super) name: String,
    /// One sentence for people.
    pub(super) about: String,
    /// Slots in which the operator's daemon restarts.
    #[serde(default)]
    pub(super) restarts: Vec<u32>,
    /// Slots in which another controller sets fee and key as the daemon's flags say.
    #[serde(default)]
    pub(super) resets: Vec<u32>,
    /// After so many slots the regimes begin again from the first.
    pub(super) cycle_slots: Option<u32>,
    #[serde(default)]
    pub(super) chain: Chain,
    #[serde(default)]
    pub(super) transactions: Transactions,
    #[serde(default)]
    pub(super) gossip: Gossip,
    #[serde(default)]
    pub(super) operator: OperatorSetup,
    pub(super) competitors: Vec<CompetitorSetup>,
    /// In order of their first slot; the first begins at slot 0 and also holds in the warm-up.
    pub(super) regimes: Vec<Regime>,
}

/// Slots, blocks and trees.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Chain {
    /// 90 since Mesa, 180 before.
    pub(super) slot_seconds: u32,
    /// Part of the slots that have a block.
    pub(super) fill: f64,
    /// 360 MINA since Mesa, 720 before.
    pub(super) coinbase_nanomina: Nanomina,
    /// Transaction slots of a tree.
    pub(super) tree_slots: u32,
    /// Works that appear during one tree, at most `tree_slots`.
    pub(super) tree_works: u32,
    /// How many of them appear only when `late_slots` slots or fewer are free, and stand first in
    /// the order.
    pub(super) late_works: u32,
    pub(super) late_slots: u32,
    /// Probability that the block that fills a tree puts its coinbase into the next one, for which
    /// it must buy one work.
    pub(super) split_share: f64,
    /// A work can be bought by the block so many heights after the one that brought it.
    pub(super) work_delay: u32,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            slot_seconds: 90,
            fill: 0.72,
            coinbase_nanomina: Nanomina::ONE_MINA.saturating_mul(360),
            tree_slots: 128,
            tree_works: 124,
            late_works: 1,
            late_slots: 24,
            split_share: 0.2,
            work_delay: 2,
        }
    }
}

impl Chain {
    pub(super) const fn tree_shape(&self) -> TreeShape {
        TreeShape {
            slots: self.tree_slots,
            works: self.tree_works,
            late_works: self.late_works,
            late_slots: self.late_slots,
        }
    }
}

/// User commands and their fees.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Transactions {
    /// Mean number that arrive in a slot.
    pub(super) per_slot: f64,
    /// Median of a log-normal distribution.
    pub(super) fee_nanomina_median: u64,
    /// Its standard deviation of the natural logarithm.
    pub(super) fee_spread: f64,
    /// Part of the works that hold heavy statements (zkApps).
    pub(super) slow_share: f64,
    /// How many times longer those take to prove.
    pub(super) slow_factor: f64,
}

impl Default for Transactions {
    fn default() -> Self {
        Self {
            per_slot: 8.0,
            fee_nanomina_median: 10_000_000,
            fee_spread: 1.2,
            slow_share: 0.0,
            slow_factor: 1.0,
        }
    }
}

/// How long a proof takes to reach the producer of a block: exponential, with a slow part.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Gossip {
    pub(super) mean_seconds: f64,
    /// Part of the deliveries that are slow.
    pub(super) slow_share: f64,
    pub(super) slow_mean_seconds: f64,
    /// Nobody waits longer.
    pub(super) longest_seconds: f64,
}

impl Default for Gossip {
    fn default() -> Self {
        Self {
            mean_seconds: 10.0,
            slow_share: 0.03,
            slow_mean_seconds: 120.0,
            longest_seconds: 900.0,
        }
    }
}

/// What the operator has, and the settings that its daemon starts with.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OperatorSetup {
    pub(super) role: Role,
    /// Works proved side by side.
    pub(super) provers: u32,
    /// Median time of one work.
    pub(super) proof_seconds: f64,
    /// Standard deviation of its natural logarithm.
    pub(super) proof_spread: f64,
    /// The fee flag of the daemon.
    pub(super) fee_nanomina: Nanomina,
    /// Whether the daemon starts with the worker key; a coordinator always works.
    pub(super) on: bool,
    /// Whether the worker key has a ledger account.
    pub(super) account: bool,
    /// Present when the daemon produces blocks.
    pub(super) blocks: Option<OwnBlocks>,
}

impl Default for OperatorSetup {
    fn default() -> Self {
        Self {
            role: Role::Worker,
            provers: 2,
            proof_seconds: 60.0,
            proof_spread: 0.15,
            fee_nanomina: DEFAULT_FEE,
            on: true,
            account: true,
            blocks: None,
        }
    }
}

/// 0.1 MINA, the daemon's own default.
const DEFAULT_FEE: Nanomina = match Nanomina::try_new(100_000_000) {
    Ok(fee) => fee,
    Err(_) => Nanomina::ZERO,
};

/// How the operator's daemon proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// `--run-snark-worker`: the key shows and can be removed.
    Worker,
    /// `--run-snark-coordinator`: the key never shows, and removing it does nothing.
    Coordinator,
}

/// Block production by the operator's daemon.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnBlocks {
    /// Part of all slots that it wins.
    pub(super) share: f64,
    /// Probability that it misses a won slot when it is proving as the slot begins.
    pub(super) missed_while_proving: f64,
}

/// A prover key that others run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CompetitorSetup {
    pub(super) name: String,
    pub(super) fee: FeeRule,
    /// Median time of one work.
    pub(super) proof_seconds: f64,
    /// Standard deviation of its natural logarithm.
    #[serde(default = "default_spread")]
    pub(super) proof_spread: f64,
}

const fn default_spread() -> f64 {
    0.25
}

/// What a competitor asks.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum FeeRule {
    /// The same for ever.
    FixedNanomina(Nanomina),
    /// A tick below the lowest standing fee of others that is above its floor, looked at now and
    /// then.
    Undercut {
        floor_nanomina: Nanomina,
        /// Asked when there is nothing to undercut, and never exceeded.
        ask_nanomina: Nanomina,
        tick_nanomina: Nanomina,
        every_seconds: u32,
    },
    /// One of a list, drawn anew now and then.
    Reprice { fees_nanomina: Vec<Nanomina>, every_seconds: u32 },
}

/// Who proves from a slot on.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Regime {
    pub(super) name: String,
    pub(super) from_slot: u32,
    /// Works that each competitor proves side by side; one that is not named does not prove.
    pub(super) provers: BTreeMap<String, u32>,
    /// What prices look like, while the operator does not prove.
    pub(super) expect: Option<Expect>,
}

/// Bounds on what is bought under a regime, once it has held for `after_slots`. A share is a part
/// of the works bought.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Slots of the regime left out.
    pub after_slots: u32,
    /// Works bought for nothing.
    pub zero: [f64; 2],
    /// Works bought for at most 10,000 nanomina.
    pub dust: [f64; 2],
    /// Works bought for more.
    pub priced: [f64; 2],
    /// Works bought above a fee.
    #[serde(default)]
    pub above: Vec<Above>,
}

/// A bound on the share of works bought above a fee.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Above {
    /// The fee.
    pub fee_nanomina: Nanomina,
    /// Lowest and highest share.
    pub share: [f64; 2],
}

impl Scenario {
    /// Longest scenario text taken, in bytes.
    pub const LONGEST_TEXT: usize = 1 << 20;

    /// Reads and checks a scenario.
    ///
    /// # Errors
    ///
    /// [`ScenarioError::Syntax`] with the first defect of the text, or [`ScenarioError::Invalid`]
    /// with all defects of its values.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        if text.len() > Self::LONGEST_TEXT {
            return Err(ScenarioError::Syntax(format!("longer than {} bytes", Self::LONGEST_TEXT)));
        }
        let scenario: Self =
            toml::from_str(text).map_err(|error| ScenarioError::Syntax(error.to_string()))?;
        let problems = check::problems(&scenario);
        if problems.is_empty() {
            Ok(scenario)
        } else {
            Err(ScenarioError::Invalid { name: scenario.name, problems })
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One sentence about it.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// How the operator's daemon proves.
    pub const fn role(&self) -> Role {
        self.operator.role
    }

    /// Seconds of a slot.
    pub const fn slot_seconds(&self) -> u32 {
        self.chain.slot_seconds
    }

    /// Works that the operator can prove in an hour, all provers busy and no work heavy.
    pub fn own_works_per_hour(&self) -> f64 {
        f64::from(self.operator.provers) * 3600.0 / self.operator.proof_seconds
    }

    /// Index and name of the regime that holds in a slot of the run.
    pub fn regime_at(&self, slot: u64) -> (usize, &str) {
        let index = self.regime_index(i64::try_from(slot).unwrap_or(i64::MAX));
        (index, self.regimes.get(index).map_or("", |regime| &regime.name))
    }

    /// What is expected of the prices in a slot, `None` where the regime states nothing or has not
    /// yet settled.
    pub fn expected_at(&self, slot: u64) -> Option<&Expect> {
        let phase = self.phase(i64::try_from(slot).unwrap_or(i64::MAX));
        let regime =
            self.regimes.get(self.regime_index(i64::try_from(slot).unwrap_or(i64::MAX)))?;
        regime
            .expect
            .as_ref()
            .filter(|expect| phase >= i64::from(regime.from_slot) + i64::from(expect.after_slots))
    }

    pub(super) fn regime_index(&self, slot: i64) -> usize {
        let phase = self.phase(slot);
        self.regimes
            .partition_point(|regime| i64::from(regime.from_slot) <= phase)
            .saturating_sub(1)
    }

    fn phase(&self, slot: i64) -> i64 {
        let slot = slot.max(0);
        self.cycle_slots.map_or(slot, |cycle| slot % i64::from(cycle.max(1)))
    }
}

#[cfg(test)]
mod tests;
