//! Whether this machine is ready, and no other controller is at work.

use snarkfee_config::Settings;
use snarkfee_core::{record::Mode, units::Nanomina};

use super::super::{
    check::{Check, CheckResult},
    examination::{DaemonExamination, Machine, StateFolder},
};

/// Free space below which the journal may soon fail; a day of looks takes some 20 MB.
const LOW_SPACE: u64 = 200 << 20;

/// One result for each warning about the settings, or a single one.
pub(super) fn config(settings: &Settings) -> Vec<CheckResult> {
    let fix = "docs/settings.md describes the setting that this names";
    let warnings: Vec<CheckResult> =
        settings.warnings().iter().map(|warning| CheckResult::warn(warning, fix)).collect();
    if !warnings.is_empty() {
        return warnings;
    }
    let daemons = settings.daemons.len();
    let plural = if daemons == 1 { "" } else { "s" };
    let mode = match settings.controller.mode {
        Mode::DryRun => "dry-run: nothing is sent",
        Mode::Live => "live",
    };
    vec![CheckResult::ok(format!("valid; {daemons} daemon{plural}, {mode}"))]
}

pub(super) fn state_dir(state: &StateFolder) -> CheckResult {
    let folder = state.nearest.display();
    if let Err(why) = &state.access {
        let detail = match state.exists {
            true => format!("{folder} cannot be written: {why}"),
            false => format!("it does not exist and cannot be created in {folder}: {why}"),
        };
        return CheckResult::fail(
            detail,
            "run this as the user of the service, give that user the directory, or set controller.state_dir",
        );
    }
    if let Some(free) = state.free.filter(|free| *free < LOW_SPACE) {
        let detail = format!("{folder} has {} MB left", free >> 20);
        return CheckResult::warn(
            detail,
            "free some space, or shorten controller.retention: without a journal nothing is sent",
        );
    }
    match state.exists {
        true => CheckResult::ok(format!("{folder} can be written")),
        false => CheckResult::ok(format!("it will be created in {folder}")),
    }
}

/// Judges the journal and its lock.
pub(super) fn store(state: &StateFolder) -> CheckResult {
    if state.access.is_err() {
        return CheckResult::unchecked("its folder cannot be used", Check::StateDir);
    }
    if let Some(why) = &state.unreadable {
        return CheckResult::fail(
            format!("the journal cannot be used: {why}"),
            "move the file away, or set another controller.state_dir: without a journal nothing is sent",
        );
    }
    if let Some((file, why)) = &state.read_only_file {
        return CheckResult::fail(
            format!("{file} in {} cannot be written: {why}", state.nearest.display()),
            "run this as the user of the service, or give that user the file: without a journal nothing is sent",
        );
    }
    match (state.held_by, state.exists) {
        (Some(id), _) => CheckResult::ok(format!("in use by the running service (process {id})")),
        (None, true) => CheckResult::ok("the journal can be kept; no service runs on it"),
        (None, false) => CheckResult::ok("the journal begins with the first start"),
    }
}

pub(super) fn other_controller(examined: &DaemonExamination, machine: &Machine) -> CheckResult {
    if let Some(other) = machine.controllers.first() {
        return CheckResult::warn(
            format!("{} runs on this machine (process {})", other.name, other.id),
            "stop it if it serves this daemon: two controllers undo each other's settings",
        );
    }
    if let Some(at) = examined.external_change {
        return CheckResult::warn(
            format!("someone else changed fee or key, last seen at {}", at.strftime("%F %T UTC")),
            "find out who: another controller, a cron job, a second snarkfee",
        );
    }
    let status = examined.look.as_ref().ok().and_then(|look| look.look.status.as_ref().ok());
    match status {
        // This is how mina-snark-stopper stops a worker.
        Some(status) if status.worker.is_none() && status.fee == Nanomina::ZERO => {
            CheckResult::warn(
                "the worker is off at a fee of zero, as mina-snark-stopper leaves it",
                "stop mina-snark-stopper if it runs: snarkfee itself pauses work around own blocks",
            )
        }
        Some(_) => CheckResult::ok("no signs of one"),
        None => CheckResult::ok("no signs of one on this machine"),
    }
}
