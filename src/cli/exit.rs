//! How the program ends.

use std::{error::Error, process::ExitCode};

use snarkfee_journal::JournalError;

/// Failed while running.
const FAILED: u8 = 1;
/// The command line is not valid.
pub(super) const USAGE: u8 = 2;
/// The configuration is not valid (`EX_CONFIG` of BSD's sysexits).
const CONFIG: u8 = 78;

/// Why the program ends without success: one line that names the thing, then the causes.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    error: anyhow::Error,
}

impl Failure {
    /// Failed while running.
    pub fn running(error: impl Into<anyhow::Error>) -> Self {
        Self { code: FAILED, error: error.into() }
    }

    /// The command line is not valid.
    pub fn usage(error: impl Error + Send + Sync + 'static) -> Self {
        Self { code: USAGE, error: error.into() }
    }

    /// The configuration is not valid.
    pub fn config(error: impl Error + Send + Sync + 'static) -> Self {
        Self { code: CONFIG, error: error.into() }
    }

    /// The journal cannot be opened: the setting of its folder is wrong, or what is in it.
    pub fn journal(error: JournalError) -> Self {
        if error.is_misconfiguration() { Self::config(error) } else { Self::running(error) }
    }

    #[expect(
        clippy::print_stderr,
        reason = "errors belong on standard error, whatever the log's filter"
    )]
    pub(super) fn print(&self) {
        eprintln!("snarkfee: {}", self.error);
        for cause in self.error.chain().skip(1) {
            eprintln!("  caused by: {cause}");
        }
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
