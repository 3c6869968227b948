//! `[controller]`.

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, time::Duration};

use snarkfee_core::{policy::OnExit, record::Mode};

use crate::{
    Controller, HostName, Secret,
    kind::{Kind, boolean, choice, duration_from, list, quote, read_text},
    section::Section,
    setting::{Group, Setting},
};

/// Below this a public daemon spends a good part of its time on answering.
const BRISK_INTERVAL: Duration = Duration::from_secs(10);

/// Fewest characters of a token that cannot be guessed.
pub const ADMIN_TOKEN_LENGTH: usize = 16;

pub(super) fn controller() -> Group<Controller> {
    type Row = Setting<Controller>;
    let settings = vec![
        Row::new("mode", choice(&[Mode::DryRun, Mode::Live], Mode::as_str), |c| &mut c.mode)
            .comment("\"dry-run\": decide and record, send nothing. \"live\": carry decisions out.")
            .more("Flags `--dry-run` and `--live` override it."),
        Row::new("interval", duration_from("100ms"), |c| &mut c.interval)
            .comment(
                "Time between two looks at a daemon, from {least}. Shorter reacts sooner and loads \
                 the daemon more; under \"10s\" warns.",
            )
            .more("Give or take a tenth, and longer at a slow daemon.")
            .written("\"60s\""),
        Row::new("listen", listen(), |c| &mut c.listen)
            .comment("Address and port of the status page, the API and /metrics; \"\" for none."),
        Row::new("hosts", list(str::parse::<HostName>), |c| &mut c.hosts)
            .comment(
                "Further names of the page, such as that of a reverse proxy. A request for any \
                 other host is refused: a page of someone else could have sent it.",
            )
            .more(
                "Known besides: `localhost`, and the addresses of this machine; where other \
                 machines can reach `listen`, any address and any name without a dot.",
            )
            .example("[\"snarkfee.example.org\"]"),
        Row::new("allow_remote", boolean(), |c| &mut c.allow_remote).comment(
            "In live mode an address that other machines can reach is refused without an admin \
             token, unless this is true.",
        ),
        Row::new("state_dir", path(), |c| &mut c.state_dir)
            .comment(
                "Folder of the journal and the lock. Unset: $STATE_DIRECTORY under systemd, else \
                 $XDG_STATE_HOME/snarkfee, else ~/.local/state/snarkfee.",
            )
            .more("One service at a time.")
            .example("\"/var/lib/snarkfee\""),
        Row::new("retention", duration_from("1h"), |c| &mut c.retention)
            .comment(
                "How long the journal keeps records, from {least}. Longer gives `backtest` and \
                 `tune` more to work with; a day of one daemon takes 10 to 30 MB.",
            )
            .written("\"90d\""),
        Row::new(
            "on_exit",
            choice(&[OnExit::Keep, OnExit::Baseline, OnExit::Off], OnExit::as_str),
            |c| &mut c.on_exit,
        )
        .comment(
            "What is left behind at the end: \"keep\" fee and worker as they are, \"baseline\" as \
             they were found at the start, \"off\" no worker.",
        )
        .more("Of effect in live mode."),
        Row::optional("admin_token_file", Secret::kind_from(ADMIN_TOKEN_LENGTH), |c| {
            &mut c.admin_token
        })
        .comment(
            "File that holds the token for requests that change something (pause, resume). \
                 Unset: there are no such requests.",
        )
        .more("At least 16 visible ASCII characters.")
        .example("\"/etc/snarkfee/admin.token\""),
    ];
    Group { name: "controller", comment: "", intro: "", settings, tables: &[] }
}

/// Reads the table; `state_dir` is the folder of state that the environment gives.
pub(super) fn read_controller(
    group: &Group<Controller>,
    section: &Section<'_>,
    state_dir: Option<PathBuf>,
) -> Controller {
    let homeless = state_dir.is_none();
    let mut controller = Controller::in_dir(state_dir.unwrap_or_default());
    let found = group.read(section, &mut controller);
    if let Some(place) = found.good("interval")
        && controller.interval < BRISK_INTERVAL
    {
        section.warn(
            place,
            "interval",
            "under 10s: fit for a simulated daemon, a burden for a real one",
        );
    }
    if homeless && found.place("state_dir").is_none() {
        let hint = ": neither STATE_DIRECTORY, XDG_STATE_HOME nor HOME is set";
        group.miss(section, "state_dir", hint);
    }
    let guarded = found.place("admin_token_file").is_some();
    if let Some(address) = controller.listen.filter(|address| !address.ip().is_loopback())
        && !guarded
    {
        let place = found.place("listen").unwrap_or(&section.place);
        let message = format!("{address} can be reached from other machines");
        if controller.mode == Mode::Live && !controller.allow_remote {
            let fix = "in live mode set admin_token_file or allow_remote = true";
            section.fail(place, "listen", format!("{message}: {fix}"));
        } else {
            section.warn(place, "listen", message);
        }
    }
    controller
}

/// An address and port; an empty text turns the listener off.
fn listen() -> Kind<Option<SocketAddr>> {
    let parse = |text: &str| {
        match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            "not an address and port, write \"127.0.0.1:9527\", \"[::1]:9527\", or \"\" for none"
        }),
    }
    };
    let show = |listen: &Option<SocketAddr>| {
        quote(&listen.map(|address| address.to_string()).unwrap_or_default())
    };
    Kind::parsed(parse, show)
}

/// A path, relative to the configuration file where it was written there.
fn path() -> Kind<PathBuf> {
    Kind::new(
        |entry| {
            let text = read_text(entry)?;
            Ok(text.map(|text| entry.reading.resolve(text, &entry.item.place)))
        },
        |path: &PathBuf| quote(&path.display()),
    )
}

/// The folder of state: `$STATE_DIRECTORY` under systemd (its first entry), else
/// `$XDG_STATE_HOME/snarkfee`, else `~/.local/state/snarkfee` (XDG Base Directory Specification
/// 0.8: relative values are ignored).
pub(crate) fn find_state_dir<'a>(
    variable: impl Fn(&str) -> Option<&'a OsString>,
) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let systemd = variable("STATE_DIRECTORY").and_then(|dirs| std::env::split_paths(dirs).next());
    let systemd = systemd.filter(|path| path.is_absolute());
    let xdg = || absolute("XDG_STATE_HOME").map(|dir| dir.join("snarkfee"));
    let home = || absolute("HOME").map(|dir| dir.join(".local/state/snarkfee"));
    systemd.or_else(xdg).or_else(home)
}
