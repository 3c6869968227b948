//! How far long work has come, on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error; where that is no terminal, nothing.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// An empty bar for what is being done.
    pub(super) fn new(doing: &'static str) -> Self {
        let bar = ProgressBar::new(0).with_message(doing);
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len}, {eta} left")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// One more of `all` parts is done.
    pub(super) fn advance(&self, all: u64) {
        self.0.set_length(all);
        self.0.inc(1);
    }

    /// So many of `all` parts are done.
    pub(super) fn stand(&self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
