//! Whether the metrics can be read, and their histogram tells prices.

use snarkfee_client::{Capability, Scrape};
use snarkfee_config::MetricsSource;
use snarkfee_core::{
    fault::Fault,
    metrics_text::Resolution,
    units::{Endpoint, Nanomina},
};

use super::{
    super::{
        check::{Check, CheckResult},
        examination::DaemonExamination,
    },
    reach::show_duration,
};

pub(super) fn metrics(examined: &DaemonExamination) -> CheckResult {
    let source = examined.daemon.metrics.as_ref();
    let (Some(source), Some(read)) = (source, &examined.scrape) else {
        return match examined.look {
            Ok(_) => CheckResult::warn(
                "none are configured, so the time that works take is measured less well",
                "start the daemon with --metrics-port 10000, and set metrics_url",
            ),
            Err(_) => CheckResult::unchecked("there is no connection", Check::Reachability),
        };
    };
    let (from, url) = match source {
        MetricsSource::Direct(url) => (String::new(), url),
        MetricsSource::Prometheus { url, selector } => (format!(" for {{{selector}}}"), url),
    };
    match read {
        Err(fault) => {
            CheckResult::fail(format!("{url}{from}: {fault}"), advise_unread(fault, source))
        }
        Ok(scrape) => judge_scrape(scrape, &from, url),
    }
}

fn judge_scrape(scrape: &Scrape, from: &str, url: &Endpoint) -> CheckResult {
    let dialect = scrape.prefix.trim_end_matches('_');
    let detail = match scrape.sampled {
        Some(age) => format!("{url}{from}: {dialect} dialect, samples {} old", show_duration(age)),
        None => format!("{url}: {dialect} dialect, {} families", scrape.families),
    };
    let metrics = &scrape.metrics;
    if metrics.defects > 0 {
        let detail = format!("{detail}, {} unreadable lines", metrics.defects);
        return CheckResult::warn(
            detail,
            "if the other checks are ok, nothing needed is among them; report them with the daemon's version",
        );
    }
    if metrics.completed_by_own.is_none() {
        let detail = format!("{detail}; the activity of own workers is missing");
        return CheckResult::warn(
            detail,
            "set works_per_hour to a number under [daemons.NAME.cost]",
        );
    }
    CheckResult::ok(detail)
}

/// What to do about metrics that could not be read.
fn advise_unread(fault: &Fault, source: &MetricsSource) -> &'static str {
    match source {
        MetricsSource::Prometheus { .. } => advise_server_unread(fault),
        MetricsSource::Direct(_) => advise_page_unread(fault),
    }
}

/// The same, where a Prometheus server was asked for them.
fn advise_server_unread(fault: &Fault) -> &'static str {
    match fault {
        Fault::NotScraped { .. } | Fault::Outdated { .. } => {
            "see Status > Targets of the server; `selector` must match the target of this daemon and no other"
        }
        Fault::HttpStatus { body, .. } | Fault::Refused { message: body }
            if ["deadline", "timeout", "timed out"].iter().any(|word| body.contains(word)) =>
        {
            "the server took too long, which is no fault of the selector: see its load and its \
             query timeout"
        }
        Fault::HttpStatus { status: 401 | 403 | 407, .. } => {
            "give credentials in url, as https://user:password@host/; a server that wants a header \
             such as X-Scope-OrgID needs a proxy that adds it"
        }
        Fault::HttpStatus { status: 429, .. } => {
            "the server limits requests: raise its limit, or controller.interval"
        }
        Fault::HttpStatus { status: 400 | 422, .. } => {
            "correct `selector`: the server does not understand it"
        }
        Fault::Refused { .. } | Fault::HttpStatus { status: 500.., .. } => {
            "see the log of the server, or of its proxy"
        }
        Fault::Malformed { cause } if cause.contains("HTML") => {
            "this is a page for people, of a login perhaps: `url` must be the address of a \
             Prometheus server's API, without /api/v1"
        }
        Fault::Malformed { .. } | Fault::HttpStatus { .. } => {
            "`url` must be the address of a Prometheus server, without /api/v1"
        }
        Fault::InvalidValue { .. } => {
            "look at this series at the server: a recording rule, a federation or a relabelling \
             changes it; or read the daemon itself with metrics_url"
        }
        Fault::Unsupported { .. } => {
            "the target that `selector` matches is another program, or the server drops the \
             daemon's metrics of snark work"
        }
        Fault::Oversized { .. } => "`selector` must match this daemon alone, not a whole fleet",
        Fault::TimedOut { .. } => "see the load of the server, or raise timeout",
        Fault::Unreachable { .. } | Fault::Truncated { .. } => "start the server, or correct `url`",
    }
}

/// The same, where the daemon itself was asked.
fn advise_page_unread(fault: &Fault) -> &'static str {
    match fault {
        Fault::HttpStatus { status: 400 | 404, body }
            if body.contains("query") || body.contains("Route") =>
        {
            "this looks like the GraphQL port; metrics_url needs the port of --metrics-port and the path /metrics"
        }
        Fault::HttpStatus { status: 400, .. } => "the path of metrics_url must be /metrics",
        Fault::Unsupported { .. } => {
            "metrics of another program, or of the daemon's networking helper (--libp2p-metrics-port): use --metrics-port"
        }
        Fault::InvalidValue { .. } => {
            "report it with the daemon's version, and remove metrics_url until it is fixed"
        }
        Fault::Malformed { .. } => {
            "metrics_url needs the port of --metrics-port and the path /metrics"
        }
        _ => {
            "start the daemon with --metrics-port and use that port in metrics_url; there is no default port"
        }
    }
}

pub(super) fn histogram(examined: &DaemonExamination) -> CheckResult {
    let has_chain =
        examined.schema.as_ref().is_some_and(|schema| schema.has(Capability::BestChain));
    let histogram = match &examined.scrape {
        None => return CheckResult::ok("no metrics, so no histogram; prices come from GraphQL"),
        Some(Err(_)) => {
            return CheckResult::unchecked("the metrics could not be read", Check::Metrics);
        }
        Some(Ok(scrape)) => scrape.metrics.fees.as_ref().and_then(|fees| fees.to_histogram()),
    };
    let needed = |detail: String| match has_chain {
        true => CheckResult::ok(format!(
            "{detail}; it is not needed, since sales are read from the chain"
        )),
        false => CheckResult::warn(
            detail,
            "rely on the order book alone, or set a fee yourself with strategy = \"fixed\"",
        ),
    };
    let Some(histogram) = histogram else {
        return needed("there is no snark_fee histogram".to_owned());
    };
    // A known price of the market must lie within the bounds too.
    let price = examined
        .look
        .as_ref()
        .ok()
        .and_then(|look| look.market.as_ref()?.quantiles.get(2).copied().flatten());
    #[expect(
        clippy::cast_precision_loss,
        reason = "a fee beyond 2^53 nanomina lies above every bound anyway"
    )]
    let price = price.map(|price: Nanomina| price.get() as f64);
    match histogram.resolution(price) {
        Resolution::Resolves { .. } => CheckResult::ok("its buckets tell prices apart"),
        Resolution::Empty => {
            needed("it is empty: no work entered the pool since the daemon started".to_owned())
        }
        Resolution::OnlyFree { .. } => CheckResult::ok(
            "all work that entered the pool was free, so there are no prices to tell apart",
        ),
        Resolution::CannotResolve { last_bound, .. } => needed(match last_bound {
            Some(bound) => {
                format!(
                    "most fees lie above its last bound of {bound}, so it only tells free work from the rest"
                )
            }
            None => {
                "it has no bound above zero, so it only tells free work from the rest".to_owned()
            }
        }),
        Resolution::OutOfReach { fee_scale, last_bound } => needed(format!(
            "the market's median price, {fee_scale}, lies above its last bound of {last_bound}"
        )),
    }
}
