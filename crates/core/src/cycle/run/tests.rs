//! What a cycle records before it sends, and how it leaves a daemon.

use std::time::Duration;

use super::*;
use crate::{
    clocks::MachineTime,
    cost::CostModel,
    cycle::{BOOK_INTERVAL, Unrecorded},
    fault::JournalClass,
    fixtures::{self, block, fee, key, open_work, poll_once, script::ScriptedDaemon, time},
    market::SyncState,
    policy::{
        BlockProduction, Mode, Mutation, Params, Pricing, RoleSetting, Safety, Withdrawal, Worker,
    },
    units::Nanomina,
};

/// Records nothing, and says so before anything is sent.
struct FullDisk;

impl Recorder for FullDisk {
    type Clearance = ();

    async fn begin(&mut self, _: &mut CycleState, _: MachineTime) {}

    fn observe(&mut self, _: &Look, _: &mut CycleState) {}

    async fn record_intent(
        &mut self,
        _: Timestamp,
        _: &Permit,
        _: &Decision,
        _: &CycleState,
    ) -> Result<(), JournalFault> {
        Err(full())
    }

    async fn clear_to_send(&mut self) -> Result<(), Withdrawal> {
        Ok(())
    }

    async fn record_look(
        &mut self,
        _: &Arc<Record>,
        _: DecisionInputs,
        _: &Context<'_>,
        _: &CycleState,
    ) -> Result<(), JournalFault> {
        Err(full())
    }
}

fn full() -> JournalFault {
    JournalFault { class: JournalClass::Full, cause: "full".into() }
}

fn params() -> Params {
    Params {
        pricing: Pricing { confirm: 1, ..Pricing::default() },
        worker: Worker { key: Some(key("us")), role: RoleSetting::Worker, ..Worker::default() },
        block_production: BlockProduction::default(),
        safety: Safety::default(),
    }
}

static COST: CostModel = CostModel::PerWork(Nanomina::ONE);

fn context(mode: Mode, params: &Params) -> Context<'_> {
    Context { mode, params, cost: &COST, quotes: Default::default() }
}

/// A look at a market in which work sells at 5,000,000 nanomina.
fn look() -> Look {
    let works: Vec<(i64, u64, &str)> = (0..60).map(|id| (id, 5_000_000, "them")).collect();
    let blocks = (1..9).map(|n| block(n, "b", i64::from(n) * 3_600, &works)).collect();
    fixtures::look(36_000, blocks, vec![open_work(1_000, None)])
}

fn on(fee_asked: u64) -> DaemonSettings {
    DaemonSettings { worker: Some(key("us")), fee: fee(fee_asked) }
}

fn run_once<R: Recorder>(daemon: &ScriptedDaemon, mode: Mode, recorder: &mut R) -> Completed {
    let (params, mut now) = (params(), time(36_000));
    let mut around = Surroundings {
        port: daemon,
        recorder,
        time: &mut now,
        book_interval: BOOK_INTERVAL,
        context: context(mode, &params),
    };
    let mut cycle = Cycle::new(DaemonId::try_new("test").unwrap());
    let look = poll_once(cycle.observe(&mut around));
    poll_once(cycle.complete(&mut around, look))
}

#[test]
fn nothing_is_sent_that_could_not_be_recorded() {
    for mode in [Mode::Live, Mode::DryRun] {
        let daemon = ScriptedDaemon::with_settings(on(7)).with_looks([look()]);
        let done = run_once(&daemon, mode, &mut FullDisk);
        let decision = &done.record.decision;
        assert_eq!((decision.action.code(), decision.reason.code()), ("hold", "journal_fault"));
        assert_eq!((&done.record.outcome, done.unrecorded), (&Outcome::Held, Some(full())));
        assert_eq!(daemon.sent(), []);
    }
}

#[test]
fn a_permitted_change_is_sent_live_and_only_recorded_in_dry_run() {
    for (mode, sent) in [(Mode::Live, 1), (Mode::DryRun, 0)] {
        let daemon = ScriptedDaemon::with_settings(on(7)).with_looks([look()]);
        let done = run_once(&daemon, mode, &mut Unrecorded);
        assert_eq!(done.record.decision.reason.code(), "price_move");
        assert_eq!(daemon.sent().len(), sent);
    }
}

#[test]
fn a_fee_that_is_already_asked_is_not_sent() {
    let daemon = ScriptedDaemon::with_settings(on(4_999_999)).with_looks([look()]);
    let done = run_once(&daemon, Mode::Live, &mut Unrecorded);
    assert_eq!((done.record.decision.reason.code(), daemon.sent().len()), ("at_target", 0));
}

fn leave(
    daemon: &ScriptedDaemon,
    on_exit: OnExit,
    change: impl FnOnce(&mut Params),
) -> Vec<(&'static str, &'static str)> {
    let (mut params, mut now) = (params(), time(0));
    change(&mut params);
    let context = context(Mode::Live, &params);
    let recorder = &mut Unrecorded;
    let mut around = Surroundings {
        port: daemon,
        recorder,
        time: &mut now,
        book_interval: BOOK_INTERVAL,
        context,
    };
    let mut cycle = Cycle::new(DaemonId::try_new("test").unwrap());
    let baseline = DaemonSettings { worker: None, fee: fee(3) };
    let mut codes = Vec::new();
    while let Some(done) = poll_once(cycle.leave(&mut around, on_exit, Some(baseline.clone()))) {
        codes.push((done.record.decision.action.code(), done.record.decision.reason.code()));
        if done.record.outcome != Outcome::Confirmed || codes.len() > 3 {
            break;
        }
    }
    codes
}

#[test]
fn a_daemon_is_left_by_one_action_after_another_until_it_is_as_configured() {
    let daemon = ScriptedDaemon::with_settings(on(7));
    let codes = leave(&daemon, OnExit::Baseline, |_| {});
    assert_eq!(codes, [("set_fee", "service_stops"), ("switch_off", "service_stops")]);
    assert_eq!(daemon.sent(), [Mutation::SetFee { fee: fee(3) }, Mutation::SwitchOff]);
    assert_eq!(leave(&daemon, OnExit::Baseline, |_| {}), []);
    assert_eq!(leave(&daemon, OnExit::Keep, |_| {}), []);
}

#[test]
fn leaving_passes_the_gates_of_any_other_action() {
    let daemon = || ScriptedDaemon::with_settings(on(7));
    let bootstrap = daemon().with_status(|status| status.sync = SyncState::Bootstrap);
    assert_eq!(leave(&bootstrap, OnExit::Off, |_| {}), [("hold", "unsynced")]);
    let foreign =
        ScriptedDaemon::with_settings(DaemonSettings { worker: Some(key("they")), ..on(7) });
    assert_eq!(leave(&foreign, OnExit::Off, |_| {}), [("hold", "foreign_key")]);
    let keyless = daemon();
    assert_eq!(
        leave(&keyless, OnExit::Off, |params| params.worker.key = None),
        [("hold", "no_worker_key")]
    );
    let coordinator = daemon();
    assert_eq!(
        leave(&coordinator, OnExit::Off, |params| params.worker.role = RoleSetting::Coordinator),
        [("hold", "role_unsure")]
    );
    let fresh = daemon().with_status(|status| status.uptime = Duration::from_secs(30));
    assert_eq!(leave(&fresh, OnExit::Off, |_| {}), [("hold", "switch_hazard")]);
    for daemon in [bootstrap, foreign, keyless, coordinator, fresh] {
        assert_eq!(daemon.sent(), []);
    }
}
