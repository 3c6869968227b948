//! One look at configured daemons, for the commands that only ask.

use std::path::Path;

use snarkfee_clock::Clock;
use snarkfee_config::{Daemon, Settings, Source};
use tokio::task::JoinSet;
use tracing::warn;

use super::exit::Failure;
use crate::service::{Preview, preview_daemon};

/// A name on the command line that no daemon has.
#[derive(Debug, thiserror::Error)]
#[error("no daemon is called {name:?}; the configuration has {known}")]
pub(super) struct UnknownDaemon {
    name: String,
    known: String,
}

impl UnknownDaemon {
    pub(super) fn new<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        Self { name: name.to_owned(), known }
    }
}

/// The settings of a file, in dry-run whatever it says.
pub(super) fn load_dry_run(file: &Path, command: &str) -> Result<Settings, Failure> {
    let source = Source::new(Some(file.to_owned()), std::env::vars_os());
    let settings =
        source.with_flag("controller.mode", "dry-run", command).load().map_err(Failure::config)?;
    for warning in settings.warnings() {
        warn!("{warning}");
    }
    Ok(settings)
}

/// The named daemon, or all.
pub(super) fn select_daemons(
    settings: Settings,
    name: Option<&str>,
) -> Result<Vec<Daemon>, Failure> {
    let Some(name) = name else { return Ok(settings.daemons) };
    match settings.daemons.iter().find(|daemon| daemon.id.as_str() == name) {
        Some(daemon) => Ok(vec![daemon.clone()]),
        None => Err(Failure::usage(UnknownDaemon::new(
            name,
            settings.daemons.iter().map(|daemon| daemon.id.as_str()),
        ))),
    }
}

/// Looks at all daemons at the same time; the previews are in their order.
pub(super) async fn preview_all(daemons: &[Daemon]) -> Result<Vec<Preview>, Failure> {
    let mut looks = JoinSet::new();
    for (place, daemon) in daemons.iter().cloned().enumerate() {
        looks.spawn(async move { (place, preview_daemon(&daemon, Clock::system()).await) });
    }
    let mut previews = Vec::with_capacity(daemons.len());
    while let Some(look) = looks.join_next().await {
        let (place, preview) = look.map_err(Failure::running)?;
        previews.push((place, preview.map_err(Failure::running)?));
    }
    previews.sort_by_key(|(place, _)| *place);
    Ok(previews.into_iter().map(|(_, preview)| preview).collect())
}

/// Fails if a daemon did not answer, and says what was wrong with each.
pub(super) fn require_all_observed(previews: &[Preview]) -> Result<(), Failure> {
    let unobserved: Vec<String> = previews
        .iter()
        .filter_map(|preview| {
            let fault = preview.record.look.status.as_ref().err()?;
            Some(format!("daemon {}: {fault}", preview.record.daemon))
        })
        .collect();
    if unobserved.is_empty() {
        return Ok(());
    }
    Err(Failure::running(anyhow::anyhow!(
        "could not observe {}; `snarkfee check -c FILE` says what to do",
        unobserved.join("; ")
    )))
}
