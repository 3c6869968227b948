//! Gathers the facts from the machine, the daemons and the price feeds, all at the same time.

use std::path::PathBuf;

use snarkfee_clock::Clock;
use snarkfee_config::{Daemon, Settings};
use snarkfee_core::{
    cost::{CostInputs, Quotes},
    fault::Fault,
    market::Pace,
};
use tokio::task::JoinSet;

use super::{
    daemon_clock::{find_clock_error, measure_acceleration},
    examination::{DaemonExamination, Examination, Machine},
    machine::examine_machine,
};
use crate::service::{OverHttp, connect, preview_through, read_energy, read_price};

/// Gathers everything that the checks need. Requests have the limits of the settings, and change
/// nothing.
pub async fn examine(settings: Settings, clock: Clock) -> Examination {
    let folder: PathBuf = settings.controller.state_dir.clone();
    let now = clock.now();
    let machine = tokio::task::spawn_blocking(move || examine_machine(&folder, now));
    let mut asked = JoinSet::new();
    for (place, daemon) in settings.daemons.iter().cloned().enumerate() {
        asked.spawn(async move { (place, examine_daemon(daemon, clock).await) });
    }
    let mut daemons = asked.join_all().await;
    daemons.sort_by_key(|(place, _)| *place);
    let (machine, changes) = machine.await.unwrap_or_else(|error| {
        tracing::error!(%error, "the machine could not be examined: this is a bug");
        (Machine::default(), Default::default())
    });
    let daemons = daemons.into_iter().map(|(_, examined)| {
        let external_change = changes.get(&examined.daemon.id).copied();
        DaemonExamination { external_change, ..examined }
    });
    let daemons = daemons.collect();
    Examination { settings, machine, daemons }
}

async fn examine_daemon(daemon: Daemon, clock: Clock) -> DaemonExamination {
    let outside = OverHttp::default();
    let (price, energy) =
        tokio::join!(read_price(&outside, &daemon, clock), read_energy(&outside, &daemon, clock));
    let quotes = Quotes {
        mina: price.as_ref().and_then(|price| price.quote),
        energy: energy.as_ref().and_then(|list| list.as_ref().ok()?.quote(clock.now())),
    };
    let pace = Pace::unmeasured(daemon.cost.pace_prior());
    let inputs = |at| CostInputs { at, pace, quotes };
    let asked = clock.now();
    let cost = daemon.cost.estimate(&inputs(asked));
    let mut examined = DaemonExamination {
        asked,
        answered: asked,
        look: Err(String::new()),
        acceleration: None,
        schema: None,
        scrape: None,
        cost,
        external_change: None,
        price,
        energy,
        daemon,
    };
    let daemon = &examined.daemon;
    match connect(daemon, clock) {
        Ok(port) => {
            let preview = preview_through(&port, daemon, quotes, clock).await;
            examined.answered = clock.now();
            examined.scrape = port.scrape().await;
            examined.schema = match (port.known_capabilities(), &preview.record.look.status) {
                (Some(known), _) => Some(known),
                // It was read, and forgotten since it has no status that is understood.
                (None, Err(Fault::Unsupported { .. })) => port.capabilities().await.ok(),
                (None, _) => None,
            };
            if let Ok(status) = &preview.record.look.status
                && find_clock_error(status, asked, examined.answered).is_some()
            {
                examined.acceleration = measure_acceleration(&port).await;
            }
            examined.look = Ok(preview.record);
        }
        Err(error) => examined.look = Err(format!("{:#}", anyhow::Error::new(error))),
    }
    examined
}
