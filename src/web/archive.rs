//! Reads the journal of the running service beside it, within limits.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use snarkfee_core::{
    decision_log::{DecisionFilter, DecisionPage},
    trend::{TrendPoint, TrendRange},
    units::DaemonId,
};
use snarkfee_journal::{JournalError, JournalFileReader};
use tokio::{sync::Semaphore, time::timeout};

/// How long a request waits for the journal: less than a request may take.
const LIMIT: Duration = Duration::from_secs(5);
/// Histories in memory, each of one daemon and range.
const HISTORIES: usize = 48;

/// The journal as page and API read it: one connection, one query at a time.
pub struct Archive {
    folder: PathBuf,
    reader: Arc<Mutex<Option<JournalFileReader>>>,
    turn: Arc<Semaphore>,
    /// Those read last are at the end.
    histories: Mutex<Vec<History>>,
}

/// A history read from the journal. It holds until the step of its newest point is over.
struct History {
    daemon: DaemonId,
    range: TrendRange,
    /// The step in which it was read, counted from 1970.
    step: i64,
    points: Vec<TrendPoint>,
}

/// Why the journal was not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArchiveError {
    #[error("it took longer than {LIMIT:?}")]
    Late,
    #[error("the thread that read it panicked: this is a bug")]
    Panicked,
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl Archive {
    /// The journal of a folder, which the service keeps. It is opened when it is first asked for.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            reader: Arc::default(),
            turn: Arc::new(Semaphore::new(1)),
            histories: Mutex::default(),
        }
    }

    pub(super) async fn read_decisions(
        &self,
        filter: DecisionFilter,
    ) -> Result<DecisionPage, ArchiveError> {
        self.read(move |reader| reader.read_decisions(&filter)).await
    }

    /// A daemon's history up to its look at `latest`.
    pub(super) async fn read_trend(
        &self,
        daemon: &DaemonId,
        range: TrendRange,
        latest: Timestamp,
    ) -> Result<Vec<TrendPoint>, ArchiveError> {
        let step = latest.as_second().div_euclid(range.step().as_secs().cast_signed().max(1));
        if let Some(points) = self.find_history(daemon, range, step) {
            return Ok(points);
        }
        let (asked, from) = (daemon.clone(), range.begin(latest));
        let until = latest.checked_add(Duration::from_micros(1)).unwrap_or(latest);
        let read = move |reader: &JournalFileReader| {
            reader.read_trend(&asked, (from, until), range.step())
        };
        let points = self.read(read).await?;
        let history = History { daemon: daemon.clone(), range, step, points: points.clone() };
        let mut histories = self.histories.lock().unwrap_or_else(PoisonError::into_inner);
        histories.retain(|known| known.daemon != *daemon || known.range != range);
        if histories.len() >= HISTORIES {
            histories.remove(0);
        }
        histories.push(history);
        Ok(points)
    }

    fn find_history(
        &self,
        daemon: &DaemonId,
        range: TrendRange,
        step: i64,
    ) -> Option<Vec<TrendPoint>> {
        let histories = self.histories.lock().unwrap_or_else(PoisonError::into_inner);
        let known = histories.iter().find(|known| known.daemon == *daemon && known.range == range);
        known.filter(|known| known.step == step).map(|known| known.points.clone())
    }

    /// Reads on a thread that may wait for the disk. A disk that hangs holds up one thread.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&JournalFileReader) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, ArchiveError> {
        let (reader, folder) = (Arc::clone(&self.reader), self.folder.clone());
        let asked = async {
            let turn = Arc::clone(&self.turn).acquire_owned().await;
            let job = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
                // One that failed is opened anew.
                let open = match reader.take() {
                    Some(open) => open,
                    None => JournalFileReader::open(&folder)?,
                };
                let result = work(&open)?;
                *reader = Some(open);
                Ok(result)
            });
            job.await.unwrap_or(Err(ArchiveError::Panicked))
        };
        timeout(LIMIT, asked).await.unwrap_or(Err(ArchiveError::Late))
    }
}
