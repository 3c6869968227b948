//! One policy in one market, look by look: the whole loop with all its guards, or a script.
//!
//! Invariants: every policy gets at the market through the same settings of the same daemon and is
//! scored by the same facts; what a controlled one does passes through `conclude`, `actuate` and
//! `settle` as in the service, and every look of it is checked.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use snarkfee_core::{
    cost::CostModel,
    cycle::{Context, Plan, State, actuate},
    invariants::{CheckedLook, Checker, SettingChange, Violation},
    policy::{Action, DaemonSettings, Mode, Outcome, Params, Strategy},
    port::DaemonPort,
    record::Record,
    units::{DaemonId, Nanomina},
};

use super::{
    entrant::Entrant, market::Market, port::SimPort, portrait::Portrait, tally::Tally,
    truth::OwnTruth, world::World,
};

/// What a policy did and what became of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// Looks taken.
    pub looks: u64,
    /// What was earned and spent, in each regime.
    pub tally: Tally,
    /// What the worker really did and earned.
    pub own: OwnTruth,
    /// Changes of the fee.
    pub fee_changes: u64,
    /// Changes of any kind.
    pub changes: u64,
    /// Mean P(sold) of the works made, as it was told when they were made; none without one.
    pub predicted: Option<f64>,
    /// Predicted minus realised share of own works sold, as the controller sees it at the end.
    pub prediction_error: Option<f64>,
    /// What did not hold.
    pub violations: Vec<Violation>,
}

/// Who is told of every look of a controlled policy.
pub type Witness<'a> = &'a mut dyn FnMut(Record);

/// A policy in a market.
pub struct Contestant<M> {
    port: SimPort<M>,
    mind: Mind,
    run: Run,
    now: Timestamp,
    /// P(sold) of works made now.
    prediction: Option<f64>,
    predicted: f64,
    judged: u64,
}

enum Mind {
    Controlled(Box<Controlled>),
    Scripted(Box<Script>),
}

struct Controlled {
    mode: Mode,
    params: Params,
    state: State,
    checker: Checker,
    daemon: DaemonId,
    started: Timestamp,
}

struct Script {
    entrant: Entrant,
    draws: ChaCha8Rng,
    fee: Option<Nanomina>,
    /// When the next fee is drawn.
    next: Timestamp,
}

/// Off so long before an own block.
const STOP_BEFORE: SignedDuration = SignedDuration::from_mins(5);
/// A random fee is drawn so often.
const REDRAW: Duration = Duration::from_secs(3600);

impl<M: Market> Contestant<M> {
    /// Takes its place at `now`. A controlled policy follows `plan`, whose strategy is replaced by
    /// its own.
    pub fn new(market: M, entrant: Entrant, plan: &Plan, seed: u64, now: Timestamp) -> Self {
        let started = market.started();
        let mind = match entrant {
            Entrant::Controlled(strategy) => Mind::controlled(strategy, plan, started),
            _ => {
                let fee = match entrant {
                    Entrant::AlwaysOn(fee) | Entrant::Stopper(fee) => Some(fee),
                    _ => None,
                };
                let draws = ChaCha8Rng::seed_from_u64(seed);
                Mind::Scripted(Box::new(Script { entrant, draws, fee, next: now }))
            }
        };
        let (run, port) = (Run::default(), SimPort::new(market));
        Self { port, mind, run, now, prediction: None, predicted: 0.0, judged: 0 }
    }

    /// The market, to show it something or to ask it.
    pub fn market(&self) -> std::sync::MutexGuard<'_, M> {
        self.port.market()
    }

    /// Lets time pass until `now`, then has the policy act. `cost` is what a work costs from then
    /// on.
    pub fn step(&mut self, now: Timestamp, cost: &CostModel, witness: Witness<'_>) {
        self.pass(now, cost);
        self.run.looks += 1;
        match &mut self.mind {
            Mind::Controlled(mind) => {
                let record = mind.look(&self.port, now, cost, self.run.looks);
                self.prediction = mind.state.predicted().map(|prediction| prediction.corrected);
                self.run.prediction_error = record.prediction_error;
                let acted = record.outcome != Outcome::Held;
                self.run.changes += u64::from(acted);
                self.run.fee_changes += u64::from(acted && sets_a_fee(&record.decision.action));
                witness(record);
            }
            Mind::Scripted(script) => {
                let (fees, all) = script.act(&self.port, now);
                self.run.fee_changes += fees;
                self.run.changes += all;
            }
        }
    }

    /// The same, taken down in a portrait where one is made.
    pub fn step_shown(
        &mut self,
        now: Timestamp,
        cost: &CostModel,
        portrait: Option<&mut Portrait>,
    ) {
        let Some(portrait) = portrait else { return self.step(now, cost, &mut |_| {}) };
        self.step(now, cost, &mut |record| portrait.take(&record));
        portrait.earned(now, self.profit());
    }

    /// Lets time pass until `end`; how it went.
    pub fn finish(mut self, end: Timestamp, cost: &CostModel) -> Run {
        self.pass(end, cost);
        self.run.predicted = (self.judged > 0).then(|| self.predicted / self.judged as f64);
        if let Mind::Controlled(mind) = &self.mind {
            self.run.violations = mind.checker.violations().to_vec();
        }
        self.run
    }

    /// What was earned less what was spent so far, in MINA.
    pub fn profit(&self) -> f64 {
        self.run.tally.profit()
    }

    fn pass(&mut self, to: Timestamp, cost: &CostModel) {
        let regime = self.port.market().regime();
        self.port.advance(to);
        self.now = to;
        let own = self.port.market().own();
        let made = own.made.saturating_sub(self.run.own.made);
        if let Some(prediction) = self.prediction {
            self.predicted += prediction * made as f64;
            self.judged += made;
        }
        self.run.tally.book(regime, &own, charged(cost, to));
        self.run.own = own;
    }
}

impl Mind {
    fn controlled(strategy: Strategy, plan: &Plan, started: Timestamp) -> Self {
        let mut params = plan.params.clone();
        params.pricing.strategy = strategy;
        let checker = Checker::new(plan.mode, params.clone());
        Self::Controlled(Box::new(Controlled {
            mode: plan.mode,
            params,
            state: State::default(),
            checker,
            daemon: DaemonId::of_a_trial(),
            started,
        }))
    }
}

impl Controlled {
    /// Looks, decides, acts and takes in what came of it.
    fn look<M: Market>(
        &mut self,
        port: &SimPort<M>,
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
            // Nothing of a trial is taken down, so that this cannot fail.
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

    fn check<M: Market>(&mut self, port: &SimPort<M>, record: &Record) {
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

impl Script {
    /// Sets the daemon as the script wants it, anew where a restart has undone it. Changes of the
    /// fee, and of any kind.
    fn act<M: Market>(&mut self, port: &SimPort<M>, now: Timestamp) -> (u64, u64) {
        if let Entrant::Random { low, high } = self.entrant
            && now >= self.next
        {
            self.fee = Some(between(low, high, self.draws.random_range(0.0..=1.0)));
            self.next = now.checked_add(REDRAW).unwrap_or(Timestamp::MAX);
        }
        let mut market = port.market();
        let DaemonSettings { worker, fee } = market.settings();
        let wanted = self.fee.unwrap_or(fee);
        let changes_fee = wanted != fee;
        if changes_fee {
            market.set(&SettingChange::Fee(wanted));
        }
        let on = match self.entrant {
            Entrant::Off => false,
            Entrant::Stopper(_) => {
                let next = market.status().next_block_production;
                next.is_none_or(|next| next.duration_since(now) > STOP_BEFORE)
            }
            _ => return (u64::from(changes_fee), u64::from(changes_fee)),
        };
        let switches = on != worker.is_some();
        if switches {
            market.set(&SettingChange::Worker(on.then(World::operator_key)));
        }
        (u64::from(changes_fee), u64::from(changes_fee) + u64::from(switches))
    }
}

/// What a work costs; where that is not known it is not charged, as in a dry run.
fn charged(cost: &CostModel, at: Timestamp) -> Nanomina {
    let inputs = snarkfee_core::cost::CostInputs { at, works_per_hour: None, quote: None };
    cost.per_work(&inputs).unwrap_or(Nanomina::ZERO)
}

const fn sets_a_fee(action: &Action) -> bool {
    matches!(action, Action::SetFee { .. } | Action::Park { .. } | Action::SwitchOn { .. })
}

/// The fee at a share of the way from `low` to `high` on a logarithmic scale.
fn between(low: Nanomina, high: Nanomina, share: f64) -> Nanomina {
    let (low_log, high_log) = (low.to_f64().ln(), high.to_f64().ln());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two fees")]
    let fee = (low_log + (high_log - low_log) * share).exp() as u64;
    Nanomina::try_new(fee).unwrap_or(high).clamp(low, high)
}

/// The result of a future that never waits: the in-process port answers at once, so it is ready at
/// its first poll.
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
mod tests;
