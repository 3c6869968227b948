//! The settings of one loop.

use std::time::Duration;

use crate::{
    cost::{CostModel, Quotes},
    policy::{Mode, OnExit, Params},
};

/// The settings of one loop; a reload replaces them as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Whether decisions are carried out.
    pub mode: Mode,
    /// Time between looks, on the service's clock.
    pub interval: Duration,
    /// Time between two readings of the order book.
    pub book_interval: Duration,
    /// What decisions depend on.
    pub params: Params,
    /// What one work costs.
    pub cost: CostModel,
    /// What to leave behind.
    pub on_exit: OnExit,
}

/// Longest time between two readings of the order book, where nothing else is set.
pub const BOOK_INTERVAL: Duration = Duration::from_secs(180);

/// The most that may be set.
pub const LONGEST_BOOK_INTERVAL: Duration = Duration::from_secs(15 * 60);

/// What a cycle depends on besides looks.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Whether decisions are carried out.
    pub mode: Mode,
    /// The operator's settings.
    pub params: &'a Params,
    /// What one work costs.
    pub cost: &'a CostModel,
    /// The last prices read, if any.
    pub quotes: Quotes,
}

impl Plan {
    /// The context of a cycle under this plan, with the last prices read.
    pub const fn context(&self, quotes: Quotes) -> Context<'_> {
        Context { mode: self.mode, params: &self.params, cost: &self.cost, quotes }
    }
}
