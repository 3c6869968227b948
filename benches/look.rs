//! Time of one look. After it was read, 290 blocks and 20,000 open works should be taken in,
//! concluded from and decided on in less than 20 ms on one core; over loopback, a simulated
//! daemon's answers are fetched and read too.

#![expect(clippy::indexing_slicing, reason = "a benchmark of fixed data may panic")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use divan::{Bencher, black_box};
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use snarkfee_client::{ClientConfig, DaemonClient, MetricsEndpoint};
use snarkfee_clock::Clock;
use snarkfee_core::{
    cost::{CostModel, CostUnknown},
    cycle::{BOOK_INTERVAL, Context, CycleState},
    market::{
        Block, Book, BookOrder, ChainLook, ConsensusSlot, DaemonStatus, Look, MarketHistory,
        MarketView, Offer, OpenWork, Prediction, Sale, Selection, SyncState, ViewSettings,
    },
    policy::{
        BlockProduction, Decision, Memory, Mode, Params, Pricing, Role, Safety, Situation, Worker,
        decide,
    },
    port::DaemonPort,
    units::{Nanomina, PublicKey, WorkId},
};
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, SimDaemonServer},
    market_sim::{World, library},
};
use tokio_util::sync::CancellationToken;

fn main() {
    divan::main();
}

const BLOCKS: u32 = 290;
const OPEN: i64 = 20_000;
const SLOT: Duration = Duration::from_secs(90);
const DAY: Duration = Duration::from_secs(86_400);
const SETTINGS: ViewSettings = ViewSettings {
    window: DAY,
    half_life: Duration::from_secs(21_600),
    min_samples: 30,
    works_per_hour: Some(90.0),
    level: Nanomina::ONE,
    selection: Selection::Auto,
};
const PREDICTION: Prediction = Prediction { fee: None, corrected: 0.5, uncorrected: 0.5 };

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(490_000)
}

fn fee(nanomina: u64) -> Nanomina {
    Nanomina::try_new(nanomina).unwrap_or(Nanomina::MAX)
}

fn keys() -> Vec<PublicKey> {
    (0..8).filter_map(|at| PublicKey::try_new(&format!("B62qprover{}", at + 1)).ok()).collect()
}

/// Free work, dust, list prices, and a tail of prices that hardly two provers share.
fn price(random: &mut ChaCha8Rng) -> Nanomina {
    fee(match random.random_range(0..10) {
        0..4 => 0,
        4 => random.random_range(1..=10),
        5 | 6 => [50_000, 100_000, 990_000, 1_000_000][random.random_range(0..4)],
        _ => random.random_range(100_000..20_000_000),
    })
}

fn status(worker: &PublicKey) -> DaemonStatus {
    let slot = ConsensusSlot { global_slot: 1_000_000, starts: now() };
    DaemonStatus {
        worker: Some(worker.clone()),
        fee: fee(1_000_000),
        sync: SyncState::Synced,
        height: Some(480_000 + BLOCKS),
        highest_received: 480_000 + BLOCKS,
        uptime: DAY,
        peers: Some(20),
        commit: "0123456789abcdef".to_owned(),
        state_hash: None,
        best_tip: Some(slot),
        now: slot,
        slot_duration: SLOT,
        own_slots: Default::default(),
        produces_blocks: false,
        exact_pool: None,
        read_only: false,
        simulated_speed: None,
    }
}

fn look() -> Look {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let keys = keys();
    let mut block = |index: u32| {
        let works = if random.random_range(0..4) == 0 { 128 } else { random.random_range(0..16) };
        let sale = |work: i64| Sale {
            work: WorkId::one(i64::from(index) * 200 + work),
            fee: price(&mut random),
            prover: keys[random.random_range(0..keys.len())].clone(),
        };
        Arc::new(Block {
            height: 480_000 + index,
            state_hash: format!("3N{index}").into(),
            at: now() - SLOT * (BLOCKS - index),
            works: (0..works).map(sale).collect(),
        })
    };
    let blocks = (0..BLOCKS).map(&mut block).collect();
    let open = |work: i64| OpenWork {
        work: WorkId::one(1_000_000 + work),
        standing: (random.random_range(0..20) > 0).then(|| Offer {
            fee: price(&mut random),
            prover: keys[random.random_range(0..keys.len())].clone(),
        }),
    };
    let works = (0..OPEN).map(open).collect();
    Look {
        at: now(),
        clock_set: None,
        machine: None,
        status: Ok(status(&keys[0])),
        market_read: None,
        chain: Some(Ok(ChainLook { blocks })),
        book: Some(Ok(Book { order: BookOrder::Purchase, works })),
        kept_book: None,
        book_took: None,
        metrics: None,
        account: Some(Ok(snarkfee_core::market::LedgerAccount::Open)),
    }
}

fn params() -> Params {
    Params {
        pricing: Pricing::default(),
        worker: Worker { key: keys().into_iter().next(), ..Worker::default() },
        block_production: BlockProduction::default(),
        safety: Safety::default(),
    }
}

fn conclude(mut history: MarketHistory, look: &Look, params: &Params) -> Decision {
    let owns = |prover: &PublicKey| params.worker.owns(prover);
    history.absorb_look(look, owns, Some(PREDICTION));
    let view = MarketView::new(&history, look, &SETTINGS, owns);
    let memory = Memory::default();
    let cost = Ok(fee(100_000).into());
    decide(&Situation {
        mina_price: Err(&CostUnknown::NoPrice),
        now: look.at,
        mode: Mode::Live,
        look,
        view: &view,
        cost,
        memory: &memory,
        role: Role::Worker,
        params,
    })
    .decision
}

/// The first look after a start.
#[divan::bench]
fn first_look(bencher: Bencher<'_, '_>) {
    let (look, params) = (look(), params());
    bencher
        .with_inputs(MarketHistory::default)
        .bench_values(|history| conclude(history, black_box(&look), &params));
}

/// Any later one: everything in it is known already.
#[divan::bench]
fn later_look(bencher: Bencher<'_, '_>) {
    let (look, params) = (look(), params());
    let mut known = MarketHistory::default();
    known.absorb_look(&look, |prover| params.worker.owns(prover), Some(PREDICTION));
    bencher
        .with_inputs(|| known.clone())
        .bench_values(|history| conclude(history, black_box(&look), &params));
}

/// Of a look, what the estimate and the order book take.
#[divan::bench]
fn view_alone(bencher: Bencher<'_, '_>) {
    let (look, params) = (look(), params());
    let owns = |prover: &PublicKey| params.worker.owns(prover);
    let mut history = MarketHistory::default();
    history.absorb_look(&look, owns, Some(PREDICTION));
    bencher.bench(|| MarketView::new(&history, black_box(&look), &SETTINGS, owns));
}

/// Of a look, what the decision takes: forecasts over all fees, and what follows from them.
#[divan::bench]
fn decision_alone(bencher: Bencher<'_, '_>) {
    let (look, params) = (look(), params());
    let owns = |prover: &PublicKey| params.worker.owns(prover);
    let mut history = MarketHistory::default();
    history.absorb_look(&look, owns, Some(PREDICTION));
    let view = MarketView::new(&history, &look, &SETTINGS, owns);
    let (memory, cost) = (Memory::default(), Ok(fee(100_000).into()));
    bencher.bench(|| {
        let (look, memory, params) = (black_box(&look), &memory, &params);
        decide(&Situation {
            mina_price: Err(&CostUnknown::NoPrice),
            now: look.at,
            mode: Mode::Live,
            look,
            view: &view,
            cost,
            memory,
            role: Role::Worker,
            params,
        })
    });
}

/// State, blocks, works and metrics fetched from a simulated daemon of the newest era, and
/// concluded from.
#[divan::bench]
fn over_loopback(bencher: Bencher<'_, '_>) {
    let Ok(runtime) = tokio::runtime::Runtime::new() else { return };
    let clock = Clock::system();
    let Ok(scenario) = library::scenario("scarce") else { return };
    let world = Arc::new(Mutex::new(World::new(
        &scenario,
        1,
        clock.now() - SignedDuration::from_hours(12),
    )));
    let (port, stop) = (([127, 0, 0, 1], 0).into(), CancellationToken::new());
    let served = runtime.block_on(SimDaemonServer::bind(
        port,
        port,
        world,
        clock,
        DaemonSimOptions::default(),
        &stop,
    ));
    let Ok(served) = served else { return };
    let (Ok(graphql_url), Ok(metrics)) =
        (served.graphql_url().parse(), served.metrics_url().parse())
    else {
        return;
    };
    let config = ClientConfig {
        graphql_url,
        metrics: Some(MetricsEndpoint::Page(metrics)),
        bearer: None,
        timeout: Duration::from_secs(30),
        max_response: 64 << 20,
        clock,
        observer: None,
        member: None,
    };
    let Ok(client) = DaemonClient::new(config) else { return };
    let worker = Worker { key: Some(World::operator_key()), ..Worker::default() };
    let params = Params { worker, ..params() };
    let (mut state, cost) = (CycleState::default(), CostModel::PerWork(fee(100_000)));
    let context =
        Context { mode: Mode::DryRun, params: &params, cost: &cost, quotes: Default::default() };
    bencher.bench_local(|| {
        let plan = state.plan_look(clock.now(), &params, BOOK_INTERVAL);
        let look = runtime.block_on(client.look(&plan));
        state.conclude(look.at, &look, &context).1.decision
    });
    stop.cancel();
    runtime.block_on(served.shut_down());
}
