//! The loops over the configured daemons: starting, reconfiguring, stopping.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use snarkfee_clock::Clock;
use snarkfee_config as config;
use snarkfee_config::{MetricsSource, Settings};
use snarkfee_core::{
    control::OperatorCommand,
    cost::Quotes,
    cycle::Plan,
    ledger::Ledger,
    units::{DaemonId, duration},
};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{
    energy_feed::follow_energy,
    outside::{ConnectError, Outside},
    price_feed::{follow_price, read_quotes},
    publisher::{Publisher, RequestCounter},
    replica::Part,
};
use crate::controller::{EndSender, LONGEST_REST, LoopEnd, Runner, SendGates, Wiring, end_channel};

/// The loops over the configured daemons.
pub(super) struct DaemonLoops<O> {
    outside: O,
    clock: Clock,
    publisher: Publisher,
    ledger: Arc<dyn Ledger>,
    gates: Arc<SendGates>,
    loops: BTreeMap<DaemonId, DaemonLoop>,
    /// Loops that were told to end; cancelled when they have.
    ending: BTreeMap<DaemonId, CancellationToken>,
    tasks: JoinSet<()>,
}

struct DaemonLoop {
    daemon: config::Daemon,
    plan: watch::Sender<Arc<Plan>>,
    wake: Arc<Notify>,
    /// Cancelled to end what runs beside the loop.
    cancel: CancellationToken,
    end: EndSender,
    /// Cancelled when the loop has ended.
    ended: CancellationToken,
}

impl<O: Outside> DaemonLoops<O> {
    pub(super) fn new(
        outside: O,
        clock: Clock,
        publisher: Publisher,
        ledger: Arc<dyn Ledger>,
    ) -> Self {
        Self {
            outside,
            clock,
            publisher,
            ledger,
            gates: Arc::default(),
            loops: BTreeMap::new(),
            ending: BTreeMap::new(),
            tasks: JoinSet::new(),
        }
    }

    /// What the mutations to all daemons pass.
    pub(super) fn gates(&self) -> Arc<SendGates> {
        Arc::clone(&self.gates)
    }

    /// Applies settings: no mutation that older ones decided is sent from now on, but for one that
    /// is under way ([`DaemonLoops::gates`]). A daemon whose connection changed gets a new loop; every
    /// other loop goes on and decides by the new settings from its next look on. Daemons that are
    /// not this replica's `part` have no loop; one that they had leaves them alone.
    pub(super) fn apply(&mut self, settings: &Settings, part: &Part) -> Result<(), ConnectError> {
        let mut fresh = Vec::new();
        self.outside.renew_connections();
        let worked = || settings.daemons.iter().filter(|daemon| part.works(&daemon.id));
        for daemon in worked() {
            if !self
                .loops
                .get(&daemon.id)
                .is_some_and(|running| same_connection(&running.daemon, daemon))
            {
                fresh.push((daemon, self.connect(daemon)?));
            }
        }
        let configured = |id: &DaemonId| settings.daemons.iter().any(|daemon| daemon.id == *id);
        let is_kept = |id: &&DaemonId| configured(id) && part.works(id);
        let gone: Vec<_> = self.loops.keys().filter(|id| !is_kept(id)).cloned().collect();
        self.ending.retain(|_, ended| !ended.is_cancelled());
        for id in gone.iter().chain(fresh.iter().map(|(daemon, _)| &daemon.id)) {
            if let Some(old) = self.loops.remove(id) {
                old.finish(if configured(id) {
                    LoopEnd::Replaced
                } else {
                    old.adopt_exit(settings);
                    LoopEnd::Leave
                });
                self.ending.insert(id.clone(), old.ended);
                self.publisher.metrics.forget(id);
                self.publisher.liveness.forget(id);
                self.publisher.twins.forget(id);
            }
        }
        self.publisher.board.set_daemons(worked().map(|daemon| daemon.id.clone()));
        for ((daemon, client), turn) in fresh.into_iter().zip(0..) {
            let after = self.ending.remove(&daemon.id);
            self.start(settings, daemon, client, after, START_SPACING * turn);
        }
        for daemon in &settings.daemons {
            if let Some(running) = self.loops.get_mut(&daemon.id) {
                let plan = make_plan(settings, daemon);
                running.plan.send_if_modified(|current| {
                    let changed = **current != plan;
                    if changed {
                        *current = Arc::new(plan);
                    }
                    changed
                });
                running.daemon = daemon.clone();
                self.publisher.liveness.expect(
                    &daemon.id,
                    self.time_allowed(settings, daemon),
                    Clock::instant(),
                );
            }
        }
        Ok(())
    }

    /// The loops that were told to end: cancelled when they have.
    pub(super) fn ending(&self) -> Vec<CancellationToken> {
        self.ending.values().cloned().collect()
    }

    /// Wakes the loops that a command is for; they find it in the journal.
    pub(super) fn wake(&self, command: &OperatorCommand) {
        for (_, running) in self.loops.iter().filter(|(id, _)| command.concerns(id)) {
            running.wake.notify_one();
        }
    }

    /// Looks once at every daemon, one after the other, until cancelled. Returns whether it looked
    /// at all of them.
    pub(super) async fn look_once(
        &self,
        settings: &Settings,
        part: &Part,
        cancel: &CancellationToken,
    ) -> Result<bool, ConnectError> {
        for daemon in settings.daemons.iter().filter(|daemon| part.works(&daemon.id)) {
            let (end, ending) = end_channel();
            let (_quotes, quotes) =
                watch::channel(read_quotes(&self.outside, daemon, self.clock).await);
            let (runner, _plan, _wake) =
                self.build_runner(settings, daemon, self.connect(daemon)?, quotes);
            let mut looking = std::pin::pin!(runner.run_once(ending));
            let completed = tokio::select! {
                biased;
                () = cancel.cancelled() => {
                    end.end(LoopEnd::Leave);
                    looking.await
                }
                completed = &mut looking => completed,
            };
            if !completed || cancel.is_cancelled() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns when a loop panicked.
    pub(super) async fn wait_for_failure(&mut self) {
        loop {
            match self.tasks.join_next().await {
                Some(Err(error)) if error.is_panic() => {
                    tracing::error!(%error, "the loop of a daemon panicked: this is a bug");
                    return;
                }
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Stops all loops and waits for them to leave their daemons, at most `limit`.
    pub(super) async fn stop(mut self, limit: Duration) {
        for running in self.loops.values() {
            running.finish(LoopEnd::Leave);
        }
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(limit, drained).await.is_err() {
            tracing::warn!(
                limit = %duration::show(limit),
                "a loop did not end in time, so its daemon may not be left as controller.on_exit says"
            );
        }
    }

    /// Starts a loop after `wait`, and after the loop that it replaces has left the daemon.
    fn start(
        &mut self,
        settings: &Settings,
        daemon: &config::Daemon,
        client: O::Daemon,
        after: Option<CancellationToken>,
        wait: Duration,
    ) {
        let ended = CancellationToken::new();
        let cancel = CancellationToken::new();
        let (sender, quotes) = watch::channel(Quotes::default());
        let (mut runner, plan, wake) = self.build_runner(settings, daemon, client, quotes);
        if after.is_some() {
            runner.retry_writes();
        }
        if let Some(source) = daemon.cost.feed().cloned() {
            let metrics = Arc::clone(&self.publisher.metrics);
            let feed = self.outside.open_price_feed(source.clone());
            self.tasks.spawn(follow_price(
                daemon.id.clone(),
                (source, feed),
                self.clock,
                metrics,
                sender.clone(),
                Arc::clone(&self.ledger),
                cancel.clone(),
            ));
        }
        if let Some(source) = daemon.cost.energy_source().cloned() {
            let (id, max_age) = (daemon.id.clone(), source.max_age);
            let feed = self.outside.open_energy_feed(source);
            self.tasks.spawn(follow_energy(
                id,
                (max_age, feed),
                self.clock,
                sender,
                cancel.clone(),
            ));
        }
        let ((end, mut ending), has_ended) = (end_channel(), ended.clone().drop_guard());
        self.tasks.spawn(async move {
            if let Some(after) = after {
                after.cancelled().await;
            }
            // A loop that is told to end while it waits still leaves its daemon as configured.
            let _ = tokio::time::timeout(wait, ending.wait()).await;
            runner.run(ending).await;
            drop(has_ended);
        });
        self.loops.insert(
            daemon.id.clone(),
            DaemonLoop { daemon: daemon.clone(), plan, wake, cancel, end, ended },
        );
    }

    fn build_runner(
        &self,
        settings: &Settings,
        daemon: &config::Daemon,
        port: O::Daemon,
        quotes: watch::Receiver<Quotes>,
    ) -> (Runner<O::Daemon>, watch::Sender<Arc<Plan>>, Arc<Notify>) {
        let (plan, plans) = watch::channel(Arc::new(make_plan(settings, daemon)));
        let wake = Arc::new(Notify::new());
        let wiring = Wiring {
            id: daemon.id.clone(),
            port,
            clock: self.clock,
            plan: plans,
            ledger: Arc::clone(&self.ledger),
            wake: Arc::clone(&wake),
            gate: self.gates.gate(&daemon.id),
            quotes,
            sink: Arc::new(self.publisher.clone()),
            seed: hash_name(&daemon.id),
        };
        (Runner::new(wiring), plan, wake)
    }

    fn connect(&self, daemon: &config::Daemon) -> Result<O::Daemon, ConnectError> {
        let requests = RequestCounter {
            daemon: daemon.id.clone(),
            metrics: Arc::clone(&self.publisher.metrics),
        };
        self.outside.connect(daemon, self.clock, Arc::new(requests))
    }

    /// How long a loop may take for a look before the service counts as unhealthy.
    fn time_allowed(&self, settings: &Settings, daemon: &config::Daemon) -> Duration {
        self.clock.real(settings.controller.interval) * (LONGEST_REST + 1)
            + daemon.timeout * REQUESTS_PER_LOOK
    }
}

impl DaemonLoop {
    /// Ends the loop and what runs beside it.
    fn finish(&self, end: LoopEnd) {
        self.end.end(end);
        self.cancel.cancel();
    }

    /// Has the daemon left as new settings say, which no longer name it.
    fn adopt_exit(&self, settings: &Settings) {
        let (mode, on_exit) = (settings.controller.mode, settings.controller.on_exit);
        let plan = Plan { mode, on_exit, ..Plan::clone(&self.plan.borrow()) };
        self.plan.send_replace(Arc::new(plan));
    }
}

/// Time between the starts of two loops, so that a large fleet does not start all at once.
const START_SPACING: Duration = Duration::from_millis(20);

/// Sequential requests of a look that acts: schema, status, market, and two mutations, each read
/// back.
const REQUESTS_PER_LOOK: u32 = 7;

/// Whether two settings reach a daemon in the same way, so that its loop can go on.
fn same_connection(a: &config::Daemon, b: &config::Daemon) -> bool {
    a.graphql_url == b.graphql_url
        && a.metrics == b.metrics
        && (a.params.safety.max_age == b.params.safety.max_age || !reads_prometheus(a))
        && a.timeout == b.timeout
        && a.max_response == b.max_response
        && a.bearer_token == b.bearer_token
        && a.cost.feed() == b.cost.feed()
        && a.cost.energy_source() == b.cost.energy_source()
}

/// Whether metrics come from a Prometheus server, which needs the age limit.
const fn reads_prometheus(daemon: &config::Daemon) -> bool {
    matches!(daemon.metrics, Some(MetricsSource::Prometheus { .. }))
}

fn make_plan(settings: &Settings, daemon: &config::Daemon) -> Plan {
    Plan {
        mode: settings.controller.mode,
        interval: settings.controller.interval,
        book_interval: daemon.book_interval,
        params: daemon.params.clone(),
        cost: daemon.cost.clone(),
        on_exit: settings.controller.on_exit,
    }
}

fn hash_name(id: &DaemonId) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
