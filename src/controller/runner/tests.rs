mod damaged;
mod journalled;
mod orders;

use std::sync::Mutex;

use snarkfee_core::{
    control::OperatorCommand,
    cost::CostModel,
    cycle::BOOK_INTERVAL,
    fault::Fault,
    fixtures::{
        self, block, fee, key, open_work,
        script::{Answer, ScriptedDaemon},
        time,
    },
    ledger::NoJournal,
    market::{Look, PoolMetrics},
    policy::{
        BlockProduction, DaemonSettings, Mutation, Params, Pricing, RoleSetting, Safety, Worker,
    },
};

use super::*;
use crate::controller::{SendGates, end_channel};

#[derive(Default)]
struct Kept(Mutex<Vec<Arc<Record>>>);

impl Sink for Kept {
    fn publish(&self, record: &Arc<Record>) {
        self.0.lock().unwrap().push(record.clone());
    }
}

impl Kept {
    fn codes(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let kept = self.0.lock().unwrap();
        let code = |r: &Arc<Record>| {
            (r.decision.action.code(), r.decision.reason.code(), r.outcome.code())
        };
        kept.iter().map(code).collect()
    }
}

fn plan(mode: Mode, on_exit: OnExit) -> Plan {
    Plan {
        mode,
        interval: Duration::from_secs(60),
        book_interval: BOOK_INTERVAL,
        params: Params {
            pricing: Pricing { confirm: 1, ..Pricing::default() },
            worker: Worker { key: Some(key("us")), ..Worker::default() },
            block_production: BlockProduction::default(),
            safety: Safety { max_consecutive_failures: 2, ..Safety::default() },
        },
        cost: CostModel::PerWork(fee(1_000)),
        on_exit,
    }
}

/// Looks a minute apart at a market in which work sells at 0.005 MINA, or for nothing.
fn looks(count: i64, free: bool) -> Vec<Look> {
    let price = if free { 0 } else { 5_000_000 };
    let works: Vec<(i64, u64, &str)> = (0..60).map(|id| (id, price, "them")).collect();
    let blocks: Vec<_> = (1..9).map(|n| block(n, "b", i64::from(n) * 3_600, &works)).collect();
    // The clock of the loop is the machine's; looks carry their own time.
    (0..count)
        .map(|n| fixtures::look(36_000 + n * 60, blocks.clone(), vec![open_work(1_000, None)]))
        .collect()
}

struct Harness<P = ScriptedDaemon> {
    runner: Runner<P>,
    kept: Arc<Kept>,
    plan: watch::Sender<Arc<Plan>>,
    ledger: Arc<dyn Ledger>,
    wake: Arc<Notify>,
    gates: SendGates,
    _quote: watch::Sender<Quotes>,
}

fn harness(daemon: ScriptedDaemon, with: Plan) -> Harness {
    harness_on(Arc::new(NoJournal::default()), daemon, with)
}

fn harness_on<P: DaemonPort>(ledger: Arc<dyn Ledger>, daemon: P, with: Plan) -> Harness<P> {
    harness_by(Clock::accelerated(time(36_000), 0.001), ledger, daemon, with)
}

fn harness_by<P: DaemonPort>(
    clock: Clock,
    ledger: Arc<dyn Ledger>,
    daemon: P,
    with: Plan,
) -> Harness<P> {
    let kept = Arc::new(Kept::default());
    let (plan, plans) = watch::channel(Arc::new(with));
    let (wake, gates) = (Arc::new(Notify::new()), SendGates::default());
    let id = DaemonId::try_new("test").unwrap();
    let gate = gates.gate(&id);
    let (quote, quotes) = watch::channel(Quotes::default());
    let wiring = Wiring {
        id,
        port: daemon,
        clock,
        plan: plans,
        ledger: ledger.clone(),
        wake: wake.clone(),
        gate,
        quotes,
        sink: kept.clone(),
        seed: 1,
    };
    Harness { runner: Runner::new(wiring), kept, plan, ledger, wake, gates, _quote: quote }
}

impl<P> Harness<P> {
    async fn order(&self, command: OperatorCommand) {
        self.ledger.record_order(time(0), command).await.unwrap();
    }
}

fn on() -> DaemonSettings {
    DaemonSettings { worker: Some(key("us")), fee: fee(100_000_000) }
}

#[tokio::test]
async fn a_live_look_sets_the_fee_and_reads_it_back() {
    let mut h = harness(
        ScriptedDaemon::with_settings(on()).with_looks(looks(2, false)),
        plan(Mode::Live, OnExit::Keep),
    );
    h.runner.run_cycle().await;
    h.runner.run_cycle().await;
    assert_eq!(
        h.kept.codes(),
        [("set_fee", "price_move", "confirmed"), ("hold", "at_target", "held")]
    );
    assert_eq!(h.runner.wiring.port.settings().fee, fee(4_999_999));
}

#[tokio::test]
async fn a_dry_look_decides_the_same_and_sends_nothing() {
    let mut h = harness(
        ScriptedDaemon::with_settings(on()).with_looks(looks(2, false)),
        plan(Mode::DryRun, OnExit::Off),
    );
    h.runner.run_cycle().await;
    h.runner.run_cycle().await;
    h.runner.leave().await;
    assert_eq!(
        h.kept.codes(),
        [("set_fee", "price_move", "dry_run"), ("hold", "at_target", "held")]
    );
    assert_eq!(h.runner.wiring.port.sent(), []);
}

#[tokio::test]
async fn an_unreachable_daemon_is_held_and_looked_at_again() {
    let mut down = looks(1, false);
    down[0].status = Err(Fault::Unreachable { cause: "refused".into() });
    down[0].chain = None;
    let story: Vec<Look> = [down.clone(), down.clone(), looks(3, false)].concat();
    let mut h = harness(
        ScriptedDaemon::with_settings(on()).with_looks(story),
        plan(Mode::Live, OnExit::Keep),
    );
    for _ in 0..5 {
        h.runner.run_cycle().await;
    }
    assert_eq!(
        h.kept.codes(),
        [
            ("hold", "status_fault", "held"),
            ("hold", "status_fault", "held"),
            ("hold", "breaker_open", "held"),
            ("hold", "breaker_open", "held"),
            ("set_fee", "price_move", "confirmed"),
        ]
    );
}

#[tokio::test]
async fn a_lost_answer_is_not_repeated_but_decided_anew() {
    let fault = Fault::TimedOut { limit: Duration::from_secs(1) };
    let daemon = ScriptedDaemon::with_settings(on())
        .with_looks(looks(2, false))
        .with_answers([Answer::Lose(fault)]);
    let mut h = harness(daemon, plan(Mode::Live, OnExit::Keep));
    h.runner.run_cycle().await;
    assert_eq!(h.runner.wiring.port.sent().len(), 1);
    h.runner.run_cycle().await;
    assert_eq!(
        h.kept.codes(),
        [("set_fee", "price_move", "unknown"), ("hold", "cooldown", "held")]
    );
}

#[tokio::test]
async fn what_was_set_before_a_call_was_rejected_counts_as_changed() {
    let off = DaemonSettings { worker: None, fee: fee(100_000_000) };
    let mut with = plan(Mode::Live, OnExit::Keep);
    with.params.worker.role = RoleSetting::Worker;
    for answers in [vec![Answer::Apply, Answer::Reject], vec![Answer::Reject]] {
        let set = answers.len() > 1;
        let daemon = ScriptedDaemon::with_settings(off.clone())
            .with_looks(looks(2, false))
            .with_answers(answers);
        let mut h = harness(daemon, with.clone());
        h.runner.run_cycle().await;
        assert_eq!(h.kept.codes(), [("switch_on", "profitable", "rejected")]);
        let memory = h.runner.cycle.state().memory();
        assert_eq!(memory.pacing.fee_changed.is_some(), set, "cooldown");
        assert_eq!(memory.pacing.changes.len(), usize::from(set), "daily budget");
        assert_eq!(
            memory.pacing.switched.map(|switched| switched.on),
            Some(false),
            "nothing was switched"
        );
        assert_eq!(
            h.kept.0.lock().unwrap()[0].fee_after(),
            Some(fee(if set { 4_999_999 } else { 100_000_000 }))
        );
        h.runner.wiring.port.change_settings(DaemonSettings { fee: fee(7), ..off.clone() });
        h.runner.run_cycle().await;
        assert_eq!(h.kept.codes()[1].1, "external_change", "what the daemon is set to is known");
    }
}

#[tokio::test]
async fn counters_that_fall_without_a_restart_are_not_believed() {
    let counted = |(n, (uptime, completed)): (usize, (u64, f64))| {
        let mut look = looks(1, false).remove(0);
        look.at += Duration::from_secs(60) * u32::try_from(n).unwrap();
        look.status.as_mut().unwrap().uptime = Duration::from_secs(uptime);
        let (completed_by_own, prover_seconds) = (Some(completed), Some(completed * 30.0));
        let pool = PoolMetrics::default();
        look.metrics = Some(Ok(PoolMetrics { completed_by_own, prover_seconds, ..pool }));
        look
    };
    let story = [(1_000, 50.0), (1_060, 3.0), (1_120, 4.0), (1_180, 51.0), (30, 0.0)];
    let daemon =
        ScriptedDaemon::with_settings(on()).with_looks(story.into_iter().enumerate().map(counted));
    let mut h = harness(daemon, plan(Mode::Live, OnExit::Keep));
    for _ in 0..story.len() {
        h.runner.run_cycle().await;
    }
    let reasons: Vec<_> = h.kept.codes().into_iter().map(|(_, reason, _)| reason).collect();
    assert_eq!(reasons, ["price_move", "metrics_fault", "metrics_fault", "at_target", "at_target"]);
    let kept = h.kept.0.lock().unwrap();
    let proving: Duration = kept.iter().filter_map(|record| record.effort.proving).sum();
    assert_eq!(proving, Duration::from_secs(30), "what was not believed is not counted");
}

#[tokio::test]
async fn someone_elses_fee_is_left_alone() {
    let mut h = harness(
        ScriptedDaemon::with_settings(on()).with_looks(looks(3, false)),
        plan(Mode::Live, OnExit::Keep),
    );
    h.runner.run_cycle().await;
    h.runner.wiring.port.change_settings(DaemonSettings { fee: fee(7), ..on() });
    h.runner.run_cycle().await;
    assert_eq!(h.kept.codes()[1], ("hold", "external_change", "held"));
    assert_eq!(h.runner.wiring.port.settings().fee, fee(7));
}

#[tokio::test]
async fn what_was_found_at_start_is_put_back_at_the_end() {
    let mut h = harness(
        ScriptedDaemon::with_settings(on()).with_looks(looks(1, false)),
        plan(Mode::Live, OnExit::Baseline),
    );
    h.runner.run_cycle().await;
    h.runner.leave().await;
    assert_eq!(h.kept.codes()[1], ("set_fee", "service_stops", "confirmed"));
    assert_eq!(h.runner.wiring.port.settings(), on());
}

#[tokio::test]
async fn a_paused_worker_is_not_touched_even_at_the_end() {
    let mut h = harness(
        ScriptedDaemon::with_settings(on()).with_looks(looks(2, true)),
        plan(Mode::Live, OnExit::Off),
    );
    h.order(OperatorCommand::Pause { daemon: None, until: None }).await;
    h.runner.run_cycle().await;
    h.runner.leave().await;
    assert_eq!(
        h.kept.codes(),
        [("hold", "paused", "held"); 2],
        "leaving is refused with the reason"
    );
    h.order(OperatorCommand::Resume { daemon: None }).await;
    h.runner.run_cycle().await;
    assert_eq!(h.runner.wiring.port.sent(), [Mutation::SwitchOff]);
}

#[tokio::test]
async fn a_pause_that_waits_holds_for_the_next_look_already() {
    let mut h = harness(
        ScriptedDaemon::with_settings(on()).with_looks(looks(1, false)),
        plan(Mode::Live, OnExit::Keep),
    );
    h.order(OperatorCommand::Resume { daemon: None }).await;
    h.order(OperatorCommand::Pause { daemon: None, until: None }).await;
    h.runner.run_cycle().await;
    assert_eq!(h.kept.codes(), [("hold", "paused", "held")]);
    assert_eq!(h.runner.wiring.port.sent(), []);
}

#[tokio::test(start_paused = true)]
async fn the_loop_looks_at_its_interval_obeys_at_once_and_ends_when_told() {
    let h = harness(
        ScriptedDaemon::with_settings(on()).with_looks(looks(1, false)),
        plan(Mode::DryRun, OnExit::Keep),
    );
    let (end, ending) = end_channel();
    #[expect(clippy::disallowed_methods, reason = "ends when it is told to")]
    let running = tokio::spawn(h.runner.run(ending));
    // 60 s on a clock a thousand times slower than real time, up to a tenth more.
    tokio::time::sleep(Duration::from_secs(66_001)).await;
    let after_one_interval = h.kept.codes().len();
    assert!((2..=3).contains(&after_one_interval), "{after_one_interval}");
    h.ledger
        .record_order(time(0), OperatorCommand::Pause { daemon: None, until: None })
        .await
        .unwrap();
    h.wake.notify_one();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(h.kept.codes().last().unwrap().1, "paused");
    h.plan.send_modify(|plan| *plan = plan.clone());
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(
        h.kept.codes().len(),
        after_one_interval + 2,
        "new settings are looked with at once"
    );
    end.end(LoopEnd::Leave);
    running.await.unwrap();
}

#[test]
fn a_slow_daemon_is_left_alone_for_longer_but_not_for_long() {
    let rest = |took| rest_after(Duration::from_secs(60), Duration::from_secs(took));
    assert_eq!([0, 5, 20, 50, 3_600].map(|took| rest(took).as_secs()), [0, 20, 80, 200, 240]);
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_is_replaced_does_nothing_to_its_daemon() {
    let looked = ("hold", "at_target", "held");
    let left = ("switch_off", "service_stops", "confirmed");
    for (end, expected) in [(LoopEnd::Replaced, vec![looked]), (LoopEnd::Leave, vec![looked, left])]
    {
        let daemon = ScriptedDaemon::with_settings(DaemonSettings { fee: fee(4_999_999), ..on() });
        let h = harness(daemon.with_looks(looks(1, false)), plan(Mode::Live, OnExit::Off));
        let (ends, ending) = end_channel();
        #[expect(clippy::disallowed_methods, reason = "ends when it is told to")]
        let running = tokio::spawn(h.runner.run(ending));
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(h.kept.codes(), [looked]);
        ends.end(end);
        ends.end(LoopEnd::Leave);
        running.await.unwrap();
        assert_eq!(h.kept.codes(), expected, "the first end counts");
    }
}
