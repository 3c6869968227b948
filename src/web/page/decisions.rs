//! The decision log with its filters.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{
    context::{PageContext, page_link},
    format::{show_rate, show_time},
};
use crate::{
    telemetry::{DaemonOverview, DecisionFilter, DecisionRow},
    web::query::ActionFilter,
};

/// Decisions read for one page.
const MAX_DECISIONS: usize = 600;
/// Lines shown; consecutive holds for one reason share a line.
const MAX_LINES: usize = 40;

/// Consecutive holds for one reason, or a single decision.
struct LogLine<'a> {
    newest: &'a DecisionRow,
    oldest: &'a DecisionRow,
    count: usize,
}

impl LogLine<'_> {
    /// Whether the next older decision is one more of the same holds.
    fn continues_with(&self, row: &DecisionRow) -> bool {
        row.action == "hold"
            && self.newest.action == "hold"
            && self.newest.reason == row.reason
            && row.sequence.checked_add(1) == Some(self.oldest.sequence)
    }
}

/// The decisions of a daemon.
pub(super) fn decision_log(page: &PageContext<'_>, daemon: &DaemonOverview) -> Markup {
    let filter = DecisionFilter {
        daemon: Some(daemon.daemon.clone()),
        actions: page.query.action.map(ActionFilter::codes).unwrap_or_default(),
        before: page.query.before,
        limit: MAX_DECISIONS,
    };
    let found = page.state.board.decisions(&filter);
    let mut lines = fold_holds(&found.rows);
    let more = found.more || lines.len() > MAX_LINES;
    lines.truncate(MAX_LINES);
    let older = lines.last().filter(|_| more).map(|line| line.oldest.at);
    html! {
        section.log aria-labelledby="decisions" {
            h3 #decisions { "Decisions" }
            (filters(page, daemon))
            @if lines.is_empty() {
                p.empty { "No recent decisions of this kind; " code { "snarkfee history" } " shows all of them." }
            } @else {
                div.scroll role="region" aria-labelledby="decisions" tabindex="0" {
                    table {
                        caption.hidden { "Decisions, newest first" }
                        thead { tr {
                            th scope="col" { "Time" } th scope="col" { "Action" } th scope="col" { "Why" }
                            th scope="col" { "Fee" } th scope="col" { "Wanted" } th scope="col" { "Expected" }
                            th scope="col" { "Outcome" }
                        } }
                        tbody { @for line in &lines { (row(line, page.now)) } }
                    }
                }
            }
            p.paging {
                @if page.query.before.is_some() { a href=(paging_link(page, daemon, None)) { "Newest" } }
                @if let Some(at) = older { " " a href=(paging_link(page, daemon, Some(at))) { "Older" } }
            }
        }
    }
}

fn filters(page: &PageContext<'_>, daemon: &DaemonOverview) -> Markup {
    let all = std::iter::once(None).chain(ActionFilter::ALL.into_iter().map(Some));
    html! {
        nav.filters aria-label="Which decisions" {
            ul { @for filter in all {
                @let here = filter == page.query.action;
                @let name = filter.map_or("all", ActionFilter::name);
                @let target = filter.map_or_else(|| page_link(&daemon.daemon, &[]), |f| page_link(&daemon.daemon, &[("action", f.name())]));
                li { a href=(format!("{target}#decisions")) aria-current=[here.then_some("true")] { (name.replace('_', " ")) } }
            } }
        }
    }
}

fn paging_link(
    page: &PageContext<'_>,
    daemon: &DaemonOverview,
    before: Option<Timestamp>,
) -> String {
    let before = before.map(|at| at.to_string());
    let mut rest = Vec::new();
    if let Some(action) = page.query.action {
        rest.push(("action", action.name()));
    }
    if let Some(before) = &before {
        rest.push(("before", before));
    }
    format!("{}#decisions", page_link(&daemon.daemon, &rest))
}

fn row(line: &LogLine<'_>, now: Timestamp) -> Markup {
    let newest = line.newest;
    html! {
        tr.(newest.action) {
            td.time {
                (show_time(newest.at, now))
                @if line.count > 1 { span.note { (line.count) " times since " (show_time(line.oldest.at, now)) } }
            }
            td { span.action.(newest.action) { (newest.action.replace('_', " ")) } }
            td.why { (newest.text) " " code { (newest.reason) } @if let Some(fault) = &newest.fault { span.note { (fault) } } }
            td.number data-name="Fee" { @match newest.fee { Some(fee) => (newest.unit.show(fee)), None => span.unknown { "–" } } }
            td.number data-name="Wanted" { @match newest.target_fee { Some(fee) => (newest.unit.show(fee)), None => span.unknown { "–" } } }
            td.number data-name="Expected" { @match newest.expected_profit { Some(profit) => (show_rate(profit, newest.unit)), None => span.unknown { "–" } } }
            td { span.outcome.(newest.outcome) { (describe_outcome(newest)) } }
        }
    }
}

fn describe_outcome(row: &DecisionRow) -> &'static str {
    match row.outcome {
        "held" => "nothing sent",
        "dry_run" => "not sent, dry run",
        "applied" => "accepted, not confirmed yet",
        "confirmed" => "confirmed",
        "rejected" => "rejected",
        "withdrawn" => "ended by an order or new settings",
        _ => "answer lost",
    }
}

/// Joins consecutive holds for one reason into one line.
fn fold_holds(rows: &[DecisionRow]) -> Vec<LogLine<'_>> {
    let mut lines: Vec<LogLine<'_>> = Vec::new();
    for row in rows {
        match lines.last_mut() {
            Some(line) if line.continues_with(row) => {
                line.oldest = row;
                line.count += 1;
            }
            _ => lines.push(LogLine { newest: row, oldest: row, count: 1 }),
        }
    }
    lines
}
