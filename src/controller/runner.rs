//! The loop over one daemon.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use snarkfee_clock::{Clock, Stopwatch};
use snarkfee_core::{
    cost::{CostUnknown, PriceQuote},
    cycle::{Context, OnExit, Plan, State, actuate},
    fault::JournalFault,
    ledger::{DecisionInputs, Ledger},
    market::Look,
    policy::{Action, DaemonSettings, Decision, Mode, Outcome, Reason},
    port::DaemonPort,
    record::{Record, Role},
    units::{DaemonId, Nanomina},
};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{logbook::Logbook, timekeeper::Timekeeper};

/// Who gets each record, in the order of looks.
pub trait Sink: Send + Sync {
    /// Takes one record. Must not block.
    fn publish(&self, record: &Arc<Record>);

    /// A record could not be taken down in the journal.
    fn unrecorded(&self, record: &Record, fault: &JournalFault) {
        let _ = (record, fault);
    }
}

/// Everything that a loop over one daemon needs from outside.
pub struct Wiring<P> {
    /// The daemon's name.
    pub id: DaemonId,
    /// The daemon.
    pub port: P,
    /// The service's clock.
    pub clock: Clock,
    /// The settings, replaced by a reload.
    pub plan: watch::Receiver<Arc<Plan>>,
    /// Where actions are taken down before they are carried out, and where the operator's orders
    /// are found.
    pub ledger: Arc<dyn Ledger>,
    /// Says that there is an order, so that it need not wait for the next look.
    pub wake: Arc<Notify>,
    /// The last price of MINA, where one is read.
    pub quote: watch::Receiver<Option<PriceQuote>>,
    /// Who gets the records.
    pub sink: Arc<dyn Sink>,
    /// Seed of the jitter between looks, different for each daemon.
    pub seed: u64,
}

/// The loop over one daemon.
pub struct Runner<P> {
    wiring: Wiring<P>,
    time: Timekeeper,
    state: State,
    logbook: Logbook,
    sequence: u64,
    jitter: ChaCha8Rng,
    last: Option<Arc<Record>>,
}

impl<P: DaemonPort> Runner<P> {
    /// A loop that goes on from what the journal keeps of the daemon.
    pub fn new(wiring: Wiring<P>) -> Self {
        let jitter = ChaCha8Rng::seed_from_u64(wiring.seed);
        let logbook = Logbook::new(Arc::clone(&wiring.ledger), wiring.id.clone());
        let time = Timekeeper::new(wiring.clock);
        Self { wiring, time, state: State::default(), logbook, sequence: 0, jitter, last: None }
    }

    /// Obeys what waits, looks at the daemon once, decides, acts, takes down and publishes the
    /// record.
    pub async fn look(&mut self) -> Arc<Record> {
        let began = Stopwatch::start();
        let plan = self.wiring.plan.borrow_and_update().clone();
        let seen = self.see(&plan).await;
        self.act_on(&plan, began, seen).await
    }

    /// Obeys what waits and looks. Nothing is lost where it is given up half-way.
    async fn see(&mut self, plan: &Plan) -> Look {
        self.logbook.begin(&mut self.state).await;
        let clock_set = self.time.ask();
        let look = self.wiring.port.look(&self.state.plan(self.time.now(), &plan.params)).await;
        Look { clock_set, ..look }
    }

    async fn act_on(&mut self, plan: &Plan, began: Stopwatch, look: Look) -> Arc<Record> {
        let look = self.state.vet(look);
        self.logbook.observe(&look, &mut self.state);
        let context = Context {
            mode: plan.mode,
            params: &plan.params,
            cost: &plan.cost,
            quote: *self.wiring.quote.borrow_and_update(),
        };
        let decided = self.time.now();
        let conclusion = self.state.conclude(decided, &look, &context);
        let (decision, outcome) = match self.state.settings(&look) {
            Some(settings) => self.carry_out(plan, &settings, conclusion.decision).await,
            None => (conclusion.decision, Outcome::Held),
        };
        self.sequence += 1;
        let record = Record {
            daemon: self.wiring.id.clone(),
            sequence: self.sequence,
            at: look.at,
            mode: plan.mode,
            hold: self.state.memory().hold_state(),
            era: self.wiring.port.era(),
            role: conclusion.role,
            look,
            market: Some(conclusion.view.into_summary()),
            decision,
            outcome,
            cost: conclusion.cost.as_ref().ok().copied(),
            prediction_error: conclusion.prediction_error,
            took: began.elapsed(),
        };
        self.settle(plan, decided, conclusion.cost, record).await
    }

    /// Looks at the daemon once and leaves it as it then is.
    pub async fn once(mut self) {
        self.look().await;
        self.logbook.close(self.time.now(), &self.state).await;
    }

    /// Looks at the daemon at the configured interval until cancelled, then leaves the daemon as
    /// configured. A look is given up where it is; an action under way is not.
    ///
    /// What a look needs is boxed, so that a loop holds it only while it looks: of a thousand loops
    /// most sleep.
    pub async fn run(mut self, cancel: CancellationToken) {
        while !cancel.is_cancelled() {
            let began = Stopwatch::start();
            let plan = self.wiring.plan.borrow_and_update().clone();
            let seen = tokio::select! {
                () = cancel.cancelled() => break,
                seen = Box::pin(self.see(&plan)) => seen,
            };
            Box::pin(self.act_on(&plan, began, seen)).await;
            let pause = self.next_wait();
            tokio::select! {
                () = cancel.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
                () = self.wiring.wake.notified() => {}
                Ok(()) = self.wiring.plan.changed() => {}
            }
        }
        Box::pin(self.leave()).await;
    }

    /// Carries out a decision; what cannot be taken down is not done, and that is then the
    /// decision.
    async fn carry_out(
        &mut self,
        plan: &Plan,
        settings: &DaemonSettings,
        decision: Decision,
    ) -> (Decision, Outcome) {
        let now = self.time.now();
        let taken_down = self.logbook.intend(now, plan.mode, settings, &decision, &self.state);
        match actuate(&self.wiring.port, plan.mode, settings, &decision.action, taken_down).await {
            Ok(outcome) => (decision, outcome),
            Err(fault) => {
                let reason = Reason::JournalFault { fault };
                (Decision { action: Action::Hold, reason, ..decision }, Outcome::Held)
            }
        }
    }

    /// Takes in what came of a look, takes it down and publishes it.
    async fn settle(
        &mut self,
        plan: &Plan,
        decided: Timestamp,
        cost: Result<Nanomina, CostUnknown>,
        mut record: Record,
    ) -> Arc<Record> {
        let settled = self.time.now();
        self.state.settle(settled, &record.look, &record.decision, &record.outcome, &plan.params);
        record.hold = self.state.memory().hold_state();
        let record = Arc::new(record);
        let inputs =
            DecisionInputs { decided, settled, cost, works_per_hour: plan.cost.works_per_hour() };
        if let Some(fault) = self.logbook.note(&record, inputs, &plan.params, &self.state).await {
            self.wiring.sink.unrecorded(&record, &fault);
        }
        self.wiring.sink.publish(&record);
        self.last = Some(Arc::clone(&record));
        record
    }

    /// The interval with up to a tenth more or less, so that many daemons are not asked in step;
    /// longer after a look that took long: the daemon answers from the thread that follows
    /// consensus (Mina `coda_run.ml`, `graphql_internal.ml`).
    fn next_wait(&mut self) -> Duration {
        let interval = self.wiring.clock.real(self.wiring.plan.borrow().interval);
        let took = self.last.as_ref().map_or(Duration::ZERO, |record| record.took);
        interval.mul_f64(self.jitter.random_range(0.9..=1.1)).max(rest(interval, took))
    }

    /// Leaves the daemon as configured, unless it is not ours to set.
    async fn leave(&mut self) {
        self.logbook.begin(&mut self.state).await;
        let plan = self.wiring.plan.borrow().clone();
        let memory = self.state.memory();
        let ours =
            plan.mode == Mode::Live && memory.pause.is_none() && memory.external_hold.is_none();
        if ours && plan.on_exit != OnExit::Keep {
            self.restore(&plan).await;
        }
        self.logbook.close(self.time.now(), &self.state).await;
    }

    async fn restore(&mut self, plan: &Plan) {
        let Some(last) = self.last.clone() else { return };
        let status = match self.wiring.port.status().await {
            Ok(status) => status,
            Err(fault) => {
                warn!(daemon = %self.wiring.id, %fault, "the daemon cannot be left as configured");
                return;
            }
        };
        let mut settings = DaemonSettings::from(&status);
        let mut look =
            Look { at: self.time.now(), clock_set: None, status: Ok(status), ..last.look.clone() };
        for action in leaving(plan.on_exit, self.logbook.baseline(), &settings) {
            let switches = settings.worker.is_some() != settings.after(&action).worker.is_some();
            if switches && last.role != Role::Worker {
                warn!(daemon = %self.wiring.id, role = last.role.as_str(), "the worker key of a daemon that may be a coordinator is left as it is");
                continue;
            }
            let now = self.time.now();
            if let (true, Some(wait)) = (switches, self.state.memory().switch_hazard(now)) {
                warn!(daemon = %self.wiring.id, ?wait, action = action.code(), "too soon after the last switch, left as it is");
                continue;
            }
            let decision =
                Decision { action, reason: Reason::ServiceStops, target: None, appraisal: None };
            let (decision, outcome) = self.carry_out(plan, &settings, decision).await;
            self.sequence += 1;
            let record = Record {
                sequence: self.sequence,
                at: now,
                look: look.clone(),
                decision,
                outcome,
                took: Duration::ZERO,
                ..(*last).clone()
            };
            let known = last.cost.ok_or(CostUnknown::NotConfigured);
            let record = self.settle(plan, now, known, record).await;
            settings = settings.after(&record.decision.action);
            if let Ok(status) = &mut look.status {
                (status.worker, status.fee) = (settings.worker.clone(), settings.fee);
            }
        }
    }
}

/// Most intervals that a slow daemon is left alone for.
pub const LONGEST_REST: u32 = 4;

/// How long a daemon is left alone at least: a fifth of its time may be spent on looks.
fn rest(interval: Duration, took: Duration) -> Duration {
    took.saturating_mul(4).min(interval.saturating_mul(LONGEST_REST))
}

/// What has to be done to leave a daemon as configured.
fn leaving(
    on_exit: OnExit,
    baseline: Option<&DaemonSettings>,
    now: &DaemonSettings,
) -> Vec<Action> {
    let off = || now.worker.as_ref().map(|_| Action::SwitchOff);
    let fee = |fee: Nanomina| (now.fee != fee).then_some(Action::SetFee { fee });
    match (on_exit, baseline) {
        (OnExit::Keep, _) | (OnExit::Baseline, None) => Vec::new(),
        (OnExit::Off, _) => off().into_iter().collect(),
        (OnExit::Baseline, Some(DaemonSettings { worker: None, fee: before })) => {
            fee(*before).into_iter().chain(off()).collect()
        }
        (OnExit::Baseline, Some(DaemonSettings { worker: Some(key), fee: before }))
            if now.worker.is_none() =>
        {
            vec![Action::SwitchOn { key: key.clone(), fee: *before }]
        }
        (OnExit::Baseline, Some(before)) => fee(before.fee).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests;
