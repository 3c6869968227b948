//! Keeps the price of MINA fresh for one daemon's cost.

use std::{sync::Arc, time::Duration};

use snarkfee_client::PriceReading;
use snarkfee_clock::Clock;
use snarkfee_config::Daemon;
use snarkfee_core::{
    cost::{PriceQuote, PriceSource, PriceVetting, Quotes},
    fault::Fault,
    ledger::Ledger,
    units::DaemonId,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    energy_feed::{UNREAD_ENERGY, read_energy},
    outside::{Feed, Outside},
};
use crate::telemetry::Metrics;

const UNREAD: &str = "the price of MINA could not be read; the last one counts until max_age";

/// Shortest time between two requests to a price source.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);

/// What the feeds of a daemon's cost say now; `None` if it needs none.
pub(crate) async fn read_price<O: Outside>(
    outside: &O,
    daemon: &Daemon,
    clock: Clock,
) -> Option<PriceReading> {
    let source = daemon.cost.feed()?.clone();
    Some(match outside.open_price_feed(source.clone()) {
        Ok(feed) => feed.fetch(clock.now()).await,
        Err(fault) => unread(&source, &fault),
    })
}

/// What is known where no feed can be asked.
fn unread(source: &PriceSource, fault: &Fault) -> PriceReading {
    let failed = source.urls.iter().map(|url| (url.clone(), fault.clone())).collect();
    PriceReading { quote: None, read: 0, needed: source.min_sources, failed }
}

/// The prices now, for a single look: those that the daemon's cost needs and that could be read.
pub(super) async fn read_quotes<O: Outside>(outside: &O, daemon: &Daemon, clock: Clock) -> Quotes {
    let (reading, energy) =
        tokio::join!(read_price(outside, daemon, clock), read_energy(outside, daemon, clock));
    if let Some(reading) = reading.as_ref().filter(|reading| reading.quote.is_none()) {
        warn!(daemon = %daemon.id, code = reading.code(), fault = %reading, "{UNREAD}");
    }
    let energy = match energy {
        Some(Ok(list)) => list.quote(clock.now()),
        Some(Err(fault)) => {
            warn!(daemon = %daemon.id, code = fault.code(), %fault, "{UNREAD_ENERGY}");
            None
        }
        None => None,
    };
    Quotes { mina: reading.and_then(|reading| reading.quote), energy }
}

/// The price that an earlier process believed.
async fn recall(
    ledger: &dyn Ledger,
    daemon: &DaemonId,
    source: &PriceSource,
) -> Option<PriceQuote> {
    // What a journal that cannot be read means is said where it matters.
    let believed = ledger.restore(daemon).await.ok()?.state?.price?.of(source)?;
    info!(%daemon, price = %believed.price, at = %believed.at, "price of MINA as believed before; it counts until max_age");
    Some(believed)
}

/// Asks four times within the price's age limit, so that three failures in a row do no harm. A
/// price that jumps is passed on once it is confirmed.
pub(super) async fn follow_price(
    daemon: DaemonId,
    (source, feed): (PriceSource, Result<impl Feed<PriceReading>, Fault>),
    clock: Clock,
    metrics: Arc<Metrics>,
    quotes: watch::Sender<Quotes>,
    ledger: Arc<dyn Ledger>,
    cancel: CancellationToken,
) {
    let every = clock.real(source.max_age / 4).max(SHORTEST_INTERVAL);
    let feed = match feed {
        Ok(feed) => feed,
        Err(fault) => {
            warn!(%daemon, %fault, "mina_price cannot be used, so the cost of a work stays unknown");
            return;
        }
    };
    let mut vetting = PriceVetting::after(recall(&*ledger, &daemon, &source).await);
    while !cancel.is_cancelled() {
        let reading = feed.fetch(clock.now()).await;
        match reading.quote.map(|read| vetting.vet(read, source.max_jump)) {
            Some(Ok(read)) => {
                info!(%daemon, price = %read.price, feeds = reading.read, "price of MINA read");
                metrics.record_price_read(&daemon, read.at);
                quotes.send_modify(|quotes| quotes.mina = Some(read));
            }
            Some(Err(jump)) => warn!(%daemon, price = %jump.price, "{jump}"),
            None => warn!(%daemon, code = reading.code(), fault = %reading, "{UNREAD}"),
        }
        tokio::select! {
            biased;
            () = cancel.cancelled() => break,
            () = tokio::time::sleep(every) => {}
        }
    }
}
