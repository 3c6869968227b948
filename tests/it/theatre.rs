//! The controller with its real client and its real journal, before a simulated daemon, with
//! everything that can go wrong in between.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::SignedDuration;
use snarkfee::{
    controller::{Runner, Wiring},
    service::Publisher,
};
use snarkfee_client::{ClientConfig, DaemonClient, MetricsEndpoint};
use snarkfee_core::{
    control::OperatorCommand,
    cost::{CostModel, PriceQuote},
    cycle::Plan,
    invariants::ChangeAuthor,
    ledger::Ledger,
    policy::{BlockProduction, ExternalChange, OnExit, Params, Pricing, Safety, Worker},
    record::Mode,
    units::{DaemonId, Nanomina},
};
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, Era, SimDaemonServer},
    market_sim::{Scenario, SimulatedDaemon, World},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    checker::{Step, Trace},
    chronicle::Chronicle,
    faulty_proxy::{FaultyProxy, OVERSIZED},
    fixed_daemon::{ANY_PORT, nanomina, start},
    injected_fault::{FaultEffect, InjectedFault},
    stage::{Stage, Time},
};

pub(crate) const SLOT: Duration = Duration::from_secs(90);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
/// Far above what a look takes; one that reaches it has hung.
pub(crate) const LOOK_LIMIT: Duration = Duration::from_secs(120);

/// How a run is set up.
pub(crate) struct Setting {
    pub(crate) mode: Mode,
    pub(crate) era: Era,
    pub(crate) scenario: Scenario,
    pub(crate) seed: u64,
    pub(crate) restarts: Vec<u32>,
    pub(crate) timeout: Duration,
}

impl Setting {
    /// A live controller on a daemon of the newest era that neither hangs nor restarts.
    pub(crate) fn live(scenario: Scenario) -> Self {
        let timeout = LOOK_LIMIT / 8;
        Self {
            mode: Mode::Live,
            era: Era::Mesa40,
            scenario,
            seed: 1,
            restarts: Vec::new(),
            timeout,
        }
    }
}

/// The controller, the daemon, what stands between them, and the trace so far.
pub(crate) struct Theatre {
    pub(crate) trace: Trace,
    time: Time,
    stage: Arc<Mutex<Stage>>,
    _server: SimDaemonServer,
    proxy: FaultyProxy,
    /// None while there is no controller.
    runner: Option<Runner<DaemonClient>>,
    chronicle: Chronicle,
    paused: bool,
    /// Whether the journal could not take down the last look.
    strained: bool,
    wrong: SignedDuration,
    seed: u64,
    timeout: Duration,
    plan: watch::Sender<Arc<Plan>>,
    quote: watch::Sender<Option<PriceQuote>>,
}

pub(crate) fn params() -> Params {
    Params {
        pricing: Pricing {
            floor: nanomina(1_000),
            ceiling: nanomina(500_000_000),
            window: MINUTE * 90,
            half_life: MINUTE * 20,
            min_samples: 15,
            confirm: 2,
            cooldown: MINUTE * 5,
            min_on: MINUTE * 10,
            min_off: MINUTE * 10,
            max_changes_per_day: 40,
            ..Pricing::default()
        },
        worker: Worker { key: Some(World::operator_key()), ..Worker::default() },
        block_production: BlockProduction { enabled: true, ..BlockProduction::default() },
        safety: Safety {
            max_consecutive_failures: 4,
            external_hold: MINUTE * 10,
            ..Safety::default()
        },
    }
}

impl Theatre {
    pub(crate) async fn open(setting: Setting) -> Self {
        let time = Time::new(start());
        let world = World::new(&setting.scenario, setting.seed, start());
        let stage = Arc::new(Mutex::new(Stage::new(world, start())));
        let options = DaemonSimOptions { era: setting.era, ..DaemonSimOptions::default() };
        let stop = CancellationToken::new();
        let server =
            SimDaemonServer::bind(ANY_PORT, ANY_PORT, stage.clone(), time.market(), options, &stop);
        let server = server.await.unwrap();
        let proxy = FaultyProxy::before(server.graphql_address(), server.metrics_address(), time);
        let plan = Plan {
            mode: setting.mode,
            interval: MINUTE,
            params: params(),
            cost: CostModel::PerWork(nanomina(100_000)),
            on_exit: OnExit::Keep,
        };
        let restarts = setting.restarts.iter().map(|slot| start() + SLOT * *slot).collect();
        let mut theatre = Self {
            trace: Trace { mode: setting.mode, params: params(), restarts, steps: Vec::new() },
            time,
            stage,
            _server: server,
            proxy,
            runner: None,
            chronicle: Chronicle::open(start()),
            paused: false,
            strained: false,
            wrong: SignedDuration::ZERO,
            seed: setting.seed,
            timeout: setting.timeout,
            plan: watch::channel(Arc::new(plan)).0,
            quote: watch::channel(None).0,
        };
        theatre.runner = Some(theatre.controller());
        theatre
    }

    /// A controller that goes on from what the journal keeps.
    fn controller(&self) -> Runner<DaemonClient> {
        let id = DaemonId::try_new("stormy").unwrap();
        let port = DaemonClient::new(ClientConfig {
            graphql_url: Url::parse(&self.proxy.graphql_url()).unwrap(),
            metrics: Some(MetricsEndpoint::Page(Url::parse(&self.proxy.metrics_url()).unwrap())),
            bearer: None,
            timeout: self.timeout,
            max_response: OVERSIZED as u64 - 1,
            clock: self.time.controller(),
            observer: None,
            member: None,
        });
        Runner::new(Wiring {
            id: id.clone(),
            port: port.unwrap(),
            clock: self.time.controller(),
            plan: self.plan.subscribe(),
            ledger: self.chronicle.ledger(),
            wake: Arc::default(),
            quote: self.quote.subscribe(),
            sink: Arc::new(Publisher::new(self.trace.mode, [id])),
            seed: self.seed,
        })
    }

    /// The controller ends as a killed one does, and another begins.
    async fn replace_controller(&mut self) {
        self.runner = None;
        self.chronicle.reopen(self.time.believed()).await;
        self.runner = Some(self.controller());
    }

    /// Lets `after` pass, then has the controller look with these things going wrong.
    pub(crate) async fn look(
        &mut self,
        after: Duration,
        faults: Vec<(InjectedFault, FaultEffect)>,
    ) -> &Step {
        self.time.pass(after);
        let names = faults.iter().map(|(fault, _)| fault.name()).collect();
        let effects = faults.into_iter().map(|(_, effect)| effect);
        let mut whole = FaultEffect::default();
        for effect in effects {
            whole.rules.extend(effect.rules);
            whole.refuses |= effect.refuses;
            whole.sync = whole.sync.or(effect.sync);
            whole.tip_older = whole.tip_older.max(effect.tip_older);
            whole.peers = whole.peers.or(effect.peers);
            whole.wrong += effect.wrong;
            whole.meddles |= effect.meddles;
            whole.meddles_meanwhile |= effect.meddles_meanwhile;
            whole.pauses |= effect.pauses;
            whole.replaced |= effect.replaced;
            whole.journal_full |= effect.journal_full;
            whole.journal_locked |= effect.journal_locked;
        }
        self.time.set_wrong(whole.wrong);
        let clock_set = std::mem::replace(&mut self.wrong, whole.wrong) != whole.wrong;
        let resumed = self.paused && !whole.pauses;
        self.chronicle.fail(false, false).await;
        self.pause(whole.pauses).await;
        // What was not taken down dies with the controller; and how far a clock was set while there
        // was none, nobody can tell.
        if whole.replaced && !self.strained && !clock_set {
            self.replace_controller().await;
        }
        self.strained = whole.journal_full || whole.journal_locked;
        self.chronicle.fail(whole.journal_full, whole.journal_locked).await;
        self.stragglers().await;
        let sync = {
            let mut stage = self.stage.lock().unwrap();
            stage.advance(self.time.now());
            (stage.sync, stage.peers, stage.tip_older) = (whole.sync, whole.peers, whole.tip_older);
            stage.forestalled = whole.meddles_meanwhile;
            if whole.meddles {
                stage.author = ChangeAuthor::Stranger;
                let fee = stage.snapshot().status.fee;
                stage.set_fee(nanomina(fee.get() + 1));
                stage.author = ChangeAuthor::Controller;
            }
            stage.snapshot().status.sync
        };
        self.proxy.set(whole.rules);
        self.proxy.refuse(whole.refuses).await;
        let (at, believed, paused) = (self.time.now(), self.time.believed(), self.paused);
        let looking = self.runner.as_mut().unwrap().run_cycle();
        let record = tokio::time::timeout(LOOK_LIMIT, looking).await.expect("a look that ends");
        self.trace.steps.push(Step {
            at,
            believed,
            sync,
            paused,
            resumed,
            faults: names,
            asked: self.proxy.take_seen(),
            intended: self.chronicle.take_intended(),
            applied: self.stage.lock().unwrap().take_applied(),
            record,
        });
        self.trace.steps.last().unwrap()
    }

    /// From now on someone else's changes are not left alone.
    pub(crate) fn reapply(&mut self) {
        self.plan.send_modify(|plan| {
            let mut params = plan.params.clone();
            params.safety.external_change = ExternalChange::Reapply;
            *plan = Arc::new(Plan { params, ..(**plan).clone() });
        });
    }

    /// Someone else sees to it that this fee is asked.
    pub(crate) fn rival_sets(&mut self, fee: Nanomina) {
        let mut stage = self.stage.lock().unwrap();
        if stage.snapshot().status.fee != fee {
            stage.author = ChangeAuthor::Stranger;
            stage.set_fee(fee);
            stage.author = ChangeAuthor::Controller;
        }
    }

    async fn pause(&mut self, pause: bool) {
        if std::mem::replace(&mut self.paused, pause) != pause {
            let command = match pause {
                true => OperatorCommand::Pause { daemon: None, until: None },
                false => OperatorCommand::Resume { daemon: None },
            };
            self.chronicle
                .ledger()
                .record_order(self.time.controller().now(), command)
                .await
                .unwrap();
        }
    }

    /// Requests that were held up reach the daemon.
    async fn stragglers(&self) {
        self.stage.lock().unwrap().author = ChangeAuthor::Straggler;
        self.proxy.release().await;
        self.stage.lock().unwrap().author = ChangeAuthor::Controller;
    }
}
