//! The decision log with its filters: changes first, holds that repeat in one line.

use jiff::Timestamp;
use maud::{Markup, html};
use snarkfee_core::{
    decision_log::{DecisionLine, DecisionRow},
    units::{FeeUnit, Nanomina},
};

use super::{
    context::{PageContext, ShownDaemon},
    format::{show_brief_amount, show_rate, show_time},
};
use crate::web::query::ActionFilter;

/// Most lines of one page.
pub(super) const MOST_LINES: usize = 40;

/// The decisions of a daemon.
pub(super) fn decision_log(page: &PageContext<'_>, shown: &ShownDaemon) -> Markup {
    let found = &shown.decisions.found;
    let unit =
        shown.overview.latest.as_ref().map_or_else(FeeUnit::default, |record| record.fee_unit());
    let older = found.lines.last().filter(|_| found.more).map(|line| line.oldest_at);
    html! {
        section.log aria-labelledby="decisions" {
            h3 #decisions { "Decisions" }
            (filters(page, shown))
            @if found.lines.is_empty() {
                p.empty { (nothing_found(page)) }
            } @else {
                div.scroll role="region" aria-label="Table of decisions" tabindex="0" {
                    table {
                        caption.hidden { "Decisions, newest first" }
                        thead { tr {
                            th scope="col" { "Time" } th scope="col" { "Action" } th scope="col" { "Why" }
                            th scope="col" { "Fee" } th scope="col" { "Wanted" } th scope="col" { "Expected" }
                            th scope="col" { "Outcome" }
                        } }
                        tbody { @for line in &found.lines { (row(line, unit, page.now)) } }
                    }
                }
            }
            p.paging {
                @if page.query.before.is_some() { a href=(paging_link(page, shown, None)) { "Newest" } }
                @if let Some(at) = older { " " a href=(paging_link(page, shown, Some(at))) { "Older" } }
            }
        }
    }
}

fn nothing_found(page: &PageContext<'_>) -> Markup {
    let range = page.query.range.unwrap_or_default().name();
    let before = if page.query.before.is_some() { " before that" } else { "" };
    html! {
        @match page.action() {
            ActionFilter::Changes => { "Nothing was changed in the last " (range) (before) ": every check left the daemon as it was." }
            _ => { "No decision of this kind in the last " (range) (before) "." }
        }
    }
}

fn filters(page: &PageContext<'_>, shown: &ShownDaemon) -> Markup {
    html! {
        nav.filters aria-label="Which decisions" {
            ul { @for filter in ActionFilter::ALL {
                @let here = filter == page.action();
                @let target = page.link(&shown.overview.daemon, &[("action", filter.name())]);
                li { a href=(format!("{target}#decisions")) aria-current=[here.then_some("true")] { (filter.name().replace('_', " ")) } }
            } }
        }
    }
}

fn paging_link(page: &PageContext<'_>, shown: &ShownDaemon, before: Option<Timestamp>) -> String {
    let before = before.map(|at| at.to_string());
    let given = before.as_deref().map(|before| ("before", before));
    format!("{}#decisions", page.link(&shown.overview.daemon, given.as_slice()))
}

fn row(line: &DecisionLine, unit: FeeUnit, now: Timestamp) -> Markup {
    let newest = &line.newest;
    html! {
        tr.(newest.action) {
            td.time {
                (show_time(newest.at, now))
                @if line.count > 1 { span.note { (line.count) " times since " (show_time(line.oldest_at, now)) } }
            }
            td { span.action.(newest.action) { (newest.action.replace('_', " ")) } }
            td.why { (newest.text) " " code { (newest.reason) } @if let Some(fault) = &newest.fault { span.note { (fault) } } }
            td.number data-name="Fee" { (show_fee(newest.fee, unit)) }
            td.number data-name="Wanted" { (show_fee(newest.target_fee, unit)) }
            td.number data-name="Expected" { @match newest.expected_profit { Some(profit) => (show_rate(profit, unit)), None => span.unknown { "–" } } }
            td { span.outcome.(newest.outcome) { (describe_outcome(newest)) } }
        }
    }
}

fn show_fee(fee: Option<Nanomina>, unit: FeeUnit) -> Markup {
    html! { @match fee { Some(fee) => (show_brief_amount(fee, unit)), None => span.unknown { "–" } } }
}

fn describe_outcome(row: &DecisionRow) -> &'static str {
    match row.outcome.as_ref() {
        "held" => "nothing sent",
        "dry_run" => "not sent, dry run",
        "applied" => "accepted, not confirmed yet",
        "confirmed" => "confirmed",
        "ineffective" => "accepted without effect",
        "rejected" => "rejected",
        "withdrawn" => "ended by an order or new settings",
        _ => "answer lost",
    }
}
