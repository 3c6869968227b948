//! The journal in use: one thread writes, jobs reach it through a bounded queue, and every wait has
//! a limit. Whoever has nothing else to do meanwhile writes in place.

use std::{
    fmt,
    path::Path,
    sync::{Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use jiff::Timestamp;
use snarkfee_core::{
    control::OperatorCommand,
    fault::{JournalClass, JournalFault},
    ledger::{
        Intent, IntentId, Ledger, LookEntry, Order, OrderId, PersistedState, Reply, RestoredState,
    },
    units::DaemonId,
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    error::JournalError,
    store::{InjectedLimits, Store},
};

/// Jobs that may wait.
const QUEUE: usize = 64;
/// How long a caller waits for the answer: longer than SQLite waits for a lock.
const LIMIT: Duration = Duration::from_secs(10);

/// An open journal. Dropping it closes it once what is under way is written.
pub struct Journal(Seat);

/// Where jobs are done.
enum Seat {
    /// On a thread that may wait for the disk.
    Thread { queue: mpsc::Sender<Job>, thread: JoinHandle<()> },
    /// Where they are asked for.
    InPlace(Box<Mutex<Store>>),
}

/// Something for the thread to do.
type Job = Box<dyn FnOnce(&mut Store) + Send>;

impl Journal {
    /// Opens the journal of a folder, or makes one, locks it for this process, checks it and brings
    /// it up to date. Records are kept for `retention`. Blocks.
    ///
    /// # Errors
    ///
    /// Where the folder cannot be used or is in use, or the journal is damaged, foreign or newer.
    pub fn open(folder: &Path, retention: Duration, now: Timestamp) -> Result<Self, JournalError> {
        Self::spawn(Store::open(folder, retention, now)?)
    }

    /// The same, but everything blocks where it is called: for a process without other tasks, such
    /// as a simulation in which no real time passes.
    ///
    /// # Errors
    ///
    /// As [`Journal::open`].
    pub fn open_in_place(
        folder: &Path,
        retention: Duration,
        now: Timestamp,
    ) -> Result<Self, JournalError> {
        Ok(Self(Seat::InPlace(Box::new(Mutex::new(Store::open(folder, retention, now)?)))))
    }

    /// Starts the thread that writes to `store`.
    pub(crate) fn spawn(mut store: Store) -> Result<Self, JournalError> {
        let (queue, mut jobs) = mpsc::channel::<Job>(QUEUE);
        let work = move || {
            while let Some(job) = jobs.blocking_recv() {
                job(&mut store);
            }
        };
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(work);
        Ok(Self(Seat::Thread { queue, thread: thread.map_err(JournalError::Thread)? }))
    }

    /// Sets the limits at which the journal fails.
    ///
    /// # Errors
    ///
    /// The journal's own.
    pub async fn inject_limits(&self, limits: InjectedLimits) -> Result<(), JournalFault> {
        self.run(move |store| store.inject_limits(limits)).await
    }

    /// Closes the journal: when this returns, its file is whole and its lock is free. Blocks.
    pub fn close(self) {
        if let Seat::Thread { queue, thread } = self.0 {
            drop(queue);
            // A thread that panicked has already said so.
            let _ = thread.join();
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalFault> {
        let queue = match &self.0 {
            Seat::Thread { queue, .. } => queue,
            Seat::InPlace(store) => {
                let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
                return work(&mut store).map_err(|error| error.fault());
            }
        };
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |store| {
            // Nobody acts on an answer that came too late.
            if !answer.is_closed() {
                let _ = answer.send(work(store));
            }
        });
        let asked = async {
            queue.send(job).await.map_err(|_| closed_fault())?;
            answered.await.map_err(|_| closed_fault())
        };
        let timed_out =
            |_| JournalFault { class: JournalClass::TimedOut, cause: format!("limit {LIMIT:?}") };
        let result = tokio::time::timeout(LIMIT, asked).await.map_err(timed_out)??;
        result.map_err(|error| error.fault())
    }
}

fn closed_fault() -> JournalFault {
    JournalFault { class: JournalClass::Closed, cause: "its thread has ended".to_owned() }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}

impl Ledger for Journal {
    fn restore(&self, daemon: &DaemonId) -> Reply<'_, RestoredState> {
        let daemon = daemon.clone();
        Box::pin(self.run(move |store| store.restore(&daemon)))
    }

    fn load_orders(&self, daemon: &DaemonId, seen: OrderId) -> Reply<'_, Vec<Order>> {
        let daemon = daemon.clone();
        Box::pin(self.run(move |store| store.load_orders(&daemon, seen)))
    }

    fn record_order(&self, at: Timestamp, command: OperatorCommand) -> Reply<'_, OrderId> {
        Box::pin(self.run(move |store| store.record_order(at, &command)))
    }

    fn record_intent(&self, intent: Intent) -> Reply<'_, IntentId> {
        Box::pin(self.run(move |store| store.record_intent(&intent)))
    }

    fn record_look(&self, entry: LookEntry) -> Reply<'_, ()> {
        Box::pin(self.run(move |store| store.record_look(&entry)))
    }

    fn save_state(&self, daemon: &DaemonId, at: Timestamp, state: PersistedState) -> Reply<'_, ()> {
        let daemon = daemon.clone();
        Box::pin(self.run(move |store| store.save_state(&daemon, at, state)))
    }
}
