//! Daemons of one fleet, over HTTP: who is asked for blocks and book, and who takes whose.

use std::sync::{Arc, Mutex};

use snarkfee_client::{ClientConfig, DaemonClient, Fleet, Member};
use snarkfee_clock::{Clock, Hand};
use snarkfee_core::{
    market::Look,
    port::{DaemonPort, LookPlan},
    units::DaemonId,
};
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, SimDaemonServer},
    market_sim::{SimulatedDaemon, World},
};

use crate::{
    server,
    simulated::{serve, start, world},
};

/// A daemon of the fleet, in a network.
async fn daemon(
    name: &str,
    network: &Arc<Mutex<World>>,
    fleet: &Arc<Fleet>,
    clock: Clock,
) -> (SimDaemonServer, DaemonClient) {
    let (served, address) = serve(network, clock, DaemonSimOptions::default()).await;
    let member = Member { daemon: DaemonId::try_new(name).unwrap(), fleet: Arc::clone(fleet) };
    let config = ClientConfig {
        clock,
        member: Some(member),
        max_response: 64 << 20,
        ..server::config(&address)
    };
    (served, DaemonClient::new(config).unwrap())
}

async fn look(client: &DaemonClient) -> Look {
    let look =
        client.look(&LookPlan { blocks: 290, kept: None, account: None, own_market: false }).await;
    assert!(
        look.status.is_ok()
            && matches!(&look.chain, Some(Ok(_)))
            && matches!(&look.book, Some(Ok(_))),
        "{look:?}"
    );
    look
}

fn read_by(look: &Look) -> Option<&str> {
    look.market_read.as_ref().map(|reading| reading.by.as_str())
}

#[tokio::test]
async fn one_daemon_of_each_network_is_asked_for_blocks_and_book() {
    static HAND: Hand = Hand::new(jiff::Timestamp::UNIX_EPOCH);
    HAND.set(start());
    let clock = Clock::manual(&HAND);
    let fleet = Arc::default();
    let (mainnet, devnet) = (world(1), world(2));
    let (_served, first) = daemon("first", &mainnet, &fleet, clock).await;
    let (served, second) = daemon("second", &mainnet, &fleet, clock).await;
    let (_served, elsewhere) = daemon("elsewhere", &devnet, &fleet, clock).await;
    let read = look(&first).await;
    assert_eq!(read_by(&read), None);
    let before = served.requests();
    let taken = look(&second).await;
    assert_eq!(read_by(&taken), Some("first"));
    assert_eq!((&taken.chain, &taken.book), (&read.chain, &read.book));
    assert_eq!(served.requests() - before, 2, "the schema and the status");
    assert_eq!(read_by(&look(&elsewhere).await), None);
    HAND.pass(read.status.unwrap().slot_duration);
    assert_eq!(read_by(&look(&second).await), None, "the reading is too old");
    assert_eq!(read_by(&look(&first).await), Some("second"));
}

#[tokio::test]
async fn a_daemon_that_is_ahead_reads_for_itself_and_those_behind_take_that() {
    static HAND: Hand = Hand::new(jiff::Timestamp::UNIX_EPOCH);
    HAND.set(start());
    let clock = Clock::manual(&HAND);
    let fleet = Arc::default();
    let (ahead, behind) = (world(1), world(1));
    // The same chain, one daemon of which has seen more of it.
    let later = start() + std::time::Duration::from_secs(3_600);
    ahead.lock().unwrap().advance(later);
    let (_first, slow) = daemon("slow", &behind, &fleet, clock).await;
    let (_second, quick) = daemon("quick", &ahead, &fleet, clock).await;
    assert_eq!(read_by(&look(&slow).await), None);
    assert_eq!(read_by(&look(&quick).await), None);
    assert_eq!(read_by(&look(&slow).await), Some("quick"));
}
