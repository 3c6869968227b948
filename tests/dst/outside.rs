//! What the service reaches: the simulated daemons and a feed of prices.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use snarkfee::service::{ConnectError, Feed, Outside};
use snarkfee_client::{PriceReading, RequestObserver};
use snarkfee_clock::Clock;
use snarkfee_config::Daemon;
use snarkfee_core::{
    cost::{EnergyList, EnergySource, PriceQuote, PriceSource},
    fault::Fault as PortFault,
    units::{Currency, Fiat},
};
use tokio::time::sleep;

use crate::{
    daemon::{SimDaemon, SimPort},
    disk::number_of,
    history::{Fact, History},
    kill_point::{KillPoints, Site},
    machine::Machine,
    schedule::Fault,
};

/// Everything outside of the service.
#[derive(Clone)]
pub(crate) struct SimOutside {
    pub(crate) daemons: [Arc<Mutex<SimDaemon>>; 2],
    pub(crate) history: Arc<Mutex<History>>,
    pub(crate) kill_points: Arc<KillPoints>,
    pub(crate) feed: SimFeed,
    /// Connections made.
    pub(crate) ports: Arc<AtomicU64>,
}

/// A feed of the price of MINA.
#[derive(Clone)]
pub(crate) struct SimFeed {
    pub(crate) machine: &'static Machine,
    pub(crate) history: Arc<Mutex<History>>,
    pub(crate) kill_points: Arc<KillPoints>,
    pub(crate) faults: Arc<Mutex<Vec<(Fault, Duration, u64)>>>,
}

impl Outside for SimOutside {
    type Daemon = SimPort;
    type PriceFeed = SimFeed;
    type EnergyFeed = NoFeed;

    fn renew_connections(&self) {}

    fn connect(
        &self,
        daemon: &Daemon,
        clock: Clock,
        _: Arc<dyn RequestObserver>,
    ) -> Result<SimPort, ConnectError> {
        let number = number_of(&daemon.id);
        let port = self.ports.fetch_add(1, Ordering::Relaxed);
        self.history.lock().unwrap().note(Fact::Connected { daemon: number, port });
        Ok(SimPort {
            daemon: Arc::clone(&self.daemons[number]),
            clock,
            timeout: daemon.timeout,
            port,
            kill_points: Arc::clone(&self.kill_points),
        })
    }

    fn open_price_feed(&self, _: PriceSource) -> Result<SimFeed, PortFault> {
        Ok(self.feed.clone())
    }

    fn open_energy_feed(&self, _: EnergySource) -> Result<NoFeed, PortFault> {
        Ok(NoFeed)
    }
}

impl Feed<PriceReading> for SimFeed {
    async fn fetch(&self, now: Timestamp) -> PriceReading {
        self.kill_points.pass(Site::Ask).await;
        sleep(Duration::from_millis(80)).await;
        let passed = self.machine.passed();
        let fault = {
            let mut faults = self.faults.lock().unwrap();
            faults.retain(|(_, until, _)| *until > passed);
            faults.first().copied()
        };
        let nanos = match fault {
            Some((Fault::PriceFails, ..)) => {
                return PriceReading { quote: None, read: 0, needed: 1, failed: Vec::new() };
            }
            Some((_, _, seed)) => {
                ChaCha8Rng::seed_from_u64(seed).random_range(2_000_000..90_000_000_000)
            }
            None => 300_000_000,
        };
        let price = Fiat::try_new(nanos, Currency::try_new("USD").unwrap()).unwrap();
        self.history.lock().unwrap().note(Fact::Priced);
        let quote = Some(PriceQuote { price, at: now });
        PriceReading { quote, read: 1, needed: 1, failed: Vec::new() }
    }
}

/// There is no feed of electricity.
pub(crate) struct NoFeed;

impl Feed<Result<EnergyList, PortFault>> for NoFeed {
    async fn fetch(&self, _: Timestamp) -> Result<EnergyList, PortFault> {
        Err(PortFault::Unreachable { cause: "there is none".to_owned() })
    }
}
