//! The status page. It is complete without JavaScript; a small script only refreshes it.
//!
//! Invariants: the template escapes every text; only the charts are marked as safe, and they hold no
//! text from outside.

mod context;
mod decisions;
mod figures;
mod format;
mod money;
mod numbers;
mod sellers;
mod status_light;

use axum::{
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use snarkfee_core::{
    fault::Fault,
    record::{Mode, Record},
};

use self::{
    context::{PageContext, page_link},
    format::show_time,
    status_light::StatusLight,
};
use super::{error::ErrorResponse, query::RequestQuery, state::WebState};
use crate::telemetry::{DaemonOverview, headline};

/// Shortest refresh without JavaScript, in seconds: it loses the reader's place.
const SHORTEST_RELOAD: u64 = 15;

pub(super) async fn page(
    State(state): State<WebState>,
    RawQuery(raw): RawQuery,
) -> Result<Response, ErrorResponse> {
    let query = RequestQuery::parse(raw.as_deref(), &["daemon", "action", "before"])?;
    let daemons = state.board.daemons();
    let chosen = match &query.daemon {
        Some(daemon) => {
            Some(daemons.iter().find(|overview| overview.daemon == *daemon).cloned().ok_or_else(
                || {
                    ErrorResponse::new(
                        StatusCode::NOT_FOUND,
                        format!("no daemon is called {daemon}"),
                    )
                },
            )?)
        }
        None => daemons.first().cloned(),
    };
    let page = PageContext {
        state: &state,
        now: state.clock.now(),
        mode: state.board.mode(),
        daemons,
        query,
    };
    let html = render_document(&page, chosen.as_ref()).into_string();
    Ok(([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
}

fn render_document(page: &PageContext<'_>, chosen: Option<&DaemonOverview>) -> Markup {
    let refresh = page.state.refresh.as_secs().max(1);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (page_title(page, chosen)) }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
                noscript { meta http-equiv="refresh" content=(refresh.max(SHORTEST_RELOAD)); }
                script src="/app.js" defer {}
            }
            body data-refresh=(refresh) {
                a.skip href="#main" { "Skip to the daemons" }
                header.top {
                    div.wide {
                        h1 { a href="/" { "snarkfee" } }
                        div #state { (mode_and_time(page)) }
                    }
                }
                p #stale .banner.alarm role="alert" hidden {
                    strong { "Not current." } " snarkfee does not answer, so the time above is that of the last update."
                }
                main #main .wide tabindex="-1" {
                    (dry_run_banner(page.mode))
                    @if page.daemons.len() > 1 { (overview(page, chosen)) }
                    @match chosen {
                        Some(daemon) => (daemon_details(page, daemon)),
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

fn page_title(page: &PageContext<'_>, chosen: Option<&DaemonOverview>) -> String {
    let state = chosen
        .map(|daemon| format!("{} {} · ", daemon.daemon, StatusLight::of_daemon(daemon).word()));
    let dry = if page.mode == Mode::DryRun { "dry run · " } else { "" };
    format!("{dry}{}snarkfee", state.unwrap_or_default())
}

fn mode_and_time(page: &PageContext<'_>) -> Markup {
    let speed = page.state.clock.speed();
    let simulated = speed > 1.0;
    let class = if simulated { "simulated" } else { page.mode.as_str() };
    html! {
        span.mode.(class) {
            @match page.mode { Mode::DryRun => "DRY RUN", Mode::Live => "LIVE" }
            @if simulated { " · simulated, " (speed) " times real time" }
        }
        " "
        (show_time(page.now, page.now))
    }
}

fn dry_run_banner(mode: Mode) -> Markup {
    html! {
        @if mode == Mode::DryRun {
            p.banner.dry-run {
                strong { "Dry run." } " Decisions are made and recorded, but nothing is sent to any daemon."
            }
        }
    }
}

/// Every daemon in one line, with a link to its details.
fn overview(page: &PageContext<'_>, chosen: Option<&DaemonOverview>) -> Markup {
    html! {
        nav.overview aria-label="Daemons" {
            ul {
                @for daemon in &page.daemons {
                    @let here = chosen.is_some_and(|chosen| chosen.daemon == daemon.daemon);
                    li {
                        a href=(page_link(&daemon.daemon, &[])) aria-current=[here.then_some("page")] {
                            (StatusLight::of_daemon(daemon).render()) " " strong { (daemon.daemon) }
                        }
                        " " (Fault::excerpt(&headline(daemon, page.now)))
                    }
                }
            }
        }
    }
}

fn daemon_details(page: &PageContext<'_>, daemon: &DaemonOverview) -> Markup {
    html! {
        article aria-labelledby="daemon" {
            h2 #daemon { (StatusLight::of_daemon(daemon).render()) " " (daemon.daemon) }
            p.headline { (headline(daemon, page.now)) }
            @match daemon.latest.as_deref() {
                Some(record) => {
                    (hold_banners(record, page.now))
                    (fault_list(record))
                    (numbers::tiles(record, page.now))
                    (money::money(record, page.now))
                    (figures::figures(page.state, record))
                    (numbers::tables(record, daemon, page.now))
                    (decisions::decision_log(page, daemon))
                }
                None => p.empty { "The first check is under way. This page updates itself." },
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

fn fault_list(record: &Record) -> Markup {
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
