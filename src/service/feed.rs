//! Keeps the price of MINA fresh for one daemon's cost.

use std::{sync::Arc, time::Duration};

use snarkfee_client::PriceFeed;
use snarkfee_clock::Clock;
use snarkfee_config::Daemon;
use snarkfee_core::{
    cost::{PriceQuote, PriceSource},
    units::DaemonId,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::telemetry::Metrics;

/// Shortest time between two questions to a price source.
const SHORTEST: Duration = Duration::from_secs(10);

/// The price now, for a single look; `None` where the daemon's cost does not need one, or it was
/// not read.
pub(super) async fn read_once(daemon: &Daemon, clock: Clock) -> Option<PriceQuote> {
    let read = match PriceFeed::new(daemon.cost.feed()?.clone()) {
        Ok(feed) => feed.fetch(clock.now()).await,
        Err(fault) => Err(fault),
    };
    let id = &daemon.id;
    read.inspect_err(
        |fault| warn!(daemon = %id, code = fault.code(), %fault, "the price of MINA was not read"),
    )
    .ok()
}

/// Asks four times within the price's age limit, so that three failures in a row do no harm.
pub(super) async fn follow(
    daemon: DaemonId,
    feed: PriceSource,
    clock: Clock,
    metrics: Arc<Metrics>,
    quote: watch::Sender<Option<PriceQuote>>,
    cancel: CancellationToken,
) {
    let every = clock.real(feed.max_age / 4).max(SHORTEST);
    let feed = match PriceFeed::new(feed) {
        Ok(feed) => feed,
        Err(fault) => {
            warn!(%daemon, %fault, "the price of MINA cannot be read");
            return;
        }
    };
    while !cancel.is_cancelled() {
        match feed.fetch(clock.now()).await {
            Ok(read) => {
                info!(%daemon, price = %read.price, "price of MINA read");
                metrics.price_read(&daemon, read.at);
                quote.send_replace(Some(read));
            }
            Err(fault) => {
                warn!(%daemon, code = fault.code(), %fault, "the price of MINA was not read")
            }
        }
        tokio::select! {
            () = cancel.cancelled() => break,
            () = tokio::time::sleep(every) => {}
        }
    }
}
