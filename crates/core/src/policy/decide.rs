//! One look in, one decision out.

use jiff::Timestamp;

use super::{
    appraise::appraise,
    decision::{Action, Appraisal, Decision, Forecast, Target},
    guards,
    memory::{DaemonSettings, Memory},
    params::{Params, Strategy},
    reason::Reason,
    state::Role,
    wind_down,
};
use crate::{
    cost::CostUnknown,
    market::{Look, MarketView},
    units::{Nanomina, PublicKey},
};

/// Everything that a decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// When it is decided; at or after the look.
    pub now: Timestamp,
    /// What was just seen.
    pub look: &'a Look,
    /// What is known of the market, the look included.
    pub view: &'a MarketView,
    /// Cost of one work.
    pub cost: Result<Nanomina, &'a CostUnknown>,
    /// What earlier looks left.
    pub memory: &'a Memory,
    /// What the daemon is.
    pub role: Role,
    /// The operator's settings.
    pub params: &'a Params,
}

/// Decides what to do.
///
/// In the order of priority: pause, a daemon that cannot be trusted, settings that are not ours, an
/// own block ahead, then the market: uneconomical, price move, nothing to do. Where the market's
/// verdict may only be advised, it stands beside the hold.
pub fn decide(input: &Input<'_>) -> Decision {
    let status = match guards::status(input) {
        Ok(status) => status,
        Err(reason) => return hold(reason),
    };
    let settings = input.memory.settings(status);
    if let Err(reason) = guards::ownership(input, &settings) {
        return hold(reason);
    }
    if let Some(slot) = guards::own_block(input, status) {
        return make_room(input, &settings, slot);
    }
    let appraisal = match price(input, &settings) {
        Ok(appraisal) => appraisal,
        Err(reason) => return hold(reason),
    };
    let decision = trade(input, &settings, appraisal);
    match guards::advice(input, &settings) {
        Ok(()) => decision,
        Err(reason) => Decision { action: Action::Hold, reason, ..decision },
    }
}

/// The forecasts by themselves, whether or not the daemon may be touched now.
///
/// # Errors
///
/// The reason why there is nothing to tell a price or a profit by.
pub fn appraisal(input: &Input<'_>) -> Result<Appraisal, Reason> {
    let status =
        input.look.status.as_ref().map_err(|fault| Reason::StatusFault { fault: fault.clone() })?;
    price(input, &input.memory.settings(status))
}

fn hold(reason: Reason) -> Decision {
    Decision { action: Action::Hold, reason, target: None, appraisal: None }
}

/// The action for its reason where it is due, else a hold for the reason to wait.
fn unless_waiting(due: Result<(), Reason>, action: Action, reason: Reason) -> (Action, Reason) {
    match due {
        Ok(()) => (action, reason),
        Err(wait) => (Action::Hold, wait),
    }
}

/// The worker gives way to the daemon's own block.
fn make_room(input: &Input<'_>, settings: &DaemonSettings, slot: Timestamp) -> Decision {
    let reason = Reason::OwnBlockAhead { slot };
    if settings.worker.is_none() || input.role == Role::Coordinator {
        return hold(reason);
    }
    if own_key(input).is_none() {
        return hold(Reason::NoWorkerKey);
    }
    let (action, reason) =
        unless_waiting(guards::hazard(input.memory, input.now), Action::SwitchOff, reason);
    Decision { action, ..hold(reason) }
}

/// What fees would bring, if there is enough to tell.
fn price(input: &Input<'_>, settings: &DaemonSettings) -> Result<Appraisal, Reason> {
    if let Some(Err(fault)) = &input.look.chain {
        return Err(Reason::ChainFault { fault: fault.clone() });
    }
    if let Some(Err(fault)) = &input.look.book {
        return Err(Reason::BookFault { fault: fault.clone() });
    }
    let cost = input.cost.map_err(|cause| Reason::CostUnknown { cause: cause.clone() })?;
    let pricing = &input.params.pricing;
    if !input.view.knows_prices() {
        let have = u32::try_from(input.view.summary().samples).unwrap_or(u32::MAX);
        return Err(Reason::TooFewSamples { have, need: pricing.min_samples });
    }
    Ok(appraise(input.view, cost, pricing, guards::floor(input.memory, pricing), settings.fee))
}

/// On or off, and at which fee.
fn trade(input: &Input<'_>, settings: &DaemonSettings, appraisal: Appraisal) -> Decision {
    let pricing = &input.params.pricing;
    let expected = appraisal.best.cautious_profit;
    let on = settings.worker.is_some() || input.role == Role::Coordinator;
    // For an own block the worker only steps aside: whether it comes back is asked as if it had
    // stayed.
    let was_on = on || input.memory.making_room_for.is_some();
    let enabled =
        if was_on { expected >= pricing.stop_below } else { expected >= pricing.resume_above };
    let target = Target { enabled, fee: appraisal.best.fee };
    let (action, reason) = match (on, enabled) {
        (false, false) => {
            (Action::Hold, Reason::StaysOff { expected, threshold: pricing.resume_above })
        }
        (false, true) => switch_on(input, settings, &appraisal),
        (true, false) => switch_off(input, settings, &appraisal),
        (true, true) => move_price(input, settings, &appraisal),
    };
    Decision { action, reason, target: Some(target), appraisal: Some(appraisal) }
}

fn switch_on(
    input: &Input<'_>,
    settings: &DaemonSettings,
    appraisal: &Appraisal,
) -> (Action, Reason) {
    let pricing = &input.params.pricing;
    let (fee, expected) = (appraisal.best.fee, appraisal.best.cautious_profit);
    let Some(key) = own_key(input) else {
        return (Action::Hold, Reason::NoWorkerKey);
    };
    let cooled = guards::fee_change(input.memory, pricing, input.now);
    if input.memory.making_room_for.is_some() {
        let due = guards::hazard(input.memory, input.now);
        let fee = if cooled.is_ok() { fee } else { settings.fee };
        return unless_waiting(due, Action::SwitchOn { key, fee }, Reason::OwnBlockPassed);
    }
    let due = guards::switch(input.memory, true, pays_twice(appraisal), pricing, input.now);
    let due = due.and(if fee == settings.fee { Ok(()) } else { cooled });
    let reason = Reason::Profitable { expected, threshold: pricing.resume_above };
    unless_waiting(due, Action::SwitchOn { key, fee }, reason)
}

fn switch_off(
    input: &Input<'_>,
    settings: &DaemonSettings,
    appraisal: &Appraisal,
) -> (Action, Reason) {
    let pricing = &input.params.pricing;
    let expected = appraisal.best.cautious_profit;
    let reason = Reason::Uneconomical { expected, threshold: pricing.stop_below };
    if input.role == Role::Coordinator {
        // A coordinator's key cannot be taken away: the dearest permitted fee keeps it from proving
        // for less.
        let parked = guards::dearest(input.memory, pricing);
        if settings.fee == parked {
            return (Action::Hold, reason);
        }
        let due = guards::fee_change(input.memory, pricing, input.now);
        return unless_waiting(due, Action::Park { fee: parked }, reason);
    }
    if own_key(input).is_none() {
        return (Action::Hold, Reason::NoWorkerKey);
    }
    let clear = changed(input) && pays_half(appraisal);
    if let Err(wait) = guards::switch(input.memory, false, clear, pricing, input.now) {
        return (Action::Hold, wait);
    }
    wind_down::before_removal(input, settings).unwrap_or((Action::SwitchOff, reason))
}

/// Whether prices changed for good since the worker was last switched.
fn changed(input: &Input<'_>) -> bool {
    let switched = input.memory.switched.map(|switched| switched.at);
    input
        .view
        .summary()
        .regime_since
        .is_some_and(|since| switched.is_none_or(|switched| since > switched))
}

/// Whether even the cautious forecast earns twice what computing costs.
fn pays_twice(appraisal: &Appraisal) -> bool {
    appraisal.best.cautious_profit.get() as f64 >= expense(appraisal)
}

/// Whether even the plain forecast earns less than half of what computing costs.
fn pays_half(appraisal: &Appraisal) -> bool {
    appraisal.best.profit.get() as f64 <= -0.5 * expense(appraisal)
}

/// Nanomina an hour that computing costs.
fn expense(appraisal: &Appraisal) -> f64 {
    appraisal.best.works_per_hour * appraisal.cost.to_f64()
}

fn move_price(
    input: &Input<'_>,
    settings: &DaemonSettings,
    appraisal: &Appraisal,
) -> (Action, Reason) {
    let pricing = &input.params.pricing;
    let (from, to) = (settings.fee, appraisal.best.fee);
    if from == to {
        return (Action::Hold, Reason::AtTarget);
    }
    let outside = from < guards::floor(input.memory, pricing) || from > pricing.ceiling;
    let worth = match pricing.strategy {
        Strategy::Profit => worth_moving(appraisal, pricing.deadband),
        // A rule other than profit is followed for its own sake.
        Strategy::Undercut | Strategy::Quantile { .. } => differs(appraisal, pricing.deadband),
        Strategy::Fixed { .. } => true,
    };
    if !outside && !worth {
        return (Action::Hold, Reason::InsideDeadband { at: from, better: to });
    }
    let due = guards::fee_change(input.memory, pricing, input.now);
    unless_waiting(due, Action::SetFee { fee: to }, Reason::PriceMove { from, to })
}

/// Whether both the change of fee and what it gains, less what it costs, are larger than the
/// deadband.
///
/// A change of fee alone proves nothing: on a flat part of the profit curve the best fee jumps
/// without any gain.
fn worth_moving(appraisal: &Appraisal, deadband: f64) -> bool {
    let (current, best) = (&appraisal.current, &appraisal.best);
    // A fee that is no longer safe is left for the sake of caution, any other for what is expected.
    let safe = current.cautious_profit >= appraisal.least_safe;
    let profit =
        |forecast: &Forecast| if safe { forecast.profit } else { forecast.cautious_profit };
    let gain =
        profit(best).saturating_sub(profit(current)).saturating_sub(appraisal.moving.per_hour);
    differs(appraisal, deadband) && gain.get() as f64 > deadband * (profit(best).get() as f64).abs()
}

fn differs(appraisal: &Appraisal, deadband: f64) -> bool {
    let (current, best) = (appraisal.current.fee.to_f64(), appraisal.best.fee.to_f64());
    (best - current).abs() > deadband * current
}

fn own_key(input: &Input<'_>) -> Option<PublicKey> {
    input.params.worker.key.clone()
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
            best: to,
            current: from,
            moving: Moving { per_hour: FeeRate::new(per_hour), ..Moving::default() },
            least_safe: FeeRate::new(50),
            curve: Vec::new(),
            stop: none,
            resume: none,
        };
        worth_moving(&appraisal, 0.05)
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
        assert!(!moves(forecast_with(200, 60, 290), best, 0), "within the deadband of the profit");
        assert!(!moves(forecast_with(101, 60, 200), best, 0), "within the deadband of the fee");
    }
}
