//! The status page in a real Chromium, driven by its WebDriver. Skipped where they are not
//! installed.
//!
//! Screenshots of what was seen are left in `screenshots` of the folder for temporary files below
//! the target directory.

mod chromium;
mod demo_service;
mod orders;
mod states;
mod untrusted_text;

use std::path::PathBuf;

/// The folder below the target directory that cargo keeps for these tests.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}
