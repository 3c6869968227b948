//! Whether prices and costs can be known.

use snarkfee_client::{Capability, Scrape};
use snarkfee_config::{Daemon, MetricsSource};
use snarkfee_core::{
    cost::{CostModel, CostUnknown, Throughput},
    fault::Fault,
    metrics_text::Resolution,
    units::{Endpoint, Nanomina},
};

use super::{
    super::{
        check::{Check, Said},
        examination::Examined,
    },
    reach::short,
};

pub(super) fn metrics(examined: &Examined) -> Said {
    let source = examined.daemon.metrics.as_ref();
    let (Some(source), Some(read)) = (source, &examined.scrape) else {
        return match examined.look {
            Ok(_) => Said::warn(
                "none are configured: what own workers make, and so what they cost, cannot be counted",
                "start the daemon with --metrics-port 10000, and set metrics_url",
            ),
            Err(_) => Said::unchecked("there is no connection", Check::Reachability),
        };
    };
    let (from, url) = match source {
        MetricsSource::Direct(url) => (String::new(), url),
        MetricsSource::Prometheus { url, selector } => (format!(" for {{{selector}}}"), url),
    };
    match read {
        Err(fault) => Said::fail(format!("{url}{from}: {fault}"), unread(fault, source)),
        Ok(scrape) => read_well(scrape, &from, url),
    }
}

fn read_well(scrape: &Scrape, from: &str, url: &Endpoint) -> Said {
    let dialect = scrape.prefix.trim_end_matches('_');
    let detail = match scrape.sampled {
        Some(age) => format!("{url}{from}: {dialect} dialect, samples {} old", short(age)),
        None => format!("{url}: {dialect} dialect, {} families", scrape.families),
    };
    let metrics = &scrape.metrics;
    if metrics.defects > 0 {
        let detail = format!("{detail}, {} lines that could not be read", metrics.defects);
        return Said::warn(
            detail,
            "nothing needed is among them if the other checks are ok; report them with the daemon's version",
        );
    }
    if metrics.completed_by_own.is_none() {
        let detail = format!("{detail}; without the count of works that own workers made");
        return Said::warn(detail, "give works_per_hour as a number under [daemons.NAME.cost]");
    }
    Said::ok(detail)
}

/// What to do about metrics that were not read.
fn unread(fault: &Fault, source: &MetricsSource) -> &'static str {
    if let MetricsSource::Prometheus { .. } = source {
        return match fault {
            Fault::NotScraped { .. } => {
                "look at Status > Targets of the server; `selector` must pick the labels of this daemon's target and of no other"
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
            "report it, with the daemon's version; until then leave metrics_url out"
        }
        Fault::Malformed { .. } => {
            "metrics_url needs the port of --metrics-port and the path /metrics"
        }
        _ => {
            "start the daemon with --metrics-port and name that port in metrics_url; metrics have no usual port"
        }
    }
}

pub(super) fn histogram(examined: &Examined) -> Said {
    let has_chain =
        examined.schema.as_ref().is_some_and(|schema| schema.has(Capability::BestChain));
    let histogram = match &examined.scrape {
        None => return Said::ok("no metrics, so no histogram; prices come from GraphQL"),
        Some(Err(_)) => return Said::unchecked("the metrics could not be read", Check::Metrics),
        Some(Ok(scrape)) => scrape.metrics.fees.as_ref().and_then(|fees| fees.to_histogram()),
    };
    let needed = |detail: String| match has_chain {
        true => {
            Said::ok(format!("{detail}; it is not needed, since sales are read from the chain"))
        }
        false => Said::warn(
            detail,
            "rely on the order book alone, or set a fee yourself: strategy = \"fixed\"",
        ),
    };
    let Some(histogram) = histogram else {
        return needed("there is no snark_fee histogram".to_owned());
    };
    // A price of the market, where it is known, must lie among the bounds as well.
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
        Resolution::Resolves { .. } => Said::ok("its buckets tell prices apart"),
        Resolution::Empty => {
            needed("it is empty: no work came into the pool since the daemon started".to_owned())
        }
        Resolution::OnlyFree { .. } => {
            Said::ok("all work that came into the pool was free: there is no price to tell")
        }
        Resolution::CannotResolve { last_bound, .. } => needed(match last_bound {
            Some(bound) => {
                format!(
                    "most fees lie above its last bound of {bound}: it tells only free work from the rest"
                )
            }
            None => "it has no bound above zero: it tells only free work from the rest".to_owned(),
        }),
        Resolution::OutOfReach { fee_scale, last_bound } => needed(format!(
            "the market's median price, {fee_scale}, lies above its last bound of {last_bound}"
        )),
    }
}

pub(super) fn cost(examined: &Examined) -> Said {
    let daemon = &examined.daemon;
    let unknown = match &examined.cost {
        Ok(cost) if *cost == Nanomina::ZERO => {
            return Said::warn(
                "a work costs nothing",
                "count what the machine draws and rents for, unless that is so",
            );
        }
        Ok(cost) => return Said::ok(format!("{cost} per work{}", now(&daemon.cost))),
        Err(unknown) => unknown,
    };
    let detail = unknown.to_string();
    match unknown {
        CostUnknown::NotConfigured => Said::warn(
            format!("{detail}; a dry-run takes it for zero, live mode does not start"),
            format!("set per_work, or its parts, under [daemons.{}.cost]", daemon.id),
        ),
        CostUnknown::NotMeasured if measurable(daemon) => Said::ok(
            "the works made per hour will be measured, which takes a quarter of an hour with the worker on",
        ),
        CostUnknown::NotMeasured => Said::fail(
            format!("{detail}, and without metrics cannot be"),
            "configure metrics_url, or give works_per_hour as a number",
        ),
        CostUnknown::NoPrice => {
            let fault = match &examined.quote {
                Some(Err(fault)) => fault.to_string(),
                _ => "it gave none".to_owned(),
            };
            let fix = "correct url and pointer of mina_price, or give the price as \"0.31 USD\"";
            Said::fail(format!("the price of MINA was not read: {fault}"), fix)
        }
        CostUnknown::PriceTooOld { .. } => Said::fail(detail, "raise max_age of mina_price"),
        CostUnknown::Currency { .. } => {
            Said::fail(detail, "give price and expenses in one currency")
        }
        CostUnknown::PriceOfNothing => Said::fail(detail, "correct pointer of mina_price"),
        CostUnknown::TooLarge => {
            Said::fail(detail, "correct the parts of the cost: power in W, prices per kWh and hour")
        }
    }
}

fn measurable(daemon: &Daemon) -> bool {
    daemon.metrics.is_some()
}

/// Where a cost changes with time, that this is the one of now.
fn now(cost: &CostModel) -> &'static str {
    match cost {
        CostModel::Parts(parts)
            if cost.feed().is_some() || parts.works_per_hour() == Throughput::Measured =>
        {
            " now"
        }
        _ => "",
    }
}
