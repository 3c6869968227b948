//! Progress of long work, on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A progress bar on standard error, or nothing where that is no terminal.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// An empty bar for an activity.
    pub(super) fn new(activity: &'static str) -> Self {
        let bar = ProgressBar::new(0).with_message(activity);
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len}, {eta} left")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// Counts one more of `all` parts.
    pub(super) fn advance(&self, all: u64) {
        self.0.set_length(all);
        self.0.inc(1);
    }

    /// Shows that `done` of `all` parts are done.
    pub(super) fn set(&self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
