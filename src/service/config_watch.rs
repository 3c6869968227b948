//! Reads the configuration again when it may have changed, on a thread that may wait for the disk.
//!
//! Invariants: a file that cannot be read to its end (a pipe, a network file system that hangs) holds
//! up nothing but the reload; at most one thread waits for it.

use snarkfee_config::{ConfigErrors, Fingerprint, Settings, Source};
use tokio::task::JoinHandle;
use tracing::error;

/// Watches the files of a configuration.
pub(super) struct ConfigWatch {
    source: Source,
    seen: Fingerprint,
    reading: Option<JoinHandle<Option<Reloaded>>>,
    /// Whether a reload was asked for while one was being read.
    asked_again: bool,
    /// Whether it was said that the reading does not end.
    told: bool,
}

/// A configuration as it was read again.
pub(super) struct Reloaded {
    fingerprint: Fingerprint,
    pub(super) settings: Result<Settings, ConfigErrors>,
}

impl ConfigWatch {
    /// Watches what `settings` were read from.
    pub(super) fn new(source: Source, settings: &Settings) -> Self {
        let seen = source.fingerprint(Some(settings));
        Self { source, seen, reading: None, asked_again: false, told: false }
    }

    /// Begins to read, where the files changed or it is `asked`. Returns whether an earlier reading
    /// has only now been found not to end.
    pub(super) fn begin(&mut self, settings: &Settings, asked: bool) -> bool {
        if self.reading.is_some() {
            self.asked_again |= asked;
            return !asked && self.tell();
        }
        let (source, seen, settings) = (self.source.clone(), self.seen, settings.clone());
        self.reading = Some(tokio::task::spawn_blocking(move || {
            let fingerprint = source.fingerprint(Some(&settings));
            (asked || fingerprint != seen)
                .then(|| Reloaded { fingerprint, settings: source.load() })
        }));
        false
    }

    fn tell(&mut self) -> bool {
        let first = !std::mem::replace(&mut self.told, true);
        if first {
            error!("the configuration cannot be read to its end, so the old one stays in force");
        }
        first
    }

    /// Waits for the end of a reading; for ever where none is under way. Returns what was read, if it
    /// is to be applied. Nothing is lost where it is given up.
    pub(super) async fn finish(&mut self) -> Option<Reloaded> {
        let Some(reading) = &mut self.reading else { return std::future::pending().await };
        let read = reading.await;
        (self.reading, self.told) = (None, false);
        let reloaded = read.unwrap_or_else(|error| {
            error!(%error, "reading the configuration panicked: this is a bug");
            None
        });
        if let Some(reloaded) = &reloaded {
            self.seen = reloaded.fingerprint;
        }
        reloaded
    }

    /// Whether a reload was asked for that no reading since has heard of.
    pub(super) fn take_asked_again(&mut self) -> bool {
        std::mem::take(&mut self.asked_again)
    }
}
