//! Where the journal of a configuration is.

use std::path::{Path, PathBuf};

use snarkfee_config::{Source, default_state_dir};
use snarkfee_core::units::DaemonId;

use super::{exit::Failure, preview::UnknownDaemon};

/// The state directory, and the daemon that was named.
pub(super) struct JournalLocation {
    pub(super) folder: PathBuf,
    pub(super) daemon: Option<DaemonId>,
}

impl JournalLocation {
    /// The state directory of a configuration file, or the default one without a file.
    pub(super) fn find(file: Option<&Path>, daemon: Option<&str>) -> Result<Self, Failure> {
        let daemon = daemon.map(DaemonId::try_new).transpose().map_err(Failure::usage)?;
        let Some(file) = file else {
            let folder = default_state_dir(std::env::vars_os()).ok_or_else(|| {
                Failure::running(anyhow::anyhow!(
                    "there is no default state directory, since HOME is not set; name the \
                     configuration file with -c"
                ))
            })?;
            return Ok(Self { folder, daemon });
        };
        let settings = Source::new(Some(file.to_owned()), std::env::vars_os())
            .load()
            .map_err(Failure::config)?;
        if let Some(name) = &daemon
            && !settings.daemons.iter().any(|daemon| daemon.id == *name)
        {
            let known = settings.daemons.iter().map(|daemon| daemon.id.as_str());
            return Err(Failure::usage(UnknownDaemon::new(name.as_str(), known)));
        }
        Ok(Self { folder: settings.controller.state_dir, daemon })
    }
}
