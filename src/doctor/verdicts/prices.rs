//! Whether the prices that a cost is made of, and the cost, are known.

use jiff::Timestamp;
use snarkfee_core::{
    cost::{
        CostEstimate, CostModel, CostSource, CostUnknown, Electricity, EnergyList, EnergySource,
        MinaPrice, Throughput,
    },
    fault::Fault,
    record::Record,
    units::{FeeUnit, Nanomina},
};

use super::super::{
    check::{Check, CheckResult},
    examination::DaemonExamination,
};

/// Judges the price of MINA.
pub(super) fn price(examined: &DaemonExamination) -> CheckResult {
    let CostModel::Parts(parts) = &examined.daemon.cost else {
        return CheckResult::ok("no price of MINA is needed: the cost is not made of parts");
    };
    let feed = match parts.mina_price() {
        MinaPrice::Static(price) => {
            return CheckResult::ok(format!("{price} for one MINA, as configured"));
        }
        MinaPrice::Quoted(feed) => feed,
    };
    let Some(reading) = &examined.price else {
        return CheckResult::unchecked("the feed was not asked", Check::Config);
    };
    let advice = || {
        reading
            .failed
            .first()
            .map_or("run the check again", |(_, fault)| advise_unread_price(fault))
    };
    let Some(quote) = reading.quote else {
        return CheckResult::fail(format!("the price feed {reading}"), advice());
    };
    let urls: Vec<String> = feed.urls.iter().map(ToString::to_string).collect();
    let detail = match feed.urls.len() {
        1 => format!("{} for one MINA, from {}", quote.price, urls.join(", ")),
        _ => format!("{} for one MINA, the median of {}", quote.price, urls.join(", ")),
    };
    match reading.failed.is_empty() {
        true => CheckResult::ok(detail),
        false => CheckResult::warn(
            format!("{} for one MINA; the price feed {reading}", quote.price),
            advice(),
        ),
    }
}

/// What to do about a feed that gave no price.
fn advise_unread_price(fault: &Fault) -> &'static str {
    match fault {
        Fault::HttpStatus { status: 429, .. } => {
            "the feed limits requests: wait, use a key of your own in url, or raise max_age, since \
             it is asked four times within that"
        }
        Fault::HttpStatus { status: 401 | 403, .. } => {
            "the feed refuses this program: use a key of your own in url, or another feed"
        }
        Fault::HttpStatus { status: 300..400, .. } => "set url to the address that it redirects to",
        Fault::HttpStatus { status: 400 | 404 | 410, .. } => {
            "correct url: there is no such document"
        }
        Fault::HttpStatus { .. } | Fault::Truncated { .. } => {
            "the feed fails by itself: wait, or use another one"
        }
        Fault::TimedOut { .. } => "the feed is slow, or a firewall drops packets: use another one",
        Fault::Unreachable { .. } => "correct the host of url, or let this machine reach it",
        Fault::Malformed { .. } | Fault::Oversized { .. } => {
            "url must be the address of a JSON document, not of a page for people"
        }
        Fault::Unsupported { .. } => {
            "correct pointer, or what url asks the feed for, such as the name of the coin"
        }
        Fault::NotScraped { .. } | Fault::Outdated { .. } => {
            "the feed does not renew its price: use another one, or raise max_age"
        }
        Fault::Refused { .. } | Fault::InvalidValue { .. } => {
            "correct pointer or at if it names something else; else use another feed, or set bounds of mina_price"
        }
    }
}

/// Judges the price of electricity.
pub(super) fn tariff(examined: &DaemonExamination) -> CheckResult {
    let CostModel::Parts(parts) = &examined.daemon.cost else {
        return CheckResult::ok("no price of electricity is needed: the cost is not made of parts");
    };
    match parts.energy() {
        None => CheckResult::ok("no electricity is part of the cost"),
        Some((_, Electricity::Flat(price))) => CheckResult::ok(format!("{price} at all times")),
        Some((_, Electricity::Tariff(tariff))) => {
            let window = tariff.window_at(examined.asked);
            let local = examined.asked.to_zoned(tariff.zone().clone());
            CheckResult::ok(format!(
                "{} now: {window}, time zone {}, where it is {}",
                window.price,
                tariff.zone_name(),
                local.strftime("%H:%M on %a %F")
            ))
        }
        Some((_, Electricity::Listed(source))) => match &examined.energy {
            Some(Ok(list)) => judge_list(list, source, examined.asked),
            Some(Err(fault)) => CheckResult::fail(
                format!("the list of prices {}: {fault}", source.url),
                advise_unread_price(fault),
            ),
            None => CheckResult::unchecked("the list was not asked for", Check::Config),
        },
    }
}

fn judge_list(list: &EnergyList, source: &EnergySource, now: Timestamp) -> CheckResult {
    let time = |at: Timestamp| at.strftime("%F %H:%M UTC").to_string();
    let span = list.span().map(|(from, to)| format!("{} to {}", time(from), time(to)));
    let span = span.unwrap_or_default();
    match list.quote(now) {
        Some(quote) => CheckResult::ok(format!(
            "{} now: from {} to {}; {} lists {span}",
            quote.price,
            time(quote.from),
            time(quote.to),
            source.url
        )),
        None => CheckResult::fail(
            format!("{} lists no price for now, only {span}", source.url),
            "ask url for today's prices; the cost of a work is unknown without them",
        ),
    }
}

pub(super) fn cost(examined: &DaemonExamination) -> CheckResult {
    let daemon = &examined.daemon;
    let unknown = match &examined.cost {
        Ok(cost) if cost.high == Nanomina::ZERO => {
            return CheckResult::warn(
                "a work costs nothing, so any fee looks profitable",
                "set per_work, or power and rent of the machine, unless that is true",
            );
        }
        Ok(cost) => {
            let unit = examined.look.as_deref().map(Record::fee_unit).unwrap_or_default();
            return CheckResult::ok(describe_cost(cost, unit, at_present(&daemon.cost)));
        }
        Err(unknown) => unknown,
    };
    let detail = unknown.to_string();
    match unknown {
        CostUnknown::NotConfigured => CheckResult::warn(
            format!("{detail}; a dry run counts it as zero, live mode does not start"),
            format!("set per_work, or its parts, under [daemons.{}.cost]", daemon.id),
        ),
        // Of a version that knew no cost before it was measured.
        CostUnknown::NotMeasured => CheckResult::warn(detail, "set works_per_hour"),
        CostUnknown::NoPrice => repeat_failure(price(examined)),
        CostUnknown::NoElectricityPrice | CostUnknown::ElectricityPriceTooOld { .. } => {
            repeat_failure(tariff(examined))
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

/// A cost that is not known because something else is not, with the cause and what to do.
fn repeat_failure(cause: CheckResult) -> CheckResult {
    let fix = cause.fix.unwrap_or_else(|| "run the check again".to_owned());
    CheckResult::fail(format!("not known, since {}", cause.detail), fix)
}

/// A cost with its range and where that is from. A single look has measured nothing.
fn describe_cost(cost: &CostEstimate, unit: FeeUnit, at_present: &str) -> String {
    let shown = unit.show(cost.per_work);
    match cost.source {
        CostSource::Set => format!("{shown} per work{at_present}"),
        source => format!(
            "{shown} per work{at_present}, {} to {} with probability 80 %, {} ({}): only work \
             measures it, and decisions count the lower end until then; `snarkfee explain` shows \
             what the service measured",
            unit.show(cost.low),
            unit.show(cost.high),
            source.text(),
            source.code()
        ),
    }
}

/// Marks a cost that changes with time.
fn at_present(cost: &CostModel) -> &'static str {
    match cost {
        CostModel::Parts(parts)
            if cost.feed().is_some()
                || cost.energy_source().is_some()
                || matches!(parts.works_per_hour(), Throughput::Measured(_)) =>
        {
            " now"
        }
        _ => "",
    }
}
