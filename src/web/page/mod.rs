//! The status page. It is complete without JavaScript; a small script only refreshes it.
//!
//! Invariants: every text is escaped by the template as it is written; nothing is marked as safe
//! but the charts, which hold no text from outside.

mod figures;
mod log;
mod tables;

use axum::{
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, tz::TimeZone};
use maud::{DOCTYPE, Markup, html};
use snarkfee_core::{
    fault::Fault,
    record::{Mode, Record},
    units::{DaemonId, FeeRate, four_digits},
};

use super::{Face, problem::Problem, query::Query};
use crate::telemetry::{Entry, headline};

/// Shortest interval of the refresh without JavaScript, which loses the reader's place.
const SLOWEST_RELOAD: u64 = 15;

/// What a page is drawn from.
struct View<'a> {
    face: &'a Face,
    now: Timestamp,
    mode: Mode,
    entries: Vec<Entry>,
    query: Query,
}

pub(super) async fn page(
    State(face): State<Face>,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let query = Query::parse(raw.as_deref(), &["daemon", "action", "before"])?;
    let entries = face.board.entries();
    let chosen = match &query.daemon {
        Some(daemon) => {
            Some(entries.iter().find(|entry| entry.daemon == *daemon).cloned().ok_or_else(
                || Problem::new(StatusCode::NOT_FOUND, format!("no daemon is called {daemon}")),
            )?)
        }
        None => entries.first().cloned(),
    };
    let view = View { face: &face, now: face.clock.now(), mode: face.board.mode(), entries, query };
    let html = document(&view, chosen.as_ref()).into_string();
    Ok(([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
}

fn document(view: &View<'_>, chosen: Option<&Entry>) -> Markup {
    let refresh = view.face.refresh.as_secs().max(1);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title(view, chosen)) }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
                noscript { meta http-equiv="refresh" content=(refresh.max(SLOWEST_RELOAD)); }
                script src="/app.js" defer {}
            }
            body data-refresh=(refresh) {
                a.skip href="#main" { "Skip to the daemons" }
                header.top {
                    div.wide {
                        h1 { a href="/" { "snarkfee" } }
                        div #state { (state(view)) }
                    }
                }
                p #stale .banner.alarm role="alert" hidden {
                    strong { "Not current." } " The controller does not answer; what is shown is as old as the time above says."
                }
                main #main .wide tabindex="-1" {
                    (dry_run_banner(view.mode))
                    @if view.entries.len() > 1 { (overview(view, chosen)) }
                    @match chosen {
                        Some(entry) => (daemon(view, entry)),
                        None => p { "No daemon is configured." },
                    }
                }
                footer.wide {
                    p {
                        "snarkfee " (env!("CARGO_PKG_VERSION")) " · "
                        a href="/api/v1/status" { "status as JSON" } " · "
                        a href="/metrics" { "metrics" } " · times are UTC"
                    }
                }
            }
        }
    }
}

fn title(view: &View<'_>, chosen: Option<&Entry>) -> String {
    let state = chosen.map(|entry| format!("{} {} · ", entry.daemon, light(entry).word()));
    let dry = if view.mode == Mode::DryRun { "dry run · " } else { "" };
    format!("{dry}{}snarkfee", state.unwrap_or_default())
}

fn state(view: &View<'_>) -> Markup {
    html! {
        span.mode.(view.mode.as_str()) {
            @match view.mode { Mode::DryRun => "DRY RUN", Mode::Live => "LIVE" }
        }
        " "
        (moment(view.now, view.now))
    }
}

fn dry_run_banner(mode: Mode) -> Markup {
    html! {
        @if mode == Mode::DryRun {
            p.banner.dry-run {
                strong { "Dry run." } " Decisions are made and recorded, nothing is sent to any daemon."
            }
        }
    }
}

/// Every daemon in one line, and the way to its details.
fn overview(view: &View<'_>, chosen: Option<&Entry>) -> Markup {
    html! {
        nav.overview aria-label="Daemons" {
            ul {
                @for entry in &view.entries {
                    @let here = chosen.is_some_and(|chosen| chosen.daemon == entry.daemon);
                    li {
                        a href=(link(&entry.daemon, &[])) aria-current=[here.then_some("page")] {
                            (lamp(light(entry))) " " strong { (entry.daemon) }
                        }
                        " " (Fault::excerpt(&headline(entry, view.now)))
                    }
                }
            }
        }
    }
}

fn daemon(view: &View<'_>, entry: &Entry) -> Markup {
    html! {
        article aria-labelledby="daemon" {
            h2 #daemon { (lamp(light(entry))) " " (entry.daemon) }
            p.headline { (headline(entry, view.now)) }
            @match entry.latest.as_deref() {
                Some(record) => {
                    (hold_banners(record, view.now))
                    (faults(record))
                    (tables::tiles(record))
                    (figures::figures(view.face, record))
                    (tables::tables(record, entry, view.now))
                    (log::decisions(view, entry))
                }
                None => p.empty { "The first look is under way. This page fills itself." },
            }
        }
    }
}

fn hold_banners(record: &Record, now: Timestamp) -> Markup {
    html! {
        @if let Some(pause) = record.hold.paused {
            p.banner.paused {
                strong { "Paused." } " The operator holds the worker "
                @match pause.until {
                    Some(until) => { "until " (moment(until, now)) "." },
                    None => { "until " code { "snarkfee resume" } "." },
                }
            }
        }
        @if record.hold.breaker_open {
            p.banner.alarm {
                strong { "Breaker open." }
                " Too many failures in a row: observing only, until looks succeed again or " code { "snarkfee resume" } "."
            }
        }
    }
}

fn faults(record: &Record) -> Markup {
    let faults = record.faults();
    html! {
        @if !faults.is_empty() {
            section.faults aria-labelledby="faults" {
                h3 #faults { "What could not be read" }
                ul { @for (source, fault) in faults {
                    li { strong { (source) } ": " (Fault::excerpt(&fault.to_string())) }
                } }
            }
        }
    }
}

/// The state in one mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Light {
    On,
    Off,
    Held,
    Trouble,
    Unknown,
}

impl Light {
    const fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Held => "paused",
            Self::Trouble => "in trouble",
            Self::Unknown => "unknown",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Held => "held",
            Self::Trouble => "trouble",
            Self::Unknown => "unknown",
        }
    }
}

fn light(entry: &Entry) -> Light {
    let Some(record) = &entry.latest else { return Light::Unknown };
    if record.hold.breaker_open || record.look.status.is_err() {
        return Light::Trouble;
    }
    if record.hold.paused.is_some() {
        return Light::Held;
    }
    match record.enabled_after() {
        Some(true) => Light::On,
        Some(false) => Light::Off,
        None => Light::Unknown,
    }
}

fn lamp(light: Light) -> Markup {
    html! { span.lamp.(light.class()) { (light.word()) } }
}

/// A link back to this page.
fn link(daemon: &DaemonId, rest: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("daemon", daemon.as_str());
    for (name, value) in rest {
        query.append_pair(name, value);
    }
    format!("/?{}", query.finish())
}

/// A time: of day, with the date when it is another day than `now`; the exact one for machines.
fn moment(at: Timestamp, now: Timestamp) -> Markup {
    let (zoned, today) = (at.to_zoned(TimeZone::UTC), now.to_zoned(TimeZone::UTC));
    let form =
        if zoned.date() == today.date() && at != now { "%H:%M:%S" } else { "%-d %b %Y %H:%M:%S" };
    html! { time datetime=(at) { (zoned.strftime(form)) } }
}

/// A rate to four digits, exactly for machines.
fn rate(rate: FeeRate) -> Markup {
    let value = rate.to_mina_per_hour();
    html! { data value=(value) { (four_digits(value)) " MINA/h" } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_encoded() {
        let daemon = DaemonId::try_new("a.b").unwrap();
        assert_eq!(
            link(&daemon, &[("before", "2026-01-01T00:00:00Z")]),
            "/?daemon=a.b&before=2026-01-01T00%3A00%3A00Z"
        );
    }
}
