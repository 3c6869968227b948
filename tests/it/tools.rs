//! Programs of other projects that some tests run: looked up once, skipped aloud where they are
//! missing.

use std::path::PathBuf;

/// Set by the one test command of the project, which installs what is missing: a test may not be
/// skipped there.
const REQUIRED: &str = "SNARKFEE_TEST_TOOLS";

/// The path of a program; `None`, with a word about it, where it is not installed.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    if found.is_none() {
        assert!(!required(), "{name} is not installed, and {REQUIRED} says that it must be");
        println!("skipped: {name} is not installed; tests/run.sh installs it");
    }
    found
}

/// Whether a test may not be skipped.
pub(crate) fn required() -> bool {
    std::env::var_os(REQUIRED).is_some()
}
