//! Daemons that run on this machine, by what they were started with.

use std::path::Path;

use snarkfee_core::{market::SelectionMethod, units::PublicKey};

use crate::doctor::list_commands;

/// The port of `--rest-port` (Mina `cli_lib/flag.ml`).
pub(super) const REST_PORT: u16 = 3085;
/// Names of the daemon's program.
const PROGRAMS: [&str; 4] = ["mina", "coda", "mina.exe", "coda.exe"];

/// A daemon's flags, as far as the API does not tell them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LocalDaemon {
    pub(crate) rest_port: u16,
    pub(crate) metrics_port: Option<u16>,
    /// The key of `--run-snark-worker`.
    pub(crate) worker: Option<PublicKey>,
    /// The key of `--run-snark-coordinator`, which the API never shows.
    pub(crate) coordinator: Option<PublicKey>,
    /// The value of `--work-selection`.
    pub(crate) selection: Option<SelectionMethod>,
}

/// The daemons among the processes that this user may see; `processes` is `/proc`.
pub(crate) fn find_local_daemons(processes: &Path) -> Vec<LocalDaemon> {
    let mut found: Vec<_> =
        list_commands(processes).filter_map(|(_, command)| read_flags(&command)).collect();
    found.sort_by_key(|daemon| daemon.rest_port);
    found.dedup();
    found
}

fn read_flags(command: &[String]) -> Option<LocalDaemon> {
    let program = Path::new(command.first()?).file_name()?.to_str()?;
    let is_daemon = PROGRAMS.contains(&program) && command.get(1)? == "daemon";
    is_daemon.then(|| LocalDaemon {
        rest_port: number(command, "rest-port").unwrap_or(REST_PORT),
        metrics_port: number(command, "metrics-port"),
        worker: value(command, "run-snark-worker").and_then(|key| PublicKey::try_new(key).ok()),
        coordinator: value(command, "run-snark-coordinator")
            .and_then(|key| PublicKey::try_new(key).ok()),
        selection: value(command, "work-selection").and_then(|written| {
            SelectionMethod::ALL.into_iter().find(|method| method.code() == written)
        }),
    })
}

fn number(command: &[String], flag: &str) -> Option<u16> {
    value(command, flag)?.parse().ok()
}

/// The value of a flag, which is written with one dash or two, and with a space or `=`.
fn value<'a>(command: &'a [String], flag: &str) -> Option<&'a str> {
    command.iter().zip(command.iter().skip(1).map(Some).chain([None])).find_map(|(word, next)| {
        let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
        match name.split_once('=') {
            Some((name, value)) => (name == flag).then_some(value),
            None => (name == flag).then_some(next?.as_str()),
        }
    })
}

#[cfg(test)]
mod tests;
