//! The parts of a scenario, as they stand in its text.

use std::collections::BTreeMap;

use serde::Deserialize;
use snarkfee_core::{market::SelectionMethod, units::Nanomina};

use crate::{
    market_sim::{scan_state::TreeShape, snapshot::HandOut},
    policy_run::DEFAULT_FEE,
};

/// A simulated market.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Short name: lower-case letters, digits and `-`.
    pub(crate) name: String,
    /// One sentence for readers.
    pub(crate) about: String,
    /// Slots in which the operator's daemon restarts.
    #[serde(default)]
    pub(crate) restarts: Vec<u32>,
    /// Slots in which another controller sets fee and key to the daemon's flags.
    #[serde(default)]
    pub(crate) resets: Vec<u32>,
    /// The regimes begin again from the first after this many slots.
    pub(crate) cycle_slots: Option<u32>,
    #[serde(default)]
    pub(crate) chain: ChainSetup,
    #[serde(default)]
    pub(crate) transactions: TransactionSetup,
    #[serde(default)]
    pub(crate) gossip: GossipSetup,
    #[serde(default)]
    pub(crate) operator: OperatorSetup,
    pub(crate) competitors: Vec<CompetitorSetup>,
    /// In order of their first slot; the first begins at slot 0 and also holds in the warm-up.
    pub(crate) regimes: Vec<Regime>,
}

/// Slots, blocks and trees.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ChainSetup {
    /// 90 since Mesa, 180 before.
    pub(crate) slot_seconds: u32,
    /// Share of the slots that have a block.
    pub(crate) fill: f64,
    /// 360 MINA since Mesa, 720 before.
    pub(crate) coinbase_nanomina: Nanomina,
    /// Transaction slots of a tree.
    pub(crate) tree_slots: u32,
    /// Works that appear during one tree, at most `tree_slots`.
    pub(crate) tree_works: u32,
    /// How many of them appear only when `late_slots` slots or fewer are free. They come first in
    /// the order.
    pub(crate) late_works: u32,
    pub(crate) late_slots: u32,
    /// Probability that the block that fills a tree puts its coinbase into the next one, for which
    /// it must buy one work.
    pub(crate) split_share: f64,
    /// A work can be bought this many heights after the block in which it appeared.
    pub(crate) work_delay: u32,
}

impl Default for ChainSetup {
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

impl ChainSetup {
    pub(in crate::market_sim) const fn tree_shape(&self) -> TreeShape {
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
pub(crate) struct TransactionSetup {
    /// Mean number that arrive in a slot.
    pub(crate) per_slot: f64,
    /// Median of a log-normal distribution.
    pub(crate) fee_nanomina_median: u64,
    /// Standard deviation of its natural logarithm.
    pub(crate) fee_spread: f64,
    /// Share of the works with heavy statements.
    pub(crate) slow_share: f64,
    /// How many times longer these take to prove.
    pub(crate) slow_factor: f64,
    /// Share of the transactions that are zkApps.
    pub(crate) zkapp_share: f64,
    /// Fewest and most segments of a zkApp. One of s segments takes 2 s - 1 proofs.
    pub(crate) zkapp_segments: [u32; 2],
}

impl Default for TransactionSetup {
    fn default() -> Self {
        Self {
            per_slot: 8.0,
            fee_nanomina_median: 10_000_000,
            fee_spread: 1.2,
            slow_share: 0.0,
            slow_factor: 1.0,
            zkapp_share: 0.0,
            zkapp_segments: [2, 6],
        }
    }
}

/// How long a proof takes to reach a block producer: exponential, with a slow part.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GossipSetup {
    pub(crate) mean_seconds: f64,
    /// Share of the deliveries that are slow.
    pub(crate) slow_share: f64,
    pub(crate) slow_mean_seconds: f64,
    /// Longest delivery.
    pub(crate) longest_seconds: f64,
}

impl Default for GossipSetup {
    fn default() -> Self {
        Self {
            mean_seconds: 10.0,
            slow_share: 0.03,
            slow_mean_seconds: 120.0,
            longest_seconds: 900.0,
        }
    }
}

/// The operator's provers, and the settings that its daemon starts with.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OperatorSetup {
    pub(crate) role: OperatorRole,
    /// Proofs made at once.
    pub(crate) provers: u32,
    /// Median time of one work of two plain jobs.
    pub(crate) proof_seconds: f64,
    /// Standard deviation of its natural logarithm.
    pub(crate) proof_spread: f64,
    /// What the daemon hands to its provers.
    pub(crate) hand_out: HandOut,
    /// The selection flag of the daemon.
    pub(crate) selection: SelectionMethod,
    /// The fee flag of the daemon.
    pub(crate) fee_nanomina: Nanomina,
    /// Whether the daemon starts with the worker key; a coordinator always works.
    pub(crate) on: bool,
    /// Whether the worker key has a ledger account.
    pub(crate) account: bool,
    /// Present when the daemon produces blocks.
    pub(crate) blocks: Option<OwnBlockSetup>,
}

impl Default for OperatorSetup {
    fn default() -> Self {
        Self {
            role: OperatorRole::Worker,
            provers: 2,
            proof_seconds: 60.0,
            proof_spread: 0.15,
            hand_out: HandOut::default(),
            selection: SelectionMethod::default(),
            fee_nanomina: DEFAULT_FEE,
            on: true,
            account: true,
            blocks: None,
        }
    }
}

/// How the operator's daemon proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorRole {
    /// `--run-snark-worker`: the key shows and can be removed.
    Worker,
    /// `--run-snark-coordinator`: the key never shows, and removing it does nothing.
    Coordinator,
}

/// Block production by the operator's daemon.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnBlockSetup {
    /// Share of all slots that it wins.
    pub(crate) share: f64,
    /// Probability that it misses a won slot if it is proving when the slot begins.
    pub(crate) missed_while_proving: f64,
}

/// A prover key that others run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompetitorSetup {
    pub(crate) name: String,
    pub(crate) fee: FeeRule,
    /// Median time of one work.
    pub(crate) proof_seconds: f64,
    /// Standard deviation of its natural logarithm.
    #[serde(default = "default_spread")]
    pub(crate) proof_spread: f64,
    /// The selection flag of its daemon.
    #[serde(default)]
    pub(crate) selection: SelectionMethod,
    /// When it fails; never if left out.
    pub(crate) failures: Option<FailureSetup>,
    /// Works made under one key, after which another that was never seen takes its place; if left
    /// out, it has one key.
    pub(crate) works_per_key: Option<u32>,
}

/// How often a competitor fails, and for how long.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailureSetup {
    /// Mean time from one failure's end to the next; exponential.
    pub(crate) every_seconds: f64,
    /// Mean lengths, one of which is drawn for each failure; exponential.
    pub(crate) for_seconds: Vec<f64>,
}

const fn default_spread() -> f64 {
    0.25
}

/// What a competitor asks.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum FeeRule {
    /// Always the same.
    FixedNanomina(Nanomina),
    /// A tick below the lowest standing fee of others above its floor, reviewed periodically.
    Undercut {
        floor_nanomina: Nanomina,
        /// Asked when there is nothing to undercut, and never exceeded.
        ask_nanomina: Nanomina,
        tick_nanomina: Nanomina,
        every_seconds: u32,
    },
    /// A random one from a list, drawn again periodically.
    Reprice { fees_nanomina: Vec<Nanomina>, every_seconds: u32 },
}

/// Who proves, from a slot on.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Regime {
    pub(crate) name: String,
    pub(crate) from_slot: u32,
    /// Works that each competitor proves at once. A competitor not named does not prove.
    pub(crate) provers: BTreeMap<String, u32>,
    /// What prices look like while the operator does not prove.
    pub(crate) expect: Option<PriceExpectation>,
}

/// Lowest and highest shares of works that are bought at certain prices under a regime, once it has
/// held for `after_slots`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceExpectation {
    /// Slots at the start of the regime that do not count.
    pub(crate) after_slots: u32,
    /// Works bought for 0.
    pub(crate) zero: [f64; 2],
    /// Works bought for 1 to 10,000 nanomina.
    pub(crate) dust: [f64; 2],
    /// Works bought for more.
    pub(crate) priced: [f64; 2],
    /// Works bought above a fee.
    #[serde(default)]
    pub(crate) above: Vec<ShareAbove>,
}

/// A bound on the share of works bought above a fee.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareAbove {
    /// The fee.
    pub(crate) fee_nanomina: Nanomina,
    /// Lowest and highest share.
    pub(crate) share: [f64; 2],
}

impl Scenario {
    /// Name of the scenario.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// One sentence about the scenario.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Has the operator's daemon select works in another way.
    pub const fn set_selection(&mut self, selection: SelectionMethod) {
        self.operator.selection = selection;
    }

    /// Has the daemons of all competitors select works in another way.
    pub fn set_rivals_selection(&mut self, selection: SelectionMethod) {
        for competitor in &mut self.competitors {
            competitor.selection = selection;
        }
    }

    /// How the operator's daemon proves.
    pub const fn role(&self) -> OperatorRole {
        self.operator.role
    }

    /// Length of a slot in seconds.
    pub const fn slot_seconds(&self) -> u32 {
        self.chain.slot_seconds
    }

    /// Works that the operator can prove in an hour with all provers busy and no heavy work.
    pub(crate) fn own_works_per_hour(&self) -> f64 {
        f64::from(self.operator.provers) * 3600.0 / self.operator.proof_seconds
    }

    /// Index and name of the regime in a slot of the run.
    pub(crate) fn regime_at(&self, slot: u64) -> (usize, &str) {
        let index = self.regime_index(i64::try_from(slot).unwrap_or(i64::MAX));
        (index, self.regimes.get(index).map_or("", |regime| &regime.name))
    }

    /// Names of the regimes, in order.
    pub(crate) fn regime_names(&self) -> impl Iterator<Item = &str> {
        self.regimes.iter().map(|regime| regime.name.as_str())
    }

    /// Index of the regime in a slot, which is negative in the warm-up.
    pub(crate) fn regime_index(&self, slot: i64) -> usize {
        let phase = self.phase(slot);
        self.regimes
            .partition_point(|regime| i64::from(regime.from_slot) <= phase)
            .saturating_sub(1)
    }

    pub(crate) fn phase(&self, slot: i64) -> i64 {
        let slot = slot.max(0);
        self.cycle_slots.map_or(slot, |cycle| slot % i64::from(cycle.max(1)))
    }
}
