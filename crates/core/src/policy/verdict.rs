//! The market's verdict: whether computing pays and at which fee, whatever was done before and
//! whatever the time.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    appraisal::{Appraisal, appraise},
    cover::wait_for_turn,
    decision::Target,
    fee_bounds::FeeBounds,
    forecast::{Forecast, forecast},
    params::{Params, Pricing, Strategy},
    reason::Reason,
    waits::since,
};
use crate::{
    cost::{ChargedCost, CostUnknown},
    market::{Look, MarketView, OLDEST_BOOK, ProofNeed},
    units::Nanomina,
};

/// Time for one work where the pace is not known: two proofs of a minute, long for machines since
/// 2024 (Mina MIP-6).
const USUAL_WORK_TIME: Duration = Duration::from_secs(120);
/// Within this many times as long as a prover takes for a work, nine times in ten all works are
/// finished that were handed out, whole or inside the partitioner, payments or zkApps (in the
/// simulated daemon).
const WORKS_TO_DRAIN: f64 = 2.0;
/// Shortest and longest time that is waited for them.
const DRAIN_TIME_BOUNDS: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(616)];

/// What the verdict depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct MarketCase<'a> {
    /// What was just seen.
    pub(super) look: &'a Look,
    /// What is known of the market, the look included.
    pub(super) view: &'a MarketView,
    /// What computing is charged.
    pub(super) cost: Result<ChargedCost, &'a CostUnknown>,
    /// The operator's settings.
    pub(super) params: &'a Params,
    /// The bounds of the fee.
    pub(super) bounds: FeeBounds,
    /// The fee that the decision starts from.
    pub(super) asked: Nanomina,
}

/// What the worker is, for the market.
#[derive(Clone, Copy, Debug)]
pub(super) struct WorkerState {
    /// Whether it is on.
    pub(super) on: bool,
    /// Whether it counts as on. For an own block the worker only steps aside: whether it comes back
    /// is asked as if it had stayed.
    pub(super) counts_as_on: bool,
}

/// The market's verdict.
#[derive(Debug)]
pub(super) struct Verdict {
    /// The forecasts behind it.
    pub(super) appraisal: Appraisal,
    /// The state that it asks for.
    pub(super) target: Target,
    /// The way there.
    pub(super) wish: Wish,
}

/// What the market asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wish {
    /// Stay off.
    StayOff,
    /// Switch on.
    SwitchOn {
        /// Whether even the cautious forecast earns twice what computing costs.
        clear: bool,
    },
    /// Switch off.
    SwitchOff {
        /// Whether even the plain forecast earns less than half of what computing costs.
        clear: bool,
        /// Since when prices are of another regime, if they changed for good.
        regime_since: Option<Timestamp>,
        /// Whether the highest fee would keep new work away that now comes.
        fee_keeps_work_away: bool,
        /// How long the works take that are handed out already.
        drain_time: Duration,
    },
    /// Go on at the fee asked.
    KeepFee,
    /// Go on: another fee is better, but not by enough.
    KeepFeeInDeadband,
    /// Go on at the best fee.
    MoveFee,
    /// Strategy `cover`: prove for the network, or let others.
    Cover(CoverWish),
}

/// What strategy `cover` asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct CoverWish {
    /// What it follows from.
    pub(super) need: ProofNeed,
    /// Whether the worker is to be on.
    pub(super) on: bool,
    /// For how long that must have been so before it is switched.
    pub(super) turn: Duration,
}

impl MarketCase<'_> {
    /// The forecasts, if there is enough to make them.
    ///
    /// # Errors
    /// Why there is nothing to find a price or a profit by.
    pub(super) fn appraise(&self) -> Result<Appraisal, Reason> {
        if let Some(Err(fault)) = &self.look.chain {
            return Err(Reason::ChainFault { fault: fault.clone() });
        }
        if let Some(Err(fault)) = &self.look.book {
            return Err(Reason::BookFault { fault: fault.clone() });
        }
        if let (Some(read), None) = (self.look.kept_book, self.view.summary().book_read) {
            return Err(Reason::Stale { age: since(read, self.look.at), limit: OLDEST_BOOK });
        }
        let pricing = &self.params.pricing;
        // What is proved for the network need not pay, and its cost need not be known.
        let covers = matches!(pricing.strategy, Strategy::Cover);
        let cost = match self.cost {
            Err(_) if covers => Nanomina::ZERO.into(),
            cost => cost.map_err(|cause| Reason::CostUnknown { cause: cause.clone() })?,
        };
        if covers && self.view.proof_need().is_none() {
            return Err(Reason::BookUnknown);
        }
        if !covers && !self.view.knows_prices() {
            let have = u32::try_from(self.view.summary().samples).unwrap_or(u32::MAX);
            return Err(Reason::TooFewSamples { have, need: pricing.min_samples });
        }
        let appraisal = appraise(self.view, cost, pricing, self.bounds, self.asked);
        let really_asked = self.look.status.as_ref().ok().map(|status| status.fee);
        let really_asked = really_asked.filter(|fee| *fee != self.asked);
        let really_asked = really_asked.map(|fee| forecast(self.view, cost, fee));
        Ok(Appraisal { really_asked, ..appraisal })
    }

    /// On or off, and at which fee.
    ///
    /// # Errors
    /// Why there is nothing to find a price or a profit by.
    pub(super) fn judge(&self, worker: WorkerState) -> Result<Verdict, Reason> {
        let appraisal = self.appraise()?;
        let enabled = appraisal.wants_work(worker.counts_as_on);
        let wish = match (appraisal.proof_need, worker.on, enabled) {
            (Some(need), on, enabled) => self.wish_to_cover(need, on, enabled),
            (None, false, false) => Wish::StayOff,
            (None, false, true) => Wish::SwitchOn { clear: pays_twice(&appraisal) },
            (None, true, false) => self.wish_to_stop(&appraisal),
            (None, true, true) => self.wish_for_fee(&appraisal),
        };
        let target = Target { enabled, fee: appraisal.best.fee };
        Ok(Verdict { appraisal, target, wish })
    }

    fn wish_to_stop(&self, appraisal: &Appraisal) -> Wish {
        let comes = |fee: Nanomina| self.view.startable_share(fee) > 0.0;
        Wish::SwitchOff {
            clear: pays_half(appraisal),
            regime_since: self.view.summary().regime_since,
            fee_keeps_work_away: comes(self.asked) && !comes(self.bounds.highest),
            drain_time: drain_time(self.view),
        }
    }

    fn wish_to_cover(&self, need: ProofNeed, is_on: bool, on: bool) -> Wish {
        if is_on && on && self.asked != self.bounds.floor {
            return Wish::MoveFee;
        }
        let turn = wait_for_turn(&need, on, self.params.worker.key.as_ref());
        Wish::Cover(CoverWish { need, on, turn })
    }

    fn wish_for_fee(&self, appraisal: &Appraisal) -> Wish {
        let pricing = &self.params.pricing;
        if self.asked == appraisal.best.fee {
            return Wish::KeepFee;
        }
        if self.bounds.exclude(self.asked) || is_worth_moving(appraisal, pricing) {
            Wish::MoveFee
        } else {
            Wish::KeepFeeInDeadband
        }
    }
}

/// Whether even the cautious forecast earns twice what computing costs.
fn pays_twice(appraisal: &Appraisal) -> bool {
    appraisal.best.cautious_profit.get() as f64 >= hourly_expense(appraisal)
}

/// Whether even the plain forecast earns less than half of what computing costs.
fn pays_half(appraisal: &Appraisal) -> bool {
    appraisal.best.profit.get() as f64 <= -0.5 * hourly_expense(appraisal)
}

/// Nanomina an hour that computing costs.
fn hourly_expense(appraisal: &Appraisal) -> f64 {
    let Forecast { works_per_hour, idle_cost, .. } = appraisal.best;
    works_per_hour * appraisal.cost.to_f64() + idle_cost.get() as f64
}

fn is_worth_moving(appraisal: &Appraisal, pricing: &Pricing) -> bool {
    match pricing.strategy {
        Strategy::Profit => gains_enough(appraisal, pricing.deadband),
        // A rule other than profit is followed for its own sake.
        Strategy::Undercut | Strategy::Quantile { .. } => differs(appraisal, pricing.deadband),
        Strategy::Fixed { .. } | Strategy::Cover => true,
    }
}

/// Share of the profit that a change of fee must gain. After a change of the market the forecasts
/// are uncertain by about this much, and the next ones would turn smaller moves back.
const LEAST_GAIN: f64 = 0.3;

/// Whether the change of fee is larger than the deadband, and what it gains, less what it costs,
/// is worth a move.
///
/// A change of fee alone proves nothing: on a flat part of the profit curve the best fee jumps
/// without any gain.
fn gains_enough(appraisal: &Appraisal, deadband: f64) -> bool {
    let (current, best) = (&appraisal.current, &appraisal.best);
    // A fee that is no longer safe is left for the sake of caution, any other for what is expected.
    let safe = current.cautious_profit >= appraisal.least_safe;
    let profit =
        |forecast: &Forecast| if safe { forecast.profit } else { forecast.cautious_profit };
    let gain =
        profit(best).saturating_sub(profit(current)).saturating_sub(appraisal.moving.per_hour);
    differs(appraisal, deadband)
        && gain.get() as f64 > LEAST_GAIN.max(deadband) * (profit(best).get() as f64).abs()
}

fn differs(appraisal: &Appraisal, deadband: f64) -> bool {
    let (current, best) = (appraisal.current.fee.to_f64(), appraisal.best.fee.to_f64());
    (best - current).abs() > deadband * current
}

/// How long the daemon's own provers take for the works that they were handed out.
fn drain_time(view: &MarketView) -> Duration {
    let [shortest, longest] = DRAIN_TIME_BOUNDS;
    let pace = view.own_works_per_hour().filter(|pace| *pace > 0.0);
    let provers = view.in_hand().max(1) as f64;
    let time = pace.and_then(|pace| Duration::try_from_secs_f64(3_600.0 * provers / pace).ok());
    let time = time.unwrap_or(USUAL_WORK_TIME).min(longest);
    time.mul_f64(WORKS_TO_DRAIN).clamp(shortest, longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixtures::{fee, forecast_with},
        policy::{Crossing, Moving},
        units::FeeRate,
    };

    fn moves(from: Forecast, to: Forecast, per_hour: i64) -> bool {
        let none = Crossing {
            threshold: FeeRate::ZERO,
            idles: false,
            sales: None,
            price_factor: None,
            cost: None,
        };
        let appraisal = Appraisal {
            cost: fee(1),
            idle_hour: fee(0),
            best: to,
            current: from,
            really_asked: None,
            moving: Moving { per_hour: FeeRate::new(per_hour), ..Moving::default() },
            least_safe: FeeRate::new(50),
            curve: Vec::new(),
            otherwise_selected: None,
            stop: none,
            resume: none,
            proof_need: None,
        };
        gains_enough(&appraisal, 0.05)
    }

    #[test]
    fn an_unsafe_fee_is_left_and_a_safe_one_only_for_a_gain_beyond_the_move() {
        let best = forecast_with(100, 55, 300);
        assert!(
            moves(forecast_with(300, 30, 320), best, 0),
            "it is expected to bring more, and is not safe"
        );
        assert!(!moves(forecast_with(300, 30, 320), best, 30));
        assert!(moves(forecast_with(200, 60, 200), best, 0));
        assert!(!moves(forecast_with(200, 60, 200), best, 90), "the move costs what it gains");
        assert!(
            !moves(forecast_with(200, 60, 230), best, 0),
            "less than three tenths of the profit"
        );
        assert!(!moves(forecast_with(101, 60, 200), best, 0), "within the deadband of the fee");
    }
}
