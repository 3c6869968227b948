//! Keeps the price of MINA fresh for one daemon's cost.

use std::{sync::Arc, time::Duration};

use snarkfee_client::{PriceFeed, PriceReading};
use snarkfee_clock::Clock;
use snarkfee_config::Daemon;
use snarkfee_core::{
    cost::{PriceQuote, PriceSource, PriceVetting},
    fault::Fault,
    units::DaemonId,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::telemetry::Metrics;

const UNREAD: &str = "the price of MINA could not be read; the last one counts until max_age";

/// Shortest time between two requests to a price source.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);

/// What the feeds of a daemon's cost say now; `None` if it needs none.
pub(crate) async fn read_price(daemon: &Daemon, clock: Clock) -> Option<PriceReading> {
    let source = daemon.cost.feed()?.clone();
    Some(match PriceFeed::new(source.clone()) {
        Ok(feed) => feed.fetch(clock.now()).await,
        Err(fault) => unread(&source, &fault),
    })
}

/// What is known where no feed can be asked.
fn unread(source: &PriceSource, fault: &Fault) -> PriceReading {
    let failed = source.urls.iter().map(|url| (url.clone(), fault.clone())).collect();
    PriceReading { quote: None, read: 0, needed: source.min_sources, failed }
}

/// The price now, for a single look; `None` if the daemon's cost does not need it or it could not
/// be read.
pub(super) async fn read_price_once(daemon: &Daemon, clock: Clock) -> Option<PriceQuote> {
    let reading = read_price(daemon, clock).await?;
    if reading.quote.is_none() {
        warn!(daemon = %daemon.id, code = reading.code(), fault = %reading, "{UNREAD}");
    }
    reading.quote
}

/// Asks four times within the price's age limit, so that three failures in a row do no harm. A
/// price that jumps is passed on once it is confirmed.
pub(super) async fn follow_price(
    daemon: DaemonId,
    source: PriceSource,
    clock: Clock,
    metrics: Arc<Metrics>,
    quote: watch::Sender<Option<PriceQuote>>,
    cancel: CancellationToken,
) {
    let every = clock.real(source.max_age / 4).max(SHORTEST_INTERVAL);
    let feed = match PriceFeed::new(source) {
        Ok(feed) => feed,
        Err(fault) => {
            warn!(%daemon, %fault, "mina_price cannot be used, so the cost of a work stays unknown");
            return;
        }
    };
    let mut vetting = PriceVetting::default();
    while !cancel.is_cancelled() {
        let reading = feed.fetch(clock.now()).await;
        match reading.quote.map(|read| vetting.vet(read, feed.feed().max_jump)) {
            Some(Ok(read)) => {
                info!(%daemon, price = %read.price, feeds = reading.read, "price of MINA read");
                metrics.record_price_read(&daemon, read.at);
                quote.send_replace(Some(read));
            }
            Some(Err(jump)) => warn!(%daemon, price = %jump.price, "{jump}"),
            None => warn!(%daemon, code = reading.code(), fault = %reading, "{UNREAD}"),
        }
        tokio::select! {
            () = cancel.cancelled() => break,
            () = tokio::time::sleep(every) => {}
        }
    }
}
