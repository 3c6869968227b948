//! What was decided.

use serde::{Deserialize, Serialize};

use super::{appraisal::Appraisal, daemon_settings::Action, reason::Reason};
use crate::units::Nanomina;

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

/// The state the policy wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Whether computing pays.
    pub enabled: bool,
    /// The best fee, floor and ceiling applied.
    pub fee: Nanomina,
}
