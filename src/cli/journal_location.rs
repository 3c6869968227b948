//! Where the journal of a configuration is.

use std::path::PathBuf;

use snarkfee_config::{Settings, Source, default_state_dir};
use snarkfee_core::units::DaemonId;
use snarkfee_journal::JournalReader;

use super::{args::ConfigArg, exit::Failure, open_journal::store_address, preview::UnknownDaemon};

/// The state directory, the settings that name it, and the daemon that was named.
pub(super) struct JournalLocation {
    pub(super) folder: PathBuf,
    /// `None` where there is no configuration file.
    pub(super) settings: Option<Settings>,
    pub(super) daemon: Option<DaemonId>,
}

impl JournalLocation {
    /// The state directory of a configuration file, by default of the first where one is looked
    /// for; the default one where there is no such file.
    pub(super) fn find(config: &ConfigArg, daemon: Option<&str>) -> Result<Self, Failure> {
        let daemon = daemon.map(DaemonId::try_new).transpose().map_err(Failure::usage)?;
        let Some(file) = config.find_any() else {
            let folder = default_state_dir(std::env::vars_os()).ok_or_else(|| {
                Failure::running(anyhow::anyhow!(
                    "there is no default state directory, since HOME is not set; name the \
                     configuration file with -c"
                ))
            })?;
            return Ok(Self { folder, settings: None, daemon });
        };
        if let Err(error) = std::fs::File::open(&file)
            && error.kind() == std::io::ErrorKind::PermissionDenied
        {
            return Err(Failure::running(anyhow::Error::new(error).context(format!(
                "{} may not be read: run this as root, or as the user that the service runs as",
                file.display()
            ))));
        }
        let source = Source::new(Some(file), std::env::vars_os()).with_readable_secrets();
        let settings = source.load().map_err(Failure::config)?;
        Ok(Self { folder: settings.controller.state_dir.clone(), settings: Some(settings), daemon })
    }

    /// Opens the journal for reading: that of the shared store where the configuration names one.
    pub(super) fn reader(&self) -> Result<JournalReader, Failure> {
        let store = self.settings.as_ref().map(|settings| store_address(&settings.store));
        let opened = match store.transpose().map_err(Failure::config)?.flatten() {
            Some(address) => JournalReader::open_shared(&address),
            None => JournalReader::open(&self.folder),
        };
        opened.map_err(Failure::journal)
    }

    /// Refuses a name that the configuration does not have.
    pub(super) fn check_name(&self) -> Result<(), UnknownDaemon> {
        let (Some(name), Some(settings)) = (&self.daemon, &self.settings) else { return Ok(()) };
        let known = || settings.daemons.iter().map(|daemon| daemon.id.as_str());
        if known().any(|known| known == name.as_str()) {
            return Ok(());
        }
        Err(UnknownDaemon::new(name.as_str(), known()))
    }
}
