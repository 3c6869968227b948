//! Where the log goes, in which format, and how much of it.

use std::io;

use anstream::{AutoStream, ColorChoice};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::{SubscriberInitExt, TryInitError},
};

use super::log_queue::LogQueue;

/// How events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogSetupError {
    /// The filter is not in the form `info,snarkfee=debug`.
    #[error("log filter {filter:?} is not valid: {part:?} is neither a level nor target=level")]
    Malformed {
        /// The filter.
        filter: String,
        /// The part of it that is wrong.
        part: String,
    },
    /// This process already has a log.
    #[error("logging is already set up")]
    Taken(#[source] TryInitError),
    /// There is no thread that could write it.
    #[error("no thread can be started for the log")]
    NoThread(#[source] io::Error),
}

/// Sends events to standard error, coloured only on a terminal and without `NO_COLOR`.
///
/// Returns the queue that leads there. `filter` is in the form of `RUST_LOG`: `info`,
/// `warn,snarkfee=debug`.
pub(crate) fn init_logging(format: LogFormat, filter: &str) -> Result<LogQueue, LogSetupError> {
    let parsed = parse_filter(filter)?;
    let queue = LogQueue::start().map_err(LogSetupError::NoThread)?;
    let colour = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
    let events = fmt::layer().with_writer(queue.clone()).with_ansi(colour);
    let filtered = tracing_subscriber::registry().with(parsed);
    match format {
        LogFormat::Text => filtered.with(events).try_init(),
        LogFormat::Json => filtered.with(events.json().flatten_event(true)).try_init(),
    }
    .map_err(LogSetupError::Taken)?;
    Ok(queue)
}

/// Parses levels and targets separated by commas. `Targets` parses them too, but takes a misspelt
/// filter for the name of a target that does not exist, which would silence the log.
fn parse_filter(filter: &str) -> Result<Targets, LogSetupError> {
    let parts = || filter.split(',').map(str::trim).filter(|part| !part.is_empty());
    let mut targets = Targets::new();
    if parts().next().is_none() {
        return Ok(targets.with_default(LevelFilter::ERROR));
    }
    for part in parts() {
        let malformed =
            || LogSetupError::Malformed { filter: filter.to_owned(), part: part.to_owned() };
        let (target, level) =
            part.split_once('=').map_or((part, None), |(target, level)| (target, Some(level)));
        if level == Some("") {
            return Err(malformed());
        }
        let level = level.map(str::parse::<LevelFilter>).transpose().map_err(|_| malformed())?;
        let named = |name: char| name.is_ascii_alphanumeric() || matches!(name, '_' | '-' | ':');
        targets = match (level, target.parse::<LevelFilter>()) {
            (None, Ok(level)) => targets.with_default(level),
            _ if target.is_empty() || !target.chars().all(named) => return Err(malformed()),
            (level, _) => targets.with_target(target, level.unwrap_or(LevelFilter::TRACE)),
        };
    }
    Ok(targets)
}

#[cfg(test)]
mod tests;
