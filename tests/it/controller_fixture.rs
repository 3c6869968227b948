//! The controller with its real client and journal and a simulated daemon, with injected faults in
//! between.

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
    cost::{CostModel, Quotes},
    cycle::{BOOK_INTERVAL, Plan},
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
    failing_journal::FailingJournal,
    faulty_proxy::{FaultyProxy, OVERSIZED},
    injected_fault::{FaultEffect, InjectedFault},
    network::{ANY_PORT, nanomina, start},
    scripted_daemon::{ScriptedDaemon, Time},
};

pub(crate) const SLOT: Duration = Duration::from_secs(90);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
/// Far longer than a look takes; one that takes this long hangs.
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

/// The controller, the daemon, the proxy between them, and the trace so far.
pub(crate) struct ControllerFixture {
    pub(crate) trace: Trace,
    time: Time,
    daemon: Arc<Mutex<ScriptedDaemon>>,
    _server: SimDaemonServer,
    proxy: FaultyProxy,
    /// `None` while there is no controller.
    runner: Option<Runner<DaemonClient>>,
    journal: FailingJournal,
    paused: bool,
    /// Whether the journal failed to record the last look.
    strained: bool,
    wrong: SignedDuration,
    seed: u64,
    timeout: Duration,
    plan: watch::Sender<Arc<Plan>>,
    quotes: watch::Sender<Quotes>,
}

pub(crate) fn params() -> Params {
    Params {
        pricing: Pricing {
            floor: nanomina(1_000).into(),
            ceiling: nanomina(500_000_000).into(),
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

impl ControllerFixture {
    pub(crate) async fn open(setting: Setting) -> Self {
        let time = Time::new(start());
        let world = World::new(&setting.scenario, setting.seed, start());
        let daemon = Arc::new(Mutex::new(ScriptedDaemon::new(world, start())));
        let options = DaemonSimOptions { era: setting.era, ..DaemonSimOptions::default() };
        let stop = CancellationToken::new();
        let server = SimDaemonServer::bind(
            ANY_PORT,
            ANY_PORT,
            daemon.clone(),
            time.market(),
            options,
            &stop,
        );
        let server = server.await.unwrap();
        let proxy = FaultyProxy::before(server.graphql_address(), server.metrics_address(), time);
        let plan = Plan {
            mode: setting.mode,
            interval: MINUTE,
            book_interval: BOOK_INTERVAL,
            params: params(),
            cost: CostModel::PerWork(nanomina(100_000)),
            on_exit: OnExit::Keep,
        };
        let restarts = setting.restarts.iter().map(|slot| start() + SLOT * *slot).collect();
        let mut fixture = Self {
            trace: Trace { mode: setting.mode, params: params(), restarts, steps: Vec::new() },
            time,
            daemon,
            _server: server,
            proxy,
            runner: None,
            journal: FailingJournal::open(start()),
            paused: false,
            strained: false,
            wrong: SignedDuration::ZERO,
            seed: setting.seed,
            timeout: setting.timeout,
            plan: watch::channel(Arc::new(plan)).0,
            quotes: watch::channel(Quotes::default()).0,
        };
        fixture.runner = Some(fixture.controller());
        fixture
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
            ledger: self.journal.ledger(),
            wake: Arc::default(),
            gate: Default::default(),
            quotes: self.quotes.subscribe(),
            sink: Arc::new(Publisher::new(self.trace.mode, [id])),
            seed: self.seed,
        })
    }

    /// The controller ends as a killed one does, and another begins.
    async fn replace_controller(&mut self) {
        self.runner = None;
        self.journal.reopen(self.time.believed()).await;
        self.runner = Some(self.controller());
    }

    /// Lets `after` pass, then has the controller look with these faults.
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
        self.journal.fail(false, false).await;
        self.pause(whole.pauses).await;
        // What was not recorded dies with the controller; and how far a clock was set while there
        // was none, nobody can tell.
        if whole.replaced && !self.strained && !clock_set {
            self.replace_controller().await;
        }
        self.strained = whole.journal_full || whole.journal_locked;
        self.journal.fail(whole.journal_full, whole.journal_locked).await;
        self.stragglers().await;
        let sync = {
            let mut daemon = self.daemon.lock().unwrap();
            daemon.advance(self.time.now());
            (daemon.sync, daemon.peers, daemon.tip_older) =
                (whole.sync, whole.peers, whole.tip_older);
            daemon.forestalled = whole.meddles_meanwhile;
            if whole.meddles {
                daemon.author = ChangeAuthor::Stranger;
                let fee = daemon.snapshot().status.fee;
                daemon.set_fee(nanomina(fee.get() + 1));
                daemon.author = ChangeAuthor::Controller;
            }
            daemon.snapshot().status.sync
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
            intended: self.journal.take_intended(),
            applied: self.daemon.lock().unwrap().take_applied(),
            record,
        });
        self.trace.steps.last().unwrap()
    }

    /// From now on the controller overwrites changes by others.
    pub(crate) fn reapply(&mut self) {
        self.plan.send_modify(|plan| {
            let mut params = plan.params.clone();
            params.safety.external_change = ExternalChange::Reapply;
            *plan = Arc::new(Plan { params, ..(**plan).clone() });
        });
    }

    /// Another controller sets this fee.
    pub(crate) fn rival_sets(&mut self, fee: Nanomina) {
        let mut daemon = self.daemon.lock().unwrap();
        if daemon.snapshot().status.fee != fee {
            daemon.author = ChangeAuthor::Stranger;
            daemon.set_fee(fee);
            daemon.author = ChangeAuthor::Controller;
        }
    }

    async fn pause(&mut self, pause: bool) {
        if std::mem::replace(&mut self.paused, pause) != pause {
            let command = match pause {
                true => OperatorCommand::Pause { daemon: None, until: None },
                false => OperatorCommand::Resume { daemon: None },
            };
            self.journal
                .ledger()
                .record_order(self.time.controller().now(), command)
                .await
                .unwrap();
        }
    }

    /// Requests that were held up reach the daemon.
    async fn stragglers(&self) {
        self.daemon.lock().unwrap().author = ChangeAuthor::Straggler;
        self.proxy.release().await;
        self.daemon.lock().unwrap().author = ChangeAuthor::Controller;
    }
}
