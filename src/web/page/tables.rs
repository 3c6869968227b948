//! The numbers: the few that matter as tiles, the rest in tables.

use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use snarkfee_core::{
    fault::Fault,
    market::MarketSummary,
    record::Record,
    units::{Nanomina, four_digits, percent},
};

use super::{moment, rate};
use crate::telemetry::Entry;

/// The numbers that matter.
pub(super) fn tiles(record: &Record) -> Markup {
    let target = record.decision.target;
    let best = record.decision.appraisal.as_ref().map(|appraisal| appraisal.best);
    let market = record.market.as_ref();
    let earned = market.map(|market| amount(market.own_earned));
    html! {
        dl.tiles {
            (tile("Fee asked", record.fee_after().map(amount), None))
            (tile(
                "Fee wanted",
                target.map(|target| amount(target.fee)),
                target.map(|target| html! { @if target.enabled { "with the worker on" } @else { "but the worker off" } }),
            ))
            (tile(
                "Sells",
                best.map(|best| html! { data value=(best.sale_probability) { (percent(best.sale_probability)) } }),
                best.map(|best| html! { (percent(best.low)) " to " (percent(best.high)) " at the fee wanted" }),
            ))
            (tile(
                "Expected profit",
                best.map(|best| rate(best.cautious_profit)),
                best.map(|best| html! { "cautious side; mean " (rate(best.profit)) }),
            ))
            (tile("Cost of a work", record.cost.map(amount), None))
            (tile("Earned", earned, market.map(|market| html! { (market.own_sold) " works sold" })))
        }
    }
}

fn tile(name: &str, value: Option<Markup>, note: Option<Markup>) -> Markup {
    html! {
        div {
            dt { (name) }
            dd.value { (known(value)) }
            @if let Some(note) = note { dd.note { (note) } }
        }
    }
}

/// Everything else.
pub(super) fn tables(record: &Record, entry: &Entry, now: Timestamp) -> Markup {
    html! {
        section.tables aria-label="Numbers" {
            div { (market(record)) }
            div { (own_work(record)) }
            div { (daemon(record, entry, now)) }
        }
    }
}

fn market(record: &Record) -> Markup {
    let market = record.market.as_ref();
    html! {
        table {
            caption { "Market" }
            tbody {
                @for (index, level) in MarketSummary::QUANTILES.iter().enumerate() {
                    @let price = market.and_then(|market| market.quantiles.get(index).copied().flatten());
                    (row(&format!("{} of works cost at most", percent(*level)), price.map(amount)))
                }
                (row("Bought at fee 0", market.filter(|m| m.samples > 0).map(|m| html! { (percent(m.zero_fee_ratio)) })))
                (row("Works bought per hour", market.and_then(|m| m.works_bought_per_hour).map(number)))
                (row(
                    "Known to lie between (80 %)",
                    market.and_then(|m| m.works_bought_per_hour_interval).map(|[low, high]| html! { (number(low)) " and " (number(high)) }),
                ))
                (row("Open works", record.book().map(|m| html! { (m.open_works) })))
                (row("Of these, without a proof", record.book().map(|m| html! { (m.uncovered_works) })))
                (row("Covered by someone's proof", record.book().and_then(covered)))
                (row("Sales and offers that count", market.map(|m| html! { (m.samples) " (worth " (four_digits(m.effective_samples)) ")" })))
                (row("Estimate", market.map(|m| html! { (Fault::excerpt(&m.method)) })))
                (row(
                    "Histogram tells prices apart",
                    market.and_then(|m| m.histogram_resolves).map(|yes| html! { @if yes { "yes" } @else { "no" } }),
                ))
            }
        }
    }
}

/// The share of open works that someone has proved, as number and bar.
fn covered(market: &MarketSummary) -> Option<Markup> {
    if market.open_works == 0 {
        return None;
    }
    let share =
        market.open_works.saturating_sub(market.uncovered_works) as f64 / market.open_works as f64;
    let width = format!("{:.1}", share.clamp(0.0, 1.0) * 100.0);
    let bar = format!(
        "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"100\" \
         height=\"8\" fill=\"#E2E6EC\"/><rect width=\"{width}\" height=\"8\" fill=\"#7A8699\"/></svg>"
    );
    Some(html! { (percent(share)) " " (PreEscaped(bar)) })
}

fn own_work(record: &Record) -> Markup {
    let market = record.market.as_ref();
    let profit = market.zip(record.cost).map(|(market, cost)| {
        let (earned, spent) =
            (market.own_earned.to_mina(), cost.saturating_mul(market.own_made).to_mina());
        html! { (four_digits(earned - spent)) " MINA" }
    });
    let share = market.filter(|market| market.own_made > 0).map(|market| {
        let share = market.own_sold as f64 / market.own_made as f64;
        html! { (percent(share)) }
    });
    html! {
        table {
            caption { "Own work" }
            tbody {
                (row("Works made", market.map(|m| html! { (m.own_made) })))
                (row("Works sold", market.map(|m| html! { (m.own_sold) })))
                (row("Sold of those made", share))
                (row("Earned", market.map(|m| amount(m.own_earned))))
                (row("Earned less today's cost of the works made", profit))
                (row("Proofs standing in the order book", record.book().map(|m| html! { (m.own_open_works) })))
                (row("Works made per hour while on", market.and_then(|m| m.own_works_per_hour).map(number)))
                (row(
                    "Predicted minus realised share sold",
                    record.prediction_error.map(|error| html! { (four_digits(error * 100.0)) " points" }),
                ))
            }
        }
    }
}

fn daemon(record: &Record, entry: &Entry, now: Timestamp) -> Markup {
    let status = record.look.status.as_ref().ok();
    html! {
        table {
            caption { "Daemon" }
            tbody {
                (row("Role", Some(html! { (record.role.as_str()) })))
                (row("Schema era", record.era.as_ref().map(|era| html! { (Fault::excerpt(era)) })))
                (row("Sync", status.map(|s| html! { (Fault::excerpt(s.sync.as_str())) })))
                (row("Height", status.and_then(|s| s.height).map(|height| html! { (height) })))
                (row("Peers", status.and_then(|s| s.peers).map(|peers| html! { (peers) })))
                (row("Up for", status.map(|s| html! { (span(s.uptime)) })))
                (row("Build", status.map(|s| html! { code { (Fault::excerpt(&s.commit).chars().take(12).collect::<String>()) } })))
                (row(
                    "Works for",
                    status.map(|s| html! { @match &s.worker { Some(key) => code { (key.short()) }, None => "no key shown" } }),
                ))
                (row("Own block next at", status.map(|s| html! { @match s.next_block_production { Some(at) => (moment(at, now)), None => "none known" } })))
                (row("Last read in full", entry.read_in_full.map(|at| moment(at, now))))
                (row("Last look", Some(html! { (moment(record.at, now)) ", took " (record.took.as_millis()) " ms" })))
            }
        }
    }
}

fn row(name: &str, value: Option<Markup>) -> Markup {
    html! { tr { th scope="row" { (name) } td { (known(value)) } } }
}

fn known(value: Option<Markup>) -> Markup {
    value.unwrap_or_else(|| html! { span.unknown { "not known" } })
}

fn amount(amount: Nanomina) -> Markup {
    html! { data value=(amount.to_mina()) { (amount) } }
}

fn number(value: f64) -> Markup {
    html! { data value=(value) { (four_digits(value)) } }
}

/// The two greatest units of a length of time.
fn span(length: Duration) -> String {
    let minutes = length.as_secs() / 60;
    match (minutes / 1440, minutes % 1440 / 60, minutes % 60) {
        (0, 0, m) => format!("{m} min"),
        (0, h, m) => format!("{h} h {m} min"),
        (d, h, _) => format!("{d} d {h} h"),
    }
}
