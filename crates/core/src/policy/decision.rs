//! What was decided, and the forecasts it rests on.

use serde::{Deserialize, Serialize};

use super::{crossing::Crossing, moving::Moving, reason::Reason};
use crate::units::{FeeRate, Nanomina, PublicKey};

/// The outcome of one look: exactly one action and the reason for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[must_use = "a decision that nobody reads changes nothing"]
pub struct Decision {
    /// What to do.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// The state the policy wants, also while it holds; `None` when it did not get as far as a
    /// price.
    pub target: Option<Target>,
    /// The forecasts behind the target; `None` when it did not get as far as a price.
    pub appraisal: Option<Appraisal>,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Nothing.
    Hold,
    /// Ask another fee.
    SetFee {
        /// The fee.
        fee: Nanomina,
    },
    /// Start proving. The fee is set first, so that no work is taken at the old one.
    SwitchOn {
        /// The key to prove for.
        key: PublicKey,
        /// The fee to ask.
        fee: Nanomina,
    },
    /// Stop proving.
    SwitchOff,
    /// Ask a fee that nobody pays, where the key cannot be taken away.
    Park {
        /// The fee.
        fee: Nanomina,
    },
}

impl Action {
    /// The stable code: metric label, log field, API value.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::SetFee { .. } => "set_fee",
            Self::SwitchOn { .. } => "switch_on",
            Self::SwitchOff => "switch_off",
            Self::Park { .. } => "park",
        }
    }

    /// Every code.
    pub const CODES: [&'static str; 5] = ["hold", "set_fee", "switch_on", "switch_off", "park"];
}

/// The state the policy wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Whether computing pays.
    pub enabled: bool,
    /// The best fee, floor and ceiling applied.
    pub fee: Nanomina,
}

/// What asking a fee is expected to bring.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// The fee.
    pub fee: Nanomina,
    /// P(sold) of a work made at this fee.
    pub sale_probability: f64,
    /// The same before the correction that our own sales taught.
    pub uncorrected: f64,
    /// Lower end of its confidence band.
    pub low: f64,
    /// Upper end of its confidence band.
    pub high: f64,
    /// Works made per hour.
    pub works_per_hour: f64,
    /// Expected profit.
    pub profit: FeeRate,
    /// Expected profit with the probability at the lower end of its band: it decides on and off,
    /// and which fees are safe.
    pub cautious_profit: FeeRate,
}

impl Forecast {
    /// Whether the fee brings no work: less than one in a hundred thousand years.
    pub fn is_idle(&self) -> bool {
        self.works_per_hour < 1e-9
    }
}

/// The forecasts behind a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Appraisal {
    /// Cost of one work.
    pub cost: Nanomina,
    /// At the fee the policy wants.
    pub best: Forecast,
    /// At the fee the daemon asks now.
    pub current: Forecast,
    /// What going from that fee to the best one costs.
    #[serde(default)]
    pub moving: Moving,
    /// The least cautious profit at which a fee counts as safe.
    #[serde(default)]
    pub least_safe: FeeRate,
    /// Over candidate fees in ascending order, thinned to at most [`Appraisal::MAX_CURVE`] points.
    pub curve: Vec<Forecast>,
    /// What would bring the profit down to `policy.stop_below`.
    pub stop: Crossing,
    /// What would bring the profit up to `policy.resume_above`.
    pub resume: Crossing,
}

impl Appraisal {
    /// Most points kept of the curve.
    pub const MAX_CURVE: usize = 96;
}
