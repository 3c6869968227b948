//! Pause and resume, for the holder of the admin token.
//!
//! Invariants: the token is typed for each visit of the page, kept nowhere else, and sent in a
//! header, so that no other site can send an order with it. Without JavaScript nothing is sent.

use maud::{Markup, html};

use super::context::PageContext;
use crate::telemetry::DaemonOverview;

/// Lengths of a pause that are offered, as the API takes them.
const LENGTHS: [(&str, &str); 5] = [
    ("", "until I resume"),
    ("1h", "for an hour"),
    ("4h", "for 4 hours"),
    ("24h", "for a day"),
    ("168h", "for a week"),
];

/// The form; empty where no token is configured.
pub(super) fn orders(page: &PageContext<'_>, daemon: &DaemonOverview) -> Markup {
    let paused = daemon.latest.as_ref().is_some_and(|record| record.hold.paused.is_some());
    let held = daemon
        .latest
        .as_ref()
        .is_some_and(|record| record.hold.breaker_open || record.hold.journal_doubt.is_some());
    html! {
        @if page.state.admin.is_some() {
            details #orders data-keep="" {
                summary { @if paused || held { "Resume" } @else { "Pause" } }
                noscript {
                    p.note {
                        "Orders from this page need JavaScript. On the machine of the service: "
                        code { "snarkfee pause --daemon " (daemon.daemon) } ", "
                        code { "snarkfee resume --daemon " (daemon.daemon) } "."
                    }
                }
                form method="post" data-daemon=(daemon.daemon) {
                    p.note {
                        @if paused { "The operator controls the worker. Resume hands it back to snarkfee." }
                        @else if held { "Nothing is sent now. Resume once the daemon is set as it should be." }
                        @else { "Pause leaves the daemon as it is and hands it to you. Checks go on." }
                    }
                    @if !paused && !held {
                        label { "Pause " select name="for" {
                            @for (length, words) in LENGTHS { option value=(length) { (words) } }
                        } }
                    }
                    label {
                        "Admin token "
                        input type="password" name="token" autocomplete="off" spellcheck="false" minlength="16" required;
                    }
                    div.buttons {
                        @if paused || held {
                            button type="submit" name="order" value="resume" { "Resume " (daemon.daemon) }
                        } @else {
                            button type="submit" name="order" value="pause" { "Pause " (daemon.daemon) }
                        }
                    }
                    p.answer role="status" {}
                }
            }
        }
    }
}
