//! The operator's settings: read from a TOML file, the environment and flags, checked, and turned
//! into the parameters that the rest of the program works with.
//!
//! Invariants: every problem of a configuration is reported at once, each with its file and line,
//! variable or flag; a key that nothing reads is a problem; no secret appears in an error, a
//! `Debug` text or [`Settings::effective`]; environment and paths are arguments.
//!
//! Not here: when to load again, exit codes and printing (`cli`).

mod controller;
mod cost;
mod daemon;
mod effective;
mod environment;
mod error;
mod file;
mod layer;
mod place;
mod policy;
mod reader;
mod secret;
mod section;
mod settings;
mod source;
#[cfg(test)]
mod tests;

pub use error::{ConfigError, ConfigErrors};
pub use place::Place;
pub use secret::Secret;
pub use settings::{Controller, Daemon, MetricsSource, Settings};
pub use source::{Fingerprint, Source, default_state_dir};

/// The commented default file.
pub const DEFAULT_FILE: &str = include_str!("../../../config/default.toml");
