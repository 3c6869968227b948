//! What a worker that asks some fee would have sold in blocks that are known.
//!
//! Assumed is: the prover keeps its measured pace; a work that was bought for more than the fee
//! asked would have been bought from us, if ours had been there; and the daemon hands out works at
//! random, as in a forecast ([`crate::policy::forecast`]). A work that we sold ourselves would have
//! sold up to the offer that ours replaced, or where none was seen, up to our own fee. That others
//! would have answered our fee with theirs is not taken into account.

use std::time::Duration;

use jiff::Timestamp;

use super::tally::Work;
use crate::{
    cost::{CostInputs, CostModel},
    market::MarketView,
    policy::{HandOutOrder, dispatch_rate},
    units::Nanomina,
};

/// A work that was bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// The fee from which on it would not have been bought from us.
    pub limit: Nanomina,
}

/// What other fees would have brought in some blocks.
#[derive(Clone, Copy, Debug)]
pub struct Hindsight<'a> {
    /// What the blocks bought.
    pub purchases: &'a [Purchase],
    /// Since when those who bought could have bought from us.
    pub since: Timestamp,
    /// When the last of the blocks was made; `None` where there is none.
    pub last_block: Option<Timestamp>,
    /// What is known of the market.
    pub view: &'a MarketView,
    /// What works cost.
    pub cost: &'a CostModel,
    /// The present inputs of that.
    pub inputs: &'a CostInputs,
}

/// Works made per hour where the pace is not known: two proofs of a minute each, long for machines
/// since 2024 (Mina MIP-6).
const USUAL_PACE: f64 = 30.0;

impl Hindsight<'_> {
    /// Until when blocks are known.
    pub(super) const fn until(&self) -> Option<Timestamp> {
        self.last_block
    }

    /// What a worker would have done that was on and asked `fee`. Without blocks, nothing: their
    /// time counts once there are some.
    pub(super) fn at_fee(&self, fee: Nanomina) -> Work {
        let Some(last) = self.last_block else { return Work::default() };
        let on = Duration::try_from(last.duration_since(self.since)).unwrap_or(Duration::ZERO);
        let (hours, bought) = (on.as_secs_f64() / 3_600.0, self.purchases.len() as f64);
        if hours <= 0.0 || bought <= 0.0 {
            return Work::default();
        }
        let sells = self.purchases.iter().filter(|bought| bought.limit > fee).count() as f64;
        let sells = sells / bought;
        let open = self.view.startable_share(fee).max(sells).max(f64::MIN_POSITIVE);
        let pace = self.view.own_works_per_hour().unwrap_or(USUAL_PACE);
        let dispatch =
            dispatch_rate(HandOutOrder::Random, sells, open, Some(bought / hours), Some(pace));
        let made = dispatch.works_per_hour * hours;
        let sold = (made * sells * dispatch.sale_lift).min(made);
        let expense = self.cost.imagined_expense(made, on, self.inputs).unwrap_or_default();
        Work {
            sold,
            earned: Nanomina::rounded(sold * fee.to_f64()),
            ..Work::at_expense(made, expense)
        }
    }
}
