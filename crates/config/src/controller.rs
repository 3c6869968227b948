//! Reads `[controller]`.

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, time::Duration};

use snarkfee_core::cycle::OnExit;
use snarkfee_core::record::Mode;

use super::{Controller, Place, Secret, section::Section};

const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);
/// Below this a public daemon spends a good part of its time on answering.
const BRISK_INTERVAL: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_secs(3600);

/// Reads the section; `state_dir` is what the environment gives for a folder of state.
pub(super) fn read(section: Section<'_>, state_dir: Option<PathBuf>) -> Controller {
    let default = Controller::in_dir(PathBuf::new());
    let modes = [("dry-run", Mode::DryRun), ("live", Mode::Live)];
    let mode = section.choice("mode", &modes).map_or(default.mode, |mode| mode.value);
    let interval = section.duration("interval", SHORTEST_INTERVAL);
    if let Some(found) = interval.as_ref().filter(|interval| interval.value < BRISK_INTERVAL) {
        section.warn(
            &found.place,
            "interval",
            "under 10s: fit for a simulated daemon, a burden for a real one",
        );
    }
    let on_exit =
        [OnExit::Keep, OnExit::Baseline, OnExit::Off].map(|on_exit| (on_exit.as_str(), on_exit));
    let on_exit =
        section.choice("on_exit", &on_exit).map_or(default.on_exit, |on_exit| on_exit.value);
    let retention =
        section.duration("retention", HOUR).map_or(default.retention, |retention| retention.value);
    let state_dir =
        section.path("state_dir").map(|dir| dir.value).or(state_dir).unwrap_or_else(|| {
            section.missing(
                "state_dir",
                "\"/var/lib/snarkfee\": neither STATE_DIRECTORY, XDG_STATE_HOME nor HOME is set",
            );
            PathBuf::new()
        });
    let admin_token = Secret::load(&section, "admin_token_file");
    let allow_remote = section.boolean("allow_remote").is_some_and(|allow| allow.value);
    let (listen, listen_place) = read_listen(&section, default.listen);
    if let Some(address) = listen.filter(|address| !address.ip().is_loopback()) {
        let guarded = admin_token.is_some() || section.text("admin_token_file").is_some();
        match (mode, guarded, allow_remote) {
            (Mode::Live, false, false) => section.fail(
                &listen_place,
                "listen",
                format!("{address} can be reached from other machines: in live mode set admin_token_file or allow_remote = true"),
            ),
            (_, false, _) => {
                section.warn(&listen_place, "listen", format!("{address} can be reached from other machines"));
            }
            (_, true, _) => {}
        }
    }
    let interval = interval.map_or(default.interval, |interval| interval.value);
    section.finish();
    Controller { mode, interval, listen, allow_remote, state_dir, retention, on_exit, admin_token }
}

/// An empty text turns the listener off; an absent key leaves the default.
fn read_listen(section: &Section<'_>, default: Option<SocketAddr>) -> (Option<SocketAddr>, Place) {
    let parse = |text: &str| {
        match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            "not an address and port, write \"127.0.0.1:9527\", \"[::1]:9527\", or \"\" for none".to_owned()
        }),
    }
    };
    match section.parse("listen", parse) {
        Some(found) => (found.value, found.place),
        None => (default, section.place().clone()),
    }
}

/// The folder of state: `$STATE_DIRECTORY` under systemd (its first entry), else
/// `$XDG_STATE_HOME/snarkfee`, else `~/.local/state/snarkfee` (XDG Base Directory Specification
/// 0.8: relative values are ignored).
pub(super) fn state_dir<'a>(variable: impl Fn(&str) -> Option<&'a OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let systemd = variable("STATE_DIRECTORY").and_then(|dirs| std::env::split_paths(dirs).next());
    let systemd = systemd.filter(|path| path.is_absolute());
    let xdg = || absolute("XDG_STATE_HOME").map(|dir| dir.join("snarkfee"));
    let home = || absolute("HOME").map(|dir| dir.join(".local/state/snarkfee"));
    systemd.or_else(xdg).or_else(home)
}
