//! The whole controller as a policy in a run, as the service runs it but for time and waiting.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use snarkfee_core::{
    cost::CostModel,
    cycle::{Completed, Context, Cycle, Plan, Surroundings, Unrecorded},
    invariants::{CheckedLook, Checker, Violation},
    market::MarketView,
    policy::{Mode, Params, Strategy},
    record::Record,
    units::DaemonId,
};

use super::{market::Market, port::MarketPort};

/// A controlled policy in a run. Every look is checked against the invariants.
pub(super) struct ControlledPolicy {
    mode: Mode,
    book_interval: Duration,
    params: Params,
    cycle: Cycle,
    checker: Checker,
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
            book_interval: plan.book_interval,
            params,
            cycle: Cycle::new(DaemonId::of_a_trial()),
            checker,
            started,
        }
    }

    /// P(sold) of works made now.
    pub(super) fn predicted_sale(&self) -> Option<f64> {
        self.cycle.state().predicted().map(|prediction| prediction.corrected)
    }

    /// Violations that the checker found.
    pub(super) fn violations(&self) -> &[Violation] {
        self.checker.violations()
    }

    /// Runs one cycle.
    pub(super) fn run_cycle<M: Market>(
        &mut self,
        port: &MarketPort<M>,
        mut now: Timestamp,
        cost: &CostModel,
    ) -> (Arc<Record>, MarketView) {
        let context =
            Context { mode: self.mode, params: &self.params, cost, quotes: Default::default() };
        let (recorder, time) = (&mut Unrecorded, &mut now);
        let mut around =
            Surroundings { port, recorder, time, book_interval: self.book_interval, context };
        let look = at_once(self.cycle.observe(&mut around));
        let Completed { record, conclusion, .. } = at_once(self.cycle.complete(&mut around, look));
        self.check(port, &record);
        (record, conclusion.view)
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
