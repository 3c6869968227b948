//! Judges the facts: pure, one function for each check.

mod machine;
mod market;
mod reach;
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
    for examined in daemons {
        for check in Check::ALL {
            let result = judge_daemon(check, settings, machine, examined);
            findings
                .extend(result.map(|result| result.into_finding(check, Some(&examined.daemon.id))));
        }
    }
    CheckReport { findings }
}

/// `None` for a check of the whole setup.
fn judge_daemon(
    check: Check,
    settings: &Settings,
    machine: &Machine,
    examined: &DaemonExamination,
) -> Option<CheckResult> {
    Some(match check {
        Check::Config | Check::StateDir => return None,
        Check::Reachability => reach::reachability(examined, settings.controller.interval),
        Check::Schema => reach::schema(examined, settings.controller.mode),
        Check::Sync => reach::sync(examined),
        Check::Metrics => market::metrics(examined),
        Check::Histogram => market::histogram(examined),
        Check::Role => worker::role(examined),
        Check::WorkerKey => worker::worker_key(examined),
        Check::Account => worker::account(examined),
        Check::OwnSlot => worker::own_slot(examined),
        Check::Cost => market::cost(examined),
        Check::Clock => reach::clock(examined),
        Check::OtherController => machine::other_controller(examined, machine),
    })
}
