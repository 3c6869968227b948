//! Replays the journal of a service that ran, was paused, killed and restarted: every decision is
//! repeated, and other policies are tried on it.

use std::{num::NonZero, path::Path, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use snarkfee::{
    controller::{Runner, Wiring},
    service::Publisher,
};
use snarkfee_clock::{Clock, Hand};
use snarkfee_core::{
    control::OperatorCommand,
    cost::CostModel,
    cycle::{BOOK_INTERVAL, Plan},
    ledger::Ledger,
    policy::{BlockProduction, OnExit, Params, Pricing, Safety, Worker},
    record::{Mode, Record},
    units::DaemonId,
};
use snarkfee_journal::{JOURNAL_FILE, Journal, JournalError, JournalReader, LookFilter};
use snarkfee_lab::{
    backtest::{BacktestReport, BacktestSettings, Replay, backtest_journal, replay_decisions},
    market_sim::{World, library},
    policy_run::MarketPort,
};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::network::nanomina;

const RETENTION: Duration = Duration::from_secs(365 * 24 * 3600);
/// Long enough for one frontier of blocks not to hold all sales of a run.
const INTERVAL: Duration = Duration::from_secs(1_200);
const LOOKS: usize = 36;

fn start() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn plan() -> Plan {
    Plan {
        mode: Mode::Live,
        interval: INTERVAL,
        book_interval: BOOK_INTERVAL,
        params: Params {
            pricing: Pricing { cooldown: Duration::from_secs(60), ..Pricing::default() },
            worker: Worker { key: Some(World::operator_key()), ..Worker::default() },
            block_production: BlockProduction::default(),
            safety: Safety::default(),
        },
        cost: CostModel::PerWork(nanomina(100_000)),
        on_exit: OnExit::Keep,
    }
}

/// Runs the service twice on one market, the first time until it is killed. Returns the last record
/// of the first run and the first of the second.
async fn run_twice(folder: &Path) -> (Arc<Record>, Arc<Record>) {
    let hand: &'static Hand = Box::leak(Box::new(Hand::new(start())));
    let mut world = Some(World::new(&library::scenario("own-blocks").unwrap(), 1, start()));
    let id = DaemonId::try_new("main").unwrap();
    let (_plan, plans) = watch::channel(Arc::new(plan()));
    let (_quote, quotes) = watch::channel(Default::default());
    let mut around_restart = Vec::new();
    for run in 0..2 {
        let journal = Arc::new(Journal::open(folder, RETENTION, hand.shown()).unwrap());
        let port = Arc::new(MarketPort::new(world.take().unwrap()));
        let wiring = Wiring {
            id: id.clone(),
            port: SharedPort(port.clone()),
            clock: Clock::manual(hand),
            plan: plans.clone(),
            ledger: journal.clone(),
            wake: Arc::default(),
            gate: Default::default(),
            quotes: quotes.clone(),
            sink: Arc::new(Publisher::new(Mode::Live, [id.clone()])),
            seed: 1,
        };
        let mut runner = Runner::new(wiring);
        for look in 0..LOOKS {
            hand.pass(INTERVAL);
            port.advance(hand.shown());
            let order = match look {
                12 => Some(OperatorCommand::Pause { daemon: None, until: None }),
                15 => Some(OperatorCommand::Resume { daemon: None }),
                _ => None,
            };
            if let Some(order) = order {
                journal.record_order(hand.shown(), order).await.unwrap();
            }
            let record = runner.run_cycle().await;
            if (run, look) == (0, LOOKS - 1) || (run, look) == (1, 0) {
                around_restart.push(record);
            }
        }
        drop(runner);
        world = Some(Arc::into_inner(port).expect("nobody else has it").into_market());
        Arc::into_inner(journal).expect("nobody else has it").close();
    }
    let second = around_restart.pop().unwrap();
    (around_restart.pop().unwrap(), second)
}

/// A port with more than one owner.
struct SharedPort(Arc<MarketPort<World>>);

impl snarkfee_core::port::DaemonPort for SharedPort {
    async fn look(&self, plan: &snarkfee_core::port::LookPlan) -> snarkfee_core::market::Look {
        self.0.look(plan).await
    }

    async fn status(
        &self,
    ) -> Result<snarkfee_core::market::DaemonStatus, snarkfee_core::fault::Fault> {
        self.0.status().await
    }

    async fn send(
        &self,
        mutation: snarkfee_core::policy::PermittedMutation,
    ) -> Result<snarkfee_core::port::Replaced, snarkfee_core::port::SendError> {
        self.0.send(mutation).await
    }

    fn era(&self) -> Option<String> {
        self.0.era()
    }
}

fn replay_folder(folder: &Path) -> Replay {
    replay_decisions(&JournalReader::open(folder).unwrap(), &LookFilter::default(), |_| {}).unwrap()
}

fn try_policies(folder: &Path, threads: usize) -> BacktestReport {
    let open = || -> Result<JournalReader, JournalError> { JournalReader::open(folder) };
    let terms = BacktestSettings {
        pricing: Pricing::default(),
        cost: None,
        works_per_hour: None,
        interval: INTERVAL,
    };
    let entrants = ["profit", "always-on:0.0001MINA", "off"].map(|name| name.parse().unwrap());
    let threads = NonZero::new(threads).unwrap();
    backtest_journal(&open, &LookFilter::default(), &entrants, &terms, threads, &|_| {}).unwrap().0
}

#[tokio::test]
async fn decisions_of_two_runs_are_repeated_and_other_policies_tried() {
    let folder = TempDir::new().unwrap();
    let (last, first) = run_twice(folder.path()).await;
    let all = 2 * LOOKS as u64;
    let whole = Replay { looks: all, same: all, ..Replay::default() };
    assert_eq!(replay_folder(folder.path()), whole);

    // Sales survive the process: the next one knows more than the daemon reports.
    let samples = |record: &Record| record.market.as_ref().unwrap().samples;
    assert!(
        samples(&first) * 10 > samples(&last) * 9,
        "{} after {}",
        samples(&first),
        samples(&last)
    );

    let report = try_policies(folder.path(), 1);
    assert_eq!(report, try_policies(folder.path(), 3), "threads change nothing");
    assert_eq!((report.looks, report.replay.as_ref()), (Some(all), Some(&whole)));
    let [recorded, profit, always, off] = report.policies.as_slice() else { panic!("{report:#?}") };
    assert_eq!((recorded.policy.as_str(), off.works_sold), ("as recorded", 0));
    assert!(recorded.changes > 0 && profit.changes > 0 && always.works_sold > 0, "{report:#?}");
    assert!(off.works_made <= 2 && off.profit_mina.abs() < 1e-3, "{off:?}");
    assert!(report.policies.iter().all(|score| score.violations == 0));

    damage_journal(folder.path());
}

/// Deletes looks and changes the recorded settings: missing looks must be counted, and different
/// decisions listed.
fn damage_journal(folder: &Path) {
    let connection = Connection::open(folder.join(JOURNAL_FILE)).unwrap();
    connection.execute("PRAGMA foreign_keys = ON", []).ok();
    connection.execute("DELETE FROM looks WHERE id BETWEEN 2 AND 4", []).unwrap();
    let pruned = replay_folder(folder);
    assert_eq!(
        (pruned.different_count, pruned.looks + pruned.without_origin),
        (0, 2 * LOOKS as u64 - 3)
    );
    assert!((1..LOOKS as u64).contains(&pruned.without_origin), "{pruned:?}");

    let updated = connection.execute(
        r#"UPDATE settings SET json = replace(json, '"max_changes_per_day":48', '"max_changes_per_day":0')"#,
        [],
    );
    assert_eq!(updated, Ok(1));
    let changed = replay_folder(folder);
    assert!(changed.different_count > 0 && changed.same > 0, "{changed:?}");
    let first = &changed.different[0];
    assert!(
        first.replayed.contains("daily_budget") && !first.recorded.contains("daily_budget"),
        "{first:?}"
    );
    assert!(
        first.look > 0
            && first.at > start()
            && start() + SignedDuration::from_hours(100) > first.at
    );
}
