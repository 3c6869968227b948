//! Whether prices and costs are known.

use snarkfee_client::{Capability, Scrape};
use snarkfee_config::{Daemon, MetricsSource};
use snarkfee_core::{
    cost::{CostModel, CostUnknown, Throughput},
    fault::Fault,
    metrics_text::Resolution,
    record::Record,
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
                "none are configured, so the works made by own workers, and their cost, cannot be counted",
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
        let detail = format!("{detail}; the count of works made by own workers is missing");
        return CheckResult::warn(
            detail,
            "set works_per_hour to a number under [daemons.NAME.cost]",
        );
    }
    CheckResult::ok(detail)
}

/// What to do about metrics that could not be read.
fn advise_unread(fault: &Fault, source: &MetricsSource) -> &'static str {
    if let MetricsSource::Prometheus { .. } = source {
        return match fault {
            Fault::NotScraped { .. } => {
                "see Status > Targets of the server; `selector` must match the target of this daemon and no other"
            }
            Fault::HttpStatus { status: 400 | 422, .. } => {
                "correct `selector`: the server does not understand it"
            }
            Fault::Malformed { .. } | Fault::HttpStatus { status: 404, .. } => {
                "`url` must be the address of a Prometheus server, without /api/v1"
            }
            _ => "start the server, or correct `url`",
        };
    }
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

pub(super) fn cost(examined: &DaemonExamination) -> CheckResult {
    let daemon = &examined.daemon;
    let unknown = match &examined.cost {
        Ok(cost) if *cost == Nanomina::ZERO => {
            return CheckResult::warn(
                "a work costs nothing, so any fee looks profitable",
                "set per_work, or power and rent of the machine, unless that is true",
            );
        }
        Ok(cost) => {
            let unit = examined.look.as_deref().map(Record::fee_unit).unwrap_or_default();
            let cost = unit.show(*cost);
            return CheckResult::ok(format!("{cost} per work{}", at_present(&daemon.cost)));
        }
        Err(unknown) => unknown,
    };
    let detail = unknown.to_string();
    match unknown {
        CostUnknown::NotConfigured => CheckResult::warn(
            format!("{detail}; a dry run counts it as zero, live mode does not start"),
            format!("set per_work, or its parts, under [daemons.{}.cost]", daemon.id),
        ),
        CostUnknown::NotMeasured if measurable(daemon) => CheckResult::ok(
            "the works per hour will be measured, which takes a quarter of an hour with the worker on",
        ),
        CostUnknown::NotMeasured => CheckResult::fail(
            format!("{detail}, and cannot be measured without metrics"),
            "set metrics_url, or set works_per_hour to a number",
        ),
        CostUnknown::NoPrice => {
            let fault = match &examined.quote {
                Some(Err(fault)) => fault.to_string(),
                _ => "the feed gave none".to_owned(),
            };
            let fix =
                "correct url and pointer of mina_price, or set the price, such as \"0.31 USD\"";
            CheckResult::fail(format!("the price of MINA could not be read: {fault}"), fix)
        }
        CostUnknown::PriceTooOld { .. } => CheckResult::fail(detail, "raise max_age of mina_price"),
        CostUnknown::Currency { .. } => {
            CheckResult::fail(detail, "write prices and expenses in one currency")
        }
        CostUnknown::PriceOfNothing => CheckResult::fail(detail, "correct pointer of mina_price"),
        CostUnknown::TooLarge => CheckResult::fail(
            detail,
            "correct the parts of the cost: power in W, prices per kWh and hour",
        ),
    }
}

fn measurable(daemon: &Daemon) -> bool {
    daemon.metrics.is_some()
}

/// Marks a cost that changes with time.
fn at_present(cost: &CostModel) -> &'static str {
    match cost {
        CostModel::Parts(parts)
            if cost.feed().is_some() || parts.works_per_hour() == Throughput::Measured =>
        {
            " now"
        }
        _ => "",
    }
}
