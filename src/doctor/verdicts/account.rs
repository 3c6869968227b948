//! Whether works can be paid to the worker's key.

use snarkfee_core::{
    fault::Fault,
    market::LedgerAccount,
    units::{Nanomina, PublicKey},
};

use super::{
    super::{
        check::{Check, CheckResult},
        examination::DaemonExamination,
    },
    reach::require_status,
};

pub(super) fn account(examined: &DaemonExamination) -> CheckResult {
    match read(examined) {
        Err(unread) => unread,
        Ok((key, LedgerAccount::Open)) => {
            CheckResult::ok(format!("{} has a ledger account", key.short()))
        }
        Ok((key, LedgerAccount::Closed(demand))) => CheckResult::fail(
            format!(
                "{}: its account demands authorization to {}: no pool takes its work",
                key.short(),
                demand.as_str()
            ),
            "use a worker_key whose account is no zkApp's, or set the permissions access and \
             receive of this one to none",
        ),
        Ok((key, LedgerAccount::Missing)) => {
            let ceiling = examined.daemon.params.pricing.ceiling;
            let sold = match ceiling.mina().is_some_and(|ceiling| ceiling < Nanomina::ONE_MINA) {
                true => ", and policy.ceiling is below that: nothing is sold",
                false => "",
            };
            CheckResult::fail(
                format!(
                    "{} has no ledger account: no pool takes its work for less than 1 MINA{sold}",
                    key.short()
                ),
                "send the key a little more than 1 MINA, the account creation fee, and wait for the daemon to see the account",
            )
        }
    }
}

/// Whether the account of the worker's key takes what its works earn.
pub(super) fn permissions(examined: &DaemonExamination) -> CheckResult {
    match read(examined) {
        Ok((_, LedgerAccount::Closed(_))) => account(examined),
        Ok((key, LedgerAccount::Open)) if tells_permissions(examined) => CheckResult::ok(format!(
            "the account of {} is accessed and receives without authorization",
            key.short()
        )),
        Ok((_, LedgerAccount::Open)) => {
            CheckResult::ok("accounts of this era have no permissions that could refuse a fee")
        }
        Ok((_, LedgerAccount::Missing)) => {
            CheckResult::ok("an account that is still to be opened refuses nothing")
        }
        Err(_) => CheckResult::unchecked("the account could not be looked up", Check::Account),
    }
}

fn tells_permissions(examined: &DaemonExamination) -> bool {
    let schema = examined.schema.as_ref();
    schema.is_some_and(|schema| schema.has(snarkfee_client::Capability::AccountPermissions))
}

fn read(examined: &DaemonExamination) -> Result<(&PublicKey, LedgerAccount), CheckResult> {
    let key = examined.daemon.params.worker.key.as_ref();
    let key =
        key.ok_or_else(|| CheckResult::unchecked("worker_key is not set", Check::WorkerKey))?;
    require_status(examined)?;
    match examined.look.as_ref().ok().and_then(|look| look.look.account.as_ref()) {
        Some(Ok(account)) => Ok((key, *account)),
        Some(Err(fault @ Fault::Refused { .. })) => Err(CheckResult::fail(
            format!("the daemon rejects {}: {fault}", key.short()),
            "correct worker_key",
        )),
        Some(Err(fault)) => Err(CheckResult::warn(
            format!("the account could not be looked up: {fault}"),
            "run the check again",
        )),
        None => Err(CheckResult::unchecked("the daemon does not follow the chain", Check::Sync)),
    }
}
