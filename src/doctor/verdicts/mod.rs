//! What the gathered facts amount to: pure, one function for each check.

mod machine;
mod market;
mod reach;
mod worker;

#[cfg(test)]
mod tests;

use snarkfee_config::Settings;

use super::{
    check::{Check, Finding, Report, Said},
    examination::{Examination, Examined, Machine},
};

/// Judges everything that was found.
pub fn judge(examination: &Examination) -> Report {
    let Examination { settings, machine, daemons } = examination;
    let mut findings: Vec<Finding> =
        machine::config(settings).into_iter().map(|said| said.of(Check::Config, None)).collect();
    findings.push(machine::state_dir(&machine.state).of(Check::StateDir, None));
    for examined in daemons {
        for check in Check::ALL {
            let said = of_daemon(check, settings, machine, examined);
            findings.extend(said.map(|said| said.of(check, Some(&examined.daemon.id))));
        }
    }
    Report { findings }
}

/// `None` for what is not about one daemon.
fn of_daemon(
    check: Check,
    settings: &Settings,
    machine: &Machine,
    examined: &Examined,
) -> Option<Said> {
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
