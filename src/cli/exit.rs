//! How the program ends.

use std::{error::Error, io::Write, process::ExitCode};

use snarkfee_core::units::hide_private_keys;
use snarkfee_journal::JournalError;

/// Failed while running.
const FAILED: u8 = 1;
/// The command line is not valid.
pub(super) const USAGE: u8 = 2;
/// The configuration is not valid (`EX_CONFIG` of BSD's sysexits).
const CONFIG: u8 = 78;

/// Why the program fails: one line that names the thing, then its causes.
#[derive(Debug)]
pub(super) struct Failure {
    code: u8,
    error: anyhow::Error,
}

impl Failure {
    /// Failed while running.
    pub(super) fn running(error: impl Into<anyhow::Error>) -> Self {
        Self { code: FAILED, error: error.into() }
    }

    /// The command line is not valid.
    pub(super) fn usage(error: impl Error + Send + Sync + 'static) -> Self {
        Self { code: USAGE, error: error.into() }
    }

    /// The configuration is not valid.
    pub(super) fn config(error: impl Error + Send + Sync + 'static) -> Self {
        Self { code: CONFIG, error: error.into() }
    }

    /// The journal cannot be used: its setting is wrong, or its content.
    pub(super) fn journal(error: JournalError) -> Self {
        if error.is_misconfiguration() { Self::config(error) } else { Self::running(error) }
    }

    /// Prints it to standard error, whatever the log's filter: `out` leads there. There is no other
    /// place to report that it cannot be printed.
    pub(super) fn print(&self, out: &mut impl Write) {
        let mut text = format!("snarkfee: {}\n", hide_private_keys(&self.error.to_string()));
        for cause in self.error.chain().skip(1) {
            text.push_str("  caused by: ");
            text.push_str(&hide_private_keys(&cause.to_string()));
            text.push('\n');
        }
        drop(out.write_all(text.as_bytes()));
    }

    pub(super) fn code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::running(error)
    }
}
