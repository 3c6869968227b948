//! The settings that a decision depends on, validated: text, files and units are behind them.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    market::Selection,
    units::{FeeLimit, FeeRate, Nanomina, PublicKey},
};

/// Everything an operator sets that a decision about one daemon depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Params {
    /// How the fee is found and when computing pays.
    pub pricing: Pricing,
    /// Whose worker it is.
    pub worker: Worker,
    /// What the machine's own blocks need.
    pub block_production: BlockProduction,
    /// When not to act.
    pub safety: Safety,
}

/// How the fee is found and when computing pays. Defaults are those of `config/default.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pricing {
    /// The rule that proposes a fee.
    pub strategy: Strategy,
    /// Never ask less.
    pub floor: FeeLimit,
    /// Never ask more; at least `floor`.
    pub ceiling: FeeLimit,
    /// How far below a competitor counts as below; at least 1 nanomina, since the pool takes only a
    /// strictly lower fee.
    pub tick: Nanomina,
    /// How far back sales count.
    pub window: Duration,
    /// Age at which a sale counts half.
    pub half_life: Duration,
    /// Sales below which the nonparametric estimate is not used.
    pub min_samples: u32,
    /// Expected profit under which computing is uneconomical.
    pub stop_below: FeeRate,
    /// Expected profit at which computing resumes; at least `stop_below`.
    pub resume_above: FeeRate,
    /// Looks in a row before switching on or off; at least 1.
    pub confirm: u32,
    /// Relative change of fee too small to act on, 0.0..1.0.
    pub deadband: f64,
    /// Time between two fee changes.
    pub cooldown: Duration,
    /// Shortest time on.
    pub min_on: Duration,
    /// Shortest time off.
    pub min_off: Duration,
    /// Fee changes and switches within any 24 hours.
    pub max_changes_per_day: u32,
}

impl Default for Pricing {
    fn default() -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        Self {
            strategy: Strategy::Profit,
            floor: FeeLimit::Mina(Nanomina::ZERO),
            ceiling: FeeLimit::Mina(Nanomina::ONE_MINA),
            tick: Nanomina::ONE,
            window: MINUTE * 60 * 24,
            half_life: MINUTE * 60 * 6,
            min_samples: 30,
            stop_below: FeeRate::ZERO,
            resume_above: FeeRate::new(1_000_000),
            confirm: 3,
            deadband: 0.05,
            cooldown: MINUTE * 10,
            min_on: MINUTE * 15,
            min_off: MINUTE * 15,
            max_changes_per_day: 48,
        }
    }
}

impl Pricing {
    /// Whether the fees that may be asked depend on the price of MINA.
    pub fn has_fiat_bounds(&self) -> bool {
        [self.floor, self.ceiling].iter().any(|limit| limit.fiat().is_some())
    }
}

/// The rule that proposes a fee.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "strategy", rename_all = "kebab-case")]
pub enum Strategy {
    /// The fee of highest expected profit.
    Profit,
    /// One tick below the lowest standing offer of a competitor.
    Undercut,
    /// One tick below a quantile of the price at which work is bought.
    Quantile {
        /// The quantile, 0.0..=1.0.
        quantile: f64,
    },
    /// Always the same fee.
    Fixed {
        /// The fee.
        fee: Nanomina,
    },
    /// Prove for the network: at the floor, and only while works that are bought soon would lack
    /// proofs.
    Cover,
}

impl Strategy {
    /// The name used in the configuration and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Profit => "profit",
            Self::Undercut => "undercut",
            Self::Quantile { .. } => "quantile",
            Self::Fixed { .. } => "fixed",
            Self::Cover => "cover",
        }
    }
}

/// Whose worker it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Worker {
    /// The key whose proofs these are; without one, the key that the daemon shows counts as ours,
    /// and work is never switched.
    pub key: Option<PublicKey>,
    /// What the operator says the daemon is.
    pub role: RoleSetting,
    /// How its daemon hands out works.
    #[serde(default)]
    pub selection: Selection,
    /// Further keys of the same operator: their sales and offers are not competition, and count as
    /// this worker's.
    pub own_provers: Vec<PublicKey>,
    /// Keys of all daemons that this process looks after: their sales and offers are not
    /// competition either, and count for whoever made them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub fleet: Arc<BTreeSet<PublicKey>>,
}

impl Worker {
    /// The same operator, to whom the key that a daemon shows belongs where no key is set.
    pub fn adopting(&self, shown: Option<&PublicKey>) -> Self {
        let mut worker = self.clone();
        if worker.key.is_none() {
            worker.own_provers.extend(shown.cloned());
        }
        worker
    }

    /// Whether a prover's works are this worker's.
    pub fn owns(&self, prover: &PublicKey) -> bool {
        self.key.as_ref() == Some(prover) || self.own_provers.contains(prover)
    }

    /// Whether a prover is no competitor.
    pub fn is_friendly(&self, prover: &PublicKey) -> bool {
        self.owns(prover) || self.fleet.contains(prover)
    }
}

/// What the operator says the daemon is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleSetting {
    /// Found out from the daemon.
    #[default]
    Auto,
    /// Its key turns work on and off.
    Worker,
    /// It hands work to remote provers under a key that its API cannot change.
    Coordinator,
}

/// What the machine's own blocks need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockProduction {
    /// Whether the worker makes room for the daemon's own blocks.
    pub enabled: bool,
    /// How long before the slot the worker stops.
    pub stop_before: Duration,
    /// How long after the slot's start it may resume.
    pub resume_after: Duration,
}

impl Default for BlockProduction {
    fn default() -> Self {
        Self {
            enabled: true,
            stop_before: Duration::from_secs(300),
            resume_after: Duration::from_secs(60),
        }
    }
}

/// When not to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Safety {
    /// Older observations are not acted on.
    pub max_age: Duration,
    /// Fewer peers than this and the daemon's view of the chain is not trusted.
    pub min_peers: u32,
    /// Failed looks or mutations in a row that open the breaker; at least 1.
    pub max_consecutive_failures: u32,
    /// What to do when someone else changed fee or key.
    pub external_change: ExternalChange,
    /// How long to hold then.
    pub external_hold: Duration,
}

impl Default for Safety {
    fn default() -> Self {
        Self {
            max_age: Duration::from_secs(300),
            min_peers: 2,
            max_consecutive_failures: 5,
            external_change: ExternalChange::Hold,
            external_hold: Duration::from_secs(3600),
        }
    }
}

/// What to do when someone else changed fee or key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExternalChange {
    /// Leave the settings to whoever changed them for a while.
    Hold,
    /// Decide as if nothing had happened.
    Reapply,
}
