//! A simulated daemon, what is wrong with it, and the service's port to it.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use snarkfee_clock::Clock;
use snarkfee_core::{
    fault::Fault as PortFault,
    fixtures,
    invariants::SettingChange,
    market::{DaemonStatus, LedgerAccount, Look, SyncState},
    policy::{DaemonSettings, Mutation, PermittedMutation},
    port::{DaemonPort, LookPlan, Replaced, SendError},
    units::{Nanomina, PublicKey},
};
use snarkfee_lab::{
    market_sim::{Scenario, World, library},
    policy_run::Market,
};
use tokio::time::sleep;

use crate::{
    history::{Answer, Asked, Fact, History, Shown},
    kill_point::{KillPoints, Site},
    machine::Machine,
    schedule::Fault,
};

/// The daemon and the market around it.
pub(crate) struct SimDaemon {
    number: usize,
    machine: &'static Machine,
    history: Arc<Mutex<History>>,
    world: World,
    started: Timestamp,
    faults: Vec<(Fault, Duration, ChaCha8Rng)>,
    frozen: Option<Look>,
    late: Vec<(Duration, Duration, Mutation)>,
    latency: ChaCha8Rng,
}

/// The market alternates between surplus and scarcity, in small rolls; the daemon produces blocks.
fn scenario(restarts: &[u32], own_blocks: f64) -> Scenario {
    let text = library::text("regime-switch").unwrap();
    let (first, second) = text.rsplit_once("from_slot = ").unwrap();
    let second = second.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let turns = format!("{first}from_slot = 60{second}");
    let head = format!("restarts = {restarts:?}\ncycle_slots = 120\nname =");
    Scenario::parse(
        &(turns.replacen("name =", &head, 1)
            + "\n[chain]\ntree_slots = 32\ntree_works = 31\n"
            + &format!("\n[operator.blocks]\nshare = {own_blocks}\nmissed_while_proving = 0.5\n")),
    )
    .unwrap()
}

impl SimDaemon {
    /// A daemon that restarts at these times.
    pub(crate) fn new(
        (number, seed): (usize, u64),
        restarts: &[Duration],
        start: Timestamp,
        machine: &'static Machine,
        history: Arc<Mutex<History>>,
    ) -> Self {
        let slot = |at: &Duration| u32::try_from(at.as_secs() / 90 + 1).unwrap();
        let mut slots: Vec<u32> = restarts.iter().map(slot).collect();
        slots.dedup();
        let world = World::new(&scenario(&slots, 0.01), seed, start);
        let started = world.started();
        Self {
            number,
            machine,
            history,
            world,
            started,
            faults: Vec::new(),
            frozen: None,
            late: Vec::new(),
            latency: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    fn note(&self, fact: Fact) {
        self.history.lock().unwrap().note(fact);
    }

    /// A fault begins that ends at `until`.
    pub(crate) fn strike(&mut self, fault: Fault, until: Duration, seed: u64) {
        self.advance();
        let mut draw = ChaCha8Rng::seed_from_u64(seed);
        match fault {
            Fault::StrangerSetsFee => {
                let fee = draw.random_range(1..200_000_000);
                self.meddle(&Mutation::SetFee { fee: Nanomina::try_new(fee).unwrap() });
            }
            Fault::StrangerSwitches => {
                let on = self.world.settings().worker.is_some();
                self.meddle(&if on {
                    Mutation::SwitchOff
                } else {
                    switch_on(World::operator_key())
                });
            }
            Fault::ForeignKey => {
                self.meddle(&switch_on(fixtures::key("stranger")));
                // Someone brings it back.
                self.faults.push((fault, until, draw));
            }
            fault => self.faults.push((fault, until, draw)),
        }
    }

    /// Lets the market go on until now.
    fn advance(&mut self) {
        let now = self.machine.passed();
        let due = |(at, ..): &mut (Duration, Duration, Mutation)| *at <= now;
        let mut late: Vec<_> = self.late.extract_if(.., due).collect();
        late.sort_by_key(|(at, ..)| *at);
        for (at, sent, mutation) in late {
            self.run_to(self.machine.truth() - (now - at));
            self.apply(&mutation, Some(sent));
        }
        self.run_to(self.machine.truth());
        let ended = |(_, until, _): &mut (Fault, Duration, ChaCha8Rng)| *until <= now;
        for (fault, ..) in self.faults.extract_if(.., ended).collect::<Vec<_>>() {
            match fault {
                Fault::ForeignKey => self.meddle(&switch_on(World::operator_key())),
                Fault::AnswersFrozen => self.frozen = None,
                _ => {}
            }
        }
    }

    fn run_to(&mut self, to: Timestamp) {
        self.world.advance(to);
        let started = self.world.started();
        if started != self.started {
            self.started = started;
            let ago = Duration::try_from(self.machine.truth().duration_since(started));
            let at = self.machine.passed().saturating_sub(ago.unwrap_or_default());
            self.note(Fact::Restarted { daemon: self.number, at });
        }
    }

    fn meddle(&mut self, mutation: &Mutation) {
        self.apply(mutation, None);
    }

    fn apply(&mut self, mutation: &Mutation, sent: Option<Duration>) -> DaemonSettings {
        let before = self.world.settings();
        self.world.set(&match mutation {
            Mutation::SetFee { fee } => SettingChange::Fee(*fee),
            Mutation::SwitchOn { key } => SettingChange::Worker(Some(key.clone())),
            Mutation::SwitchOff => SettingChange::Worker(None),
        });
        let (daemon, mutation) = (self.number, mutation.clone());
        self.note(Fact::Applied { daemon, mutation, before: before.clone(), sent });
        before
    }

    /// The fault among these that is there now, with what is drawn for it.
    fn find(&mut self, wanted: &[Fault]) -> Option<(Fault, &mut ChaCha8Rng)> {
        let found = self.faults.iter_mut().find(|(fault, ..)| wanted.contains(fault));
        found.map(|(fault, _, draw)| (*fault, draw))
    }

    fn has(&mut self, fault: Fault) -> bool {
        self.find(&[fault]).is_some()
    }

    fn distort(&mut self, status: &mut DaemonStatus) {
        let later = |at: Timestamp, by: SignedDuration| at.checked_add(by).unwrap();
        let faults = std::mem::take(&mut self.faults);
        for (fault, _, draw) in &faults {
            // What a fault does to the daemon stays the same as long as it lasts.
            let mut draw = draw.clone();
            match fault {
                Fault::Unsynced => {
                    let states = [
                        SyncState::Bootstrap,
                        SyncState::Catchup,
                        SyncState::Listening,
                        SyncState::Offline,
                        SyncState::Connecting,
                    ];
                    status.sync = states.choose(&mut draw).unwrap().clone();
                }
                Fault::FewPeers => status.peers = Some(draw.random_range(0..2)),
                Fault::TipMissing => (status.best_tip, status.height) = (None, None),
                Fault::TipOld => {
                    let older = SignedDuration::from_secs(draw.random_range(4_000..90_000));
                    if let Some(tip) = &mut status.best_tip {
                        tip.starts = later(tip.starts, -older);
                    }
                }
                Fault::HeightBehind => status.highest_received += draw.random_range(12..500),
                Fault::DaemonClockOff => {
                    let seconds = draw.random_range(600..100_000);
                    let by = SignedDuration::from_secs(seconds);
                    let by = if draw.random_bool(0.5) { by } else { -by };
                    status.now.starts = later(status.now.starts, by);
                    if let Some(tip) = &mut status.best_tip {
                        tip.starts = later(tip.starts, by);
                    }
                }
                Fault::UptimeStands => status.uptime = Duration::from_secs(4_242),
                Fault::NoMutations => status.read_only = true,
                _ => {}
            }
        }
        self.faults = faults;
    }

    fn status(&mut self) -> DaemonStatus {
        self.advance();
        let mut status = self.world.status();
        self.distort(&mut status);
        status
    }

    fn look(&mut self, plan: &LookPlan) -> Look {
        let status = self.status();
        if self.has(Fault::AnswersFrozen)
            && let Some(look) = &self.frozen
        {
            return look.clone();
        }
        let mut look = self.world.look(plan);
        if status.sync != SyncState::Synced {
            (look.chain, look.book, look.account, look.kept_book) = (None, None, None, None);
        }
        look.status = Ok(status);
        let refused = || PortFault::Refused { message: "not now".to_owned() };
        if self.has(Fault::ChainRefused) && look.chain.is_some() {
            look.chain = Some(Err(refused()));
        }
        if self.has(Fault::BookRefused) && look.book.is_some() {
            look.book = Some(Err(refused()));
        }
        if self.has(Fault::MetricsDown) {
            look.metrics = Some(Err(PortFault::Unreachable { cause: "refused".to_owned() }));
        }
        if self.has(Fault::MetricsContradict) {
            let (field, value) = ("snark_fee".to_owned(), "-1".to_owned());
            look.metrics = Some(Err(PortFault::InvalidValue { field, value }));
        }
        if let Some(account) = &mut look.account {
            if self.has(Fault::AccountMissing) {
                *account = Ok(LedgerAccount::Missing);
            } else if self.has(Fault::AccountRefuses) {
                *account = Ok(LedgerAccount::with_demands(false, true));
            }
        }
        if self.has(Fault::AnswersFrozen) {
            self.frozen = Some(look.clone());
        }
        look
    }

    /// How long an answer takes, or why none comes.
    fn answer_time(&mut self, timeout: Duration) -> Result<Duration, (Duration, PortFault)> {
        self.advance();
        let usual = Duration::from_millis(self.latency.random_range(2..60));
        let faults = [Fault::Unreachable, Fault::TimesOut, Fault::Garbled, Fault::Late];
        match self.find(&faults) {
            Some((Fault::Unreachable, _)) => {
                Err((usual, PortFault::Unreachable { cause: "connection refused".to_owned() }))
            }
            Some((Fault::TimesOut, _)) => Err((timeout, PortFault::TimedOut { limit: timeout })),
            Some((Fault::Garbled, draw)) => match draw.random_bool(0.7) {
                true => {
                    let cause = "an end that comes too early".to_owned();
                    Err((usual, PortFault::Truncated { cause }))
                }
                false => Ok(usual),
            },
            Some((Fault::Late, draw)) => Ok(timeout.mul_f64(draw.random_range(0.1..0.99))),
            _ => Ok(usual),
        }
    }
}

const fn switch_on(key: PublicKey) -> Mutation {
    Mutation::SwitchOn { key }
}

/// The service's connection to a daemon.
pub(crate) struct SimPort {
    pub(crate) daemon: Arc<Mutex<SimDaemon>>,
    pub(crate) clock: Clock,
    pub(crate) timeout: Duration,
    pub(crate) port: u64,
    pub(crate) kill_points: Arc<KillPoints>,
}

impl SimPort {
    fn daemon(&self) -> MutexGuard<'_, SimDaemon> {
        self.daemon.lock().unwrap()
    }

    /// Asks, and waits for the answer.
    async fn ask(&self) -> Result<(), PortFault> {
        self.kill_points.pass(Site::Ask).await;
        let answer = self.daemon().answer_time(self.timeout);
        let (took, result) = match answer {
            Ok(took) => (took, Ok(())),
            Err((took, fault)) => (took, Err(fault)),
        };
        sleep(took).await;
        self.kill_points.pass(Site::Answered).await;
        result
    }

    fn note_served(&self, asked: Asked, began: Duration, look: &Look) {
        let daemon = self.daemon();
        let shown = Shown {
            status: look.status.as_ref().ok().cloned().map(Arc::new),
            metrics: matches!(look.metrics, Some(Ok(_))),
            contradicts: look
                .metrics
                .as_ref()
                .is_some_and(|read| matches!(read, Err(PortFault::InvalidValue { .. }))),
            account: look.account.as_ref().and_then(|account| account.clone().ok()),
            wall: look.at + (daemon.machine.passed() - began),
        };
        let (number, port) = (daemon.number, self.port);
        daemon.note(Fact::Served { daemon: number, port, began, asked, shown });
    }

    fn passed(&self) -> Duration {
        self.daemon().machine.passed()
    }

    /// What becomes of a mutation on its way and on the way back.
    async fn carry(&self, mutation: &Mutation) -> Result<DaemonSettings, SendError> {
        let sent = self.passed();
        let lost = || SendError::Lost(PortFault::TimedOut { limit: self.timeout });
        let faults = [
            Fault::MutationUnsent,
            Fault::MutationRefused,
            Fault::MutationLost,
            Fault::MutationAnswerLost,
            Fault::MutationLate,
            Fault::MutationWithoutEffect,
            Fault::StrangerJustBefore,
            Fault::StrangerJustAfter,
        ];
        let (fault, number) = {
            let mut daemon = self.daemon();
            daemon.advance();
            let found = daemon.find(&faults);
            found.map_or((None, 0), |(fault, draw)| (Some(fault), draw.random_range(1..4_000)))
        };
        let fee = |fee: u64| Mutation::SetFee { fee: Nanomina::try_new(fee).unwrap() };
        match fault {
            Some(Fault::MutationUnsent) => {
                let cause = "connection refused".to_owned();
                return Err(SendError::NotSent(PortFault::Unreachable { cause }));
            }
            Some(Fault::MutationRefused) => {
                sleep(Duration::from_millis(20)).await;
                let message = "it would not".to_owned();
                return Err(SendError::Rejected(PortFault::Refused { message }));
            }
            Some(Fault::MutationLost) => {
                sleep(self.timeout).await;
                return Err(lost());
            }
            Some(Fault::MutationLate) => {
                let at = sent + self.timeout + Duration::from_secs(number) / 20;
                self.daemon().late.push((at, sent, mutation.clone()));
                sleep(self.timeout).await;
                return Err(lost());
            }
            Some(Fault::MutationWithoutEffect) => {
                sleep(Duration::from_millis(20)).await;
                return Ok(self.daemon().world.settings());
            }
            _ => {}
        }
        sleep(Duration::from_millis(10)).await;
        self.kill_points.pass(Site::BeforeEffect).await;
        let before = {
            let mut daemon = self.daemon();
            daemon.advance();
            if fault == Some(Fault::StrangerJustBefore) {
                daemon.meddle(&fee(number));
            }
            let before = daemon.apply(mutation, Some(sent));
            if fault == Some(Fault::StrangerJustAfter) {
                daemon.meddle(&fee(number));
            }
            before
        };
        self.kill_points.pass(Site::AfterEffect).await;
        if fault == Some(Fault::MutationAnswerLost) {
            sleep(self.timeout).await;
            return Err(lost());
        }
        sleep(Duration::from_millis(10)).await;
        Ok(before)
    }
}

impl DaemonPort for SimPort {
    async fn look(&self, plan: &LookPlan) -> Look {
        let (at, began) = (self.clock.now(), self.passed());
        let asked = self.ask().await;
        let refused = self.daemon().has(Fault::StatusRefused);
        let look = match asked {
            Ok(()) if refused => {
                let message = "no status".to_owned();
                Look::of_status(at, Err(PortFault::Refused { message }))
            }
            Ok(()) => Look { at, ..self.daemon().look(plan) },
            Err(fault) => Look::of_status(at, Err(fault)),
        };
        self.note_served(Asked::Look, began, &look);
        sleep(Duration::from_millis(15)).await;
        self.kill_points.pass(Site::Looked).await;
        look
    }

    async fn status(&self) -> Result<DaemonStatus, PortFault> {
        let (at, began) = (self.clock.now(), self.passed());
        let asked = self.ask().await;
        let status = asked.map(|()| self.daemon().status());
        let look = Look::of_status(at, status);
        self.note_served(Asked::Alone, began, &look);
        look.status
    }

    async fn send(&self, mutation: PermittedMutation) -> Result<Replaced, SendError> {
        self.kill_points.pass(Site::BeforeSend).await;
        let mutation = mutation.mutation().clone();
        {
            let daemon = self.daemon();
            let (number, port) = (daemon.number, self.port);
            daemon.note(Fact::Sent { daemon: number, port, mutation: mutation.clone() });
        }
        let result = self.carry(&mutation).await;
        let answer = match &result {
            Ok(before) => Answer::Replaced(before.clone()),
            Err(SendError::Lost(_)) => Answer::Lost,
            Err(SendError::NotSent(_) | SendError::Rejected(_)) => Answer::Refused,
        };
        {
            let daemon = self.daemon();
            daemon.note(Fact::Answered { daemon: daemon.number, answer });
        }
        self.kill_points.pass(Site::Answered).await;
        result.map(|before| match mutation {
            Mutation::SetFee { .. } => Replaced::Fee(before.fee),
            Mutation::SwitchOn { .. } | Mutation::SwitchOff => Replaced::Worker(before.worker),
        })
    }

    fn era(&self) -> Option<String> {
        Some("simulated".to_owned())
    }
}
