//! The way of an order to the service: over HTTP to the one that runs, else into its journal.
//!
//! Invariants: whoever is told that an order was taken can rely on it: nothing is sent any more that
//! it forbids; no journal is made for an order; an order that no service would read is refused.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::{anyhow, bail};
use jiff::Timestamp;
use serde_json::{Value, json};
use snarkfee_client::post;
use snarkfee_clock::Clock;
use snarkfee_core::{control::OperatorCommand, ledger::Ledger, units::DaemonId};
use snarkfee_journal::{JournalError, OrderWriter};

use super::{
    journal_location::JournalLocation,
    open_journal::{open_store, store_address},
};

/// Longest that the service may take for an answer: longer than it waits for a daemon.
const ANSWER: Duration = Duration::from_secs(15);
/// Largest answer read.
const ANSWER_SIZE: u64 = 64 << 10;
/// Longest that a call to a daemon is waited for which was under way when the order came.
const UNDER_WAY: Duration = Duration::from_secs(60);
const UNDER_WAY_CHECK: Duration = Duration::from_millis(50);

/// An order as the operator wrote it.
pub(super) enum WrittenOrder {
    Pause { lasting: Option<Duration> },
    Resume,
}

/// Who took an order.
pub(super) enum TakenBy {
    /// The service that answers at this address.
    Service(SocketAddr),
    /// The journal of a service that runs.
    RunningJournal,
    /// The journal; no service runs on it.
    IdleJournal,
    /// The store that replicas share.
    Store,
}

/// What the service at the configured address made of an order.
enum Answer {
    Taken(SocketAddr),
    /// Something answers there, but does not take orders from here.
    NotTaken(SocketAddr, String),
    /// Nothing answers.
    Nothing(String),
}

impl WrittenOrder {
    const fn verb(&self) -> &'static str {
        match self {
            Self::Pause { .. } => "pause",
            Self::Resume => "resume",
        }
    }

    /// When a pause ends that begins now; `None` for one without an end, and for no pause.
    pub(super) fn end(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Pause { lasting: Some(lasting) } => now.checked_add(*lasting).ok(),
            Self::Pause { lasting: None } | Self::Resume => None,
        }
    }

    fn command(&self, daemon: Option<DaemonId>, now: Timestamp) -> OperatorCommand {
        match self {
            Self::Pause { .. } => OperatorCommand::Pause { daemon, until: self.end(now) },
            Self::Resume => OperatorCommand::Resume { daemon },
        }
    }

    fn body(&self, daemon: Option<&DaemonId>) -> Value {
        let lasting = match self {
            Self::Pause { lasting } => *lasting,
            Self::Resume => None,
        };
        let lasting = lasting.map(|lasting| format!("{}s", lasting.as_secs().max(1)));
        json!({ "daemon": daemon, "for": lasting })
    }
}

/// Brings an order to the service, or into its journal.
pub(super) async fn give(order: &WrittenOrder, to: &JournalLocation) -> anyhow::Result<TakenBy> {
    let answer = ask_service(order, to).await?;
    if let Answer::Taken(address) = answer {
        return Ok(TakenBy::Service(address));
    }
    if let Some(settings) = &to.settings
        && let Some(address) = store_address(&settings.store)?
    {
        let store = open_store(address, settings, Clock::system()).await?;
        let command = order.command(to.daemon.clone(), Clock::wall());
        store.record_order(Clock::wall(), command).await?;
        return Ok(TakenBy::Store);
    }
    let mut journal = OrderWriter::open(&to.folder).map_err(|error| advise(error, &answer, to))?;
    if let Answer::NotTaken(address, why) = &answer
        && !journal.service_runs()
    {
        bail!(
            "a service answers at {address} ({why}), but none runs on the journal in {}: it would \
             not read the order; let controller.state_dir name its state directory, or \
             controller.admin_token_file its token",
            to.folder.display()
        );
    }
    if to.settings.is_none()
        && let Some(daemon) = &to.daemon
        && !journal.knows(daemon)?
    {
        bail!("the journal in {} knows no daemon called {daemon}", to.folder.display());
    }
    let command = order.command(to.daemon.clone(), Clock::wall());
    let given =
        journal.give(Clock::wall(), &command).map_err(|error| advise(error, &answer, to))?;
    if !journal.service_runs() {
        return Ok(TakenBy::IdleJournal);
    }
    let ended = async {
        while journal.is_under_way(&given)? {
            tokio::time::sleep(UNDER_WAY_CHECK).await;
        }
        Ok(TakenBy::RunningJournal)
    };
    tokio::time::timeout(UNDER_WAY, ended).await.unwrap_or_else(|_| {
        bail!(
            "the order is recorded and nothing more is sent, but a call that was under way has not \
             ended within {} s; `snarkfee history` will show what came of it",
            UNDER_WAY.as_secs()
        )
    })
}

/// Posts an order to the address where the service listens, with its token.
async fn ask_service(order: &WrittenOrder, to: &JournalLocation) -> anyhow::Result<Answer> {
    let Some(controller) = to.settings.as_ref().map(|settings| &settings.controller) else {
        return Ok(Answer::Nothing("there is no configuration to find it by".to_owned()));
    };
    let Some(address) = controller.listen else {
        return Ok(Answer::Nothing("controller.listen is empty".to_owned()));
    };
    let address = reachable(address);
    let url = format!("http://{address}/api/v1/{}", order.verb()).parse()?;
    let body = serde_json::to_vec(&order.body(to.daemon.as_ref()))?;
    let token = controller.admin_token.as_ref().map(|token| token.value());
    Ok(match post(&url, token, body, ANSWER, ANSWER_SIZE).await {
        Ok((202, _)) => Answer::Taken(address),
        Ok((status, body)) => {
            let said = serde_json::from_slice::<Value>(&body).ok();
            let said = said.as_ref().and_then(|said| said.get("error")?.as_str());
            let why = said.map_or_else(|| format!("status {status}"), str::to_owned);
            if matches!(status, 503 | 504) {
                return Err(anyhow!(why).context(format!("the service at {address}")));
            }
            Answer::NotTaken(address, why)
        }
        Err(fault) => Answer::Nothing(format!("nothing answers at {address}: {fault}")),
    })
}

/// Where a service that listens on an address can be reached on this machine.
const fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// What to do where the journal does not take an order either.
fn advise(error: JournalError, answer: &Answer, to: &JournalLocation) -> anyhow::Error {
    let denied = error.is_denied();
    let folder = to.folder.display();
    let advice = match (&error, answer) {
        (JournalError::Missing { .. }, Answer::NotTaken(address, why)) => format!(
            "a service answers at {address} ({why}), but its journal is not in {folder}: set \
             controller.admin_token_file, or let controller.state_dir name its state directory \
             (under systemd /var/lib/snarkfee)"
        ),
        (JournalError::Missing { .. }, Answer::Nothing(why)) => format!(
            "no service takes the order ({why}), and there is no journal in {folder}; name the \
             configuration of the service with -c, and in it controller.state_dir (under systemd \
             /var/lib/snarkfee)"
        ),
        _ if denied => format!(
            "the journal in {folder} may not be used: run this as root, or as the user that the \
             service runs as"
        ),
        _ => return error.into(),
    };
    anyhow::Error::new(error).context(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_listens_on_every_address_is_asked_on_loopback() {
        for (listens, asked) in [
            ("0.0.0.0:9527", "127.0.0.1:9527"),
            ("[::]:1", "[::1]:1"),
            ("10.0.0.7:80", "10.0.0.7:80"),
        ] {
            assert_eq!(reachable(listens.parse().unwrap()), asked.parse().unwrap());
        }
    }
}
