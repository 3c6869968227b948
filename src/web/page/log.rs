//! The decision log with its filters.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{View, link, moment, rate};
use crate::{
    telemetry::{DecisionFilter, DecisionRow, Entry},
    web::query::ActionFilter,
};

/// Decisions read for one page, and lines shown of them: a row of like holds is one line.
const MOST_READ: usize = 600;
const MOST_LINES: usize = 40;

/// Consecutive holds for one reason, or a single decision.
struct Line<'a> {
    newest: &'a DecisionRow,
    oldest: &'a DecisionRow,
    count: usize,
}

impl Line<'_> {
    /// Whether the next older decision is one more of the same holds, nothing in between.
    fn goes_on_with(&self, row: &DecisionRow) -> bool {
        row.action == "hold"
            && self.newest.action == "hold"
            && self.newest.reason == row.reason
            && row.sequence.checked_add(1) == Some(self.oldest.sequence)
    }
}

/// The decisions of a daemon.
pub(super) fn decisions(view: &View<'_>, entry: &Entry) -> Markup {
    let filter = DecisionFilter {
        daemon: Some(entry.daemon.clone()),
        actions: view.query.action.map(ActionFilter::codes).unwrap_or_default(),
        before: view.query.before,
        limit: MOST_READ,
    };
    let slice = view.face.board.decisions(&filter);
    let mut lines = folded(&slice.rows);
    let more = slice.more || lines.len() > MOST_LINES;
    lines.truncate(MOST_LINES);
    let older = lines.last().filter(|_| more).map(|line| line.oldest.at);
    html! {
        section.log aria-labelledby="decisions" {
            h3 #decisions { "Decisions" }
            (filters(view, entry))
            @if lines.is_empty() {
                p.empty { "None of this kind among those kept here; " code { "snarkfee history" } " has them all." }
            } @else {
                div.scroll role="region" aria-labelledby="decisions" tabindex="0" {
                    table {
                        caption.hidden { "Decisions, newest first" }
                        thead { tr {
                            th scope="col" { "Time" } th scope="col" { "Action" } th scope="col" { "Why" }
                            th scope="col" { "Fee" } th scope="col" { "Wanted" } th scope="col" { "Expected" }
                            th scope="col" { "Outcome" }
                        } }
                        tbody { @for line in &lines { (row(line, view.now)) } }
                    }
                }
            }
            p.paging {
                @if view.query.before.is_some() { a href=(href(view, entry, None)) { "Newest" } }
                @if let Some(at) = older { " " a href=(href(view, entry, Some(at))) { "Older" } }
            }
        }
    }
}

fn filters(view: &View<'_>, entry: &Entry) -> Markup {
    let all = std::iter::once(None).chain(ActionFilter::ALL.into_iter().map(Some));
    html! {
        nav.filters aria-label="Which decisions" {
            ul { @for filter in all {
                @let here = filter == view.query.action;
                @let name = filter.map_or("all", ActionFilter::name);
                @let target = filter.map_or_else(|| link(&entry.daemon, &[]), |f| link(&entry.daemon, &[("action", f.name())]));
                li { a href=(format!("{target}#decisions")) aria-current=[here.then_some("true")] { (name.replace('_', " ")) } }
            } }
        }
    }
}

fn href(view: &View<'_>, entry: &Entry, before: Option<Timestamp>) -> String {
    let before = before.map(|at| at.to_string());
    let mut rest = Vec::new();
    if let Some(action) = view.query.action {
        rest.push(("action", action.name()));
    }
    if let Some(before) = &before {
        rest.push(("before", before));
    }
    format!("{}#decisions", link(&entry.daemon, &rest))
}

fn row(line: &Line<'_>, now: Timestamp) -> Markup {
    let newest = line.newest;
    html! {
        tr.(newest.action) {
            td.time {
                (moment(newest.at, now))
                @if line.count > 1 { span.note { (line.count) " times since " (moment(line.oldest.at, now)) } }
            }
            td { span.action.(newest.action) { (newest.action.replace('_', " ")) } }
            td.why { (newest.text) " " code { (newest.reason) } @if let Some(fault) = &newest.fault { span.note { (fault) } } }
            td.number data-name="Fee" { @match newest.fee { Some(fee) => (fee), None => span.unknown { "–" } } }
            td.number data-name="Wanted" { @match newest.target_fee { Some(fee) => (fee), None => span.unknown { "–" } } }
            td.number data-name="Expected" { @match newest.expected_profit { Some(profit) => (rate(profit)), None => span.unknown { "–" } } }
            td { span.outcome.(newest.outcome) { (outcome(newest)) } }
        }
    }
}

fn outcome(row: &DecisionRow) -> &'static str {
    match row.outcome {
        "held" => "nothing sent",
        "dry_run" => "not sent, dry run",
        "applied" => "accepted, not yet seen",
        "confirmed" => "confirmed",
        "rejected" => "rejected",
        _ => "answer lost",
    }
}

/// Joins consecutive holds for the same reason.
fn folded(rows: &[DecisionRow]) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for row in rows {
        match lines.last_mut() {
            Some(line) if line.goes_on_with(row) => {
                line.oldest = row;
                line.count += 1;
            }
            _ => lines.push(Line { newest: row, oldest: row, count: 1 }),
        }
    }
    lines
}
