//! Keeps the price of electricity that counts now for one daemon's cost, from a list by the hour.

use std::time::Duration;

use jiff::Timestamp;
use snarkfee_clock::Clock;
use snarkfee_config::Daemon;
use snarkfee_core::{
    cost::{EnergyList, Quotes},
    fault::Fault,
    units::DaemonId,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::outside::{Feed, Outside};

pub(super) const UNREAD_ENERGY: &str =
    "the prices of electricity could not be read; the last ones count until max_age";

/// Bounds of the time between two requests: suppliers publish once a day, and limit requests.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(60);
const LONGEST_INTERVAL: Duration = Duration::from_secs(3_600);

/// What the list of a daemon's cost says now; `None` if it needs none.
pub(crate) async fn read_energy<O: Outside>(
    outside: &O,
    daemon: &Daemon,
    clock: Clock,
) -> Option<Result<EnergyList, Fault>> {
    let feed = outside.open_energy_feed(daemon.cost.energy_source()?.clone());
    Some(match feed {
        Ok(feed) => feed.fetch(clock.now()).await,
        Err(fault) => Err(fault),
    })
}

/// Asks four times within the list's age limit, at most once a minute and at least once an hour,
/// and passes on the price of each span when it begins.
pub(super) async fn follow_energy(
    daemon: DaemonId,
    (max_age, feed): (Duration, Result<impl Feed<Result<EnergyList, Fault>>, Fault>),
    clock: Clock,
    quotes: watch::Sender<Quotes>,
    cancel: CancellationToken,
) {
    let every = clock.real(max_age / 4).clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL);
    let feed = match feed {
        Ok(feed) => feed,
        Err(fault) => {
            warn!(%daemon, %fault, "electricity cannot be used, so the cost of a work stays unknown");
            return;
        }
    };
    let mut list: Option<EnergyList> = None;
    while !cancel.is_cancelled() {
        match feed.fetch(clock.now()).await {
            Ok(read) => {
                info!(%daemon, until = read.span().map(|(_, to)| display(to)), "prices of electricity read");
                list = Some(read);
            }
            Err(fault) => warn!(%daemon, code = fault.code(), %fault, "{UNREAD_ENERGY}"),
        }
        let asked = clock.steady();
        let passed = || clock.real(clock.steady().saturating_sub(asked));
        while let Some(left) = every.checked_sub(passed()).filter(|left| !left.is_zero()) {
            let energy = list.as_ref().and_then(|list| list.quote(clock.now()));
            quotes.send_modify(|quotes| quotes.energy = energy);
            let ends = energy.map(|quote| time_until(quote.to, clock)).unwrap_or(left);
            tokio::select! {
                biased;
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(ends.min(left)) => {}
            }
        }
    }
}

/// Real time until a moment of the clock, at least a second.
fn time_until(moment: Timestamp, clock: Clock) -> Duration {
    let span = Duration::try_from(moment.duration_since(clock.now())).unwrap_or_default();
    clock.real(span).max(Duration::from_secs(1))
}
