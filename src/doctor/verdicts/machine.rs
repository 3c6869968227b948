//! Whether this machine is ready, and ours alone.

use snarkfee_config::Settings;
use snarkfee_core::{record::Mode, units::Nanomina};

use super::super::{
    check::Said,
    examination::{Examined, Machine, StateFolder, Usable},
};

/// Space under which the journal may soon not be kept; a day of looks takes some 20 MB.
const LITTLE_SPACE: u64 = 200 << 20;

/// One finding for each thing that is probably not meant, or one in all.
pub(super) fn config(settings: &Settings) -> Vec<Said> {
    let fix = "see docs/settings.md, or say it explicitly to be rid of the warning";
    let warnings: Vec<Said> =
        settings.warnings().iter().map(|warning| Said::warn(warning, fix)).collect();
    if !warnings.is_empty() {
        return warnings;
    }
    let daemons = settings.daemons.len();
    let plural = if daemons == 1 { "" } else { "s" };
    let mode = match settings.controller.mode {
        Mode::DryRun => "dry-run: nothing is sent",
        Mode::Live => "live",
    };
    vec![Said::ok(format!("valid; {daemons} daemon{plural}, {mode}"))]
}

pub(super) fn state_dir(state: &StateFolder) -> Said {
    let folder = state.nearest.display();
    if let Usable::No { why } = &state.usable {
        let detail = match state.exists {
            true => format!("{folder} cannot be written: {why}"),
            false => format!("it does not exist, and cannot be made in {folder}: {why}"),
        };
        return Said::fail(
            detail,
            "run this as the user of the service, give that user the folder, or set controller.state_dir",
        );
    }
    if let Some(why) = &state.unreadable {
        return Said::fail(
            format!("the journal cannot be used: {why}"),
            "move the file away, or set another controller.state_dir",
        );
    }
    if let Some(free) = state.free.filter(|free| *free < LITTLE_SPACE) {
        let detail = format!("{folder} has {} MB left", free >> 20);
        return Said::warn(
            detail,
            "make room, or shorten controller.retention: without a journal nothing is done",
        );
    }
    match (state.held_by, state.exists) {
        (Some(id), _) => {
            Said::ok(format!("{folder} is in use by the running service (process {id})"))
        }
        (None, true) => Said::ok(format!("{folder} can be written")),
        (None, false) => Said::ok(format!("it will be made in {folder}")),
    }
}

pub(super) fn other_controller(examined: &Examined, machine: &Machine) -> Said {
    if let Some(other) = machine.controllers.first() {
        return Said::warn(
            format!("{} runs on this machine (process {})", other.name, other.id),
            "stop it if it serves this daemon: two controllers undo each other's settings",
        );
    }
    if let Some(at) = examined.journalled.external_change {
        return Said::warn(
            format!("someone else changed fee or key, last seen at {}", at.strftime("%F %T UTC")),
            "find out who: other controllers, scripts in cron, a second snarkfee",
        );
    }
    let status = examined.look.as_ref().ok().and_then(|look| look.look.status.as_ref().ok());
    match status {
        // What mina-snark-stopper leaves behind when it stops a worker.
        Some(status) if status.worker.is_none() && status.fee == Nanomina::ZERO => Said::warn(
            "the worker is off at a fee of zero, as mina-snark-stopper leaves it",
            "if that runs somewhere, stop it; the guard for own blocks is built in here",
        ),
        Some(_) => Said::ok("no traces of one"),
        None => Said::ok("no traces of one on this machine"),
    }
}
