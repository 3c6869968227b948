//! Whose worker it is, and whether it may be controlled.

use snarkfee_core::{
    policy::RoleSetting,
    record::{Record, Role},
};

use super::{
    super::{check::CheckResult, examination::DaemonExamination},
    reach::require_status,
};

pub(super) fn role(examined: &DaemonExamination) -> CheckResult {
    let status = match require_status(examined) {
        Ok(status) => status,
        Err(unchecked) => return unchecked,
    };
    let set = examined.daemon.params.worker.role;
    let look = examined.look.as_deref().ok();
    let role = look.map_or(Role::Unsure, |look| look.role);
    let unit = look.map(Record::fee_unit).unwrap_or_default();
    match (role, &status.worker) {
        (Role::Coordinator, Some(key)) => CheckResult::warn(
            format!(
                "role is coordinator, but the daemon shows the worker key {}, which a coordinator never does",
                key.short()
            ),
            "set role = \"worker\", unless snarkfee must not switch its local worker",
        ),
        (Role::Coordinator, None) => {
            CheckResult::ok("coordinator: only the fee is set, work is never switched off")
        }
        (Role::Worker, Some(key)) => {
            CheckResult::ok(format!("worker, on for {} at {}", key.short(), unit.show(status.fee)))
        }
        (Role::Worker, None) => {
            CheckResult::ok(format!("worker, off; its fee is {}", unit.show(status.fee)))
        }
        (Role::Unsure, _) => CheckResult::warn(
            match set {
                RoleSetting::Auto => {
                    "no worker key is shown: a worker that is off and a coordinator look the same"
                }
                RoleSetting::Worker | RoleSetting::Coordinator => {
                    "the daemon could not be examined"
                }
            },
            "set role = \"worker\", or \"coordinator\" if it runs with --run-snark-coordinator",
        ),
    }
}

pub(super) fn worker_key(examined: &DaemonExamination) -> CheckResult {
    let worker = &examined.daemon.params.worker;
    let shown = require_status(examined).ok().and_then(|status| status.worker.as_ref());
    let Some(key) = &worker.key else {
        return CheckResult::warn(
            "worker_key is not set, so only the fee of the key that the daemon shows is set, and work is never switched",
            match shown {
                Some(shown) => format!("set worker_key = \"{shown}\", if that is yours"),
                None => "set worker_key to the key that the worker proves for".to_owned(),
            },
        );
    };
    match shown {
        Some(shown) if !worker.owns(shown) => CheckResult::fail(
            format!(
                "the daemon works for {}, which is neither worker_key nor among own_provers: it is left alone",
                shown.short()
            ),
            "correct worker_key, or add the key to own_provers if it is yours",
        ),
        Some(shown) if shown != key => CheckResult::ok(format!(
            "valid; the daemon works for {}, one of own_provers",
            shown.short()
        )),
        Some(_) => CheckResult::ok(format!("{}, which the daemon works for", key.short())),
        None => CheckResult::ok(format!("{} is a valid key", key.short())),
    }
}
