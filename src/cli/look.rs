//! One look at configured daemons, for the commands that only ask.

use std::path::Path;

use snarkfee_clock::Clock;
use snarkfee_config::{Daemon, Settings, Source};
use tokio::task::JoinSet;
use tracing::warn;

use super::Failure;
use crate::service::{Glance, glance};

/// A daemon's name on the command line that no daemon has.
#[derive(Debug, thiserror::Error)]
#[error("no daemon is called {name:?}; there are {known}")]
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
pub(super) fn settings(file: &Path, command: &str) -> Result<Settings, Failure> {
    let source = Source::new(Some(file.to_owned()), std::env::vars_os());
    let settings =
        source.with_flag("controller.mode", "dry-run", command).load().map_err(Failure::config)?;
    for warning in settings.warnings() {
        warn!("{warning}");
    }
    Ok(settings)
}

/// The named daemon, or all.
pub(super) fn chosen(settings: Settings, name: Option<&str>) -> Result<Vec<Daemon>, Failure> {
    let Some(name) = name else { return Ok(settings.daemons) };
    match settings.daemons.iter().find(|daemon| daemon.id.as_str() == name) {
        Some(daemon) => Ok(vec![daemon.clone()]),
        None => Err(Failure::usage(UnknownDaemon::new(
            name,
            settings.daemons.iter().map(|daemon| daemon.id.as_str()),
        ))),
    }
}

/// Looks at all of them at the same time; in their order.
pub(super) async fn look_at(daemons: &[Daemon]) -> Result<Vec<Glance>, Failure> {
    let mut looks = JoinSet::new();
    for (place, daemon) in daemons.iter().cloned().enumerate() {
        looks.spawn(async move { (place, glance(&daemon, Clock::system()).await) });
    }
    let mut found = Vec::with_capacity(daemons.len());
    while let Some(look) = looks.join_next().await {
        let (place, glance) = look.map_err(Failure::running)?;
        found.push((place, glance.map_err(Failure::running)?));
    }
    found.sort_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, glance)| glance).collect())
}

/// Fails when a daemon did not answer, with what it failed at.
pub(super) fn all_seen(glances: &[Glance]) -> Result<(), Failure> {
    let unseen: Vec<String> = glances
        .iter()
        .filter_map(|glance| {
            let fault = glance.record.look.status.as_ref().err()?;
            Some(format!("daemon {}: {fault}", glance.record.daemon))
        })
        .collect();
    if unseen.is_empty() {
        return Ok(());
    }
    let hint = "`snarkfee check -c FILE` says what to do";
    Err(Failure::running(anyhow::anyhow!("could not observe {}; {hint}", unseen.join("; "))))
}
