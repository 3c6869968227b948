//! `snarkfee pause` and `snarkfee resume`: orders left in the journal, where a running service
//! finds them at its next look and a stopped one when it starts.

use std::{io::Write, time::Duration};

use snarkfee_clock::Clock;
use snarkfee_core::control::OperatorCommand;
use snarkfee_journal::give_order;

use super::{
    Failure,
    args::{Pause, Resume},
    state,
};

/// Hands the worker to the operator.
pub(super) fn pause(options: &Pause) -> Result<(), Failure> {
    let place = state::find(options.config.as_deref(), options.daemon.as_deref())?;
    let now = Clock::wall();
    let until = options.lasting.and_then(|lasting: Duration| now.checked_add(lasting).ok());
    let whose = place.daemon.as_ref().map_or("every daemon".to_owned(), ToString::to_string);
    give_order(&place.folder, now, &OperatorCommand::Pause { daemon: place.daemon, until })
        .map_err(Failure::journal)?;
    let end = until.map_or("until resumed".to_owned(), |until| {
        format!("until {}", until.strftime("%Y-%m-%dT%H:%M:%SZ"))
    });
    Ok(writeln!(std::io::stdout(), "{whose}: paused {end}, from the next look on")?)
}

/// Takes the worker back.
pub(super) fn resume(options: &Resume) -> Result<(), Failure> {
    let place = state::find(options.config.as_deref(), options.daemon.as_deref())?;
    let whose = place.daemon.as_ref().map_or("every daemon".to_owned(), ToString::to_string);
    give_order(&place.folder, Clock::wall(), &OperatorCommand::Resume { daemon: place.daemon })
        .map_err(Failure::journal)?;
    Ok(writeln!(std::io::stdout(), "{whose}: resumed, from the next look on")?)
}
