//! The loop over one daemon.

use std::{sync::Arc, time::Duration};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use snarkfee_clock::Clock;
use snarkfee_core::{
    cost::Quotes,
    cycle::{Completed, Cycle, CycleTime, Plan, Surroundings},
    fault::JournalFault,
    ledger::Ledger,
    market::Look,
    policy::{Mode, OnExit, Outcome},
    port::DaemonPort,
    record::Record,
    units::DaemonId,
};
use tokio::sync::{Notify, watch};

use super::{
    ending::{EndReceiver, LoopEnd},
    journal_session::{JournalSession, Mandate},
    send_gate::SendGate,
    timekeeper::Timekeeper,
};

/// Who gets each record, in the order of looks.
pub trait Sink: Send + Sync {
    /// Takes one record. Must not block.
    fn publish(&self, record: &Arc<Record>);

    /// A record could not be recorded in the journal.
    fn on_unrecorded(&self, record: &Record, fault: &JournalFault) {
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
    /// Where actions are recorded before they are carried out, and where the operator's orders
    /// are found.
    pub ledger: Arc<dyn Ledger>,
    /// Says that there is an order, so that it need not wait for the next look.
    pub wake: Arc<Notify>,
    /// What each mutation passes, so that an order can wait until none is under way.
    pub gate: SendGate,
    /// The last price of MINA, where one is read.
    pub quotes: watch::Receiver<Quotes>,
    /// Who gets the records.
    pub sink: Arc<dyn Sink>,
    /// Seed of the jitter between looks, different for each daemon.
    pub seed: u64,
}

/// The loop over one daemon.
pub struct Runner<P> {
    wiring: Wiring<P>,
    time: Timekeeper,
    cycle: Cycle,
    journal: JournalSession,
    jitter: ChaCha8Rng,
    took: Duration,
}

impl<P: DaemonPort> Runner<P> {
    /// A loop that goes on from what the journal keeps of the daemon.
    pub fn new(wiring: Wiring<P>) -> Self {
        let jitter = ChaCha8Rng::seed_from_u64(wiring.seed);
        let plan = wiring.plan.clone();
        let decided_by = plan.borrow().clone();
        let mandate = Mandate {
            plan,
            decided_by,
            ending: None,
            gate: wiring.gate.clone(),
            clock: wiring.clock,
            look_began: wiring.clock.uptime(),
        };
        let journal = JournalSession::new(Arc::clone(&wiring.ledger), wiring.id.clone(), mandate);
        let time = Timekeeper::new(wiring.clock);
        let cycle = Cycle::new(wiring.id.clone());
        Self { wiring, time, cycle, journal, jitter, took: Duration::ZERO }
    }

    /// Of a loop that replaces one with other settings: what failed by those may be tried again.
    pub fn retry_writes(&mut self) {
        self.journal.retry_writes();
    }

    /// Runs one cycle: looks at the daemon, decides, acts, records, and publishes the record.
    pub async fn run_cycle(&mut self) -> Arc<Record> {
        let plan = self.take_plan();
        let look = self.observe(&plan).await;
        self.complete(&plan, look).await
    }

    /// Runs one cycle and leaves the daemon as it then is. Once told to end, a look is given up; an
    /// action under way is not. Returns whether the cycle was completed.
    pub async fn run_once(mut self, mut ending: EndReceiver) -> bool {
        self.journal.heed(ending.clone());
        let plan = self.take_plan();
        let look = tokio::select! {
            biased;
            _ = ending.wait() => None,
            look = self.observe(&plan) => Some(look),
        };
        let completed = look.is_some();
        if let Some(look) = look {
            self.complete(&plan, look).await;
        }
        self.journal.close(self.time.now(), self.cycle.state()).await;
        completed
    }

    /// Runs a cycle at the configured interval until told to end, then leaves the daemon as
    /// configured, unless another loop takes over. A look is given up where it is; an action under
    /// way is not.
    ///
    /// What a cycle needs is boxed, so that a loop holds it only during one: of a thousand loops
    /// most sleep.
    pub async fn run(mut self, mut ending: EndReceiver) {
        self.journal.heed(ending.clone());
        let end = loop {
            if let Some(end) = ending.requested() {
                break end;
            }
            let plan = self.take_plan();
            let look = tokio::select! {
                biased;
                end = ending.wait() => break end,
                look = Box::pin(self.observe(&plan)) => look,
            };
            Box::pin(self.complete(&plan, look)).await;
            let pause = self.next_wait();
            tokio::select! {
                biased;
                end = ending.wait() => break end,
                () = tokio::time::sleep(pause) => {}
                () = self.wiring.wake.notified() => {}
                Ok(()) = self.wiring.plan.changed() => {}
            }
        };
        match end {
            LoopEnd::Leave => Box::pin(self.leave()).await,
            // What is remembered was recorded with the last look; the next loop goes on from it.
            LoopEnd::Replaced => {}
        }
    }

    fn take_plan(&mut self) -> Arc<Plan> {
        let plan = self.wiring.plan.borrow_and_update().clone();
        self.journal.decide_by(Arc::clone(&plan));
        plan
    }

    async fn observe(&mut self, plan: &Plan) -> Look {
        let (cycle, mut around) = self.prepare(plan);
        cycle.observe(&mut around).await
    }

    async fn complete(&mut self, plan: &Plan, look: Look) -> Arc<Record> {
        let (cycle, mut around) = self.prepare(plan);
        let completed = cycle.complete(&mut around, look).await;
        self.publish(completed)
    }

    /// The cycle and what surrounds it under a plan.
    fn prepare<'a>(
        &'a mut self,
        plan: &'a Plan,
    ) -> (&'a mut Cycle, Surroundings<'a, P, JournalSession, Timekeeper>) {
        let around = Surroundings {
            port: &self.wiring.port,
            recorder: &mut self.journal,
            time: &mut self.time,
            book_interval: plan.book_interval,
            context: plan.context(*self.wiring.quotes.borrow_and_update()),
        };
        (&mut self.cycle, around)
    }

    fn publish(&mut self, completed: Completed) -> Arc<Record> {
        let Completed { record, unrecorded, .. } = completed;
        if let Some(fault) = unrecorded {
            self.wiring.sink.on_unrecorded(&record, &fault);
        }
        self.wiring.sink.publish(&record);
        self.took = record.took;
        record
    }

    /// The interval with up to a tenth more or less, so that many daemons are not asked in step;
    /// longer after a look that took long: the daemon answers from the thread that follows
    /// consensus (Mina `coda_run.ml`, `graphql_internal.ml`).
    fn next_wait(&mut self) -> Duration {
        let interval = self.wiring.clock.real(self.wiring.plan.borrow().interval);
        interval.mul_f64(self.jitter.random_range(0.9..=1.1)).max(rest_after(interval, self.took))
    }

    /// Leaves the daemon as configured, one action after another.
    async fn leave(&mut self) {
        let plan = self.take_plan();
        if plan.mode == Mode::Live && plan.on_exit != OnExit::Keep {
            for _ in 0..MOST_LEAVING_ACTIONS {
                let baseline = self.journal.baseline().cloned();
                let (cycle, mut around) = self.prepare(&plan);
                let left = cycle.leave(&mut around, plan.on_exit, baseline).await;
                let Some(completed) = left else { break };
                if self.publish(completed).outcome != Outcome::Confirmed {
                    break;
                }
            }
        }
        self.journal.close(self.time.now(), self.cycle.state()).await;
    }
}

/// Most actions that leave a daemon as configured: a fee and a switch.
const MOST_LEAVING_ACTIONS: usize = 2;

/// Most intervals that a slow daemon is left alone for.
pub const LONGEST_REST: u32 = 4;

/// How long a daemon is left alone at least: a fifth of its time may be spent on looks.
fn rest_after(interval: Duration, took: Duration) -> Duration {
    took.saturating_mul(4).min(interval.saturating_mul(LONGEST_REST))
}

#[cfg(test)]
mod tests;
