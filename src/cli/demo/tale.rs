//! What happens in the demo, told to people: each change in a line of its own, and on a terminal
//! one more line that says how things stand.

use std::{
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use snarkfee_core::{
    policy::Action,
    record::{Outcome, Record},
    units::Nanomina,
};
use snarkfee_lab::market_sim::{GroundTruth, World};

use crate::telemetry::describe_action;

/// Tells of changes.
pub(super) struct Tale {
    world: Arc<Mutex<World>>,
    status: Option<ProgressBar>,
    regime: Mutex<String>,
}

impl Tale {
    /// Begins to tell of a market.
    pub(super) fn begin(world: Arc<Mutex<World>>) -> Self {
        let status = io::stdout().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self { world, status, regime: Mutex::default() }
    }

    /// Tells what is new since the record before.
    pub(super) fn tell(&self, record: &Record) {
        let (regime, own) = {
            let world = lock(&self.world);
            (world.regime().to_owned(), world.truth().clone())
        };
        let is_new = std::mem::replace(&mut *lock(&self.regime), regime.clone()) != regime;
        if is_new {
            self.print(record.at, &format!("market: {regime}"));
        }
        if !matches!(record.decision.action, Action::Hold) && record.outcome != Outcome::Held {
            let done = describe_action(record, record.fee_unit());
            self.print(record.at, &format!("{done} ({})", record.reason_text()));
        }
        if let Some(status) = &self.status {
            status.set_message(describe_state(record, &own));
            status.tick();
        }
    }

    fn print(&self, at: Timestamp, what: &str) {
        let line = format!("{}  {what}", at.strftime("%H:%M"));
        match &self.status {
            Some(status) => status.println(line),
            // Nobody reads on: the demo goes on for those who look at the page.
            None => drop(writeln!(io::stdout().lock(), "{line}")),
        }
    }

    /// Ends the line that says how things stand.
    pub(super) fn end(&self) {
        if let Some(status) = &self.status {
            status.finish_and_clear();
        }
    }
}

/// Where the worker stands, by what is really so in the market.
fn describe_state(record: &Record, truth: &GroundTruth) -> String {
    let state = match (record.enabled_after(), record.fee_after()) {
        (Some(false), _) => "off".to_owned(),
        (_, Some(fee)) => format!("asks {}", record.fee_unit().show(fee)),
        (_, None) => "not known".to_owned(),
    };
    let earned = earned(truth);
    format!(
        "{}  {state}; {} works made, {} sold for {earned}",
        record.at.strftime("%H:%M"),
        truth.own.made,
        truth.own.sold
    )
}

/// What the worker earned.
pub(super) fn earned(truth: &GroundTruth) -> Nanomina {
    let earned = u64::try_from(truth.own.earned).ok();
    earned.and_then(|earned| Nanomina::try_new(earned).ok()).unwrap_or(Nanomina::MAX)
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
