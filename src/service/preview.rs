//! One look at one daemon, for the commands that only ask.
//!
//! Invariants: only queries are sent; the record is always that of a dry run.
//!
//! Not here: looks that act (`controller`).

use std::sync::Arc;

use snarkfee_client::DaemonClient;
use snarkfee_clock::Clock;
use snarkfee_config::Daemon;
use snarkfee_core::{
    cost::Quotes,
    cycle::{Completed, Context, Cycle, CycleTime, Surroundings, Unrecorded},
    market::MarketView,
    policy::{Appraisal, Reason},
    record::{Mode, Record},
    units::Fiat,
};

use crate::controller::Timekeeper;

use super::{
    outside::{ConnectError, OverHttp, build_client},
    price_feed::read_quotes,
};

/// What one look saw, and what the service would decide on it.
#[derive(Clone, Debug)]
pub(crate) struct Preview {
    /// The look and its decision, which was not carried out.
    pub(crate) record: Arc<Record>,
    /// The market.
    pub(crate) view: MarketView,
    /// The price of one MINA, if it is known.
    pub(crate) mina_price: Option<Fiat>,
    /// The forecasts, even while a guard holds the daemon; the reason if no profit can be forecast.
    pub(crate) appraisal: Result<Appraisal, Reason>,
}

/// Looks once at a daemon and decides as a freshly started service would, except that it does not
/// wait for `policy.confirm` further looks.
pub(crate) async fn preview_daemon(daemon: &Daemon, clock: Clock) -> Result<Preview, ConnectError> {
    let port = connect(daemon, clock)?;
    let quotes = read_quotes(&OverHttp::default(), daemon, clock).await;
    Ok(preview_through(&port, daemon, quotes, clock).await)
}

/// A client for a configured daemon, outside of a fleet.
pub(crate) fn connect(daemon: &Daemon, clock: Clock) -> Result<DaemonClient, ConnectError> {
    build_client(daemon, clock, None, None)
}

/// Like [`preview_daemon`], through an existing client and with prices that were already read.
pub(crate) async fn preview_through(
    port: &DaemonClient,
    daemon: &Daemon,
    quotes: Quotes,
    clock: Clock,
) -> Preview {
    let mut params = daemon.params.clone();
    params.pricing.confirm = 1;
    let context = Context { mode: Mode::DryRun, params: &params, cost: &daemon.cost, quotes };
    let (recorder, mut time) = (&mut Unrecorded, Timekeeper::new(clock));
    let mut around = Surroundings {
        port,
        recorder,
        time: &mut time,
        book_interval: daemon.book_interval,
        context,
    };
    let mut cycle = Cycle::new(daemon.id.clone());
    let look = cycle.observe(&mut around).await;
    let Completed { record, conclusion, .. } = cycle.complete(&mut around, look).await;
    let appraisal = match &record.decision.appraisal {
        Some(appraisal) => Ok(appraisal.clone()),
        None => cycle.state().appraise(time.now(), &record.look, &conclusion, &context),
    };
    Preview { record, mina_price: conclusion.mina_price.ok(), view: conclusion.view, appraisal }
}
