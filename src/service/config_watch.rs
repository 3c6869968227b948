//! Reads the configuration again when it may have changed.
//!
//! Invariants: a file that cannot be read to its end (a pipe, a network file system that hangs) holds
//! up nothing but the reload; at most one reading waits for it.

use std::{future::Future, pin::Pin};

use snarkfee_config::{ConfigErrors, Fingerprint, Settings, Source};
use tracing::error;

/// Where the configuration is read again.
pub trait SettingsSource: Send {
    /// Stands for what would be read now.
    fn fingerprint(&self, settings: &Settings) -> Fingerprint;

    /// Reads it again if it is `asked` for, or no longer what `seen` stands for. Must not block.
    fn read_again(&self, seen: Fingerprint, settings: &Settings, asked: bool) -> Rereading;
}

/// The reading of a configuration that may have changed.
pub type Rereading = Pin<Box<dyn Future<Output = Option<Reloaded>> + Send>>;

/// Files are read on a thread that may wait for the disk.
impl SettingsSource for Source {
    fn fingerprint(&self, settings: &Settings) -> Fingerprint {
        Self::fingerprint(self, Some(settings))
    }

    fn read_again(&self, seen: Fingerprint, settings: &Settings, asked: bool) -> Rereading {
        let (source, settings) = (self.clone(), settings.clone());
        let read = move || Reloaded::read(&source, seen, &settings, asked);
        let reading = tokio::task::spawn_blocking(read);
        Box::pin(async move {
            reading.await.unwrap_or_else(|error| {
                error!(%error, "reading the configuration panicked: this is a bug");
                None
            })
        })
    }
}

/// Watches the files of a configuration.
pub(super) struct ConfigWatch {
    source: Box<dyn SettingsSource>,
    seen: Fingerprint,
    reading: Option<Rereading>,
    /// Whether a reload was asked for while one was being read.
    asked_again: bool,
    /// Whether it was said that the reading does not end.
    told: bool,
}

/// A configuration as it was read again.
pub struct Reloaded {
    fingerprint: Fingerprint,
    pub(super) settings: Result<Settings, ConfigErrors>,
}

impl Reloaded {
    /// What [`SettingsSource::read_again`] reads. Blocks.
    pub fn read(
        source: &Source,
        seen: Fingerprint,
        settings: &Settings,
        asked: bool,
    ) -> Option<Self> {
        let fingerprint = source.fingerprint(Some(settings));
        (asked || fingerprint != seen).then(|| Self { fingerprint, settings: source.load() })
    }
}

impl ConfigWatch {
    /// Watches what `settings` were read from.
    pub(super) fn new(source: Box<dyn SettingsSource>, settings: &Settings) -> Self {
        let seen = source.fingerprint(settings);
        Self { source, seen, reading: None, asked_again: false, told: false }
    }

    /// Begins to read, where the files changed or it is `asked`. Returns whether an earlier reading
    /// has only now been found not to end.
    pub(super) fn begin(&mut self, settings: &Settings, asked: bool) -> bool {
        if self.reading.is_some() {
            self.asked_again |= asked;
            return !asked && self.tell();
        }
        self.reading = Some(self.source.read_again(self.seen, settings, asked));
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
        let reloaded = reading.await;
        (self.reading, self.told) = (None, false);
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
