//! Whether the daemon's chain and order book can be read, and its settings changed.

use snarkfee_client::{Capability, Era};
use snarkfee_config::Daemon;
use snarkfee_core::{fault::Fault, market::Look, policy::Reason, record::Record, units::duration};

use super::{
    super::{
        check::{Check, CheckResult},
        examination::DaemonExamination,
    },
    reach::{missing_fields, require_status},
};
use crate::telemetry::SelectionOutlook;

/// Judges the blocks whose sales tell prices.
pub(super) fn chain(examined: &DaemonExamination) -> CheckResult {
    let record = match require_look(examined) {
        Ok(record) => record,
        Err(unchecked) => return unchecked,
    };
    match &record.look.chain {
        Some(Ok(chain)) => {
            let sales: usize = chain.blocks.iter().map(|block| block.works.len()).sum();
            let detail = format!("{} blocks with {sales} works bought", chain.blocks.len());
            match &record.decision.reason {
                Reason::TooFewSamples { have, need } => CheckResult::warn(
                    format!(
                        "{detail}: {have} sales and offers count, {need} are wanted to price by"
                    ),
                    "wait for more, or lower policy.min_samples; until then the service changes nothing",
                ),
                _ => CheckResult::ok(detail),
            }
        }
        Some(Err(fault)) => fail(fault, "the best chain", examined),
        None => {
            without_reading(&record.look, "no bestChain in this schema: prices come from the pool")
        }
    }
}

/// Judges the works still to be bought.
pub(super) fn book(examined: &DaemonExamination) -> CheckResult {
    let record = match require_look(examined) {
        Ok(record) => record,
        Err(unchecked) => return unchecked,
    };
    match (&record.look.book, &record.look.chain) {
        (Some(Ok(book)), _) => {
            let proved = book.works.iter().filter(|work| work.standing.is_some()).count();
            let selection = SelectionOutlook::of(record)
                .map(|outlook| format!("; handed out: {}", outlook.describe(record.fee_unit())))
                .unwrap_or_default();
            CheckResult::ok(format!(
                "{} works to be bought, {proved} of them proved{selection}",
                book.works.len()
            ))
        }
        (Some(Err(fault)), Some(Err(same))) if fault == same => {
            CheckResult::unchecked("it comes in one answer with the best chain", Check::Chain)
        }
        (Some(Err(fault)), _) => fail(fault, "the order book", examined),
        (None, _) => without_reading(&record.look, "it was not read in this look"),
    }
}

/// Judges whether the daemon's schema takes settings.
pub(super) fn mutations(examined: &DaemonExamination) -> CheckResult {
    let Some(schema) = &examined.schema else {
        return CheckResult::unchecked("the schema could not be read", Check::Reachability);
    };
    if schema.has(Capability::Mutations) {
        return CheckResult::ok("setSnarkWorkFee and setSnarkWorker are offered");
    }
    let detail = format!(
        "the daemon offers no {}: nothing can be set, and the service only advises",
        missing_fields(schema, Capability::Mutations)
    );
    let fix = if schema.era() == Era::RustNode {
        "use a daemon in OCaml: the fee of a Rust node is fixed by --snarker-fee when it starts"
    } else {
        "point graphql_url at the daemon's own REST port (3085), not at a public proxy or \
               the limited port"
    };
    CheckResult::fail(detail, fix)
}

fn require_look(examined: &DaemonExamination) -> Result<&Record, CheckResult> {
    require_status(examined)?;
    let look = examined.look.as_deref();
    look.map_err(|_| CheckResult::unchecked("there is no connection", Check::Reachability))
}

/// A reading that the look did not ask for.
fn without_reading(look: &Look, otherwise: &str) -> CheckResult {
    match look.book.is_some() || look.chain.is_some() {
        false => CheckResult::unchecked("the daemon does not follow the chain", Check::Sync),
        true => CheckResult::ok(otherwise),
    }
}

fn fail(fault: &Fault, what: &str, examined: &DaemonExamination) -> CheckResult {
    if let Fault::Unsupported { .. } = fault {
        return CheckResult::unchecked(&format!("{what} cannot be read, {fault}"), Check::Schema);
    }
    CheckResult::fail(
        format!("{what} cannot be read: {fault}; the service holds until it can"),
        advise_unread(fault, &examined.daemon),
    )
}

/// What to do about a query of the market that gave nothing usable, while the status did.
fn advise_unread(fault: &Fault, daemon: &Daemon) -> String {
    match fault {
        Fault::TimedOut { limit } => format!(
            "raise timeout under [daemons.{}] above {}: this is the daemon's largest answer, and a \
             busy daemon needs long for it",
            daemon.id,
            duration::show(*limit)
        ),
        Fault::Oversized { limit } if *limit == daemon.max_response.0 => format!(
            "raise max_response under [daemons.{}] above {}",
            daemon.id, daemon.max_response
        ),
        Fault::HttpStatus { status: 502..=504, .. } => {
            "raise the time and size limits of the proxy before the daemon, or use the daemon's own \
             port"
                .to_owned()
        }
        Fault::HttpStatus { .. } | Fault::Refused { .. } => {
            "see the log of the daemon, or of the proxy before it, for this query".to_owned()
        }
        Fault::Unreachable { .. } | Fault::Truncated { .. } => {
            "see the log of the daemon, or of the proxy before it: the connection ends during the \
             largest answer"
                .to_owned()
        }
        Fault::Oversized { .. }
        | Fault::Malformed { .. }
        | Fault::Unsupported { .. }
        | Fault::NotScraped { .. }
        | Fault::Outdated { .. }
        | Fault::InvalidValue { .. } => "report it with the daemon's version".to_owned(),
    }
}
