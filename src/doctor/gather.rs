//! The questions: to the machine, the daemons and the price feeds, all at the same time.

use std::path::PathBuf;

use snarkfee_client::PriceFeed;
use snarkfee_clock::Clock;
use snarkfee_config::{Daemon, Settings};
use snarkfee_core::{
    cost::{CostInputs, PriceQuote},
    fault::Fault,
};
use tokio::task::JoinSet;

use super::{
    examination::{Examination, Examined, Journalled, Machine},
    machine,
};
use crate::service::{connect, glance_through};

/// Finds out everything that the checks need. Every question has the limits of the settings; none
/// changes anything.
pub async fn examine(settings: Settings, clock: Clock) -> Examination {
    let folder: PathBuf = settings.controller.state_dir.clone();
    let now = clock.now();
    let looked = tokio::task::spawn_blocking(move || machine::look(&folder, now));
    let mut asked = JoinSet::new();
    for (place, daemon) in settings.daemons.iter().cloned().enumerate() {
        asked.spawn(async move { (place, ask(daemon, clock).await) });
    }
    let mut daemons = asked.join_all().await;
    daemons.sort_by_key(|(place, _)| *place);
    let (machine, journalled) = match looked.await {
        Ok((machine, journalled)) => (machine, journalled),
        Err(error) => {
            tracing::error!(%error, "the machine was not looked at");
            (Machine::default(), Default::default())
        }
    };
    let daemons = daemons.into_iter().map(|(_, examined)| {
        let journalled = journalled.get(&examined.daemon.id).cloned().unwrap_or_default();
        Examined { journalled, ..examined }
    });
    let daemons = daemons.collect();
    Examination { settings, machine, daemons }
}

async fn ask(daemon: Daemon, clock: Clock) -> Examined {
    let quote = price(&daemon, clock).await;
    let inputs = |at| CostInputs {
        at,
        works_per_hour: None,
        quote: quote.as_ref().and_then(|quote| quote.as_ref().ok().copied()),
    };
    let asked = clock.now();
    let cost = daemon.cost.per_work(&inputs(asked));
    let mut examined = Examined {
        asked,
        answered: asked,
        look: Err(String::new()),
        schema: None,
        scrape: None,
        cost,
        journalled: Journalled::default(),
        quote: quote.clone(),
        daemon,
    };
    let daemon = &examined.daemon;
    match connect(daemon, clock) {
        Ok(port) => {
            let glance = glance_through(&port, daemon, inputs(asked).quote, clock).await;
            examined.answered = clock.now();
            examined.scrape = port.scrape().await;
            examined.schema = port.found();
            examined.look = Ok(Box::new(glance.record));
        }
        Err(error) => examined.look = Err(format!("{:#}", anyhow::Error::new(error))),
    }
    examined
}

async fn price(daemon: &Daemon, clock: Clock) -> Option<Result<PriceQuote, Fault>> {
    let feed = daemon.cost.feed()?.clone();
    Some(match PriceFeed::new(feed) {
        Ok(feed) => feed.fetch(clock.now()).await,
        Err(fault) => Err(fault),
    })
}
