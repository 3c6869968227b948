//! `snarkfee pause` and `snarkfee resume`: commands recorded in the journal, which a running service
//! finds at its next look and a stopped one when it starts.

use std::io::Write;

use snarkfee_clock::Clock;
use snarkfee_core::{control::OperatorCommand, units::DaemonId};
use snarkfee_journal::give_order;

use super::{
    args::{PauseArgs, ResumeArgs},
    exit::Failure,
    journal_location::JournalLocation,
};

/// Leaves the worker to the operator.
pub(super) fn pause(options: &PauseArgs) -> Result<(), Failure> {
    let location = JournalLocation::find(options.config.as_deref(), options.daemon.as_deref())?;
    let now = Clock::wall();
    let until = options.lasting.and_then(|lasting| now.checked_add(lasting).ok());
    let whose = name_or_all(location.daemon.as_ref());
    give_order(&location.folder, now, &OperatorCommand::Pause { daemon: location.daemon, until })
        .map_err(Failure::journal)?;
    let end = until.map_or("until resumed".to_owned(), |until| {
        format!("until {}", until.strftime("%Y-%m-%dT%H:%M:%SZ"))
    });
    Ok(writeln!(std::io::stdout(), "{whose}: paused {end}, from the next look on")?)
}

/// Lets the service control the worker again.
pub(super) fn resume(options: &ResumeArgs) -> Result<(), Failure> {
    let location = JournalLocation::find(options.config.as_deref(), options.daemon.as_deref())?;
    let whose = name_or_all(location.daemon.as_ref());
    let command = OperatorCommand::Resume { daemon: location.daemon };
    give_order(&location.folder, Clock::wall(), &command).map_err(Failure::journal)?;
    Ok(writeln!(std::io::stdout(), "{whose}: resumed, from the next look on")?)
}

fn name_or_all(daemon: Option<&DaemonId>) -> String {
    daemon.map_or("every daemon".to_owned(), ToString::to_string)
}
