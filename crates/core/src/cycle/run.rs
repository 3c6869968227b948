//! The cycle itself: observe, conclude, decide, carry out, settle, record.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{
    carry_out::carry_out,
    plan::Context,
    recorder::Recorder,
    state::{Conclusion, CycleState},
    time::CycleTime,
};
use crate::{
    cost::{CostEstimate, CostUnknown},
    fault::JournalFault,
    ledger::{DecisionInputs, LookPurpose},
    market::Look,
    policy::{Action, DaemonSettings, Decision, OnExit, Outcome, Permit, Reason, Ruling},
    port::DaemonPort,
    record::Record,
    units::{DaemonId, Nanomina},
};

/// The cycles over one daemon, and what is remembered between them.
#[derive(Debug)]
pub struct Cycle {
    daemon: DaemonId,
    state: CycleState,
    sequence: u64,
}

/// What surrounds one cycle.
#[derive(Debug)]
pub struct Surroundings<'a, P, R, T> {
    /// The daemon.
    pub port: &'a P,
    /// Where it is recorded.
    pub recorder: &'a mut R,
    /// The time.
    pub time: &'a mut T,
    /// Time between two readings of the order book.
    pub book_interval: Duration,
    /// What else it depends on.
    pub context: Context<'a>,
}

/// A cycle that is over.
#[derive(Debug)]
pub struct Completed {
    /// What happened.
    pub record: Arc<Record>,
    /// What the look led to.
    pub conclusion: Conclusion,
    /// Why the record could not be recorded in the journal, if it could not.
    pub unrecorded: Option<JournalFault>,
}

/// A look that was concluded from.
struct Concluded {
    look: Look,
    decided: Timestamp,
    conclusion: Conclusion,
    purpose: LookPurpose,
}

impl Cycle {
    /// The cycles over a daemon of which nothing is remembered.
    pub fn new(daemon: DaemonId) -> Self {
        Self { daemon, state: CycleState::default(), sequence: 0 }
    }

    /// What is remembered.
    pub const fn state(&self) -> &CycleState {
        &self.state
    }

    /// Obeys what waits and looks at the daemon. Nothing is lost where it is given up halfway.
    pub async fn observe<P: DaemonPort, R: Recorder, T: CycleTime>(
        &mut self,
        around: &mut Surroundings<'_, P, R, T>,
    ) -> Look {
        let machine = around.time.begin();
        around.recorder.begin(&mut self.state, machine).await;
        let now = around.time.now();
        let plan = self.state.plan_look(now, around.context.params, around.book_interval);
        let look = around.port.look(&plan).await;
        self.state.with_clocks(look, machine)
    }

    /// Concludes from a look, decides, acts, and records it all.
    pub async fn complete<P: DaemonPort, R: Recorder, T: CycleTime>(
        &mut self,
        around: &mut Surroundings<'_, P, R, T>,
        look: Look,
    ) -> Completed {
        let look = self.vet(around.recorder, look);
        let decided = around.time.now();
        let (conclusion, ruling) = self.state.conclude(decided, &look, &around.context);
        let concluded = Concluded { look, decided, conclusion, purpose: LookPurpose::Control };
        self.finish(around, concluded, ruling).await
    }

    /// Does the next thing that leaves the daemon as configured when the service stops; `None` once
    /// nothing is left to do. The daemon's status is read anew, and the gates are those of any
    /// other look.
    pub async fn leave<P: DaemonPort, R: Recorder, T: CycleTime>(
        &mut self,
        around: &mut Surroundings<'_, P, R, T>,
        on_exit: OnExit,
        baseline: Option<DaemonSettings>,
    ) -> Option<Completed> {
        let machine = around.time.begin();
        around.recorder.begin(&mut self.state, machine).await;
        let look = Look::of_status(around.time.now(), around.port.status().await);
        let look = self.vet(around.recorder, self.state.with_clocks(look, machine));
        let (decided, context) = (around.time.now(), around.context);
        let (conclusion, ruling) =
            self.state.conclude_leaving(decided, &look, &context, on_exit, baseline.as_ref());
        let purpose = LookPurpose::Leave { on_exit, baseline };
        let concluded = Concluded { look, decided, conclusion, purpose };
        Some(self.finish(around, concluded, ruling?).await)
    }

    fn vet<R: Recorder>(&mut self, recorder: &mut R, look: Look) -> Look {
        let look = self.state.vet(look);
        recorder.observe(&look, &mut self.state);
        look
    }

    async fn finish<P: DaemonPort, R: Recorder, T: CycleTime>(
        &mut self,
        around: &mut Surroundings<'_, P, R, T>,
        concluded: Concluded,
        ruling: Ruling,
    ) -> Completed {
        let Concluded { look, decided, conclusion, purpose } = concluded;
        let Ruling { decision, permit } = ruling;
        let (decision, outcome) = match permit.filter(|permit| !permit.changes_nothing()) {
            Some(permit) => self.act(around, decision, permit).await,
            None => (decision, Outcome::Held),
        };
        let settled = around.time.now();
        let context = around.context;
        let money = self.state.account_for(&look, &decision, &conclusion, &context);
        self.state.settle(settled, &look, &decision, &outcome, context.params);
        self.sequence += 1;
        let record = Arc::new(Record {
            daemon: self.daemon.clone(),
            sequence: self.sequence,
            at: look.at,
            mode: context.mode,
            hold: self.state.memory().hold_state(),
            era: around.port.era(),
            role: conclusion.role,
            look,
            market: Some(conclusion.view.summary().clone()),
            sellers: conclusion.view.sellers().to_vec(),
            decision,
            outcome,
            wanted: self.state.memory().wanted(context.mode),
            cost: conclusion.cost.as_ref().ok().map(|cost| cost.per_work),
            cost_estimate: conclusion.cost.as_ref().ok().copied(),
            effort: conclusion.effort,
            expense: conclusion.expense.as_ref().ok().copied(),
            money,
            prediction_error: conclusion.prediction_error,
            took: around.time.elapsed(),
        });
        let charged = conclusion.cost.as_ref().map(CostEstimate::charged);
        let inputs = DecisionInputs {
            decided,
            settled,
            cost: charged.map(|cost| cost.per_work).map_err(CostUnknown::clone),
            idle_hour: charged.map_or(Nanomina::ZERO, |cost| cost.idle_hour),
            works_per_hour: conclusion.works_per_hour,
            mina_price: context
                .params
                .pricing
                .has_fiat_bounds()
                .then_some(conclusion.mina_price.clone()),
            purpose,
        };
        let recorded = around.recorder.record_look(&record, inputs, &context, &self.state).await;
        Completed { record, conclusion, unrecorded: recorded.err() }
    }

    /// Carries out a decision. What cannot be recorded is not done, and that is then the decision.
    async fn act<P: DaemonPort, R: Recorder, T: CycleTime>(
        &self,
        around: &mut Surroundings<'_, P, R, T>,
        decision: Decision,
        permit: Permit,
    ) -> (Decision, Outcome) {
        let at = around.time.now();
        match around.recorder.record_intent(at, &permit, &decision, &self.state).await {
            Ok(()) => (decision, carry_out(around.port, around.recorder, permit).await),
            Err(fault) => {
                let reason = Reason::JournalFault { fault };
                (Decision { action: Action::Hold, reason, ..decision }, Outcome::Held)
            }
        }
    }
}

#[cfg(test)]
mod tests;
