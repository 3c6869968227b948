//! Orders and settings that come while a look or an action is under way: once they are acknowledged
//! nothing more is sent.

use std::{
    pin::pin,
    sync::atomic::{AtomicU64, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use snarkfee_clock::Timepiece;
use snarkfee_core::{
    market::DaemonStatus,
    policy::PermittedMutation,
    port::{LookPlan, Replaced, SendError},
};
use tokio::sync::{Semaphore, mpsc};

use super::*;

/// A daemon that says when it is asked, and answers when it may.
struct Stepwise(Arc<Steps>);

struct Steps {
    daemon: ScriptedDaemon,
    asked: mpsc::UnboundedSender<Step>,
    answers: Semaphore,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Look,
    Send,
}

impl Steps {
    async fn take(&self, step: Step) {
        self.asked.send(step).unwrap();
        self.answers.acquire().await.unwrap().forget();
    }
}

impl DaemonPort for Stepwise {
    async fn look(&self, plan: &LookPlan) -> Look {
        self.0.take(Step::Look).await;
        self.0.daemon.look(plan).await
    }

    async fn status(&self) -> Result<DaemonStatus, Fault> {
        self.0.daemon.status().await
    }

    async fn send(&self, mutation: PermittedMutation) -> Result<Replaced, SendError> {
        self.0.take(Step::Send).await;
        self.0.daemon.send(mutation).await
    }

    fn era(&self) -> Option<String> {
        self.0.daemon.era()
    }
}

/// What comes in between.
#[derive(Clone, Copy, Debug)]
enum Between {
    Pause,
    DryRun,
    OtherFee,
    Replaced,
}

/// A worker that is off and pays, and the steps that its daemon is asked for.
fn stepwise() -> (Arc<Steps>, mpsc::UnboundedReceiver<Step>) {
    let off = DaemonSettings { worker: None, fee: fee(100_000_000) };
    let (asked, steps) = mpsc::unbounded_channel();
    let daemon = ScriptedDaemon::with_settings(off).with_looks(looks(1, false));
    (Arc::new(Steps { daemon, asked, answers: Semaphore::new(0) }), steps)
}

/// Settings by which it is switched on, by two calls.
fn two_calls() -> Plan {
    let mut with = plan(Mode::Live, OnExit::Keep);
    with.params.worker.role = RoleSetting::Worker;
    with
}

/// Runs a loop that switches a worker on, by two mutations. At the `nth` step of a kind something
/// comes in between and is acknowledged. Returns what the daemon had been sent by then and what it
/// was sent in the end, and what is recorded of the look.
async fn run(between: Between, step: Step, nth: usize) -> (usize, usize, Vec<&'static str>) {
    let (shared, mut steps) = stepwise();
    let with = two_calls();
    let ledger = Arc::new(NoJournal::default());
    let h = harness_on(ledger, Stepwise(shared.clone()), with.clone());
    let (ends, ending) = end_channel();
    let script = async {
        let mut seen = 0;
        loop {
            let now = steps.recv().await.unwrap();
            seen += usize::from(now == step);
            if now == step && seen == nth {
                break;
            }
            shared.answers.add_permits(1);
        }
        match between {
            Between::Pause => {
                let pause = OperatorCommand::Pause { daemon: None, until: None };
                h.ledger.record_order(time(0), pause).await.unwrap();
            }
            Between::DryRun => {
                h.plan.send_replace(Arc::new(Plan { mode: Mode::DryRun, ..with.clone() }));
            }
            Between::OtherFee => {
                let mut other = with.clone();
                other.params.pricing.ceiling = fee(1_000).into();
                h.plan.send_replace(Arc::new(other));
            }
            Between::Replaced => ends.end(LoopEnd::Replaced),
        }
        let mut acknowledged = pin!(h.gates.wait_until_clear(|_| true, Duration::from_secs(3_600)));
        let at_once = tokio::select! {
            biased;
            _ = &mut acknowledged => true,
            () = std::future::ready(()) => false,
        };
        assert_eq!(at_once, step == Step::Look, "waits for what is under way, and only for that");
        shared.answers.add_permits(1);
        if !at_once {
            assert_eq!(acknowledged.await, []);
        }
        let by_then = shared.daemon.sent().len();
        // The look after it, by which everything that the first one sent has been sent.
        if !matches!(between, Between::Replaced) {
            h.wake.notify_one();
            while steps.recv().await.unwrap() != Step::Look {
                shared.answers.add_permits(1);
            }
        }
        ends.end(LoopEnd::Leave);
        by_then
    };
    let ((), by_then) = tokio::join!(h.runner.run(ending), script);
    let outcomes = h.kept.codes().into_iter().map(|(_, _, outcome)| outcome).collect();
    (by_then, shared.daemon.sent().len(), outcomes)
}

#[tokio::test]
async fn nothing_is_sent_after_an_order_or_other_settings_were_acknowledged() {
    for between in [Between::Pause, Between::DryRun, Between::OtherFee, Between::Replaced] {
        let (by_then, sent, outcomes) = run(between, Step::Look, 1).await;
        assert_eq!((by_then, sent), (0, 0), "{between:?} during the look");
        // A loop that is replaced gives up its look, unless it has just ended.
        let given_up = outcomes.is_empty() && matches!(between, Between::Replaced);
        assert!(given_up || outcomes == ["withdrawn"], "{between:?} during the look: {outcomes:?}");
        let (by_then, sent, outcomes) = run(between, Step::Send, 1).await;
        assert_eq!((by_then, sent), (1, 1), "{between:?} between two calls");
        assert_eq!(outcomes, ["withdrawn"], "{between:?} between two calls");
    }
}

#[tokio::test]
async fn an_action_goes_on_while_nobody_forbids_it() {
    let (by_then, sent, outcomes) = run(Between::Pause, Step::Send, 2).await;
    assert_eq!((by_then, sent, outcomes), (2, 2, vec!["confirmed"]), "the last call was under way");
}

#[tokio::test]
async fn an_order_says_which_daemon_does_not_answer() {
    let gates = SendGates::default();
    let ids = ["one", "two"].map(|name| DaemonId::try_new(name).unwrap());
    let _within = gates.gate(&ids[1]).enter().await;
    let wait = |meant: &DaemonId| {
        let meant = meant.clone();
        gates.wait_until_clear(move |daemon| *daemon == meant, Duration::from_millis(1))
    };
    drop(gates.gate(&ids[0]));
    assert_eq!(wait(&ids[0]).await, []);
    assert_eq!(wait(&ids[1]).await, [ids[1].clone()]);
}

#[tokio::test]
async fn a_single_pass_that_is_told_to_end_finishes_an_action_and_begins_none() {
    for (step, completed, sent) in [(Step::Look, false, 0), (Step::Send, true, 2)] {
        let (shared, mut steps) = stepwise();
        let h = harness_on(Arc::new(NoJournal::default()), Stepwise(shared.clone()), two_calls());
        let (ends, ending) = end_channel();
        let script = async {
            while steps.recv().await.unwrap() != step {
                shared.answers.add_permits(1);
            }
            ends.end(LoopEnd::Leave);
            if step == Step::Send {
                shared.answers.add_permits(2);
            }
        };
        let (done, ()) = tokio::join!(h.runner.run_once(ending), script);
        assert_eq!((done, shared.daemon.sent().len()), (completed, sent), "{step:?}");
    }
}

/// A machine that does nothing but sleep, for so many seconds so far.
#[derive(Debug, Default)]
struct Sleeper(AtomicU64);

impl Timepiece for Sleeper {
    fn now(&self) -> Timestamp {
        time(36_000) + SignedDuration::try_from(self.uptime()).unwrap()
    }

    fn steady(&self) -> Duration {
        Duration::ZERO
    }

    fn uptime(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::Relaxed))
    }

    fn boot(&self) -> u128 {
        0
    }
}

#[tokio::test]
async fn what_was_read_before_the_machine_slept_is_not_acted_on() {
    for (step, sent, told) in [
        (Step::Look, 0, ("hold", "stale", "held")),
        (Step::Send, 1, ("switch_on", "profitable", "withdrawn")),
    ] {
        let (shared, mut steps) = stepwise();
        let machine: &Sleeper = Box::leak(Box::default());
        let (ledger, daemon) = (Arc::new(NoJournal::default()), Stepwise(shared.clone()));
        let h = harness_by(Clock::of(machine), ledger, daemon, two_calls());
        let (_ends, ending) = end_channel();
        let script = async {
            while steps.recv().await.unwrap() != step {
                shared.answers.add_permits(1);
            }
            machine.0.store(3_600, Ordering::Relaxed);
            shared.answers.add_permits(2);
        };
        let (_, ()) = tokio::join!(h.runner.run_once(ending), script);
        assert_eq!((shared.daemon.sent().len(), h.kept.codes()), (sent, vec![told]), "{step:?}");
    }
}
