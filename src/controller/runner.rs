//! The loop over one daemon.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    actuate,
    state::{Context, State},
};
use crate::{
    clock::Clock,
    control::Command,
    cost::{CostModel, Quote},
    daemon::DaemonPort,
    policy::{Action, Decision, Mode, Outcome, Params, Reason, Settings},
    record::Record,
    units::{DaemonId, Nanomina},
};

/// Who gets each record, in the order of looks.
pub trait Sink: Send + Sync {
    /// Takes one record. Must not block.
    fn publish(&self, record: &Arc<Record>);
}

/// What to leave behind when the service stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnExit {
    /// The settings as they are.
    #[default]
    Keep,
    /// The settings found at start.
    Baseline,
    /// The worker off.
    Off,
}

impl OnExit {
    /// The name used in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Baseline => "baseline",
            Self::Off => "off",
        }
    }
}

/// The settings of one loop; replaced as a whole by a reload.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whether decisions are carried out.
    pub mode: Mode,
    /// Time between looks, on the service's clock.
    pub interval: Duration,
    /// What decisions depend on.
    pub params: Params,
    /// What one work costs.
    pub cost: CostModel,
    /// What to leave behind.
    pub on_exit: OnExit,
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
    /// The operator's commands for this daemon.
    pub commands: mpsc::Receiver<Command>,
    /// The last price of MINA, where one is read.
    pub quote: watch::Receiver<Option<Quote>>,
    /// Who gets the records.
    pub sink: Arc<dyn Sink>,
    /// Seed of the jitter between looks, different for each daemon.
    pub seed: u64,
}

/// The loop over one daemon.
pub struct Runner<P> {
    wiring: Wiring<P>,
    state: State,
    sequence: u64,
    baseline: Option<Settings>,
    jitter: ChaCha8Rng,
    last: Option<Arc<Record>>,
}

impl<P: DaemonPort> Runner<P> {
    /// A loop that starts from `state`.
    pub fn new(wiring: Wiring<P>, state: State) -> Self {
        let jitter = ChaCha8Rng::seed_from_u64(wiring.seed);
        Self { wiring, state, sequence: 0, baseline: None, jitter, last: None }
    }

    /// Obeys what waits, looks at the daemon once, decides, acts and publishes the record.
    pub async fn look(&mut self) -> Arc<Record> {
        // A pause taken before this look holds for it, also where look and command became due together.
        while let Ok(command) = self.wiring.commands.try_recv() {
            self.obey(&command);
        }
        let plan = self.wiring.plan.borrow_and_update().clone();
        let began = Instant::now();
        let look = self.wiring.port.look(&self.state.plan(self.wiring.clock.now(), &plan.params)).await;
        let context = Context {
            mode: plan.mode,
            params: &plan.params,
            cost: &plan.cost,
            quote: *self.wiring.quote.borrow_and_update(),
        };
        let conclusion = self.state.conclude(self.wiring.clock.now(), &look, &context);
        if self.baseline.is_none() {
            self.baseline = look.status.as_ref().ok().map(Settings::from);
        }
        let outcome = match self.state.settings(&look) {
            Some(settings) => actuate(&self.wiring.port, plan.mode, &settings, &conclusion.decision.action).await,
            None => Outcome::Held,
        };
        self.state.settle(self.wiring.clock.now(), &look, &conclusion.decision, &outcome, &plan.params);
        self.sequence += 1;
        let record = Arc::new(Record {
            daemon: self.wiring.id.clone(),
            sequence: self.sequence,
            at: look.at,
            mode: plan.mode,
            hold: self.state.memory().hold(),
            era: self.wiring.port.era(),
            role: conclusion.role,
            look,
            market: Some(conclusion.market),
            decision: conclusion.decision,
            outcome,
            cost: conclusion.cost.ok(),
            prediction_error: conclusion.prediction_error,
            took: began.elapsed(),
        });
        self.publish(&record);
        record
    }

    /// Looks at the daemon at the configured interval until cancelled, then leaves the daemon as configured.
    pub async fn run(mut self, cancel: CancellationToken) {
        while !cancel.is_cancelled() {
            self.look().await;
            let pause = self.next_wait();
            tokio::select! {
                () = cancel.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
                Some(command) = self.wiring.commands.recv() => self.obey(&command),
                Ok(()) = self.wiring.plan.changed() => {}
            }
        }
        self.leave().await;
    }

    fn obey(&mut self, command: &Command) {
        info!(daemon = %self.wiring.id, ?command, "operator's command");
        match command {
            Command::Pause { until, .. } => self.state.pause(*until),
            Command::Resume { .. } => self.state.resume(),
        }
    }

    /// The interval with up to a tenth more or less, so that many daemons are not asked in step.
    fn next_wait(&mut self) -> Duration {
        let interval = self.wiring.plan.borrow().interval;
        self.wiring.clock.real(interval.mul_f64(self.jitter.random_range(0.9..=1.1)))
    }

    /// Leaves the daemon as configured, unless it is not ours to set.
    async fn leave(&mut self) {
        let plan = self.wiring.plan.borrow().clone();
        let memory = self.state.memory();
        let ours = plan.mode == Mode::Live && memory.pause.is_none() && memory.external_hold.is_none();
        let Some(last) = self.last.clone().filter(|_| ours && plan.on_exit != OnExit::Keep) else { return };
        let mut settings = match self.wiring.port.status().await {
            Ok(status) => Settings::from(&status),
            Err(fault) => {
                warn!(daemon = %self.wiring.id, %fault, "the daemon cannot be left as configured");
                return;
            }
        };
        for action in leaving(plan.on_exit, self.baseline.as_ref(), &settings) {
            let switches = settings.worker.is_some() != settings.after(&action).worker.is_some();
            if let (true, Some(wait)) = (switches, self.state.memory().switch_hazard(self.wiring.clock.now())) {
                warn!(daemon = %self.wiring.id, ?wait, action = action.code(), "too soon after the last switch, left as it is");
                continue;
            }
            let outcome = actuate(&self.wiring.port, plan.mode, &settings, &action).await;
            settings = settings.after(&action);
            self.sequence += 1;
            let decision = Decision { action, reason: Reason::ServiceStops, target: None, appraisal: None };
            let record =
                Record { sequence: self.sequence, at: self.wiring.clock.now(), decision, outcome, ..(*last).clone() };
            self.publish(&Arc::new(record));
        }
    }

    fn publish(&mut self, record: &Arc<Record>) {
        self.wiring.sink.publish(record);
        self.last = Some(record.clone());
    }
}

/// What has to be done to leave a daemon as configured.
fn leaving(on_exit: OnExit, baseline: Option<&Settings>, now: &Settings) -> Vec<Action> {
    let off = || now.worker.as_ref().map(|_| Action::SwitchOff);
    let fee = |fee: Nanomina| (now.fee != fee).then_some(Action::SetFee { fee });
    match (on_exit, baseline) {
        (OnExit::Keep, _) | (OnExit::Baseline, None) => Vec::new(),
        (OnExit::Off, _) => off().into_iter().collect(),
        (OnExit::Baseline, Some(Settings { worker: None, fee: before })) => {
            fee(*before).into_iter().chain(off()).collect()
        }
        (OnExit::Baseline, Some(Settings { worker: Some(key), fee: before })) if now.worker.is_none() => {
            vec![Action::SwitchOn { key: key.clone(), fee: *before }]
        }
        (OnExit::Baseline, Some(before)) => fee(before.fee).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests;
