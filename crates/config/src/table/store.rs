//! `[store]`.

use std::time::Duration;

use crate::{
    Daemon, Place, Secret, Store,
    kind::{Kind, duration_within, quote},
    section::Section,
    setting::{Group, Setting},
};

/// What must be left of a lease for a mutation to be sent is a third of it.
const SEND_SHARE: u32 = 3;
const LONGEST_LEASE: Duration = Duration::from_secs(3600);

pub(super) fn store() -> Group<Store> {
    type Row = Setting<Store>;
    let settings = vec![
        Row::optional("url", address(), |s| &mut s.url)
            .comment(
                "Where the journal is kept. Unset: in a file in controller.state_dir. \
                 \"postgres://user@host/database\": a store that replicas of the service share.",
            )
            .more(
                "Each daemon is then worked by one replica at a time. PostgreSQL's connection \
                 parameters may follow, such as `?sslmode=require`, and more hosts.",
            )
            .example("\"postgres://snarkfee@db.example.org/snarkfee?sslmode=require\""),
        Row::optional("password_file", Secret::kind(), |s| &mut s.password)
            .comment("File that holds the password of the store's user.")
            .example("\"/etc/snarkfee/store.password\""),
        Row::new("lease", duration_within("3s", LONGEST_LEASE), |s| &mut s.lease)
            .comment(
                "How long a replica that cannot renew it keeps a daemon to itself, from {least}.",
            )
            .more(
                "It is renewed nine times in that time. Nothing is sent in the last third of it, \
                 so `timeout` of a daemon may be no longer than a third. A replica that died is \
                 replaced a little later than this.",
            )
            .written("\"90s\""),
        Row::new("site", site(), |s| &mut s.site)
            .comment(
                "Where this replica runs: it is preferred by daemons with the same `site`, while \
                 it runs.",
            )
            .written("\"\""),
    ];
    Group { name: "store", comment: "", intro: "", settings, tables: &[] }
}

/// The name of a place; empty for nowhere in particular.
pub(super) fn site() -> Kind<String> {
    const LONGEST: usize = 64;
    let parse = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if text.len() <= LONGEST && text.bytes().all(plain) {
            Ok(text.to_owned())
        } else {
            Err(format!("must be at most {LONGEST} of letters, digits, - _ ."))
        }
    };
    Kind::parsed(parse, quote)
}

fn address() -> Kind<String> {
    let parse = |text: &str| {
        let scheme =
            ["postgres://", "postgresql://"].iter().find(|scheme| text.starts_with(**scheme));
        let Some(scheme) = scheme else {
            return Err("must begin with postgres://");
        };
        let rest = text.get(scheme.len()..).unwrap_or_default();
        let user = rest.split(['/', '?']).next().unwrap_or_default().rsplit_once('@');
        if user.is_some_and(|(user, _)| user.contains(':')) || rest.contains("password=") {
            return Err("holds a password: write it into a file that password_file names");
        }
        Ok(text.to_owned())
    };
    Kind::text(parse, quote)
}

/// Reports daemons whose requests may outlast what is left of a lease.
pub(super) fn check_timeouts(section: &Section<'_>, store: &Store, daemons: &[Daemon]) {
    let longest = store.lease / SEND_SHARE;
    if store.url.is_none() {
        return;
    }
    if let Some(daemon) = daemons.iter().find(|daemon| daemon.timeout > longest) {
        section.fail(
            &Place::File,
            "lease",
            format!("must be three times daemons.{}.timeout or longer", daemon.id),
        );
    }
}
