//! The order book over several looks: when it is asked for, what is left out of it, and what it is
//! worth after a restart of the daemon.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use snarkfee_client::{ClientConfig, DaemonClient};
use snarkfee_clock::{Clock, Hand};
use snarkfee_core::{
    cost::CostModel,
    cycle::{BOOK_INTERVAL, Context, CycleState},
    market::{BookOrder, Look},
    policy::{BlockProduction, Mode, Params, Pricing, Safety, Worker},
    port::DaemonPort,
    units::WorkId,
};
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, Era},
    market_sim::{SimulatedDaemon, World, library},
};

use crate::{
    server,
    simulated::{serve, start, world},
};

fn params() -> Params {
    Params {
        pricing: Pricing::default(),
        worker: Worker { key: Some(World::operator_key()), ..Worker::default() },
        block_production: BlockProduction::default(),
        safety: Safety::default(),
    }
}

fn context(params: &Params) -> Context<'_> {
    let quotes = Default::default();
    Context { mode: Mode::DryRun, params, cost: &CostModel::Unknown, quotes }
}

/// The pool holds a work that was bought as long as any block of the frontier had it outstanding,
/// so a look that reads only the newest blocks would take works bought before them for open ones.
#[tokio::test]
async fn works_bought_long_ago_stay_out_of_the_book_of_every_look() {
    static HAND: Hand = Hand::new(jiff::Timestamp::UNIX_EPOCH);
    HAND.set(start());
    let clock = Clock::manual(&HAND);
    let world = world(3);
    let options = DaemonSimOptions { era: Era::Mainnet14, ..DaemonSimOptions::default() };
    let (_served, address) = serve(&world, clock, options).await;
    let client = server::client_by(&address, clock);
    let params = params();
    let context = context(&params);
    let mut state = CycleState::default();
    for look in 0..3 {
        let seen = client.look(&state.plan_look(clock.now(), &params, Duration::ZERO)).await;
        let book = seen.book.clone().expect("asked").expect("a book");
        assert_eq!(book.order, BookOrder::Unknown);
        let shown: BTreeSet<WorkId> = book.works.iter().map(|open| open.work).collect();
        let open: BTreeSet<WorkId> =
            world.lock().unwrap().snapshot().open.iter().map(|open| open.work).collect();
        let bought: Vec<_> = shown.difference(&open).collect();
        assert!(
            bought.is_empty(),
            "look {look}: {} of {} works are not open",
            bought.len(),
            shown.len()
        );
        state.conclude(clock.now(), &seen, &context);
        HAND.pass(Duration::from_secs(60));
    }
}

/// The scenario restarts the daemon, with its worker on, in this slot; it is in sync again three
/// slots later, with an empty pool that fills within ten minutes.
const RESTART: u32 = 150;
const SLOT: Duration = Duration::from_secs(90);

#[tokio::test]
async fn after_a_restart_in_any_era_sales_count_at_once_and_the_book_when_the_pool_has_filled() {
    static HAND: Hand = Hand::new(jiff::Timestamp::UNIX_EPOCH);
    let clock = Clock::manual(&HAND);
    let scenario = library::scenario("restarts").unwrap();
    for era in Era::ALL {
        HAND.set(start());
        let world = Arc::new(Mutex::new(World::new(&scenario, 1, start())));
        let options = DaemonSimOptions { era, ..DaemonSimOptions::default() };
        let (_served, address) = serve(&world, clock, options).await;
        let client = server::client_by(&address, clock);
        let params = params();
        let context = context(&params);
        let mut state = CycleState::default();
        let mut seen = Vec::new();
        for slot in [RESTART - 2, RESTART - 1, RESTART + 3, RESTART + 30] {
            HAND.set(start() + SLOT * slot + SLOT / 2);
            let look = client.look(&state.plan_look(clock.now(), &params, Duration::ZERO)).await;
            assert!(matches!(&look.book, Some(Ok(_))), "{era:?} {slot}: {look:?}");
            let sold = look.chain.as_ref().is_none_or(|chain| chain.is_ok());
            let view = state.conclude(clock.now(), &look, &context).0.view;
            let summary = view.summary();
            let share = summary.uncovered_works as f64 / summary.open_works as f64;
            seen.push((summary.pool_filling, share));
            if look.chain.is_some() {
                assert!(sold && summary.samples >= 100, "{era:?} {slot}: {summary:?}");
            }
        }
        let filling: Vec<bool> = seen.iter().map(|(filling, _)| *filling).collect();
        assert_eq!(filling, [false, false, true, false], "{era:?}: {seen:?}");
    }
}

#[tokio::test]
async fn the_book_is_asked_for_after_the_interval_blocks_at_a_new_tip_and_a_slow_daemon_is_spared()
{
    static HAND: Hand = Hand::new(jiff::Timestamp::UNIX_EPOCH);
    HAND.set(start());
    let clock = Clock::manual(&HAND);
    let world = world(1);
    let (_served, address) = serve(&world, clock, DaemonSimOptions::default()).await;
    let log = server::Log::new();
    let config = ClientConfig {
        clock,
        max_response: 64 << 20,
        observer: Some(log.clone()),
        ..server::config(&address)
    };
    let client = DaemonClient::new(config).unwrap();
    let asked = |operation: &str, taken: &[(&str, &str)]| {
        taken.iter().filter(|(name, outcome)| *name == operation && *outcome == "ok").count()
    };
    let params = params();
    let context = context(&params);
    let mut state = CycleState::default();
    let (mut read, mut known_tip, mut readings) = (None::<jiff::Timestamp>, None, 0);
    for look in 0..60 {
        let seen = client.look(&state.plan_look(clock.now(), &params, BOOK_INTERVAL)).await;
        let taken = log.taken();
        let tip = seen.status.as_ref().unwrap().state_hash.clone();
        let due =
            read.is_none_or(|at| clock.now().duration_since(at).unsigned_abs() >= BOOK_INTERVAL);
        let moved = known_tip.replace(tip.clone()).is_some_and(|known| known != tip);
        let wanted = [usize::from(due), usize::from(!due && moved)];
        let counts = ["market_range", "market_blocks"].map(|operation| asked(operation, &taken));
        assert_eq!(counts, wanted, "look {look}: {taken:?}");
        assert_eq!(asked("status_metrics", &taken), 1, "look {look}: {taken:?}");
        if due {
            (read, readings) = (Some(clock.now()), readings + 1);
        }
        let view = state.conclude(clock.now(), &seen, &context).0.view;
        assert_eq!(view.summary().book_read, read, "look {look}");
        assert!(view.summary().open_works > 0);
        HAND.pass(Duration::from_secs(60));
    }
    assert_eq!(readings, 20);

    let whole = client.look(&state.plan_look(clock.now(), &params, Duration::ZERO)).await;
    log.taken();
    let slow = Look { book_took: Some(Duration::from_secs(40)), ..whole };
    let before = state.conclude(clock.now(), &slow, &context).0.view.summary().clone();
    HAND.pass(Duration::from_secs(600));
    let spared = client.look(&state.plan_look(clock.now(), &params, BOOK_INTERVAL)).await;
    let taken = log.taken();
    assert_eq!((asked("market_blocks", &taken), asked("market_range", &taken)), (1, 0));
    let after = state.conclude(clock.now(), &spared, &context).0.view.summary().clone();
    assert_eq!(after.book_read, before.book_read);
    let Some(Ok(chain)) = &spared.chain else { panic!("{spared:?}") };
    assert!(!chain.blocks.is_empty() && after.open_works <= before.open_works);
}
