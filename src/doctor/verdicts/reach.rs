//! Whether the daemon can be reached, understood and trusted.

use std::time::Duration;

use snarkfee_client::{Capabilities, Capability, Era};
use snarkfee_config::Daemon;
use snarkfee_core::{
    fault::Fault,
    market::{DaemonStatus, SyncState},
    policy::Reason,
    units::duration,
};

use super::super::{
    check::{Check, CheckResult},
    daemon_clock::{ClockError, find_clock_error},
    examination::DaemonExamination,
};

/// The status, or the result of every check that needs it.
pub(super) fn require_status(examined: &DaemonExamination) -> Result<&DaemonStatus, CheckResult> {
    let unchecked =
        || CheckResult::unchecked("the daemon's status could not be read", Check::Reachability);
    let look = examined.look.as_ref().map_err(|_| unchecked())?;
    look.look.status.as_ref().map_err(|fault| match is_in_answer(fault) {
        true => {
            CheckResult::unchecked("the daemon's status could not be understood", Check::Schema)
        }
        false => unchecked(),
    })
}

/// Whether a fault is in an answer, and not on the way to it.
pub(super) const fn is_in_answer(fault: &Fault) -> bool {
    matches!(fault, Fault::Refused { .. } | Fault::Unsupported { .. } | Fault::InvalidValue { .. })
}

pub(super) fn reachability(examined: &DaemonExamination, interval: Duration) -> CheckResult {
    let daemon = &examined.daemon;
    let url = &daemon.graphql_url;
    let look = match &examined.look {
        Ok(look) => look,
        Err(why) => {
            return CheckResult::fail(
                why,
                "correct graphql_url and bearer_token_file, and the machine's certificates",
            );
        }
    };
    match &look.look.status {
        Err(fault) if !is_in_answer(fault) => {
            CheckResult::fail(format!("{url}: {fault}"), advise_unreachable(fault, daemon))
        }
        _ if look.took > interval => CheckResult::warn(
            format!("{url} answers, but a look took {}", show_duration(look.took)),
            "raise controller.interval above that, or give the daemon more CPU and memory",
        ),
        _ => CheckResult::ok(format!("{url} answers; a look took {}", show_duration(look.took))),
    }
}

/// What to do about a daemon that does not answer.
fn advise_unreachable(fault: &Fault, daemon: &Daemon) -> &'static str {
    let https = daemon.graphql_url.expose().scheme() == "https";
    let says =
        |words: &[&str], text: &str| words.iter().any(|word| text.to_lowercase().contains(word));
    match fault {
        Fault::Unreachable { cause } if says(&["causedasendentity"], cause) => {
            "make the server's certificate anew with basicConstraints CA:FALSE, or sign it with a \
             certificate authority of your own: this one is an authority's itself, which no server \
             may show, trusted or not"
        }
        Fault::Unreachable { cause } if says(&["expired", "notvalidyet"], cause) => {
            "renew the server's certificate, or set this machine's clock: it is not valid now"
        }
        Fault::Unreachable { cause } if says(&["notvalidforname"], cause) => {
            "use a host name that the server's certificate names in graphql_url"
        }
        Fault::Unreachable { cause } if says(&["certificate", "unknownissuer"], cause) => {
            "add the proxy's certificate authority to this machine (or name its file in SSL_CERT_FILE), \
             and use the host name of its certificate"
        }
        Fault::Unreachable { cause }
            if https && says(&["corrupt message", "invalidcontenttype"], cause) =>
        {
            "this port speaks plain HTTP: write http:// in graphql_url"
        }
        Fault::Unreachable { cause } if says(&["refused"], cause) => {
            "start the daemon, or correct graphql_url: its REST port (--rest-port, default 3085) only \
             accepts its own machine without --insecure-rest-server"
        }
        Fault::Unreachable { cause } if says(&["dns", "lookup", "resolve"], cause) => {
            "correct the host name in graphql_url"
        }
        Fault::Unreachable { .. } | Fault::Truncated { .. } => {
            "use the REST port (3085) in graphql_url, not the port of peers (8302) or clients (8301), and \
             https:// only for a proxy with TLS"
        }
        Fault::TimedOut { .. } => {
            "check whether a firewall drops packets; if the daemon is only slow, raise timeout, to 60s for a busy one"
        }
        Fault::HttpStatus { status: 400, body } if says(&["bad request"], body) => {
            "this looks like the metrics port; graphql_url needs the REST port (3085), metrics_url this one"
        }
        Fault::HttpStatus { status: 400, body } if says(&["https"], body) => {
            "write https:// in graphql_url"
        }
        Fault::HttpStatus { status: 401 | 403 | 407, .. } => {
            "set bearer_token_file to the proxy's token, or use https://user:password@host/ in graphql_url"
        }
        Fault::HttpStatus { status: 429, .. } => {
            "the proxy limits requests: raise its limit, or controller.interval"
        }
        Fault::HttpStatus { status: 404, .. } => "the path of graphql_url must end in /graphql",
        Fault::HttpStatus { status: 300..400, .. } => {
            "set graphql_url to the address that it redirects to"
        }
        Fault::HttpStatus { .. } => "see the log of the daemon, or of its proxy",
        Fault::Oversized { .. } => "raise max_response if this address is a daemon",
        _ => {
            "this address is not a daemon: graphql_url needs the REST port (3085) and the path /graphql"
        }
    }
}

/// The fields without which the schema lacks a capability, in one line.
pub(super) fn missing_fields(schema: &Capabilities, capability: Capability) -> String {
    let missing = schema.lacking(capability);
    if missing.is_empty() { capability.name().to_owned() } else { missing.join(", ") }
}

pub(super) fn schema(examined: &DaemonExamination) -> CheckResult {
    let Some(schema) = &examined.schema else {
        return CheckResult::unchecked("the schema could not be read", Check::Reachability);
    };
    let era = schema.era();
    let detail = format!("{}: {}", era.name(), era.text());
    let another = "point graphql_url at the daemon's full GraphQL port; if it already is, report the missing \
                   fields: this version of snarkfee does not know that daemon";
    if era == Era::Limited {
        return CheckResult::fail(
            detail,
            "point graphql_url at the REST port (3085): --limited-graphql-port has neither pool nor settings",
        );
    }
    if era == Era::RustNode {
        return CheckResult::fail(
            detail,
            "run the worker with a daemon in OCaml to have snarkfee set its fee; for a Rust node \
             choose --snarker-fee by `snarkfee estimate` on such a daemon, and restart it",
        );
    }
    if schema.status_operation().is_none() {
        return CheckResult::fail(
            format!("{detail}; without {}", missing_fields(schema, Capability::Status)),
            another,
        );
    }
    if schema.market_operation().is_none() {
        return CheckResult::fail(
            format!("{detail}; without {}", missing_fields(schema, Capability::SnarkPool)),
            another,
        );
    }
    if let Ok(look) = &examined.look
        && let Some(fault) = look.look.status.as_ref().err().filter(|fault| is_in_answer(fault))
    {
        return CheckResult::fail(
            format!("{detail}; {fault}"),
            "report it with the daemon's version",
        );
    }
    if !schema.has(Capability::Mutations) {
        return CheckResult::warn(
            format!("{detail}; without {}", missing_fields(schema, Capability::Mutations)),
            "see the check of mutations",
        );
    }
    if !schema.has(Capability::BestChain) {
        let detail = format!(
            "{detail}; without {}: sales cannot be seen",
            missing_fields(schema, Capability::BestChain)
        );
        return CheckResult::warn(
            detail,
            "set metrics_url: here prices come from the pool and from its fee histogram",
        );
    }
    if !schema.has(Capability::Account) {
        let detail = format!(
            "{detail}; without {}: the key's account cannot be looked up",
            missing_fields(schema, Capability::Account)
        );
        return CheckResult::warn(detail, "make sure yourself that the key has a ledger account");
    }
    match era {
        Era::Unknown => CheckResult::warn(
            detail,
            "allow introspection, or report the version; requests are those for mainnet 1.x",
        ),
        _ if schema.has(Capability::SnarkWorkRange) => CheckResult::ok(detail),
        _ => CheckResult::ok(format!(
            "{detail}; without snarkWorkRange: the order in which works are bought is not known"
        )),
    }
}

/// Judged by what a look would hold on; where it decided for another reason, by the state itself.
pub(super) fn sync(examined: &DaemonExamination) -> CheckResult {
    let status = match require_status(examined) {
        Ok(status) => status,
        Err(unchecked) => return unchecked,
    };
    let wait =
        "wait until `mina client status` says Synced; the service changes nothing until then";
    let reason = examined.look.as_ref().ok().map(|look| &look.decision.reason);
    match reason {
        Some(reason @ Reason::Unsynced { .. }) => CheckResult::fail(reason.to_string(), wait),
        Some(reason @ (Reason::TipBehind { .. } | Reason::NoTip | Reason::HeightBehind { .. })) => {
            CheckResult::fail(
                reason.to_string(),
                "check the daemon's log and peers: it receives no new blocks",
            )
        }
        Some(reason @ Reason::FewPeers { .. }) => CheckResult::fail(
            reason.to_string(),
            "open the port of peers (8302) to the network, or lower safety.min_peers",
        ),
        _ if status.sync != SyncState::Synced => {
            let reason = Reason::Unsynced { state: status.sync.clone() };
            CheckResult::fail(reason.to_string(), wait)
        }
        _ => {
            let height =
                status.height.map_or("no height".to_owned(), |height| format!("height {height}"));
            let peers = status.peers.map(|peers| format!(", {peers} peers")).unwrap_or_default();
            CheckResult::ok(format!("{}, {height}{peers}", Fault::excerpt(status.sync.as_str())))
        }
    }
}

/// The daemon's slot must be the current one by this machine's clock.
pub(super) fn clock(examined: &DaemonExamination) -> CheckResult {
    let status = match require_status(examined) {
        Ok(status) => status,
        Err(unchecked) => return unchecked,
    };
    let error = find_clock_error(status, examined.asked, examined.answered);
    let detail = match error {
        None => {
            return CheckResult::ok(format!(
                "agrees with the daemon's slot, to within {}",
                show_duration(status.slot_duration)
            ));
        }
        Some(ClockError::Behind(by)) => {
            format!("this machine's clock is at least {} behind the daemon's", show_duration(by))
        }
        Some(ClockError::Ahead(by)) => {
            format!("this machine's clock is at least {} ahead of the daemon's", show_duration(by))
        }
    };
    match examined.acceleration {
        Some(speed) => CheckResult::warn(
            format!(
                "a simulated daemon, whose time passes {speed:.0} times as fast as this machine's"
            ),
            "mind that the settings' durations pass in this machine's time; `snarkfee demo` runs \
             the service in the market's time",
        ),
        None => CheckResult::fail(
            detail,
            "synchronise the clocks of both machines (systemd-timesyncd, chrony)",
        ),
    }
}

/// A duration to the millisecond, or to the second from a minute on.
pub(super) fn show_duration(length: Duration) -> String {
    let grain = if length < Duration::from_secs(60) { length.subsec_millis() } else { 0 };
    let shown = Duration::new(length.as_secs(), 0) + Duration::from_millis(u64::from(grain));
    duration::show(shown).to_string()
}
