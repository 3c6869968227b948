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

const UNREAD: &str = "the price of MINA could not be read; the last one counts until max_age";

/// Shortest time between two requests to a price source.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);

/// The price now, for a single look; `None` if the daemon's cost does not need it or it could not
/// be read.
pub(super) async fn read_price_once(daemon: &Daemon, clock: Clock) -> Option<PriceQuote> {
    let read = match PriceFeed::new(daemon.cost.feed()?.clone()) {
        Ok(feed) => feed.fetch(clock.now()).await,
        Err(fault) => Err(fault),
    };
    let id = &daemon.id;
    read.inspect_err(|fault| warn!(daemon = %id, code = fault.code(), %fault, "{UNREAD}")).ok()
}

/// Asks four times within the price's age limit, so that three failures in a row do no harm.
pub(super) async fn follow_price(
    daemon: DaemonId,
    feed: PriceSource,
    clock: Clock,
    metrics: Arc<Metrics>,
    quote: watch::Sender<Option<PriceQuote>>,
    cancel: CancellationToken,
) {
    let every = clock.real(feed.max_age / 4).max(SHORTEST_INTERVAL);
    let feed = match PriceFeed::new(feed) {
        Ok(feed) => feed,
        Err(fault) => {
            warn!(%daemon, %fault, "mina_price cannot be used, so the cost of a work stays unknown");
            return;
        }
    };
    while !cancel.is_cancelled() {
        match feed.fetch(clock.now()).await {
            Ok(read) => {
                info!(%daemon, price = %read.price, "price of MINA read");
                metrics.record_price_read(&daemon, read.at);
                quote.send_replace(Some(read));
            }
            Err(fault) => {
                warn!(%daemon, code = fault.code(), %fault, "{UNREAD}")
            }
        }
        tokio::select! {
            () = cancel.cancelled() => break,
            () = tokio::time::sleep(every) => {}
        }
    }
}
