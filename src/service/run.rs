//! The life of the service, from settings to the last drained connection.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::Router;
use snarkfee_clock::Clock;
use snarkfee_config::Settings;
use snarkfee_core::{
    control::OperatorCommand, fault::JournalFault, leases::FleetLeases, ledger::Ledger,
    policy::Mode,
};
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    command_recorder::CommandRecorder,
    config_watch::{ConfigWatch, Reloaded, SettingsSource},
    daemon_loops::DaemonLoops,
    outside::{ConnectError, Outside, OverHttp},
    publisher::{Narrator, Publisher},
    replica::{LeaseKeeper, Part, make_claims},
    service_manager::ServiceManager,
};
use crate::telemetry::log_record;
use crate::web::{
    AdminAccess, Archive, ServerLimits, WeakAdminToken, WebState, build_router, serve,
};

/// How often the configuration file is checked for changes.
const RELOAD_CHECK: Duration = Duration::from_secs(5);
/// Commands that may wait for the service.
const COMMANDS: usize = 64;
/// How long loops may take to stop: to finish an action and leave the daemon as configured.
const DRAIN: Duration = Duration::from_secs(60);
/// How long a reload waits for mutations that were under way when it came.
const UNDER_WAY: Duration = Duration::from_secs(6);
/// Shortest time after which the page refreshes itself.
const FASTEST_REFRESH: Duration = Duration::from_secs(1);

/// Why the service cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The address of page, API and metrics cannot be listened on.
    #[error("cannot listen on {address} (controller.listen)")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The admin token cannot be used.
    #[error("controller.admin_token_file")]
    Token(#[source] WeakAdminToken),
    /// The store that replicas share does not answer.
    #[error("the store (store.url) does not answer: {0}")]
    Store(JournalFault),
    /// A daemon cannot be connected to.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A single pass was cancelled.
    #[error("interrupted; an action that was under way was finished")]
    Interrupted,
    /// A loop panicked.
    #[error("a loop panicked, which is a bug; the log says where")]
    LoopFailed,
}

/// A service ready to run.
pub struct Service<O = OverHttp> {
    settings: Settings,
    publisher: Publisher,
    daemons: DaemonLoops<O>,
    ledger: Arc<dyn Ledger>,
    archive: Option<Arc<Archive>>,
    leases: Option<Arc<dyn FleetLeases>>,
    clock: Clock,
}

/// A running service.
pub struct RunningService<O = OverHttp> {
    /// Where page, API and metrics are served, if anywhere.
    pub address: Option<SocketAddr>,
    settings: Settings,
    publisher: Publisher,
    daemons: DaemonLoops<O>,
    commands: mpsc::Receiver<OperatorCommand>,
    manager: ServiceManager,
    keeper: Option<LeaseKeeper>,
    /// Which daemons are worked here.
    part: Part,
    state: WebState,
    web: Option<(JoinHandle<()>, CancellationToken)>,
    /// Whether requests that change something need a token, since the start.
    guarded: bool,
}

impl Service {
    /// Prepares a service that keeps its journal in `ledger`; nothing is connected yet.
    pub fn new(settings: Settings, clock: Clock, ledger: Arc<dyn Ledger>) -> Self {
        Self::told_by(Arc::new(log_record), settings, clock, ledger)
    }

    /// The same with a narrator in place of the log of decisions.
    pub fn told_by(
        narrator: Narrator,
        settings: Settings,
        clock: Clock,
        ledger: Arc<dyn Ledger>,
    ) -> Self {
        Self::within(OverHttp::default(), narrator, settings, clock, ledger)
    }
}

impl<O: Outside> Service<O> {
    /// The same where daemons and feeds are reached otherwise.
    pub fn within(
        outside: O,
        narrator: Narrator,
        settings: Settings,
        clock: Clock,
        ledger: Arc<dyn Ledger>,
    ) -> Self {
        let ids = settings.daemons.iter().map(|daemon| daemon.id.clone());
        let publisher = Publisher::new(settings.controller.mode, ids).told_by(narrator);
        let daemons = DaemonLoops::new(outside, clock, publisher.clone(), Arc::clone(&ledger));
        Self { settings, publisher, daemons, ledger, archive: None, leases: None, clock }
    }

    /// The same with the journal of a folder as its past: that of `ledger`, so that a restart changes
    /// nothing that page and API show.
    #[must_use]
    pub fn with_archive(self, folder: PathBuf) -> Self {
        Self { archive: Some(Arc::new(Archive::new(folder))), ..self }
    }

    /// The same where replicas share the fleet.
    #[must_use]
    pub fn sharing(self, leases: Arc<dyn FleetLeases>) -> Self {
        Self { leases: Some(leases), ..self }
    }

    /// The readers of its records.
    pub(crate) fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    /// Looks once at every daemon that is its own or free, decides, acts, and returns. Once cancelled
    /// it begins nothing more, and finishes an action that is under way.
    ///
    /// # Errors
    ///
    /// Where a client cannot be made, the store does not answer, or it was cancelled.
    pub async fn once(self, cancel: &CancellationToken) -> Result<(), ServiceError> {
        let part = match &self.leases {
            Some(leases) => {
                let claims = make_claims(&self.settings);
                Part::Shared(leases.renew(&claims).await.map_err(ServiceError::Store)?)
            }
            None => Part::Whole,
        };
        let looked = self.daemons.look_once(&self.settings, &part, cancel).await;
        if let (Some(leases), Part::Shared(tenancy)) = (self.leases, part)
            && let Err(fault) = leases.release(&tenancy.held, true).await
        {
            warn!(%fault, "the daemons are still held by this run, until its leases end");
        }
        match looked? {
            true => Ok(()),
            false => Err(ServiceError::Interrupted),
        }
    }

    /// Binds the HTTP server and starts the loops.
    ///
    /// # Errors
    ///
    /// Where a client cannot be made, or an address cannot be listened on.
    pub async fn start(mut self) -> Result<RunningService<O>, ServiceError> {
        let (recorded, commands) = mpsc::channel(COMMANDS);
        let recorder = Arc::new(CommandRecorder {
            ledger: Arc::clone(&self.ledger),
            clock: self.clock,
            gates: self.daemons.gates(),
            recorded,
        });
        let token = self.settings.controller.admin_token.as_ref();
        let admin = token.map(|token| AdminAccess::try_new(token.value(), recorder)).transpose();
        let admin = admin.map_err(ServiceError::Token)?.map(Arc::new);
        let guarded = admin.is_some();
        let state = self.web_state(admin);
        let web = match self.settings.controller.listen {
            Some(address) => Some(start_server(address, state.clone()).await?),
            None => None,
        };
        let metrics = &self.publisher.metrics;
        let begin = |leases| LeaseKeeper::begin(leases, &self.settings, Arc::clone(metrics));
        let mut keeper = self.leases.map(begin);
        let part = keeper.as_mut().map_or(Part::Whole, LeaseKeeper::part);
        self.daemons.apply(&self.settings, &part)?;
        Ok(RunningService {
            address: web.as_ref().map(|(address, ..)| *address),
            settings: self.settings,
            publisher: self.publisher,
            daemons: self.daemons,
            commands,
            manager: ServiceManager::from_environment(),
            keeper,
            part,
            state,
            web: web.map(|(_, task, cancel)| (task, cancel)),
            guarded,
        })
    }

    fn web_state(&self, admin: Option<Arc<AdminAccess>>) -> WebState {
        WebState {
            board: Arc::clone(&self.publisher.board),
            metrics: Arc::clone(&self.publisher.metrics),
            liveness: Arc::clone(&self.publisher.liveness),
            clock: self.clock,
            hosts: self.settings.controller.hosts.clone().into(),
            admin,
            archive: self.archive.clone(),
            interval: self.settings.controller.interval,
            refresh: self.clock.real(self.settings.controller.interval).max(FASTEST_REFRESH),
        }
    }
}

async fn start_server(
    address: SocketAddr,
    state: WebState,
) -> Result<(SocketAddr, JoinHandle<()>, CancellationToken), ServiceError> {
    let listen = |source| ServiceError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let bound = listener.local_addr().map_err(listen)?;
    let cancel = CancellationToken::new();
    #[expect(clippy::disallowed_methods, reason = "ends when `cancel` is cancelled")]
    let task = tokio::spawn(serve(listener, state, ServerLimits::default(), cancel.clone()));
    Ok((bound, task, cancel))
}

impl<O: Outside> RunningService<O> {
    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What answers requests, served or not.
    pub fn router(&self) -> Router {
        build_router(self.state.clone(), &ServerLimits::default())
    }

    /// Runs until cancelled or failed. Reloads settings from `source` when its files change or on
    /// `reload`.
    ///
    /// # Errors
    ///
    /// Where a loop failed.
    pub async fn run(
        mut self,
        source: Option<Box<dyn SettingsSource>>,
        mut reload: mpsc::Receiver<()>,
        cancel: CancellationToken,
    ) -> Result<(), ServiceError> {
        let mut watch = source.map(|source| ConfigWatch::new(source, &self.settings));
        let mut check = tokio::time::interval(RELOAD_CHECK);
        check.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut beat = tokio::time::interval(self.manager.period());
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.manager.ready();
        let failed = loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => break false,
                () = self.daemons.wait_for_failure() => break true,
                Some(command) = self.commands.recv() => self.daemons.wake(&command),
                Some(()) = reload.recv() => self.look_for_settings(watch.as_mut(), true),
                _ = check.tick() => self.look_for_settings(watch.as_mut(), false),
                reloaded = finish_reading(watch.as_mut()) => {
                    if let Some(reloaded) = reloaded {
                        self.reload(reloaded, &cancel).await;
                    }
                    if watch.as_mut().is_some_and(ConfigWatch::take_asked_again) {
                        self.look_for_settings(watch.as_mut(), true);
                    }
                }
                () = wait_for_leases(self.keeper.as_mut()) => self.adopt_part(),
                _ = beat.tick() => self.manager.beat(&self.publisher, Clock::instant()),
            }
        };
        self.manager.stopping();
        self.daemons.stop(DRAIN).await;
        if let Some(keeper) = self.keeper {
            keeper.leave().await;
        }
        if let Some((task, cancel)) = self.web {
            cancel.cancel();
            if task.await.is_err() {
                error!("the HTTP server panicked: this is a bug");
            }
        }
        if failed { Err(ServiceError::LoopFailed) } else { Ok(()) }
    }

    /// The address that live mode may not be served on. Where the service listens, and with which
    /// token, was settled at its start.
    fn exposed_address(&self, settings: &Settings) -> Option<SocketAddr> {
        let controller = &settings.controller;
        let open = !self.guarded && !controller.allow_remote;
        let live = controller.mode == Mode::Live;
        self.address.filter(|address| live && open && !address.ip().is_loopback())
    }

    /// Works the daemons that are held now, and gives up what is another replica's.
    fn adopt_part(&mut self) {
        let Some(keeper) = &mut self.keeper else { return };
        self.part = keeper.part();
        match self.daemons.apply(&self.settings, &self.part) {
            Ok(()) => keeper.give_up(self.daemons.ending()),
            Err(error) => error!(%error, "daemons that are held here cannot be worked"),
        }
    }

    /// Begins to read the settings again, where their files may have changed.
    fn look_for_settings(&mut self, watch: Option<&mut ConfigWatch>, asked: bool) {
        if watch.is_some_and(|watch| watch.begin(&self.settings, asked)) {
            self.publisher.metrics.count_reload_failure();
        }
    }

    /// Applies settings that were read again; if they are invalid, logs every error and keeps the
    /// old ones.
    async fn reload(&mut self, reloaded: Reloaded, cancel: &CancellationToken) {
        self.manager.reloading();
        match reloaded.settings {
            Ok(settings) => self.apply_settings(settings, cancel).await,
            Err(errors) => {
                self.publisher.metrics.count_reload_failure();
                error!("the configuration is invalid, so the old one stays in force\n{errors}");
            }
        }
        self.manager.ready();
    }

    async fn apply_settings(&mut self, settings: Settings, cancel: &CancellationToken) {
        if settings == self.settings {
            return;
        }
        if let Some(address) = self.exposed_address(&settings) {
            self.publisher.metrics.count_reload_failure();
            error!(
                %address,
                "the configuration is live, and the service still listens where other machines \
                 reach it without an admin token; restart it for the new controller.listen or \
                 admin_token_file; until then the old configuration stays in force"
            );
            return;
        }
        for warning in settings.warnings() {
            warn!("{warning}");
        }
        if settings.controller.listen != self.settings.controller.listen
            || settings.controller.hosts != self.settings.controller.hosts
            || settings.controller.admin_token != self.settings.controller.admin_token
        {
            warn!("controller.listen, hosts and admin_token_file take effect at the next start");
        }
        if settings.controller.state_dir != self.settings.controller.state_dir
            || settings.controller.retention != self.settings.controller.retention
        {
            warn!("controller.state_dir and controller.retention take effect at the next start");
        }
        if settings.store != self.settings.store {
            warn!("[store] takes effect at the next start");
        }
        if let Err(error) = self.daemons.apply(&settings, &self.part) {
            self.publisher.metrics.count_reload_failure();
            error!(%error, "the configuration cannot be applied, so the old one stays in force");
            return;
        }
        let gates = self.daemons.gates();
        let under_way = tokio::select! {
            biased;
            () = cancel.cancelled() => Vec::new(),
            under_way = gates.wait_until_clear(|_| true, UNDER_WAY) => under_way,
        };
        for daemon in under_way {
            warn!(
                %daemon,
                "a change that the settings before had decided was sent and is not answered yet; \
                 nothing more of it is sent"
            );
        }
        if let Some(keeper) = &self.keeper {
            keeper.adopt(&settings);
        }
        info!(
            daemons = settings.daemons.len(),
            mode = settings.controller.mode.as_str(),
            "configuration reloaded"
        );
        self.settings = settings;
    }
}

/// Waits until what is held may have changed; for ever where nothing is shared.
async fn wait_for_leases(keeper: Option<&mut LeaseKeeper>) {
    match keeper {
        Some(keeper) => keeper.changed().await,
        None => std::future::pending().await,
    }
}

/// Waits for settings that were read again; for ever where nothing is watched.
async fn finish_reading(watch: Option<&mut ConfigWatch>) -> Option<Reloaded> {
    match watch {
        Some(watch) => watch.finish().await,
        None => std::future::pending().await,
    }
}
