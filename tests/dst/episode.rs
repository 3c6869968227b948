//! One episode: a machine, its daemons, one process of the service after another, and what the
//! schedule does to them.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use snarkfee::service::Service;
use snarkfee_clock::{Clock, Timepiece};
use snarkfee_core::record::Record;
use snarkfee_journal::Journal;
use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{ConfigFile, SimConfig},
    daemon::SimDaemon,
    disk::{DiskFaults, Image, SimLedger, clear, number_of},
    history::{Damage, Fact, History, Tally},
    kill_point::KillPoints,
    log_tap::LogTap,
    machine::Machine,
    operator::Operator,
    outside::{SimFeed, SimOutside},
    promises::{Promise, Violation},
    schedule::{Fault, Order, Planned},
};

/// What an episode came to.
pub(crate) struct Outcome {
    pub(crate) looks: u64,
    pub(crate) sent: u64,
    /// Stands for every byte of its history.
    pub(crate) hash: u64,
    pub(crate) violations: Vec<Violation>,
    /// The last facts before its end, or before the first violation.
    pub(crate) recent: Vec<String>,
    pub(crate) tallies: BTreeMap<Fault, Tally>,
    pub(crate) tested: BTreeMap<Promise, u64>,
}

/// When every episode begins.
fn start() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

/// How long the journal keeps records: the shortest that may be set.
const RETENTION: Duration = Duration::from_secs(3_600);

const LONGEST_SLEEP: Duration = Duration::from_secs(3 * 3_600);

/// Runs an episode in time of its own. It ends early at the first violation.
pub(crate) fn run_episode(seed: u64, schedule: &[Planned], length: Duration) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let machine = Machine::begin(start());
        let history = Arc::new(Mutex::new(History::begin(machine)));
        let _tap = tracing::subscriber::set_default(LogTap::new(Arc::clone(&history)));
        Host::new(seed, schedule, machine, Arc::clone(&history)).run(length).await;
        let history = history.lock().unwrap();
        Outcome {
            looks: history.looks,
            sent: history.sent,
            hash: history.hash(),
            violations: history.violations().to_vec(),
            recent: history.recent(),
            tallies: history.tallies.clone(),
            tested: history.checker.tested.clone(),
        }
    })
}

/// What is due at some time.
enum Job {
    Strike(Planned),
    Write(SimConfig),
    Order { over_http: bool, order: Order, daemon: Option<usize> },
    SetClock,
    Terminate,
    ReadPages,
}

/// A process of the service.
struct Life {
    run: Pin<Box<dyn Future<Output = ()>>>,
    ledger: Arc<SimLedger>,
    cancel: CancellationToken,
    reload: mpsc::Sender<()>,
}

/// The machine with all that runs on it.
struct Host {
    machine: &'static Machine,
    history: Arc<Mutex<History>>,
    outside: SimOutside,
    disk: Arc<Mutex<DiskFaults>>,
    kill_points: Arc<KillPoints>,
    operator: Operator,
    folder: TempDir,
    jobs: BTreeMap<(Duration, usize), Job>,
    numbered: usize,
    life: Option<Life>,
    /// When the next process begins.
    starts: Duration,
    /// Whether that looks once.
    once: bool,
    /// What happens to the journal before it begins.
    damages: Vec<(Fault, u64)>,
    /// Images of the journal, the newest last.
    images: Vec<Image>,
    draw: ChaCha8Rng,
}

impl Host {
    fn new(
        seed: u64,
        schedule: &[Planned],
        machine: &'static Machine,
        history: Arc<Mutex<History>>,
    ) -> Self {
        let restarts = |number: usize| -> Vec<Duration> {
            let restarts = schedule.iter().filter(|planned| planned.fault == Fault::Restarts);
            restarts.filter(|planned| planned.daemon == number).map(|planned| planned.at).collect()
        };
        let daemon = |number: usize| {
            let seed = seed.wrapping_mul(2).wrapping_add(number as u64);
            let restarts = restarts(number);
            let history = Arc::clone(&history);
            let daemon = SimDaemon::new((number, seed), &restarts, start(), machine, history);
            Arc::new(Mutex::new(daemon))
        };
        let kill_points = Arc::new(KillPoints::default());
        let feed = SimFeed {
            machine,
            history: Arc::clone(&history),
            kill_points: Arc::clone(&kill_points),
            faults: Arc::default(),
        };
        let outside = SimOutside {
            daemons: [daemon(0), daemon(1)],
            history: Arc::clone(&history),
            kill_points: Arc::clone(&kill_points),
            feed,
            ports: Arc::new(AtomicU64::new(1)),
        };
        // In memory, where the machine has a file system for that: nothing here needs to last.
        let shared = std::path::Path::new("/dev/shm");
        let folder = if shared.is_dir() {
            tempfile::tempdir_in(shared).unwrap()
        } else {
            tempfile::tempdir().unwrap()
        };
        let operator = Operator {
            machine,
            history: Arc::clone(&history),
            config: ConfigFile::create(folder.path(), Arc::clone(&history)),
            router: Arc::default(),
            waiting: JoinSet::new(),
        };
        let mut host = Self {
            machine,
            history,
            outside,
            disk: Arc::default(),
            kill_points,
            operator,
            folder,
            jobs: BTreeMap::new(),
            numbered: 0,
            life: None,
            starts: Duration::ZERO,
            once: false,
            damages: Vec::new(),
            images: Vec::new(),
            draw: ChaCha8Rng::seed_from_u64(seed),
        };
        for planned in schedule {
            host.plan(planned.at, Job::Strike(*planned));
        }
        host.plan(Duration::from_secs(3_000), Job::ReadPages);
        host
    }

    fn plan(&mut self, at: Duration, job: Job) {
        self.numbered += 1;
        self.jobs.insert((at, self.numbered), job);
    }

    fn note(&self, fact: Fact) {
        self.history.lock().unwrap().note(fact);
    }

    async fn run(mut self, length: Duration) {
        loop {
            let now = self.machine.passed();
            if now >= length || !self.history.lock().unwrap().violations().is_empty() {
                break;
            }
            while self.operator.waiting.try_join_next().is_some() {}
            if self.life.is_none() && now >= self.starts {
                self.life = Some(self.start());
            }
            if let Some(entry) = self.jobs.first_entry().filter(|entry| entry.key().0 <= now) {
                let job = entry.remove();
                self.carry_out(job).await;
                continue;
            }
            let next_job = self.jobs.keys().next().map_or(length, |(at, _)| *at);
            let next = if self.life.is_some() { next_job } else { next_job.min(self.starts) };
            let pause = sleep(next.min(length).saturating_sub(now));
            match &mut self.life {
                None => pause.await,
                Some(life) => {
                    let killed = tokio::select! {
                        biased;
                        () = self.kill_points.killed.notified() => Some(true),
                        () = &mut life.run => Some(false),
                        () = pause => None,
                    };
                    match killed {
                        Some(true) => self.crash().await,
                        Some(false) => self.end().await,
                        None => {}
                    }
                }
            }
        }
        self.crash().await;
    }

    /// Begins a process, as `snarkfee run` does.
    fn start(&mut self) -> Life {
        let written = self.operator.config.config();
        if written.broken {
            self.operator.config.write(SimConfig { broken: false, ..SimConfig::clone(&written) });
        }
        let config = self.operator.config.config();
        let ledger = Arc::new(SimLedger {
            journal: self.open_journal(),
            folder: self.operator.config.state_dir(),
            machine: self.machine,
            history: Arc::clone(&self.history),
            faults: Arc::clone(&self.disk),
            kill_points: Arc::clone(&self.kill_points),
            full: AtomicBool::new(false),
        });
        let once = std::mem::take(&mut self.once);
        self.note(Fact::Started { once, config });
        let history = Arc::clone(&self.history);
        let narrator = Arc::new(move |record: &Record| {
            let told = format!(
                "{} {} {} {:?}",
                record.decision.action.code(),
                record.decision.reason.code(),
                record.outcome.code(),
                record.hold
            );
            let daemon = number_of(&record.daemon);
            history.lock().unwrap().note(Fact::Looked { daemon, mode: record.mode, told });
        });
        let settings = self.operator.config.load();
        let (outside, clock) = (self.outside.clone(), Clock::of(self.machine));
        let service = Service::within(outside, narrator, settings, clock, ledger.clone());
        let cancel = CancellationToken::new();
        let (reload, reloads) = mpsc::channel(1);
        let (router, source) = (Arc::clone(&self.operator.router), self.operator.config.clone());
        let stop = cancel.clone();
        let run: Pin<Box<dyn Future<Output = ()>>> = Box::pin(async move {
            if once {
                let _ = service.once(&stop).await;
                return;
            }
            let running = service.start().await.unwrap();
            *router.lock().unwrap() = Some(running.router());
            running.run(Some(Box::new(source)), reloads, stop).await.unwrap();
        });
        Life { run, ledger, cancel, reload }
    }

    /// Opens the journal; where it is refused, the operator puts it away, and then all of it.
    fn open_journal(&mut self) -> Journal {
        let folder = self.operator.config.state_dir();
        let damages = std::mem::take(&mut self.damages);
        for (fault, seed) in damages {
            let mut image = Image::take(&folder);
            let damage = image.damage(fault, self.images.first(), seed);
            image.restore(&folder);
            self.note(Fact::Damaged { damage });
            let after = Duration::from_secs(self.draw.random_range(60..2_000));
            let order = Job::Order { over_http: seed % 2 == 0, order: Order::Resume, daemon: None };
            self.plan(self.machine.passed() + after, order);
        }
        for damage in [Damage::Shows, Damage::Hidden] {
            match Journal::open_in_place(&folder, RETENTION, self.machine.now()) {
                Ok(journal) => return journal,
                Err(_) => {
                    let mut image = Image::take(&folder);
                    let shows = image.put_journal_away();
                    if shows && damage == Damage::Shows {
                        image.restore(&folder);
                        self.note(Fact::Damaged { damage });
                    } else {
                        clear(&folder);
                        self.note(Fact::Damaged { damage: Damage::Hidden });
                    }
                    let order = Order::Resume;
                    let order = Job::Order { over_http: true, order, daemon: None };
                    self.plan(self.machine.passed() + Duration::from_secs(500), order);
                }
            }
        }
        Journal::open_in_place(&folder, RETENTION, self.machine.now()).unwrap()
    }

    /// The process is gone at once, wherever it was.
    async fn crash(&mut self) {
        let Some(life) = self.life.take() else { return };
        let folder = self.operator.config.state_dir();
        let torn = self.disk.lock().unwrap().left.take();
        let image = torn.unwrap_or_else(|| Image::take(&folder));
        self.forget(life).await;
        image.restore(&folder);
        self.keep(image);
    }

    /// The process ended by itself.
    async fn end(&mut self) {
        let Some(life) = self.life.take() else { return };
        self.forget(life).await;
        self.keep(Image::take(&self.operator.config.state_dir()));
    }

    async fn forget(&mut self, life: Life) {
        *self.operator.router.lock().unwrap() = None;
        self.operator.waiting.shutdown().await;
        let Life { run, ledger, .. } = life;
        drop(run);
        // Tasks that were cancelled are dropped when it is their turn.
        for _ in 0..1_000 {
            if Arc::strong_count(&ledger) == 1 {
                break;
            }
            tokio::task::yield_now().await;
        }
        let ledger = Arc::into_inner(ledger).expect("nothing of the process is left");
        ledger.journal.close();
        self.kill_points.disarm().await;
        self.disk.lock().unwrap().forget_tearing();
        self.note(Fact::Ended);
        let pause = 10_f64.powf(self.draw.random_range(-1.0..3.0));
        self.starts = self.machine.passed() + Duration::from_secs_f64(pause);
    }

    fn keep(&mut self, image: Image) {
        self.images.push(image);
        if self.images.len() > 3 {
            self.images.remove(0);
        }
    }

    async fn carry_out(&mut self, job: Job) {
        match job {
            Job::Strike(planned) => self.strike(planned).await,
            Job::Write(config) => self.write(config),
            Job::Order { over_http: true, order, daemon } => {
                self.operator.order_over_http(order, daemon);
            }
            Job::Order { over_http: false, order, daemon } => {
                self.operator.order_in_journal(order, daemon);
            }
            Job::SetClock => {
                self.machine.stop(false);
                self.machine.set(SignedDuration::ZERO);
            }
            Job::Terminate => self.terminate(),
            Job::ReadPages => {
                self.operator.read_pages();
                self.plan(self.machine.passed() + Duration::from_secs(3_000), Job::ReadPages);
            }
        }
    }

    fn terminate(&self) {
        if let Some(life) = self.life.as_ref().filter(|life| !life.cancel.is_cancelled()) {
            self.note(Fact::Stopping);
            life.cancel.cancel();
        }
    }

    fn write(&mut self, config: SimConfig) {
        self.operator.config.write(config);
        if let Some(life) = &self.life
            && self.draw.random_bool(0.5)
        {
            let _ = life.reload.try_send(());
        }
    }

    async fn strike(&mut self, planned: Planned) {
        let Planned { at, lasts, fault, daemon, seed } = planned;
        self.note(Fact::Struck { fault, daemon, lasts });
        let (now, mut draw) = (self.machine.passed(), ChaCha8Rng::seed_from_u64(seed));
        let until = now + lasts;
        let seconds = SignedDuration::from_secs_f64(10_f64.powf(draw.random_range(0.5..5.0)));
        let whom = draw.random_bool(0.5).then_some(daemon);
        match fault {
            Fault::Restarts => {}
            Fault::Killed => self.crash().await,
            Fault::KilledWhileActing => self.kill_points.arm(draw.random_range(0..24)),
            Fault::Terminated => self.terminate(),
            Fault::RunOnce => {
                self.once = true;
                self.terminate();
            }
            Fault::Reboots => {
                self.crash().await;
                self.machine.reboot();
                self.note(Fact::Booted);
            }
            Fault::DiskFull
            | Fault::DiskReadOnly
            | Fault::DiskFails
            | Fault::DiskSlow
            | Fault::DiskAnswersLost
            | Fault::WriteTorn => self.disk.lock().unwrap().strike(fault, until, seed),
            Fault::BitsFlipped
            | Fault::WalLost
            | Fault::SealLost
            | Fault::JournalLost
            | Fault::OlderJournal
            | Fault::OlderFolder => {
                self.damages.push((fault, seed));
                self.crash().await;
            }
            Fault::JournalDeleted => {
                let path = self.operator.config.state_dir().join("journal.sqlite");
                if self.life.is_some() && std::fs::remove_file(path).is_ok() {
                    self.note(Fact::Damaged { damage: Damage::Deleted });
                    self.damages.push((Fault::JournalLost, seed));
                    self.plan(until + Duration::from_secs(300), Job::Terminate);
                }
            }
            Fault::ClockForward | Fault::ClockMomentarilyWrong | Fault::ClockBack => {
                let back = fault == Fault::ClockBack || seed % 2 == 0;
                let back = back && fault != Fault::ClockForward;
                self.machine.set(if back { -seconds } else { seconds });
                let momentary = fault == Fault::ClockMomentarilyWrong;
                let until = if momentary { now + Duration::from_secs(seed % 70) } else { until };
                self.plan(until, Job::SetClock);
            }
            Fault::ClockStops => {
                self.machine.stop(true);
                self.plan(until, Job::SetClock);
            }
            Fault::MachineSleeps => self.machine.sleep(seconds.unsigned_abs().min(LONGEST_SLEEP)),
            Fault::PausedOverHttp | Fault::PausedInJournal => {
                let over_http = fault == Fault::PausedOverHttp;
                let lasting = draw.random_bool(0.6).then_some(lasts.max(Duration::from_secs(60)));
                let (order, daemon) = (Order::Pause(lasting), whom);
                self.carry_order(over_http, order, daemon);
                let over_http = draw.random_bool(0.5);
                let order = Job::Order { over_http, order: Order::Resume, daemon };
                self.plan(until.max(at) + lasts, order);
            }
            Fault::ResumedOverHttp => self.carry_order(true, Order::Resume, whom),
            Fault::ResumedInJournal => self.carry_order(false, Order::Resume, whom),
            Fault::ModeReloaded
            | Fault::BoundsReloaded
            | Fault::ExitReloaded
            | Fault::LoopReplaced
            | Fault::DaemonRemoved
            | Fault::FileBroken => {
                let (config, _) = self.operator.rewrite(fault, seed);
                self.write(config);
                let (_, after) = self.operator.rewrite(fault, seed);
                let after = SimConfig { live: true, second: true, broken: false, ..after };
                self.plan(until, Job::Write(after));
            }
            Fault::PriceJumps | Fault::PriceFails => {
                self.outside.feed.faults.lock().unwrap().push((fault, until, seed));
            }
            fault => self.outside.daemons[daemon].lock().unwrap().strike(fault, until, seed),
        }
    }

    fn carry_order(&mut self, over_http: bool, order: Order, daemon: Option<usize>) {
        match over_http {
            true => self.operator.order_over_http(order, daemon),
            false => self.operator.order_in_journal(order, daemon),
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        clear(self.folder.path());
    }
}
