//! The whole controller as a policy in a run, as the service runs it but for time and waiting.

use std::time::Duration;

use jiff::Timestamp;
use snarkfee_core::{
    cost::CostModel,
    cycle::{Context, Plan, State, actuate},
    invariants::{CheckedLook, Checker, Violation},
    policy::{Mode, Outcome, Params, Strategy},
    port::DaemonPort,
    record::Record,
    units::DaemonId,
};

use super::{market::Market, port::MarketPort};

/// A controlled policy in a run. Every look is checked against the invariants.
pub(super) struct ControlledPolicy {
    mode: Mode,
    params: Params,
    state: State,
    checker: Checker,
    daemon: DaemonId,
    started: Timestamp,
}

impl ControlledPolicy {
    /// Follows `plan` with another strategy, on a daemon started at `started`.
    pub(super) fn new(strategy: Strategy, plan: &Plan, started: Timestamp) -> Self {
        let mut params = plan.params.clone();
        params.pricing.strategy = strategy;
        let checker = Checker::new(plan.mode, params.clone());
        Self {
            mode: plan.mode,
            params,
            state: State::default(),
            checker,
            daemon: DaemonId::of_a_trial(),
            started,
        }
    }

    /// P(sold) of works made now.
    pub(super) fn predicted_sale(&self) -> Option<f64> {
        self.state.predicted().map(|prediction| prediction.corrected)
    }

    /// Violations that the checker found.
    pub(super) fn violations(&self) -> &[Violation] {
        self.checker.violations()
    }

    /// Looks, decides, acts and settles.
    pub(super) fn look<M: Market>(
        &mut self,
        port: &MarketPort<M>,
        now: Timestamp,
        cost: &CostModel,
        sequence: u64,
    ) -> Record {
        let (mode, params) = (self.mode, &self.params);
        let look = at_once(port.look(&self.state.plan(now, params)));
        let context = Context { mode, params, cost, quote: None };
        let conclusion = self.state.conclude(now, &look, &context);
        let decision = conclusion.decision;
        let outcome = match self.state.settings(&look) {
            // A run records no intents, so this cannot fail.
            Some(settings) => {
                at_once(actuate(port, mode, &settings, &decision.action, async { Ok(()) }))
            }
            None => Ok(Outcome::Held),
        };
        let outcome = outcome.unwrap_or(Outcome::Held);
        self.state.settle(now, &look, &decision, &outcome, params);
        let record = Record {
            daemon: self.daemon.clone(),
            sequence,
            at: look.at,
            mode,
            hold: self.state.memory().hold_state(),
            era: port.era(),
            role: conclusion.role,
            look,
            market: Some(conclusion.view.into_summary()),
            decision,
            outcome,
            cost: conclusion.cost.ok(),
            prediction_error: conclusion.prediction_error,
            took: Duration::ZERO,
        };
        self.check(port, &record);
        record
    }

    fn check<M: Market>(&mut self, port: &MarketPort<M>, record: &Record) {
        let started = port.market().started();
        let restarts = (started > self.started).then_some(started);
        self.started = self.started.max(started);
        let (sent, applied) = port.take_log();
        let status = record.look.status.as_ref();
        self.checker.check_look(&CheckedLook {
            sequence: record.sequence,
            at: record.at,
            sync: status.map_or(&snarkfee_core::market::SyncState::Offline, |status| &status.sync),
            paused: false,
            resumed: false,
            sent,
            intended: None,
            restarts: restarts.as_slice(),
            applied: &applied,
            seen: status.is_ok(),
            decision: &record.decision,
            outcome: &record.outcome,
            breaker_open: record.hold.breaker_open,
        });
    }
}

/// The result of a future that never waits. The in-process port answers at once, so its futures are
/// ready at the first poll.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return result;
        }
    }
}
