//! The life of the service, from settings to the last drained connection.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use snarkfee_clock::Clock;
use snarkfee_config::{Fingerprint, Settings, Source};
use snarkfee_core::{control::OperatorCommand, ledger::Ledger};
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    daemons::{ConnectError, Daemons},
    desk::Desk,
    manager::Manager,
    publisher::Publisher,
};
use crate::web::{Admin, Face, Limits, WeakToken, serve};

/// How often the configuration file is looked at for changes.
const RELOAD_CHECK: Duration = Duration::from_secs(5);
/// Commands that may wait for the service.
const COMMANDS: usize = 64;
/// How long loops may take to end: an action under way, then leaving the daemon as configured.
const DRAIN: Duration = Duration::from_secs(60);
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
    Token(#[source] WeakToken),
    /// A daemon cannot be connected to.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A loop ended by a fault of the program.
    #[error("a loop failed; the log above says which and why")]
    LoopFailed,
}

/// A service ready to run.
pub struct Service {
    settings: Settings,
    publisher: Publisher,
    daemons: Daemons,
    ledger: Arc<dyn Ledger>,
    clock: Clock,
}

/// A running service.
pub struct Started {
    /// Where page, API and metrics are served, if anywhere.
    pub address: Option<SocketAddr>,
    settings: Settings,
    publisher: Publisher,
    daemons: Daemons,
    orders: mpsc::Receiver<OperatorCommand>,
    manager: Manager,
    web: Option<(JoinHandle<()>, CancellationToken)>,
}

impl Service {
    /// Prepares a service that keeps its journal in `ledger`; nothing is connected yet.
    pub fn new(settings: Settings, clock: Clock, ledger: Arc<dyn Ledger>) -> Self {
        let ids = settings.daemons.iter().map(|daemon| daemon.id.clone());
        let publisher = Publisher::new(settings.controller.mode, ids);
        let daemons = Daemons::new(clock, publisher.clone(), Arc::clone(&ledger));
        Self { settings, publisher, daemons, ledger, clock }
    }

    /// Who gets the records.
    pub fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    /// Looks once at every daemon, decides, acts, and ends.
    pub async fn once(self) -> Result<(), ServiceError> {
        Ok(self.daemons.look_once(&self.settings).await?)
    }

    /// Binds the face and starts the loops.
    pub async fn start(mut self) -> Result<Started, ServiceError> {
        let (taken, orders) = mpsc::channel(COMMANDS);
        let desk = Arc::new(Desk { ledger: Arc::clone(&self.ledger), clock: self.clock, taken });
        let token = self.settings.controller.admin_token.as_ref();
        let admin = token.map(|token| Admin::try_new(token.value(), desk)).transpose();
        let admin = admin.map_err(ServiceError::Token)?.map(Arc::new);
        let web = match self.settings.controller.listen {
            Some(address) => Some(self.open(address, admin).await?),
            None => None,
        };
        self.daemons.apply(&self.settings)?;
        Ok(Started {
            address: web.as_ref().map(|(address, ..)| *address),
            settings: self.settings,
            publisher: self.publisher,
            daemons: self.daemons,
            orders,
            manager: Manager::of_environment(),
            web: web.map(|(_, task, cancel)| (task, cancel)),
        })
    }

    async fn open(
        &self,
        address: SocketAddr,
        admin: Option<Arc<Admin>>,
    ) -> Result<(SocketAddr, JoinHandle<()>, CancellationToken), ServiceError> {
        let listen = |source| ServiceError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let bound = listener.local_addr().map_err(listen)?;
        let cancel = CancellationToken::new();
        let face = Face {
            board: Arc::clone(&self.publisher.board),
            metrics: Arc::clone(&self.publisher.metrics),
            liveness: Arc::clone(&self.publisher.liveness),
            clock: self.clock,
            admin,
            refresh: self.clock.real(self.settings.controller.interval).max(FASTEST_REFRESH),
        };
        let task = tokio::spawn(serve(listener, face, Limits::default(), cancel.clone()));
        Ok((bound, task, cancel))
    }
}

impl Started {
    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Runs until cancelled or failed, reloading settings from `source` when its files change or
    /// `reload` says so.
    pub async fn run(
        mut self,
        source: Option<Source>,
        mut reload: mpsc::Receiver<()>,
        cancel: CancellationToken,
    ) -> Result<(), ServiceError> {
        let mut seen = source.as_ref().map(|source| source.fingerprint(Some(&self.settings)));
        let mut check = tokio::time::interval(RELOAD_CHECK);
        check.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut beat = tokio::time::interval(self.manager.period());
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.manager.ready();
        let failed = loop {
            tokio::select! {
                () = cancel.cancelled() => break false,
                () = self.daemons.failed() => break true,
                Some(command) = self.orders.recv() => self.daemons.wake(&command),
                Some(()) = reload.recv() => self.reload(source.as_ref(), &mut seen, true),
                _ = check.tick() => self.reload(source.as_ref(), &mut seen, false),
                _ = beat.tick() => self.manager.beat(&self.publisher, Clock::instant()),
            }
        };
        self.manager.stopping();
        self.daemons.stop(DRAIN).await;
        if let Some((task, cancel)) = self.web {
            cancel.cancel();
            if task.await.is_err() {
                error!("the HTTP face failed");
            }
        }
        if failed { Err(ServiceError::LoopFailed) } else { Ok(()) }
    }

    /// Takes over changed settings; of invalid ones every problem is logged and nothing is taken.
    fn reload(&mut self, source: Option<&Source>, seen: &mut Option<Fingerprint>, asked: bool) {
        let Some(source) = source else { return };
        let now = source.fingerprint(Some(&self.settings));
        if *seen == Some(now) && !asked {
            return;
        }
        *seen = Some(now);
        self.manager.reloading();
        self.take_over(source);
        self.manager.ready();
    }

    fn take_over(&mut self, source: &Source) {
        let settings = match source.load() {
            Ok(settings) => settings,
            Err(errors) => {
                self.publisher.metrics.config_reload_failed();
                error!("configuration is invalid, the old one stays in force\n{errors}");
                return;
            }
        };
        if settings == self.settings {
            return;
        }
        for warning in settings.warnings() {
            warn!("{warning}");
        }
        if settings.controller.listen != self.settings.controller.listen
            || settings.controller.admin_token != self.settings.controller.admin_token
        {
            warn!(
                "controller.listen and controller.admin_token_file take effect at the next start"
            );
        }
        if settings.controller.state_dir != self.settings.controller.state_dir
            || settings.controller.retention != self.settings.controller.retention
        {
            warn!("controller.state_dir and controller.retention take effect at the next start");
        }
        if let Err(problem) = self.daemons.apply(&settings) {
            self.publisher.metrics.config_reload_failed();
            error!(%problem, "configuration cannot be applied, the old one stays in force");
            return;
        }
        info!(
            daemons = settings.daemons.len(),
            mode = settings.controller.mode.as_str(),
            "configuration reloaded"
        );
        self.settings = settings;
    }
}
