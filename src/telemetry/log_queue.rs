//! The way of the log to standard error: a bounded queue, and a thread that waits for the reader.
//!
//! Invariants: whoever logs never waits, however long the reader (a full pipe, a stopped terminal, a
//! full disk) takes; lines that find no room or cannot be written are lost whole, and counted.

use std::{
    io::{self, Write},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

/// Bytes that wait for the reader at most: some thousand lines.
const ROOM: usize = 1 << 20;
/// Bytes of a buffer that are kept for the next lines.
const KEPT: usize = 64 << 10;
/// How long a reader may take for the last lines of a process.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Takes the lines of the log; clones share one queue.
#[derive(Clone, Debug)]
pub(crate) struct LogQueue {
    shared: Arc<SharedQueue>,
}

/// How many lines of the log were lost since the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct LostLines(Arc<AtomicU64>);

#[derive(Debug)]
struct SharedQueue {
    lines: Mutex<WaitingLines>,
    changed: Condvar,
    lost: LostLines,
    room: usize,
}

#[derive(Debug, Default)]
struct WaitingLines {
    bytes: Vec<u8>,
    /// Whether the thread has taken lines that are not written yet.
    writing: bool,
}

impl LostLines {
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, lines: u64) {
        self.0.fetch_add(lines, Ordering::Relaxed);
    }
}

impl LogQueue {
    /// Starts the thread that writes to standard error.
    ///
    /// # Errors
    ///
    /// Where no thread can be had.
    pub(super) fn start() -> io::Result<Self> {
        Self::writing_to(io::stderr(), ROOM)
    }

    fn writing_to(out: impl Write + Send + 'static, room: usize) -> io::Result<Self> {
        let shared = Arc::new(SharedQueue {
            lines: Mutex::default(),
            changed: Condvar::new(),
            lost: LostLines::default(),
            room,
        });
        let queue = Self { shared: Arc::clone(&shared) };
        thread::Builder::new().name("log".to_owned()).spawn(move || shared.write_to(out))?;
        Ok(queue)
    }

    pub(crate) fn lost_lines(&self) -> LostLines {
        self.shared.lost.clone()
    }

    /// Waits until what was logged is written, for two seconds at most. Returns whether it is.
    pub(crate) fn finish(&self) -> bool {
        self.wait_until_written(LAST_LINES)
    }

    fn wait_until_written(&self, limit: Duration) -> bool {
        let lines = self.shared.lock();
        let unwritten = |lines: &mut WaitingLines| lines.writing || !lines.bytes.is_empty();
        let waited = self.shared.changed.wait_timeout_while(lines, limit, unwritten);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Write for LogQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut lines = self.shared.lock();
        if lines.bytes.len().saturating_add(line.len()) > self.shared.room {
            self.shared.lost.add(count_lines(line));
        } else {
            lines.bytes.extend_from_slice(line);
            self.shared.changed.notify_all();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogQueue {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl SharedQueue {
    fn lock(&self) -> MutexGuard<'_, WaitingLines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes for as long as the process lives.
    fn write_to(&self, mut out: impl Write) {
        let (mut taken, mut told) = (Vec::new(), 0);
        loop {
            self.take_lines(&mut taken);
            if out.write_all(&taken).and_then(|()| out.flush()).is_err() {
                self.lost.add(count_lines(&taken));
                continue;
            }
            let lost = self.lost.count();
            if lost > told {
                told = lost;
                tracing::warn!(lost, "lines of the log were lost: its reader was too slow");
            }
        }
    }

    /// Waits for lines and takes them all; those taken before are written.
    fn take_lines(&self, taken: &mut Vec<u8>) {
        taken.clear();
        taken.shrink_to(KEPT);
        let mut lines = self.lock();
        lines.writing = false;
        self.changed.notify_all();
        let empty = |lines: &mut WaitingLines| lines.bytes.is_empty();
        lines = self.changed.wait_while(lines, empty).unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(taken, &mut lines.bytes);
        lines.writing = true;
    }
}

fn count_lines(text: &[u8]) -> u64 {
    text.iter().map(|&byte| u64::from(byte == b'\n')).sum()
}

#[cfg(test)]
mod tests;
