//! The status page: a fleet in one table, or one daemon. It is complete without JavaScript; a small
//! script refreshes it and sends orders.
//!
//! Invariants: the template escapes every text; only the charts are marked as safe, and they hold no
//! text from outside; a page is built from the latest records and one bounded query, never from the
//! whole journal.

mod answers;
mod context;
mod daemon;
mod decisions;
mod figures;
mod fleet;
mod format;
mod money;
mod natural_order;
mod next;
mod numbers;
mod orders;
mod sellers;
mod status_light;
mod trouble;

use axum::{
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};
use snarkfee_core::{decision_log::DecisionFilter, record::Mode, units::DaemonId};

use self::{
    context::{PageContext, ShownDaemon},
    format::show_time,
    status_light::StatusLight,
};
use super::{
    error::ErrorResponse,
    past::{Past, load_decisions, load_trend},
    query::RequestQuery,
    state::WebState,
};
use crate::telemetry::DaemonOverview;

/// Shortest refresh without JavaScript, in seconds: it loses the reader's place.
const SHORTEST_RELOAD: u64 = 15;
const PARAMETERS: [&str; 6] = ["daemon", "action", "before", "range", "sort", "show"];

pub(super) async fn page(
    State(state): State<WebState>,
    RawQuery(raw): RawQuery,
) -> Result<Response, ErrorResponse> {
    let query = RequestQuery::parse(raw.as_deref(), &PARAMETERS)?;
    let daemons = state.board.daemons();
    let chosen = find_chosen(&daemons, query.daemon.as_ref())?;
    let (now, mode) = (state.clock.now(), state.board.mode());
    let page = PageContext { state: &state, now, mode, daemons, query };
    let shown = match chosen {
        Some(overview) => Some(load_past(&page, overview).await),
        None => None,
    };
    let html = render_document(&page, shown.as_ref()).into_string();
    Ok(([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
}

/// The daemon that is asked for, or the only one; `None` for the fleet.
fn find_chosen(
    daemons: &[DaemonOverview],
    asked: Option<&DaemonId>,
) -> Result<Option<DaemonOverview>, ErrorResponse> {
    let Some(asked) = asked else {
        return Ok(match daemons {
            [only] => Some(only.clone()),
            _ => None,
        });
    };
    let found = daemons.iter().find(|overview| overview.daemon == *asked).cloned();
    found.map(Some).ok_or_else(|| {
        ErrorResponse::new(StatusCode::NOT_FOUND, format!("no daemon is called {asked}"))
    })
}

async fn load_past(page: &PageContext<'_>, overview: DaemonOverview) -> ShownDaemon {
    let range = page.query.range.unwrap_or_default();
    let Some(record) = overview.latest.as_deref() else {
        return ShownDaemon { overview, trend: Past::default(), decisions: Past::default() };
    };
    let filter = DecisionFilter {
        daemon: Some(overview.daemon.clone()),
        actions: page.action().codes(),
        since: Some(range.begin(record.at)),
        before: page.query.before,
        limit: decisions::MOST_LINES,
        folded: true,
    };
    let trend = load_trend(page.state, range, record).await;
    let decisions = load_decisions(page.state, filter).await;
    ShownDaemon { overview, trend, decisions }
}

fn render_document(page: &PageContext<'_>, shown: Option<&ShownDaemon>) -> Markup {
    let refresh = page.state.refresh.as_secs().max(1);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (page_title(page, shown)) }
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
                    (mode_banner(page))
                    @match shown {
                        Some(shown) => (daemon::daemon_details(page, shown)),
                        None if page.daemons.is_empty() => p { "No daemon is configured." },
                        None => (fleet::fleet(page)),
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

fn page_title(page: &PageContext<'_>, shown: Option<&ShownDaemon>) -> String {
    let state = match shown {
        Some(ShownDaemon { overview, .. }) => {
            format!("{} {} · ", overview.daemon, StatusLight::of_daemon(overview).word())
        }
        None => {
            let in_trouble =
                |daemon: &&DaemonOverview| StatusLight::of_daemon(daemon) == StatusLight::Trouble;
            match page.daemons.iter().filter(in_trouble).count() {
                0 => format!("{} daemons · ", page.daemons.len()),
                count => format!("{count} of {} in trouble · ", page.daemons.len()),
            }
        }
    };
    let dry = if page.mode == Mode::DryRun { "dry run · " } else { "" };
    format!("{dry}{state}snarkfee")
}

fn mode_and_time(page: &PageContext<'_>) -> Markup {
    let speed = page.state.clock.speed();
    let simulated = speed > 1.0;
    let class = if simulated { "simulated" } else { page.mode.as_str() };
    html! {
        span.mode.(class) {
            @if simulated { "SIMULATED" } @else {
                @match page.mode { Mode::DryRun => "DRY RUN", Mode::Live => "LIVE" }
            }
        }
        " "
        @if simulated { (speed) " times real time · " }
        (show_time(page.now, page.now))
    }
}

fn mode_banner(page: &PageContext<'_>) -> Markup {
    html! {
        @if page.mode == Mode::DryRun {
            p.banner.dry-run {
                strong { "Dry run." } " Decisions are made and recorded, but nothing is sent to any daemon."
            }
        }
    }
}
