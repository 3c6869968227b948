//! The operator: his orders, over HTTP and in the journal, and what he writes into the configuration.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body, http::Request};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use snarkfee_clock::Timepiece;
use snarkfee_core::{control::OperatorCommand, policy::OnExit, units::DaemonId};
use snarkfee_journal::OrderWriter;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    config::{ConfigFile, DAEMONS, SimConfig, TOKEN},
    history::{Fact, History},
    machine::Machine,
    schedule::{Fault, Order},
};

/// The operator.
pub(crate) struct Operator {
    pub(crate) machine: &'static Machine,
    pub(crate) history: Arc<Mutex<History>>,
    pub(crate) config: ConfigFile,
    /// The service's answers to requests, while it runs.
    pub(crate) router: Arc<Mutex<Option<Router>>>,
    /// What waits for an answer.
    pub(crate) waiting: JoinSet<()>,
}

impl Operator {
    fn note(&self, fact: Fact) {
        self.history.lock().unwrap().note(fact);
    }

    /// Gives an order over HTTP; nothing where no service runs.
    pub(crate) fn order_over_http(&mut self, order: Order, daemon: Option<usize>) {
        let Some(router) = self.router.lock().unwrap().clone() else { return };
        let path = match order {
            Order::Pause(_) => "/api/v1/pause",
            Order::Resume => "/api/v1/resume",
        };
        let name = daemon.map_or("null".to_owned(), |it| format!("\"{}\"", DAEMONS[it]));
        let lasting = match order {
            Order::Pause(Some(lasting)) => format!(",\"for\":\"{}s\"", lasting.as_secs().max(1)),
            Order::Pause(None) | Order::Resume => String::new(),
        };
        let request = Request::post(path)
            .header("host", "localhost")
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("content-type", "application/json")
            .body(Body::from(format!("{{\"daemon\":{name}{lasting}}}")))
            .unwrap();
        self.note(Fact::OrderTried { order, daemon });
        let history = Arc::clone(&self.history);
        self.waiting.spawn(async move {
            let response = TowerToHyperService::new(router).call(request).await.unwrap();
            if response.status() == 202 {
                history.lock().unwrap().note(Fact::OrderAcknowledged { order, daemon });
            }
        });
    }

    /// Gives an order as `snarkfee pause` does where it cannot reach a service: in the journal.
    pub(crate) fn order_in_journal(&mut self, order: Order, daemon: Option<usize>) {
        let Ok(mut writer) = OrderWriter::open(&self.config.state_dir()) else { return };
        let (now, meant) = (self.machine.now(), daemon.map(|it| daemon_id(DAEMONS[it])));
        let command = match order {
            Order::Pause(lasting) => {
                OperatorCommand::Pause { daemon: meant, until: lasting.map(|span| now + span) }
            }
            Order::Resume => OperatorCommand::Resume { daemon: meant },
        };
        self.note(Fact::OrderTried { order, daemon });
        let Ok(given) = writer.give(now, &command) else { return };
        let acknowledged = Fact::OrderAcknowledged { order, daemon };
        if !writer.service_runs() {
            return self.note(acknowledged);
        }
        let history = Arc::clone(&self.history);
        self.waiting.spawn(async move {
            for _ in 0..600 {
                match writer.is_under_way(&given) {
                    Ok(true) => sleep(Duration::from_millis(100)).await,
                    Ok(false) => return history.lock().unwrap().note(acknowledged),
                    Err(_) => return,
                }
            }
        });
    }

    /// Reads what the service shows: nothing of that changes anything.
    pub(crate) fn read_pages(&mut self) {
        let Some(router) = self.router.lock().unwrap().clone() else { return };
        self.waiting.spawn(async move {
            for path in ["/", "/metrics", "/healthz", "/api/v1/status", "/api/v1/decisions"] {
                let request = Request::get(path).header("host", "localhost");
                let request = request.body(Body::empty()).unwrap();
                let _ = TowerToHyperService::new(router.clone()).call(request).await;
            }
        });
    }

    /// The configuration that he writes at a fault, and the one that he goes back to after it.
    pub(crate) fn rewrite(&self, fault: Fault, seed: u64) -> (SimConfig, SimConfig) {
        let mut draw = ChaCha8Rng::seed_from_u64(seed);
        let now = SimConfig::clone(&self.config.config());
        let (mut changed, mut after) = (now.clone(), now);
        match fault {
            Fault::ModeReloaded => (changed.live, after.live) = (!changed.live, true),
            Fault::BoundsReloaded => {
                changed.floor = draw.random_range(0..5_000_000);
                changed.ceiling = changed.floor + draw.random_range(1..400_000_000);
                changed.reapplies = draw.random_bool(0.5);
                after = SimConfig { floor: changed.floor, ..after };
            }
            Fault::ExitReloaded => {
                let all = [OnExit::Keep, OnExit::Off, OnExit::Baseline];
                changed.on_exit = all[draw.random_range(0..3)];
                after.on_exit = changed.on_exit;
            }
            Fault::LoopReplaced => {
                changed.timeout = Duration::from_secs(draw.random_range(5..60));
                changed.live = draw.random_bool(0.8);
                after.timeout = changed.timeout;
            }
            Fault::DaemonRemoved => {
                (changed.second, after.second) = (false, true);
                changed.live = draw.random_bool(0.8);
                let all = [OnExit::Keep, OnExit::Off, OnExit::Baseline];
                changed.on_exit = all[draw.random_range(0..3)];
            }
            Fault::FileBroken => (changed.broken, after.broken) = (true, false),
            _ => {}
        }
        (changed, after)
    }
}

fn daemon_id(name: &str) -> DaemonId {
    DaemonId::try_new(name).unwrap()
}
