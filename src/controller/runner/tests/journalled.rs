//! The loop and its journal: what a failing one forbids, and what a new process takes over.

use jiff::Timestamp;
use snarkfee_core::{
    cycle::{Conclusion, Context, CycleState},
    fault::{JournalClass, JournalFault},
    ledger::{Intent, IntentId, LookEntry, Order, OrderId, PersistedState, Reply, RestoredState},
    policy::Ruling,
};
use snarkfee_journal::{Journal, JournalError, JournalReader, LookFilter, RecordedLook};
use tempfile::TempDir;

use super::*;

const LONG: Duration = Duration::from_secs(365 * 24 * 3600);

/// A journal of which some parts fail for a while.
#[derive(Default)]
struct Faulty {
    sound: NoJournal,
    failing: Mutex<Vec<&'static str>>,
    noted: Mutex<u32>,
}

impl Faulty {
    fn fail(&self, parts: &[&'static str]) {
        *self.failing.lock().unwrap() = parts.to_vec();
    }

    fn or_fail<'a, T: Send + 'a>(&self, part: &str, sound: Reply<'a, T>) -> Reply<'a, T> {
        if self.failing.lock().unwrap().contains(&part) {
            return Box::pin(async {
                Err(JournalFault { class: JournalClass::Full, cause: "no space".into() })
            });
        }
        sound
    }
}

impl Ledger for Faulty {
    fn restore(&self, daemon: &DaemonId) -> Reply<'_, RestoredState> {
        self.or_fail("restore", self.sound.restore(daemon))
    }

    fn load_orders(&self, daemon: &DaemonId, seen: OrderId) -> Reply<'_, Vec<Order>> {
        self.or_fail("orders", self.sound.load_orders(daemon, seen))
    }

    fn record_order(&self, at: Timestamp, command: OperatorCommand) -> Reply<'_, OrderId> {
        self.sound.record_order(at, command)
    }

    fn record_intent(&self, intent: Intent) -> Reply<'_, IntentId> {
        self.or_fail("intend", self.sound.record_intent(intent))
    }

    fn record_look(&self, entry: LookEntry) -> Reply<'_, ()> {
        *self.noted.lock().unwrap() += 1;
        self.or_fail("note", self.sound.record_look(entry))
    }

    fn save_state(&self, daemon: &DaemonId, at: Timestamp, state: PersistedState) -> Reply<'_, ()> {
        self.or_fail("keep", self.sound.save_state(daemon, at, state))
    }
}

#[tokio::test]
async fn what_cannot_be_taken_down_is_not_done() {
    for mode in [Mode::Live, Mode::DryRun] {
        let ledger = Arc::new(Faulty::default());
        let daemon = ScriptedDaemon::with_settings(on()).with_looks(looks(4, false));
        let mut h = harness_on(ledger.clone(), daemon, plan(mode, OnExit::Off));
        ledger.fail(&["intend"]);
        h.runner.run_cycle().await;
        // The look itself was taken down: the journal works again, as far as anyone knows.
        ledger.fail(&[]);
        h.runner.run_cycle().await;
        let done = if mode == Mode::Live { "confirmed" } else { "dry_run" };
        assert_eq!(
            h.kept.codes(),
            [("hold", "journal_fault", "held"), ("set_fee", "price_move", done)]
        );
        assert_eq!(h.runner.wiring.port.sent().len(), usize::from(mode == Mode::Live));
    }
}

#[tokio::test]
async fn nothing_is_done_while_the_last_look_is_not_taken_down() {
    let ledger = Arc::new(Faulty::default());
    let daemon = ScriptedDaemon::with_settings(on()).with_looks(looks(4, false));
    let mut h = harness_on(ledger.clone(), daemon, plan(Mode::Live, OnExit::Keep));
    h.order(OperatorCommand::Pause { daemon: None, until: None }).await;
    ledger.fail(&["note"]);
    h.runner.run_cycle().await;
    h.order(OperatorCommand::Resume { daemon: None }).await;
    h.runner.run_cycle().await;
    assert_eq!(h.runner.wiring.port.sent(), []);
    ledger.fail(&[]);
    h.runner.run_cycle().await;
    h.runner.run_cycle().await;
    let codes = [
        ("hold", "paused", "held"),
        ("hold", "journal_fault", "held"),
        ("hold", "journal_fault", "held"),
        ("set_fee", "price_move", "confirmed"),
    ];
    assert_eq!(h.kept.codes(), codes);
}

#[tokio::test]
async fn while_orders_cannot_be_read_there_may_be_a_pause() {
    let ledger = Arc::new(Faulty::default());
    let daemon = ScriptedDaemon::with_settings(on()).with_looks(looks(3, false));
    let mut h = harness_on(ledger.clone(), daemon, plan(Mode::Live, OnExit::Keep));
    h.order(OperatorCommand::Pause { daemon: None, until: None }).await;
    ledger.fail(&["orders"]);
    h.runner.run_cycle().await;
    ledger.fail(&[]);
    h.runner.run_cycle().await;
    assert_eq!(h.kept.codes(), [("hold", "journal_fault", "held"), ("hold", "paused", "held")]);
}

#[tokio::test]
async fn what_could_not_be_taken_over_is_not_written_over() {
    let ledger = Arc::new(Faulty::default());
    let daemon = ScriptedDaemon::with_settings(on()).with_looks(looks(3, false));
    let mut h = harness_on(ledger.clone(), daemon, plan(Mode::Live, OnExit::Off));
    ledger.fail(&["restore"]);
    h.runner.run_cycle().await;
    h.runner.leave().await;
    assert_eq!((*ledger.noted.lock().unwrap(), h.runner.wiring.port.sent()), (0, Vec::new()));
    assert_eq!(
        h.kept.codes(),
        [("hold", "journal_fault", "held"), ("hold", "journal_fault", "held")]
    );
    ledger.fail(&[]);
    h.runner.run_cycle().await;
    h.runner.run_cycle().await;
    assert_eq!(
        h.kept.codes()[2..],
        [("hold", "journal_fault", "held"), ("set_fee", "price_move", "confirmed")]
    );
}

/// Runs of the service on one journal and one daemon, one after the other.
pub(super) struct Runs {
    pub(super) folder: TempDir,
    pub(super) plan: Plan,
}

impl Runs {
    pub(super) fn new(on_exit: OnExit) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), plan: plan(Mode::Live, on_exit) }
    }

    /// A new process that finds the daemon set to `settings`. It ends when it is dropped, as by a
    /// kill.
    pub(super) fn begin(&self, settings: DaemonSettings, free: bool) -> Harness {
        self.try_begin(settings, free).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(super) fn try_begin(
        &self,
        settings: DaemonSettings,
        free: bool,
    ) -> Result<Harness, JournalError> {
        // The lock is free only when the thread of the process before has ended.
        let journal = loop {
            match Journal::open(self.folder.path(), LONG, time(0)) {
                Err(error) if error.class() == JournalClass::InUse => std::thread::yield_now(),
                opened => break opened?,
            }
        };
        let daemon = ScriptedDaemon::with_settings(settings).with_looks(looks(9, free));
        Ok(harness_on(Arc::new(journal), daemon, self.plan.clone()))
    }

    fn endings(&self) -> Vec<String> {
        let connection =
            rusqlite::Connection::open(self.folder.path().join(snarkfee_journal::JOURNAL_FILE))
                .unwrap();
        let mut statement =
            connection.prepare("SELECT ifnull(ending, 'open') FROM intents ORDER BY id").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

#[tokio::test]
async fn a_new_process_forgets_neither_cooldown_nor_budget() {
    let mut runs = Runs::new(OnExit::Keep);
    let mut first = runs.begin(on(), false);
    first.runner.run_cycle().await;
    let settings = first.runner.wiring.port.settings();
    drop(first);

    runs.plan.params.pricing.ceiling = fee(4_000_000).into();
    let mut second = runs.begin(settings.clone(), false);
    second.runner.run_cycle().await;
    assert_eq!(second.kept.codes(), [("hold", "cooldown", "held")]);
    drop(second);

    runs.plan.params.pricing.cooldown = Duration::ZERO;
    runs.plan.params.pricing.max_changes_per_day = 1;
    let mut third = runs.begin(settings.clone(), false);
    third.runner.run_cycle().await;
    assert_eq!(third.kept.codes(), [("hold", "daily_budget", "held")]);
    drop(third);

    runs.plan.params.pricing.max_changes_per_day = 2;
    let mut fourth = runs.begin(settings, false);
    fourth.runner.run_cycle().await;
    assert_eq!(fourth.kept.codes(), [("set_fee", "price_move", "confirmed")]);
}

#[tokio::test]
async fn a_new_process_forgets_neither_pause_nor_breaker() {
    let runs = Runs::new(OnExit::Keep);
    let first = runs.begin(on(), true);
    first.order(OperatorCommand::Pause { daemon: None, until: None }).await;
    drop(first);
    let mut second = runs.begin(on(), true);
    second.runner.run_cycle().await;
    drop(second);
    let mut third = runs.begin(on(), true);
    third.runner.run_cycle().await;
    assert_eq!(third.kept.codes(), [("hold", "paused", "held")]);
    third.order(OperatorCommand::Resume { daemon: None }).await;
    let mut down = looks(1, false);
    down[0].status = Err(Fault::Unreachable { cause: "refused".into() });
    third.runner.wiring.port = ScriptedDaemon::with_settings(on()).with_looks(down);
    third.runner.run_cycle().await;
    third.runner.run_cycle().await;
    drop(third);
    let mut fourth = runs.begin(on(), false);
    fourth.runner.run_cycle().await;
    assert_eq!(fourth.kept.codes(), [("hold", "breaker_open", "held")]);
}

#[tokio::test]
async fn after_a_kill_what_was_found_first_is_put_back() {
    let runs = Runs::new(OnExit::Baseline);
    let mut killed = runs.begin(on(), false);
    killed.runner.run_cycle().await;
    let settings = killed.runner.wiring.port.settings();
    assert_ne!(settings, on());
    drop(killed);
    let mut ended = runs.begin(settings, false);
    ended.runner.run_cycle().await;
    ended.runner.leave().await;
    assert_eq!(ended.runner.wiring.port.settings(), on());
    drop(ended);
    assert_eq!(runs.endings(), ["confirmed", "confirmed"]);

    // Left in good order: what the next run finds is its own beginning, and nobody else's doing.
    let mut next = runs.begin(on(), false);
    next.runner.run_cycle().await;
    assert_eq!(next.runner.journal.baseline(), Some(&on()));
    let memory = next.runner.cycle.state().memory();
    assert_eq!((memory.external_hold, memory.pacing.changes.len()), (None, 2));
}

#[tokio::test]
async fn every_decision_can_be_made_again_from_the_journal() {
    let runs = Runs::new(OnExit::Keep);
    let mut h = runs.begin(on(), false);
    for _ in 0..5 {
        h.runner.run_cycle().await;
    }
    let recorded = h.kept.codes();
    assert_eq!(recorded[0], ("set_fee", "price_move", "confirmed"));
    drop(h);
    let (mut state, mut again) = (CycleState::default(), Vec::new());
    let each = |RecordedLook { record, inputs, params, memory, .. }| {
        let cost = CostModel::PerWork(inputs.cost.unwrap());
        let context =
            Context { mode: record.mode, params: &params, cost: &cost, quotes: Default::default() };
        let (Conclusion { view, .. }, Ruling { decision, .. }) =
            state.conclude(inputs.decided, &record.look, &context);
        assert_eq!((&decision, Some(view.summary())), (&record.decision, record.market.as_ref()));
        state.settle(inputs.settled, &record.look, &decision, &record.outcome, &params);
        assert_eq!(*state.memory(), memory);
        again.push((decision.action.code(), decision.reason.code(), record.outcome.code()));
        Ok::<_, JournalError>(())
    };
    JournalReader::open(runs.folder.path())
        .unwrap()
        .for_each_look(&LookFilter::default(), each)
        .unwrap();
    assert_eq!(again, recorded);
}

#[tokio::test]
async fn an_intent_cut_off_by_a_kill_is_found_out_and_not_repeated() {
    let wanted = DaemonSettings { fee: fee(4_999_999), ..on() };
    for (found, ending, reason) in [
        (wanted.clone(), "found_applied", "at_target"),
        (on(), "found_not_applied", "cooldown"),
        (DaemonSettings { fee: fee(77), ..on() }, "found_otherwise", "external_change"),
    ] {
        let runs = Runs::new(OnExit::Keep);
        let mut killed = runs.begin(on(), false);
        // No answer ever comes: the process ends while it waits for one.
        let came = Arc::new(Notify::new());
        let heard = Arc::clone(&came);
        let daemon = ScriptedDaemon::with_settings(on()).with_looks(looks(1, false));
        killed.runner.wiring.port =
            daemon.with_answers([Answer::Hang(Arc::new(move || heard.notify_one()))]);
        tokio::select! {
            _ = killed.runner.run_cycle() => panic!("no answer comes"),
            () = came.notified() => {}
        }
        drop(killed);
        assert_eq!(runs.endings(), ["open"]);
        let mut next = runs.begin(found, false);
        next.runner.run_cycle().await;
        next.runner.run_cycle().await;
        assert_eq!(next.runner.wiring.port.sent(), [], "{ending}");
        let reasons: Vec<_> = next.kept.codes().into_iter().map(|(_, reason, _)| reason).collect();
        assert_eq!(reasons, [reason; 2], "{ending}");
        drop(next);
        assert_eq!(runs.endings(), [ending]);
    }
}
