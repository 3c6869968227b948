//! Whose worker it is, and whether it may be set.

use std::time::Duration;

use snarkfee_core::{fault::Fault, policy::RoleSetting, record::Role};

use super::{
    super::{
        check::{Check, Said},
        examination::Examined,
    },
    reach::{short, status},
};

pub(super) fn role(examined: &Examined) -> Said {
    let status = match status(examined) {
        Ok(status) => status,
        Err(unchecked) => return unchecked,
    };
    let set = examined.daemon.params.worker.role;
    let role = examined.look.as_ref().map_or(Role::Unsure, |look| look.role);
    match (role, &status.worker) {
        (Role::Coordinator, Some(key)) => Said::warn(
            format!(
                "set to coordinator, but the daemon shows the worker key {}, which a coordinator never does",
                key.short()
            ),
            "set role = \"worker\", unless its local worker is meant to be left alone",
        ),
        (Role::Coordinator, None) => Said::ok("coordinator: only the fee is set, work goes on"),
        (Role::Worker, Some(key)) => {
            Said::ok(format!("worker, on for {} at {}", key.short(), status.fee))
        }
        (Role::Worker, None) => Said::ok(format!("worker, off; its fee is {}", status.fee)),
        (Role::Unsure, _) => Said::warn(
            match set {
                RoleSetting::Auto => {
                    "no worker key is shown: a worker that is off and a coordinator look the same"
                }
                RoleSetting::Worker | RoleSetting::Coordinator => "the daemon was not looked at",
            },
            "set role = \"worker\", or \"coordinator\" if it runs with --run-snark-coordinator",
        ),
    }
}

pub(super) fn worker_key(examined: &Examined) -> Said {
    let worker = &examined.daemon.params.worker;
    let shown = status(examined).ok().and_then(|status| status.worker.as_ref());
    let Some(key) = &worker.key else {
        return Said::warn(
            "worker_key is not set: the fee is set for the key that the daemon shows, and work is never switched",
            match shown {
                Some(shown) => format!("set worker_key = \"{shown}\", if that is yours"),
                None => "set worker_key to the key that the worker proves for".to_owned(),
            },
        );
    };
    // A daemon that looked the key up has read it.
    let read = matches!(examined.look.as_ref().map(|look| &look.look.account), Ok(Some(Ok(_))));
    if !read && !key.has_valid_checksum() {
        return Said::fail(
            format!("{} is not a key: its checksum does not hold", key.short()),
            "copy worker_key again from `mina accounts list`",
        );
    }
    match shown {
        Some(shown) if !worker.owns(shown) => Said::fail(
            format!(
                "the daemon works for {}, which is neither worker_key nor among own_provers: it is not touched",
                shown.short()
            ),
            "correct worker_key, or add the key to own_provers if it is yours",
        ),
        Some(shown) if shown != key => {
            Said::ok(format!("valid; the daemon works for {}, of own_provers", shown.short()))
        }
        Some(_) => Said::ok(format!("{}, which the daemon works for", key.short())),
        None => Said::ok(format!("{} is a valid key", key.short())),
    }
}

pub(super) fn account(examined: &Examined) -> Said {
    let Some(key) = &examined.daemon.params.worker.key else {
        return Said::unchecked("worker_key is not set", Check::WorkerKey);
    };
    if let Err(unchecked) = status(examined) {
        return unchecked;
    }
    match examined.look.as_ref().ok().and_then(|look| look.look.account.as_ref()) {
        Some(Ok(true)) => Said::ok(format!("{} has a ledger account", key.short())),
        Some(Ok(false)) => Said::fail(
            format!(
                "{} has no ledger account: no pool takes its work for less than 1 MINA",
                key.short()
            ),
            "send 1 MINA, the account creation fee, and a little more to the key, and wait until the daemon sees the account",
        ),
        Some(Err(fault @ Fault::Refused { .. })) => Said::fail(
            format!("the daemon does not take {}: {fault}", key.short()),
            "correct worker_key",
        ),
        Some(Err(fault)) => {
            Said::warn(format!("it could not be looked up: {fault}"), "run the check again")
        }
        None => Said::unchecked("the daemon does not follow the chain", Check::Sync),
    }
}

pub(super) fn own_slot(examined: &Examined) -> Said {
    let status = match status(examined) {
        Ok(status) => status,
        Err(unchecked) => return unchecked,
    };
    let guard = examined.daemon.params.block_production;
    let until = |at: jiff::Timestamp| {
        Duration::try_from(at.duration_since(examined.answered)).unwrap_or_default()
    };
    match status.next_block_production {
        _ if !status.produces_blocks => Said::ok("the daemon produces no blocks"),
        _ if !guard.enabled => Said::warn(
            "the daemon produces blocks, and block_production.enabled = false lets the worker compete with them",
            "leave it so only if the machine bears both: a missed block costs more than a day's work earns",
        ),
        Some(at) if until(at) <= guard.stop_before => Said::warn(
            format!(
                "an own block is due at {}, in {}: the worker is off until after it",
                at.strftime("%F %T UTC"),
                short(until(at))
            ),
            "wait for it before judging what the service does",
        ),
        Some(at) => Said::ok(format!(
            "the next own block is due at {}, in {}",
            at.strftime("%F %T UTC"),
            short(until(at))
        )),
        None => Said::ok("the daemon produces blocks, and knows of no own slot yet"),
    }
}
