//! Works made, as counted over HTTP from a daemon of each way to count, beside those finished.
//!
//! `SNARKFEE_MADE_SEEDS=3` runs more markets, seeds and hours than the suite; `--nocapture` shows
//! the figures.

use std::time::Duration;

use snarkfee_client::{ClientConfig, DaemonClient, MetricsEndpoint};
use snarkfee_clock::{Clock, Hand};
use snarkfee_core::{
    cost::CostModel,
    cycle::{BOOK_INTERVAL, Context, CycleState},
    policy::{BlockProduction, Mode, Params, Pricing, Safety, Worker},
    port::DaemonPort,
    units::Nanomina,
};
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, Era},
    market_sim::{SimulatedDaemon, World, library},
};
use url::Url;

use crate::{
    server,
    simulated::{serve, start},
};

/// Proofs in hand at either end.
const IN_HAND: f64 = 2.0;

/// Works counted and finished in some hours at a fee that sells.
async fn count_made(scenario: &str, era: Era, seed: u64, hours: u64) -> (u64, u64) {
    let hand: &'static Hand = Box::leak(Box::new(Hand::new(start())));
    let clock = Clock::manual(hand);
    let world = World::new(&library::scenario(scenario).unwrap(), seed, start());
    let world = std::sync::Arc::new(std::sync::Mutex::new(world));
    let options = DaemonSimOptions { era, ..DaemonSimOptions::default() };
    let (served, address) = serve(&world, clock, options).await;
    let metrics = Url::parse(&served.metrics_url()).unwrap();
    let config = ClientConfig {
        clock,
        max_response: 64 << 20,
        metrics: Some(MetricsEndpoint::Page(metrics)),
        ..server::config(&address)
    };
    let client = DaemonClient::new(config).unwrap();
    let worker = Worker { key: Some(World::operator_key()), ..Worker::default() };
    let params = Params {
        pricing: Pricing::default(),
        worker,
        block_production: BlockProduction::default(),
        safety: Safety::default(),
    };
    let quotes = Default::default();
    let context =
        Context { mode: Mode::DryRun, params: &params, cost: &CostModel::Unknown, quotes };
    let (mut state, mut counted) = (CycleState::default(), 0);
    for _ in 0..=hours * 60 {
        // A restart reverts it.
        world.lock().unwrap().set_fee(Nanomina::try_new(900_000).unwrap());
        let look = client.look(&state.plan_look(clock.now(), &params, BOOK_INTERVAL)).await;
        let look = state.vet(look);
        let conclusion = state.conclude(clock.now(), &look, &context).0;
        counted += conclusion.effort.made;
        hand.pass(Duration::from_secs(60));
    }
    let finished = world.lock().unwrap().truth().own.made;
    (counted, finished)
}

#[tokio::test]
async fn works_made_are_those_finished_to_two_percent_in_every_era_and_over_restarts() {
    let eras = [Era::Mainnet14, Era::Berkeley30, Era::Mesa40];
    let suite = vec![
        ("scarce", Era::Mainnet14, 1, 2),
        ("list-price", Era::Berkeley30, 1, 2),
        ("restarts", Era::Mesa40, 1, 5),
    ];
    let cases = std::env::var("SNARKFEE_MADE_SEEDS").map_or(suite, |seeds| {
        let seeds: u64 = seeds.parse().unwrap();
        let markets = ["scarce", "list-price", "zkapps", "restarts"];
        let of = move |market| {
            eras.into_iter()
                .flat_map(move |era| (1..=seeds).map(move |seed| (market, era, seed, 12)))
        };
        markets.into_iter().flat_map(of).collect()
    });
    for (market, era, seed, hours) in cases {
        let (counted, finished) = count_made(market, era, seed, hours).await;
        println!("{market} {era} {seed}: {counted} counted, {finished} finished in {hours} hours");
        let off = (counted as f64 - finished as f64).abs();
        assert!(finished > 100, "{market} {era} {seed}: {finished}");
        assert!(off <= 0.02 * finished as f64 + IN_HAND, "{market} {era}: {counted} of {finished}");
    }
}
