//! Where the journal of a configuration is.

use std::path::{Path, PathBuf};

use snarkfee_config as config;
use snarkfee_config::Source;
use snarkfee_core::units::DaemonId;

use super::Failure;

/// The folder of state, and the daemon that was named.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) daemon: Option<DaemonId>,
}

/// A daemon that the configuration does not have.
#[derive(Debug, thiserror::Error)]
#[error("no daemon is called {name:?}; there is {known}")]
struct NoSuchDaemon {
    name: String,
    known: String,
}

/// Finds the folder of state of a configuration file, or without one that of this machine.
pub(super) fn find(file: Option<&Path>, daemon: Option<&str>) -> Result<Place, Failure> {
    let daemon = daemon.map(DaemonId::try_new).transpose().map_err(Failure::usage)?;
    let Some(file) = file else {
        let folder = config::default_state_dir(std::env::vars_os()).ok_or_else(|| {
            Failure::running(anyhow::anyhow!(
                "no folder of state is known here; name the configuration file with -c"
            ))
        })?;
        return Ok(Place { folder, daemon });
    };
    let settings =
        Source::new(Some(file.to_owned()), std::env::vars_os()).load().map_err(Failure::config)?;
    if let Some(name) = &daemon
        && !settings.daemons.iter().any(|daemon| daemon.id == *name)
    {
        let known: Vec<&str> = settings.daemons.iter().map(|daemon| daemon.id.as_str()).collect();
        return Err(Failure::usage(NoSuchDaemon {
            name: name.to_string(),
            known: known.join(", "),
        }));
    }
    Ok(Place { folder: settings.controller.state_dir, daemon })
}
