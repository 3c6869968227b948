//! Judges the facts: pure, one function for each check.

mod account;
mod hold;
mod machine;
mod market;
mod own_slot;
mod prices;
mod reach;
mod readings;
mod worker;

#[cfg(test)]
mod tests;

use snarkfee_config::Settings;

use super::{
    check::{Check, CheckReport, CheckResult, Finding},
    examination::{DaemonExamination, Examination, Machine},
};

/// Judges the facts of a setup.
pub fn judge(examination: &Examination) -> CheckReport {
    let Examination { settings, machine, daemons } = examination;
    let mut findings: Vec<Finding> = machine::config(settings)
        .into_iter()
        .map(|result| result.into_finding(Check::Config, None))
        .collect();
    findings.push(machine::state_dir(&machine.state).into_finding(Check::StateDir, None));
    findings.push(machine::store(&machine.state).into_finding(Check::Store, None));
    for examined in daemons {
        for check in Check::ALL {
            let result = judge_daemon(check, settings, machine, examined);
            let result = result.map(|result| raise_to_hold(check, result, examined));
            findings
                .extend(result.map(|result| result.into_finding(check, Some(&examined.daemon.id))));
        }
    }
    CheckReport { findings }
}

/// At least as severe as what the service would hold for.
fn raise_to_hold(check: Check, result: CheckResult, examined: &DaemonExamination) -> CheckResult {
    let Ok(record) = &examined.look else { return result };
    let reason = &record.decision.reason;
    match hold::answers_for(reason) {
        Some((about, least)) if about == check && result.verdict < least => CheckResult {
            verdict: least,
            detail: format!("the service would hold: {reason}"),
            fix: Some(format!("docs/reasons.md says what to do about {}", reason.code())),
        },
        _ => result,
    }
}

/// `None` for a check of the whole setup.
fn judge_daemon(
    check: Check,
    settings: &Settings,
    machine: &Machine,
    examined: &DaemonExamination,
) -> Option<CheckResult> {
    Some(match check {
        Check::Config | Check::StateDir | Check::Store => return None,
        Check::Reachability => reach::reachability(examined, settings.controller.interval),
        Check::Schema => reach::schema(examined),
        Check::Mutations => readings::mutations(examined),
        Check::Sync => reach::sync(examined),
        Check::Chain => readings::chain(examined),
        Check::Book => readings::book(examined),
        Check::Metrics => market::metrics(examined),
        Check::Histogram => market::histogram(examined),
        Check::Role => worker::role(examined),
        Check::WorkerKey => worker::worker_key(examined),
        Check::Account => account::account(examined),
        Check::Permissions => account::permissions(examined),
        Check::OwnSlot => own_slot::own_slot(examined),
        Check::Price => prices::price(examined),
        Check::Tariff => prices::tariff(examined),
        Check::Cost => prices::cost(examined),
        Check::Clock => reach::clock(examined),
        Check::OtherController => machine::other_controller(examined, machine),
    })
}
