//! One policy in one simulated market: the whole loop with all its guards, on simulated time.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use super::{
    port::SimPort,
    scenario::Scenario,
    tally::Tally,
    truth::{OwnTruth, Truth},
    world::World,
};
use crate::{
    controller::{Context, Plan, State, actuate},
    daemon::DaemonPort,
    policy::{Action, Outcome},
};

/// What a policy did and what became of it.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// Looks taken.
    pub looks: u64,
    /// Decisions by action and reason code.
    pub decisions: BTreeMap<(&'static str, &'static str), u64>,
    /// Actions carried out, with their time.
    pub actions: Vec<(Timestamp, Action)>,
    /// Of them, changes of the fee.
    pub fee_changes: u64,
    /// What was earned and made in each regime.
    pub tally: Tally,
    /// Predicted minus realised share of own works sold, at the end.
    pub prediction_error: Option<f64>,
    /// What the worker really did and earned.
    pub own: OwnTruth,
    /// Works bought in the whole market.
    pub works_bought: u64,
}

/// Runs `plan` on a market for `length` of simulated time.
pub fn trial(scenario: &Scenario, seed: u64, start: Timestamp, length: Duration, plan: &Plan) -> Trial {
    let port = SimPort::new(World::new(scenario, seed, start));
    let mut state = State::default();
    let mut result = Trial::default();
    let end = start.checked_add(length).unwrap_or(Timestamp::MAX);
    let mut now = start;
    while now < end {
        port.advance(now);
        let look = at_once(port.look(&state.plan(now, &plan.params)));
        let context = Context { mode: plan.mode, params: &plan.params, cost: &plan.cost, quote: None };
        let conclusion = state.conclude(now, &look, &context);
        let decision = &conclusion.decision;
        let outcome = match state.settings(&look) {
            // Nothing of a simulation is taken down, so that this cannot fail.
            Some(settings) => at_once(actuate(&port, plan.mode, &settings, &decision.action, async { Ok(()) })),
            None => Ok(Outcome::Held),
        };
        let outcome = outcome.unwrap_or(Outcome::Held);
        state.settle(now, &look, decision, &outcome, &plan.params);
        result.looks += 1;
        *result.decisions.entry((decision.action.code(), decision.reason.code())).or_default() += 1;
        let fee_changed = outcome != Outcome::Held
            && matches!(decision.action, Action::SetFee { .. } | Action::Park { .. } | Action::SwitchOn { .. });
        if outcome != Outcome::Held {
            result.actions.push((now, decision.action.clone()));
        }
        book(&mut result, scenario, port.world().truth());
        result.fee_changes += u64::from(fee_changed);
        result.prediction_error = conclusion.prediction_error;
        now = now.checked_add(plan.interval).unwrap_or(Timestamp::MAX);
    }
    port.advance(end);
    book(&mut result, scenario, port.world().truth());
    result
}

/// Takes over what the worker did up to now.
fn book(result: &mut Trial, scenario: &Scenario, truth: &Truth) {
    result.tally.book(scenario, truth.slots.saturating_sub(1), &truth.own);
    (result.own, result.works_bought) = (truth.own, truth.works_bought);
}

/// The result of a future that never waits: the in-process port answers at once, so it is ready at its first poll.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return result;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        controller::OnExit,
        cost::CostModel,
        policy::{BlockProduction, Mode, Params, Pricing, Safety, Worker},
        simulate::library,
        units::Nanomina,
    };

    fn plan(mode: Mode) -> Plan {
        let worker = Worker { key: Some(World::operator_key()), ..Worker::default() };
        Plan {
            mode,
            interval: Duration::from_secs(60),
            params: Params {
                pricing: Pricing::default(),
                worker,
                block_production: BlockProduction::default(),
                safety: Safety::default(),
            },
            cost: CostModel::PerWork(Nanomina::try_new(100_000).unwrap()),
            on_exit: OnExit::Keep,
        }
    }

    fn run(name: &str, mode: Mode, hours: u64) -> Trial {
        let scenario = library::scenario(name).unwrap();
        let start: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        trial(&scenario, 1, start, Duration::from_secs(hours * 3600), &plan(mode))
    }

    #[test]
    fn a_scarce_market_is_sold_to_and_a_saturated_one_is_left() {
        let scarce = run("scarce", Mode::Live, 8);
        assert!(scarce.own.sold > 0 && scarce.own.earned > 0, "{scarce:#?}");
        let surplus = run("surplus", Mode::Live, 8);
        assert!(surplus.decisions.contains_key(&("switch_off", "uneconomical")), "{surplus:#?}");
        assert_eq!(surplus.own.fast_toggles, 0);
    }

    #[test]
    fn a_dry_run_decides_and_changes_nothing() {
        let dry = run("scarce", Mode::DryRun, 4);
        assert!(dry.actions.iter().any(|(_, action)| matches!(action, Action::SetFee { .. })));
        assert_eq!(dry.own.toggles, 0);
    }
}
