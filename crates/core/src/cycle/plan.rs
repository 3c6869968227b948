//! The settings of one loop.

use std::time::Duration;

use crate::{
    cost::CostModel,
    policy::{Mode, Params},
};

/// What to leave behind when the service stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnExit {
    /// The settings as they are.
    #[default]
    Keep,
    /// The settings found at start.
    Baseline,
    /// The worker off.
    Off,
}

impl OnExit {
    /// The name used in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Baseline => "baseline",
            Self::Off => "off",
        }
    }
}

/// The settings of one loop; replaced as a whole by a reload.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whether decisions are carried out.
    pub mode: Mode,
    /// Time between looks, on the service's clock.
    pub interval: Duration,
    /// What decisions depend on.
    pub params: Params,
    /// What one work costs.
    pub cost: CostModel,
    /// What to leave behind.
    pub on_exit: OnExit,
}
