//! One look at one daemon, for the commands that only ask.
//!
//! Invariants: only queries are sent; the record is always that of a dry run.
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
    daemon_loops::{ConnectError, build_client},
    price_feed::read_price_once,
};

/// What one look saw, and what the service would decide on it.
#[derive(Clone, Debug)]
pub(crate) struct Preview {
    /// The look and its decision, which was not carried out.
    pub(crate) record: Record,
    /// The market.
    pub(crate) view: MarketView,
    /// The forecasts, even while a guard holds the daemon; the reason if no profit can be forecast.
    pub(crate) appraisal: Result<Appraisal, Reason>,
}

/// Looks once at a daemon and decides as a freshly started service would, except that it does not
/// wait for `policy.confirm` further looks.
pub(crate) async fn preview_daemon(daemon: &Daemon, clock: Clock) -> Result<Preview, ConnectError> {
    let port = connect(daemon, clock)?;
    let quote = read_price_once(daemon, clock).await;
    Ok(preview_through(&port, daemon, quote, clock).await)
}

/// A client for a configured daemon, outside of a fleet.
pub(crate) fn connect(daemon: &Daemon, clock: Clock) -> Result<DaemonClient, ConnectError> {
    build_client(daemon, clock, None, None)
}

/// Like [`preview_daemon`], through an existing client and with a price that was already read.
pub(crate) async fn preview_through(
    port: &DaemonClient,
    daemon: &Daemon,
    quote: Option<PriceQuote>,
    clock: Clock,
) -> Preview {
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
    Preview { record, view, appraisal }
}
