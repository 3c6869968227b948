//! The order book over several looks, at a daemon that shows its whole snark pool instead of the
//! open works.

use std::{collections::BTreeSet, time::Duration};

use snarkfee_clock::{Clock, Hand};
use snarkfee_core::{
    cost::CostModel,
    cycle::{Context, CycleState},
    market::BookOrder,
    policy::{BlockProduction, Mode, Params, Pricing, Safety, Worker},
    port::DaemonPort,
    units::WorkId,
};
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, Era},
    market_sim::{SimulatedDaemon, World},
};

use crate::{
    server,
    simulated::{serve, start, world},
};

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
    let params = Params {
        pricing: Pricing::default(),
        worker: Worker { key: Some(World::operator_key()), ..Worker::default() },
        block_production: BlockProduction::default(),
        safety: Safety::default(),
    };
    let context = Context {
        mode: Mode::DryRun,
        params: &params,
        cost: &CostModel::Unknown,
        quotes: Default::default(),
    };
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
