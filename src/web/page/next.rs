//! What happens next: the next check, what a guard waits for, and what would change the decision.

use std::time::Duration;

use maud::{Markup, html};
use snarkfee_core::record::Record;

use super::{
    context::PageContext,
    format::{show_duration, show_time},
};
use crate::telemetry::{DaemonOverview, Explanation, headline};

pub(super) fn next(page: &PageContext<'_>, daemon: &DaemonOverview, record: &Record) -> Markup {
    let appraisal = record.decision.appraisal.as_ref();
    let why = Explanation::new(record, headline(daemon, page.now), appraisal);
    let check = record.at.checked_add(page.state.interval).ok();
    html! {
        section.next aria-labelledby="next" {
            h3 #next { "What happens next" }
            ul {
                @if let Some(check) = check {
                    li {
                        "The next check is "
                        @if check > page.now { "about " (show_time(check, page.now)) } @else { "due" }
                        "."
                    }
                }
                @if let Some(end) = &why.waits_until {
                    li {
                        "Nothing is changed until " (without_marks(end.trim_end_matches('?')))
                        @if let Some(seconds) = why.wait_seconds { ", in about " (show_duration(Duration::from_secs(seconds))) }
                        "."
                    }
                }
                @if let Some(outlook) = why.outlook {
                    @if why.changes.is_empty() {
                        li { (capitalized(outlook.no_change())) "." }
                    } @else {
                        li {
                            (capitalized(outlook.introduction()))
                            ul.changes { @for change in &why.changes { li { (change.text) } } }
                        }
                    }
                }
            }
        }
    }
}

/// Commands stand in back quotes in texts for a terminal.
fn without_marks(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 0 { (part) } @else { code { (part) } }
        }
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
