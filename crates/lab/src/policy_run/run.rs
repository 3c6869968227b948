//! A run of one policy in one market, look by look.
//!
//! Invariants: every policy changes the same settings of the same daemon and is scored by the same
//! facts. A controlled policy passes through the cycle of the service, and every look of it is
//! checked.

use std::time::Duration;

use jiff::Timestamp;
use snarkfee_core::{
    cost::{CostInputs, CostModel},
    cycle::Plan,
    invariants::Violation,
    market::{Effort, MarketView, Pace, PacePrior},
    policy::{Action, Outcome},
    record::Record,
    units::Nanomina,
};

use super::{
    controlled::ControlledPolicy,
    history::RunHistory,
    market::{Market, WorkerTotals},
    port::MarketPort,
    profits::RegimeProfits,
    script::ScriptedPolicy,
    spec::PolicySpec,
};

/// What a policy did, and with what result.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RunSummary {
    /// Looks taken.
    pub(crate) looks: u64,
    /// What was earned and spent under each regime.
    pub(crate) profits: RegimeProfits,
    /// What the worker really did and earned.
    pub(crate) own: WorkerTotals,
    /// Changes of the fee.
    pub(crate) fee_changes: u64,
    /// Changes of any kind.
    pub(crate) changes: u64,
    /// Mean P(sold) of the works made, as predicted when they were made; `None` without a
    /// prediction.
    pub(crate) predicted: Option<f64>,
    /// Predicted minus realised share of own works sold, as the controller sees it at the end.
    pub(crate) prediction_error: Option<f64>,
    /// Violations of the invariants.
    pub(crate) violations: Vec<Violation>,
}

/// Gets the record of each look of a controlled policy, and what it knew of the market then.
pub(crate) type OnLook<'a> = dyn FnMut(&Record, &MarketView) + 'a;

/// A policy in a market.
pub(crate) struct PolicyRun<M> {
    port: MarketPort<M>,
    policy: RunningPolicy,
    summary: RunSummary,
    /// Until when time has passed.
    at: Timestamp,
    /// P(sold) of works made now.
    prediction: Option<f64>,
    /// Sum of predictions over the works that had one, and their number.
    predicted: f64,
    judged: u64,
}

enum RunningPolicy {
    Controlled(Box<ControlledPolicy>),
    Scripted(Box<ScriptedPolicy>),
}

impl<M: Market> PolicyRun<M> {
    /// Begins at `now`. A controlled policy follows `plan` with its own strategy; a script takes
    /// the worker key from it.
    pub(crate) fn new(market: M, spec: PolicySpec, plan: &Plan, seed: u64, now: Timestamp) -> Self {
        let policy = match spec {
            PolicySpec::Controlled(strategy) => RunningPolicy::Controlled(Box::new(
                ControlledPolicy::new(strategy, plan, market.started()),
            )),
            _ => {
                let key = plan.params.worker.key.clone();
                RunningPolicy::Scripted(Box::new(ScriptedPolicy::new(spec, key, seed, now)))
            }
        };
        Self {
            port: MarketPort::new(market),
            policy,
            summary: RunSummary::default(),
            at: now,
            prediction: None,
            predicted: 0.0,
            judged: 0,
        }
    }

    /// The market.
    pub(crate) fn market(&self) -> std::sync::MutexGuard<'_, M> {
        self.port.market()
    }

    /// Lets time pass until `now`, then has the policy act. `cost` is what a work costs from then
    /// on.
    pub(crate) fn step(&mut self, now: Timestamp, cost: &CostModel, on_look: &mut OnLook<'_>) {
        self.advance(now, cost);
        self.summary.looks += 1;
        match &mut self.policy {
            RunningPolicy::Controlled(policy) => {
                let (record, view) = policy.run_cycle(&self.port, now, cost);
                self.prediction = policy.predicted_sale();
                self.summary.prediction_error = record.prediction_error;
                let acted = record.outcome != Outcome::Held;
                self.summary.changes += u64::from(acted);
                self.summary.fee_changes += u64::from(acted && sets_fee(&record.decision.action));
                on_look(&record, &view);
            }
            RunningPolicy::Scripted(script) => {
                let (fees, all) = script.apply(&self.port, now);
                self.summary.fee_changes += fees;
                self.summary.changes += all;
            }
        }
    }

    /// As [`PolicyRun::step`], and adds the step to `history` if there is one.
    pub(crate) fn step_with_history(
        &mut self,
        now: Timestamp,
        cost: &CostModel,
        history: Option<&mut RunHistory>,
    ) {
        let Some(history) = history else { return self.step(now, cost, &mut |_, _| {}) };
        self.step(now, cost, &mut |record, _| history.record_look(record));
        history.record_profit(now, self.summary.profits.total());
    }

    /// Lets time pass until `end` and sums the run up.
    pub(crate) fn finish(mut self, end: Timestamp, cost: &CostModel) -> RunSummary {
        self.advance(end, cost);
        self.summary.predicted = (self.judged > 0).then(|| self.predicted / self.judged as f64);
        if let RunningPolicy::Controlled(policy) = &self.policy {
            self.summary.violations = policy.violations().to_vec();
        }
        self.summary
    }

    fn advance(&mut self, to: Timestamp, cost: &CostModel) {
        let from = std::mem::replace(&mut self.at, to);
        let regime = self.port.market().regime();
        self.port.advance(to);
        let own = self.port.market().worker_totals();
        let made = own.made.saturating_sub(self.summary.own.made);
        if let Some(prediction) = self.prediction {
            self.predicted += prediction * made as f64;
            self.judged += made;
        }
        let spent = self.expense(&own, cost, from, to);
        self.summary.profits.add(regime, own.earned, spent);
        self.summary.own = own;
    }

    /// What the worker really did since the last step, at `cost`: every proof that took power,
    /// whether finished or lost half-way. An unknown cost is not charged, as in a dry run.
    fn expense(
        &self,
        own: &WorkerTotals,
        cost: &CostModel,
        from: Timestamp,
        to: Timestamp,
    ) -> Nanomina {
        let before = &self.summary.own;
        let proofs = |totals: &WorkerTotals| totals.made + totals.lost;
        let is_on = self.port.market().settings().worker.is_some();
        let passed = Duration::try_from(to.duration_since(from)).unwrap_or_default();
        let on = if is_on { passed } else { Duration::ZERO };
        let proving = own.busy.saturating_sub(before.busy);
        let effort = Effort {
            made: proofs(own).saturating_sub(proofs(before)),
            on,
            proving: Some(proving),
            idle: on.saturating_sub(proving),
        };
        let pace = Pace::unmeasured(PacePrior::default());
        let inputs = CostInputs { at: to, pace, quotes: Default::default() };
        cost.expense(&effort, &inputs).map_or(Nanomina::ZERO, |expense| expense.amount)
    }
}

const fn sets_fee(action: &Action) -> bool {
    matches!(action, Action::SetFee { .. } | Action::Park { .. } | Action::SwitchOn { .. })
}

#[cfg(test)]
mod tests;
