//! The operator's settings: read from a TOML file, the environment and flags, checked, and turned
//! into the parameters that the rest of the program works with.
//!
//! Invariants: every problem of a configuration is reported at once, each with its file and line,
//! variable or flag; a key that nothing reads is a problem; no secret appears in an error, a
//! `Debug` text or [`Settings::effective`]; environment and paths are arguments.
//!
//! Not here: when to load again, exit codes and printing (`cli`).

mod chapter;
mod document;
mod effective;
mod environment;
mod error;
mod file;
mod host_name;
mod item;
mod keys;
mod kind;
mod merge;
mod reading;
mod secret;
mod section;
mod setting;
mod settings;
mod source;
mod table;
#[cfg(test)]
mod tests;

pub use document::{default_file, document_settings};
pub use error::{ConfigError, ConfigErrors};
pub use host_name::{HostName, InvalidHostName};
pub use item::Place;
pub use secret::Secret;
pub use settings::{Controller, Daemon, MetricsSource, Settings, Store};
pub use source::{Fingerprint, Source, default_state_dir, find_file};
pub use table::{ADMIN_TOKEN_LENGTH, Knob, knobs, parse_public_key};
