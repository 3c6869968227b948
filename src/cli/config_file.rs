//! `snarkfee config`.

use std::io::Write;

use snarkfee_config::{Source, default_file};

use super::{args::ConfigArgs, exit::Failure};

/// Prints the default file, the settings in force, or that the file is valid.
pub(super) fn show(options: &ConfigArgs) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if options.default {
        return Ok(out.write_all(default_file().as_bytes())?);
    }
    let settings = Source::new(Some(options.config.find()?), std::env::vars_os())
        .load()
        .map_err(Failure::config)?;
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    if options.effective {
        out.write_all(settings.effective().as_bytes())?;
    } else {
        writeln!(
            out,
            "valid: {} daemons, {}",
            settings.daemons.len(),
            settings.controller.mode.as_str()
        )?;
    }
    Ok(())
}
