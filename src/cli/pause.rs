//! `snarkfee pause` and `snarkfee resume`.

use std::io::Write;

use snarkfee_clock::Clock;

use super::{
    args::{PauseArgs, ResumeArgs},
    exit::Failure,
    journal_location::JournalLocation,
    order_route::{TakenBy, WrittenOrder, give},
};

/// Leaves the worker to the operator.
pub(super) async fn pause(options: PauseArgs) -> Result<(), Failure> {
    let to = JournalLocation::find(&options.config, options.daemon.as_deref())?;
    run(&WrittenOrder::Pause { lasting: options.lasting }, &to).await
}

/// Lets the service control the worker again.
pub(super) async fn resume(options: ResumeArgs) -> Result<(), Failure> {
    let to = JournalLocation::find(&options.config, options.daemon.as_deref())?;
    run(&WrittenOrder::Resume, &to).await
}

async fn run(order: &WrittenOrder, to: &JournalLocation) -> Result<(), Failure> {
    to.check_name().map_err(Failure::running)?;
    let end = order.end(Clock::wall());
    let taken_by = give(order, to).await.map_err(Failure::running)?;
    let whose = to.daemon.as_ref().map_or("every daemon".to_owned(), ToString::to_string);
    let what = match (order, end) {
        (WrittenOrder::Resume, _) => "resumed".to_owned(),
        (WrittenOrder::Pause { .. }, None) => "paused until resumed".to_owned(),
        (WrittenOrder::Pause { .. }, Some(end)) => {
            format!("paused until {}", end.strftime("%Y-%m-%dT%H:%M:%SZ"))
        }
    };
    let by = match taken_by {
        TakenBy::Service(address) => format!("by the service at {address}"),
        TakenBy::RunningJournal => "in the journal of the running service".to_owned(),
        TakenBy::Store => "in the store, by whichever replica works it".to_owned(),
        TakenBy::IdleJournal => "from the next start on, since no service runs now".to_owned(),
    };
    Ok(writeln!(std::io::stdout(), "{whose}: {what}, {by}")?)
}
