//! One daemon, the answers first: is it well, does it earn, what happens next.

use jiff::Timestamp;
use maud::{Markup, html};
use snarkfee_core::{record::Record, trend::TrendRange};

use super::{
    answers,
    context::{PageContext, ShownDaemon},
    decisions, figures,
    format::show_time,
    money, next, numbers, orders,
    status_light::StatusLight,
    trouble,
};
use crate::telemetry::headline;

pub(super) fn daemon_details(page: &PageContext<'_>, shown: &ShownDaemon) -> Markup {
    let daemon = &shown.overview;
    html! {
        article aria-labelledby="daemon" {
            @if page.daemons.len() > 1 {
                nav.back aria-label="Fleet" { a href="/" { "All " (page.daemons.len()) " daemons" } }
            }
            div.title {
                h2 #daemon { (StatusLight::of_daemon(daemon).render()) " " (daemon.daemon) }
                (orders::orders(page, daemon))
            }
            p.headline { (headline(daemon, page.now)) }
            @match daemon.latest.as_deref() {
                Some(record) => {
                    (hold_banners(record, page.now))
                    (trouble::troubles(page, record))
                    (answers::answers(record, page.now))
                    (next::next(page, daemon, record))
                    (ranges(page, shown))
                    (figures::figures(shown, record))
                    (decisions::decision_log(page, shown))
                    (money::money(record, page.now))
                    (numbers::tables(record, daemon, page.now))
                }
                None => p.empty { "The first check is under way. This page updates itself." },
            }
        }
    }
}

/// Links to how far back charts and decisions go.
fn ranges(page: &PageContext<'_>, shown: &ShownDaemon) -> Markup {
    let chosen = page.query.range.unwrap_or_default();
    let first = shown.trend.found.first();
    html! {
        section.past aria-labelledby="past" {
            h3 #past { "The last " (chosen.name()) }
            nav.filters aria-label="How far back" {
                ul { @for range in TrendRange::ALL {
                    li {
                        a href=(format!("{}#past", page.link(&shown.overview.daemon, &[("range", range.name())])))
                            aria-current=[(range == chosen).then_some("true")] { (range.name()) }
                    }
                } }
            }
            @if shown.trend.cut_short || shown.decisions.cut_short {
                p.note {
                    "The journal could not be read, so this begins with the start of the service; its log says why."
                }
            } @else if let Some(first) = first.filter(|first| first.at > chosen.begin(page.now)) {
                p.note { "What is known begins " (show_time(first.at, page.now)) "." }
            }
        }
    }
}

fn hold_banners(record: &Record, now: Timestamp) -> Markup {
    html! {
        @if let Some(doubt) = record.hold.journal_doubt {
            p.banner.alarm {
                strong { "Journal in doubt." }
                " A pause or what was done before may be lost (" (doubt) "): nothing is sent until "
                code { "snarkfee resume" } "."
            }
        }
        @if let Some(pause) = record.hold.paused {
            p.banner.paused {
                strong { "Paused." } " The operator controls the worker "
                @match pause.until {
                    Some(until) => { "until " (show_time(until, now)) "." },
                    None => { "until " code { "snarkfee resume" } "." },
                }
            }
        }
        @if record.hold.breaker_open {
            p.banner.alarm {
                strong { "Breaker open." }
                " Too many failures in a row: nothing is sent until checks succeed again or " code { "snarkfee resume" } "."
            }
        }
    }
}
