//! Whether the daemon can be reached, understood and trusted.

use std::time::Duration;

use snarkfee_client::{Capability, Era};
use snarkfee_config::Daemon;
use snarkfee_core::{
    fault::Fault, market::DaemonStatus, policy::Reason, record::Mode, units::duration,
};

use super::super::{
    check::{Check, Said},
    examination::Examined,
};

/// What a clock may be off without being told from the time that an answer takes.
const CLOCK_SLACK: Duration = Duration::from_secs(5);

/// The status; otherwise what to say of everything that follows from it.
pub(super) fn status(examined: &Examined) -> Result<&DaemonStatus, Said> {
    let unchecked =
        || Said::unchecked("the daemon's status could not be read", Check::Reachability);
    let look = examined.look.as_ref().map_err(|_| unchecked())?;
    look.look.status.as_ref().map_err(|fault| match understood(fault) {
        true => Said::unchecked("the daemon's status could not be understood", Check::Schema),
        false => unchecked(),
    })
}

/// Whether what is wrong is in an answer, and not on the way to it.
fn understood(fault: &Fault) -> bool {
    matches!(fault, Fault::Refused { .. } | Fault::Unsupported { .. } | Fault::InvalidValue { .. })
}

pub(super) fn reachability(examined: &Examined, interval: Duration) -> Said {
    let daemon = &examined.daemon;
    let url = &daemon.graphql_url;
    let look = match &examined.look {
        Ok(look) => look,
        Err(why) => {
            return Said::fail(
                why,
                "correct graphql_url and bearer_token_file, and the machine's certificates",
            );
        }
    };
    match &look.look.status {
        Err(fault) if !understood(fault) => {
            Said::fail(format!("{url}: {fault}"), unreached(fault, daemon))
        }
        _ if look.took > interval => Said::warn(
            format!("{url} answers, but a look took {}", short(look.took)),
            "raise controller.interval above that, or give the daemon more of the machine",
        ),
        _ => Said::ok(format!("{url} answers; a look took {}", short(look.took))),
    }
}

/// What to do about a daemon that gives no answer.
fn unreached(fault: &Fault, daemon: &Daemon) -> &'static str {
    let https = daemon.graphql_url.expose().scheme() == "https";
    let says =
        |words: &[&str], text: &str| words.iter().any(|word| text.to_lowercase().contains(word));
    match fault {
        Fault::Unreachable { cause } if says(&["certificate", "unknownissuer"], cause) => {
            "add the proxy's certificate authority to the certificates of this machine (or name it in SSL_CERT_FILE), and use \
             the name that its certificate bears"
        }
        Fault::Unreachable { cause }
            if https && says(&["corrupt message", "invalidcontenttype"], cause) =>
        {
            "this port speaks plain HTTP: write http:// in graphql_url"
        }
        Fault::Unreachable { cause } if says(&["refused"], cause) => {
            "start the daemon, or correct graphql_url: its REST port (--rest-port) is 3085 unless set otherwise, and is open to \
             its own machine alone without --insecure-rest-server"
        }
        Fault::Unreachable { cause } if says(&["dns", "lookup", "resolve"], cause) => {
            "correct the host name in graphql_url"
        }
        Fault::Unreachable { .. } | Fault::Truncated { .. } => {
            "see that graphql_url names the REST port (3085), not the port of peers (8302) or clients (8301), and https:// only \
             where a proxy speaks TLS"
        }
        Fault::TimedOut { .. } => {
            "see whether a firewall drops the packets; where the daemon is only slow, raise timeout: 60s is usual for a busy one"
        }
        Fault::HttpStatus { status: 400, body } if says(&["bad request"], body) => {
            "this looks like the metrics port; graphql_url needs the REST port (3085), metrics_url this one"
        }
        Fault::HttpStatus { status: 400, body } if says(&["https"], body) => {
            "write https:// in graphql_url"
        }
        Fault::HttpStatus { status: 401 | 403 | 407, .. } => {
            "give the proxy's token in bearer_token_file, or the user as https://user:password@host/ in graphql_url"
        }
        Fault::HttpStatus { status: 404, .. } => "the path of graphql_url must end in /graphql",
        Fault::HttpStatus { status: 300..400, .. } => {
            "write the address that it redirects to in graphql_url"
        }
        Fault::HttpStatus { .. } => "look at the log of the daemon, or of the proxy before it",
        Fault::Oversized { .. } => "raise max_response, if it is a daemon that answers there",
        _ => {
            "what answers there is no daemon: graphql_url needs the REST port (3085) and the path /graphql"
        }
    }
}

pub(super) fn schema(examined: &Examined, mode: Mode) -> Said {
    let Some(schema) = &examined.schema else {
        return Said::unchecked("the schema could not be read", Check::Reachability);
    };
    let era = schema.era();
    let detail = format!("{}: {}", era.name(), era.text());
    let lacking = |capability| {
        let missing = schema.lacking(capability);
        if missing.is_empty() { capability.name().to_owned() } else { missing.join(", ") }
    };
    let another = "point graphql_url at the daemon's full GraphQL port; if it is, this version of snarkfee does not know \
                   that daemon: report the missing fields";
    if era == Era::Limited {
        return Said::fail(
            detail,
            "point graphql_url at the REST port (3085): --limited-graphql-port has neither pool nor settings",
        );
    }
    if schema.status_operation().is_none() {
        return Said::fail(format!("{detail}; without {}", lacking(Capability::Status)), another);
    }
    if schema.market_operation().is_none() {
        return Said::fail(
            format!("{detail}; without {}", lacking(Capability::SnarkPool)),
            another,
        );
    }
    if !schema.has(Capability::Mutations) {
        let detail = format!("{detail}; without {}", lacking(Capability::Mutations));
        return match mode {
            Mode::Live => Said::fail(detail, another),
            Mode::DryRun => Said::warn(
                detail,
                "before going live, point graphql_url at a port that takes settings",
            ),
        };
    }
    if let Ok(look) = &examined.look
        && let Some(fault) = look.look.status.as_ref().err().filter(|fault| understood(fault))
    {
        return Said::fail(format!("{detail}; {fault}"), "report it, with the daemon's version");
    }
    if !schema.has(Capability::BestChain) {
        let detail =
            format!("{detail}; without {}: sales cannot be seen", lacking(Capability::BestChain));
        return Said::warn(
            detail,
            "configure metrics_url: prices come from the pool and from its fee histogram here",
        );
    }
    if !schema.has(Capability::Account) {
        let detail = format!(
            "{detail}; without {}: the key's account cannot be looked up",
            lacking(Capability::Account)
        );
        return Said::warn(detail, "see yourself that the key has a ledger account");
    }
    match era {
        Era::Unknown => Said::warn(
            detail,
            "allow introspection, or report the version; what is sent fits mainnet 1.x",
        ),
        _ if schema.has(Capability::SnarkWorkRange) => Said::ok(detail),
        _ => Said::ok(format!(
            "{detail}; without snarkWorkRange: the order in which works are bought is not known"
        )),
    }
}

/// By what a look would hold on.
pub(super) fn sync(examined: &Examined) -> Said {
    let status = match status(examined) {
        Ok(status) => status,
        Err(unchecked) => return unchecked,
    };
    let wait = "wait until `mina client status` says Synced; the service holds until then";
    let reason = examined.look.as_ref().ok().map(|look| &look.decision.reason);
    match reason {
        Some(reason @ Reason::Unsynced { .. }) => Said::fail(reason.to_string(), wait),
        Some(reason @ Reason::TipBehind { .. }) => Said::fail(
            reason.to_string(),
            "look at the daemon's log and its peers: it hears of no new blocks",
        ),
        Some(reason @ Reason::FewPeers { .. }) => Said::fail(
            reason.to_string(),
            "open the port of peers (8302) to the network, or lower safety.min_peers",
        ),
        _ => {
            let height =
                status.height.map_or("no height".to_owned(), |height| format!("height {height}"));
            let peers = status.peers.map(|peers| format!(", {peers} peers")).unwrap_or_default();
            Said::ok(format!("{}, {height}{peers}", Fault::excerpt(status.sync.as_str())))
        }
    }
}

/// The daemon says which slot it is; by this machine's clock it must be the same one.
pub(super) fn clock(examined: &Examined) -> Said {
    let status = match status(examined) {
        Ok(status) => status,
        Err(unchecked) => return unchecked,
    };
    let (begins, ends) = (status.now.starts, status.now.starts.checked_add(status.slot_duration));
    let Ok(ends) = ends else {
        return Said::fail("the daemon's slot has no end", "report it, with the daemon's version");
    };
    let positive = |span: jiff::SignedDuration| {
        Duration::try_from(span).ok().filter(|span| *span > CLOCK_SLACK)
    };
    // The slot was read at some moment between question and answer.
    let behind = positive(begins.duration_since(examined.answered));
    let ahead = positive(examined.asked.duration_since(ends));
    let fix = "synchronise the clocks of both machines (systemd-timesyncd, chrony)";
    match (behind, ahead) {
        (Some(by), _) => Said::fail(
            format!("this machine's clock is at least {} behind the daemon's", short(by)),
            fix,
        ),
        (_, Some(by)) => Said::fail(
            format!("this machine's clock is at least {} ahead of the daemon's", short(by)),
            fix,
        ),
        _ => Said::ok(format!("in the daemon's slot, to within {}", short(status.slot_duration))),
    }
}

/// A length of time to the millisecond, or from a minute on to the second.
pub(super) fn short(length: Duration) -> String {
    let grain = if length < Duration::from_secs(60) { length.subsec_millis() } else { 0 };
    let shown = Duration::new(length.as_secs(), 0) + Duration::from_millis(u64::from(grain));
    duration::show(shown).to_string()
}
