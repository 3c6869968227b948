//! The journal on a disk that fails, and what a crash leaves of its files.
//!
//! The journal is the real one, over real files. A crash leaves them as they were written; one in
//! the middle of a write leaves the write-ahead log cut off within what was being written, and the
//! seal as it was, since that is written last.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use snarkfee_core::{
    control::OperatorCommand,
    fault::{JournalClass, JournalFault},
    ledger::{
        Intent, IntentId, Ledger, LookEntry, Order, OrderId, PersistedState, Reply, RestoredState,
    },
    units::DaemonId,
};
use snarkfee_journal::{InjectedLimits, Journal};
use tokio::time::sleep;

use crate::{
    config::DAEMONS,
    history::{Damage, Fact, History},
    kill_point::{KillPoints, Site},
    machine::Machine,
    schedule::Fault,
};

/// The files of a journal that a crash leaves; those of SQLite's shared memory are made anew.
const FILES: [&str; 3] = ["journal.sqlite", "journal.sqlite-wal", "journal.seal"];

/// The content of a journal's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image([Option<Vec<u8>>; 3]);

const JOURNAL: usize = 0;
const WAL: usize = 1;
const SEAL: usize = 2;

impl Image {
    /// The files as they are.
    pub(crate) fn take(folder: &Path) -> Self {
        Self(FILES.map(|name| fs::read(folder.join(name)).ok()))
    }

    /// Puts them in the place of all others.
    pub(crate) fn restore(&self, folder: &Path) {
        clear(folder);
        for (name, content) in FILES.iter().zip(&self.0) {
            if let Some(content) = content {
                fs::write(folder.join(name), content).unwrap();
            }
        }
    }

    /// A crash within the write that led from these files to `after`.
    fn torn(&self, after: &Self, draw: &mut ChaCha8Rng) -> Self {
        let [journal, wal, seal] = self.0.clone();
        let (before, written) = (wal.unwrap_or_default(), after.0[WAL].clone().unwrap_or_default());
        // A checkpoint begins the log anew and is itself synced before.
        if journal != after.0[JOURNAL] || !written.starts_with(&before) {
            return after.clone();
        }
        let kept = draw.random_range(before.len()..=written.len());
        let mut cut = written[..kept].to_vec();
        if draw.random_bool(0.5) {
            // What was not synced may be anything.
            let from = draw.random_range(before.len()..=kept);
            cut[from..].iter_mut().for_each(|byte| *byte = draw.random());
        }
        Self([journal, Some(cut), seal])
    }

    /// Damages the files; what becomes of it.
    pub(crate) fn damage(&mut self, fault: Fault, older: Option<&Self>, seed: u64) -> Damage {
        let mut draw = ChaCha8Rng::seed_from_u64(seed);
        let before = self.clone();
        match (fault, older) {
            (Fault::BitsFlipped, _) => {
                let which = draw.random_range(0..3);
                if let Some(content) = self.0[which].as_mut().filter(|content| !content.is_empty())
                {
                    for _ in 0..draw.random_range(1..4) {
                        let at = draw.random_range(0..content.len());
                        content[at] ^= 1 << draw.random_range(0..8);
                    }
                }
                return Damage::Changed;
            }
            (Fault::WalLost, _) => self.0[WAL] = None,
            (Fault::SealLost, _) => self.0[SEAL] = None,
            (Fault::JournalLost, _) => (self.0[JOURNAL], self.0[WAL]) = (None, None),
            (Fault::OlderJournal, Some(older)) => {
                (self.0[JOURNAL], self.0[WAL]) = (older.0[JOURNAL].clone(), older.0[WAL].clone());
            }
            (Fault::OlderFolder, Some(older)) => {
                *self = older.clone();
                return Damage::Hidden;
            }
            _ => {}
        }
        if *self == before || fault == Fault::WalLost {
            // What a log holds may be in the journal already.
            return Damage::Changed;
        }
        match self.is_sealed() || fault == Fault::SealLost && self.0[JOURNAL].is_some() {
            true => Damage::Shows,
            false => Damage::Hidden,
        }
    }

    /// Whether a seal says that something was acknowledged.
    fn is_sealed(&self) -> bool {
        let text = self.0[SEAL].as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        let lines = text.split('\u{0}').filter(|line| !line.trim().is_empty());
        lines.into_iter().any(|line| !line.contains(" sequence 0 "))
    }

    /// The operator moves the journal away. Whether that shows at the next start.
    pub(crate) fn put_journal_away(&mut self) -> bool {
        (self.0[JOURNAL], self.0[WAL]) = (None, None);
        self.is_sealed()
    }
}

/// Removes all files of the journal.
pub(crate) fn clear(folder: &Path) {
    for name in FILES.iter().chain(&["journal.sqlite-shm", "journal.new", "journal.seal-new"]) {
        let _ = fs::remove_file(folder.join(name));
    }
}

/// What is wrong with the disk.
#[derive(Default)]
pub(crate) struct DiskFaults {
    active: Vec<(Fault, Duration)>,
    /// The next write is torn by a crash.
    tears: Option<ChaCha8Rng>,
    /// What the crash leaves.
    pub(crate) left: Option<Image>,
}

/// The journal of one process, on its disk.
pub(crate) struct SimLedger {
    pub(crate) journal: Journal,
    pub(crate) folder: PathBuf,
    pub(crate) machine: &'static Machine,
    pub(crate) history: Arc<Mutex<History>>,
    pub(crate) faults: Arc<Mutex<DiskFaults>>,
    pub(crate) kill_points: Arc<KillPoints>,
    /// Whether it may not grow.
    pub(crate) full: AtomicBool,
}

impl DiskFaults {
    pub(crate) fn strike(&mut self, fault: Fault, until: Duration, seed: u64) {
        match fault {
            Fault::WriteTorn => self.tears = Some(ChaCha8Rng::seed_from_u64(seed)),
            fault => self.active.push((fault, until)),
        }
    }

    /// The process is gone, and with it what waited for its next write.
    pub(crate) fn forget_tearing(&mut self) {
        (self.tears, self.left) = (None, None);
    }
}

fn failed<T>(class: JournalClass) -> Result<T, JournalFault> {
    Err(JournalFault { class, cause: "injected".to_owned() })
}

pub(crate) fn number_of(daemon: &DaemonId) -> usize {
    DAEMONS.iter().position(|name| *name == daemon.as_str()).unwrap()
}

impl SimLedger {
    fn note(&self, fact: Fact) {
        self.history.lock().unwrap().note(fact);
    }

    fn find(&self) -> Option<Fault> {
        let now = self.machine.passed();
        let mut faults = self.faults.lock().unwrap();
        faults.active.retain(|(_, until)| *until > now);
        faults.active.first().map(|(fault, _)| *fault)
    }

    /// Lets the journal grow no further, or again.
    async fn limit(&self, full: bool) -> Result<(), JournalFault> {
        if self.full.swap(full, Ordering::Relaxed) == full {
            return Ok(());
        }
        let (busy_timeout, spare_pages) = (Duration::ZERO, full.then_some(0));
        self.journal.inject_limits(InjectedLimits { busy_timeout, spare_pages }).await
    }

    /// Does something on the disk, as it now is. `writes` says whether it changes files.
    async fn work<T: Send>(
        &self,
        writes: bool,
        work: Reply<'_, T>,
        acknowledged: impl FnOnce(&T) -> Option<Fact> + Send,
    ) -> Result<T, JournalFault> {
        self.kill_points.pass(Site::BeforeJournal).await;
        let fault = self.find();
        match fault {
            Some(Fault::DiskSlow) => sleep(Duration::from_secs(4)).await,
            Some(Fault::DiskReadOnly) if writes => return failed(JournalClass::ReadOnly),
            Some(Fault::DiskFails) => return failed(JournalClass::Io),
            _ => {}
        }
        if writes {
            self.limit(fault == Some(Fault::DiskFull)).await?;
        }
        let tears = if writes { self.faults.lock().unwrap().tears.take() } else { None };
        let before = tears.as_ref().map(|_| Image::take(&self.folder));
        let result = work.await;
        if let (Some(mut draw), Some(before)) = (tears, before) {
            let left = before.torn(&Image::take(&self.folder), &mut draw);
            self.faults.lock().unwrap().left = Some(left);
            self.kill_points.kill().await;
        }
        if fault == Some(Fault::DiskAnswersLost) && writes {
            sleep(Duration::from_secs(10)).await;
            return failed(JournalClass::TimedOut);
        }
        if let Ok(done) = &result
            && let Some(fact) = acknowledged(done)
        {
            self.note(fact);
        }
        self.kill_points.pass(Site::AfterJournal).await;
        result
    }
}

impl Ledger for SimLedger {
    fn restore(&self, daemon: &DaemonId) -> Reply<'_, RestoredState> {
        let restored = self.journal.restore(daemon);
        Box::pin(self.work(false, restored, |_| None))
    }

    fn load_orders(&self, daemon: &DaemonId, seen: OrderId) -> Reply<'_, Vec<Order>> {
        let orders = self.journal.load_orders(daemon, seen);
        let read = Fact::OrdersRead { daemon: number_of(daemon) };
        Box::pin(self.work(false, orders, move |_| Some(read)))
    }

    fn record_order(&self, at: Timestamp, command: OperatorCommand) -> Reply<'_, OrderId> {
        let recorded = self.journal.record_order(at, command);
        Box::pin(self.work(true, recorded, |_| None))
    }

    fn record_intent(&self, intent: Intent) -> Reply<'_, IntentId> {
        let (daemon, action) = (number_of(&intent.daemon), intent.decision.action.clone());
        let intended = Fact::Intended { daemon, action };
        let recorded = self.journal.record_intent(intent);
        Box::pin(async move {
            self.kill_points.pass(Site::BeforeIntent).await;
            self.work(true, recorded, move |_| Some(intended)).await
        })
    }

    fn record_look(&self, entry: LookEntry) -> Reply<'_, ()> {
        let remembered = Fact::Remembered { daemon: number_of(&entry.record.daemon) };
        let recorded = self.journal.record_look(entry);
        Box::pin(self.work(true, recorded, move |()| Some(remembered)))
    }

    fn save_state(&self, daemon: &DaemonId, at: Timestamp, state: PersistedState) -> Reply<'_, ()> {
        let remembered = Fact::Remembered { daemon: number_of(daemon) };
        let saved = self.journal.save_state(daemon, at, state);
        Box::pin(self.work(true, saved, move |()| Some(remembered)))
    }
}
