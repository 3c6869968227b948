//! The numbers that are not among the answers.

use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use snarkfee_core::{
    fault::Fault,
    market::MarketSummary,
    record::Record,
    units::{four_digits, percent},
};

use super::{
    format::{show_amount, show_duration, show_number, show_time, value_or_unknown},
    sellers::seller_table,
};
use crate::telemetry::DaemonOverview;

/// All other numbers.
pub(super) fn tables(record: &Record, overview: &DaemonOverview, now: Timestamp) -> Markup {
    html! {
        section.tables aria-label="Numbers" {
            div { (market_table(record, now)) }
            div { (own_work_table(record)) }
            div { (daemon_table(record, overview, now)) }
            div { (seller_table(record, now)) }
        }
    }
}

fn market_table(record: &Record, now: Timestamp) -> Markup {
    let unit = record.fee_unit();
    let market = record.market.as_ref();
    html! {
        table {
            caption { "Market" }
            tbody {
                @for (index, level) in MarketSummary::QUANTILES.iter().enumerate() {
                    @let price = market.and_then(|market| market.quantiles.get(index).copied().flatten());
                    (table_row(&format!("{} of works cost at most", percent(*level)), price.map(|price| show_amount(price, unit))))
                }
                (table_row("Bought at fee 0", market.filter(|m| m.samples > 0).map(|m| html! { (percent(m.zero_fee_ratio)) })))
                (table_row("Works bought per hour", market.and_then(|m| m.works_bought_per_hour).map(show_number)))
                (table_row(
                    "Known to lie between (80 %)",
                    market.and_then(|m| m.works_bought_per_hour_interval).map(|[low, high]| html! { (show_number(low)) " and " (show_number(high)) }),
                ))
                (table_row("Order book read", market.and_then(|m| m.book_read).map(|at| show_time(at, now))))
                @if record.book().is_some_and(|book| book.pool_filling) {
                    (table_row("Order book in use", Some(html! { "not yet: the pool is filling since the daemon started" })))
                }
                (table_row("Open works", record.book().map(|m| html! { (m.open_works) })))
                (table_row("Open works without a proof", record.book().map(|m| html! { (m.uncovered_works) })))
                (table_row("Open works with a proof", record.book().and_then(covered_share)))
                (table_row("Sales and offers in use", market.map(|m| html! { (m.samples) " (as good as " (four_digits(m.effective_samples)) " independent ones)" })))
                (table_row("Estimate", market.map(|m| html! { (Fault::excerpt(&m.method)) })))
                (table_row(
                    "Histogram tells prices apart",
                    market.and_then(|m| m.histogram_resolves).map(|yes| html! { @if yes { "yes" } @else { "no" } }),
                ))
            }
        }
    }
}

/// The share of open works that have a proof, as number and bar.
fn covered_share(market: &MarketSummary) -> Option<Markup> {
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

fn own_work_table(record: &Record) -> Markup {
    let market = record.market.as_ref();
    html! {
        table {
            caption { "Own work" }
            tbody {
                (table_row("Own proofs in the order book", record.book().map(|m| html! { (m.own_open_works) })))
                (table_row("Works made per hour while there is work", market.and_then(|m| m.own_works_per_hour).map(show_number)))
                (table_row(
                    "Predicted minus realised share sold",
                    record.prediction_error.map(|error| html! { (four_digits(error * 100.0)) " points" }),
                ))
            }
        }
    }
}

fn daemon_table(record: &Record, overview: &DaemonOverview, now: Timestamp) -> Markup {
    let status = record.look.status.as_ref().ok();
    html! {
        table {
            caption { "Daemon" }
            tbody {
                (table_row("Role", Some(html! { (record.role.as_str()) })))
                (table_row("Schema era", record.era.as_ref().map(|era| html! { (Fault::excerpt(era)) })))
                (table_row("Sync", status.map(|s| html! { (Fault::excerpt(s.sync.as_str())) })))
                (table_row("Height", status.and_then(|s| s.height).map(|height| html! { (height) })))
                (table_row("Peers", status.and_then(|s| s.peers).map(|peers| html! { (peers) })))
                (table_row("Uptime", status.map(|s| html! { (show_duration(s.uptime)) })))
                (table_row("Build", status.map(|s| html! { code { (Fault::excerpt(&s.commit).chars().take(12).collect::<String>()) } })))
                (table_row(
                    "Works for",
                    status.map(|s| html! { @match &s.worker { Some(key) => code { (key.short()) }, None => "no key shown" } }),
                ))
                (table_row("Next own block", status.map(|s| html! { @match s.own_slots.next_after(record.at) { Some(at) => (show_time(at, now)), None => "none known" } })))
                (table_row("Last read in full", overview.read_in_full.map(|at| show_time(at, now))))
                (table_row("Last check", Some(html! { (show_time(record.at, now)) ", took " (record.took.as_millis()) " ms" })))
            }
        }
    }
}

fn table_row(name: &str, value: Option<Markup>) -> Markup {
    html! { tr { th scope="row" { (name) } td { (value_or_unknown(value)) } } }
}
