//! One look at one daemon by itself, for whoever asks on the command line.
//!
//! Invariants: nothing is sent but questions; the record is always that of a dry run.
//!
//! Not here: looks that act (`controller`).

use snarkfee_client::DaemonClient;
use snarkfee_clock::{Clock, Stopwatch};
use snarkfee_config::Daemon;
use snarkfee_core::{
    cost::PriceQuote,
    cycle::{Conclusion, Context, State},
    market::MarketView,
    policy::{Action, Appraisal, Reason},
    port::DaemonPort,
    record::{Mode, Outcome, Record},
};

use super::{
    daemons::{ConnectError, client},
    feed::read_once,
};

/// What one look showed, and what would be decided on it.
#[derive(Clone, Debug)]
pub struct Glance {
    /// The look and the decision, which nobody carried out.
    pub record: Record,
    /// The market.
    pub view: MarketView,
    /// The forecasts, whether or not the daemon may be touched now; the reason where there is
    /// nothing to tell a profit by.
    pub appraisal: Result<Appraisal, Reason>,
}

/// Looks once at a daemon and decides as a service would that has just started, but for one thing:
/// `policy.confirm` further looks are not waited for, since there are none.
pub async fn glance(daemon: &Daemon, clock: Clock) -> Result<Glance, ConnectError> {
    let port = connect(daemon, clock)?;
    let quote = read_once(daemon, clock).await;
    Ok(glance_through(&port, daemon, quote, clock).await)
}

/// A client for a daemon as configured.
pub fn connect(daemon: &Daemon, clock: Clock) -> Result<DaemonClient, ConnectError> {
    client(daemon, clock, None, None)
}

/// The same through a client that stands, with a price of MINA that was read.
pub async fn glance_through(
    port: &DaemonClient,
    daemon: &Daemon,
    quote: Option<PriceQuote>,
    clock: Clock,
) -> Glance {
    let mut params = daemon.params.clone();
    params.pricing.confirm = 1;
    let context = Context { mode: Mode::DryRun, params: &params, cost: &daemon.cost, quote };
    let mut state = State::default();
    let began = Stopwatch::start();
    let look = port.look(&state.plan(clock.now(), &params)).await;
    let now = clock.now();
    let conclusion = state.conclude(now, &look, &context);
    let appraisal = state.appraisal(now, &look, &conclusion, &context);
    let Conclusion { view, cost, role, decision, prediction_error } = conclusion;
    let record = Record {
        daemon: daemon.id.clone(),
        sequence: 1,
        at: look.at,
        mode: Mode::DryRun,
        hold: state.memory().hold_state(),
        era: port.era(),
        role,
        look,
        market: Some(view.summary().clone()),
        outcome: if decision.action == Action::Hold { Outcome::Held } else { Outcome::DryRun },
        decision,
        cost: cost.ok(),
        prediction_error,
        took: began.elapsed(),
    };
    Glance { record, view, appraisal }
}
