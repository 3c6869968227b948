//! Everything that a decision depends on.

use jiff::Timestamp;

use super::{
    memory::Memory,
    params::Params,
    state::{Mode, Role},
};
use crate::{
    cost::{ChargedCost, CostUnknown},
    market::{Look, MarketView},
    units::Fiat,
};

/// Everything that a decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// When it is decided; at or after the look.
    pub now: Timestamp,
    /// Whether the decision is carried out.
    pub mode: Mode,
    /// What was just seen.
    pub look: &'a Look,
    /// What is known of the market, the look included.
    pub view: &'a MarketView,
    /// What computing is charged.
    pub cost: Result<ChargedCost, &'a CostUnknown>,
    /// The price of one MINA.
    pub mina_price: Result<Fiat, &'a CostUnknown>,
    /// What earlier looks left.
    pub memory: &'a Memory,
    /// What the daemon is.
    pub role: Role,
    /// The operator's settings.
    pub params: &'a Params,
}
