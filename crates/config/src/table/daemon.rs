//! `[daemons.NAME]`.

use snarkfee_core::{
    cost::CostModel,
    cycle::LONGEST_BOOK_INTERVAL,
    market::Selection,
    policy::{BlockProduction, Pricing, RoleSetting, Strategy},
    record::Mode,
    units::{DaemonId, Endpoint, PublicKey, is_private_key},
};

use super::{
    cost::{WrittenCost, read_cost},
    policy::{MOMENT, read_pricing},
    store::site,
};
use crate::{
    Daemon, MetricsSource, Place, Secret,
    kind::{Kind, choice, duration_from, duration_within, endpoint, list, quantity_from, quote},
    section::Section,
    setting::{Group, Setting, table},
};

/// The address of the default file.
const ADDRESS: &str = "http://127.0.0.1:3085/graphql";

/// What to do about a cost that is not known.
const UNKNOWN_COST: &str = "what a work costs is not known, and unknown is not zero: set per_work, or power, electricity, mina_price and works_per_hour";

/// The daemon of the default file.
pub(super) fn default_daemon() -> Option<Daemon> {
    Some(Daemon::new(DaemonId::try_new("main").ok()?, ADDRESS.parse().ok()?))
}

pub(super) fn daemon() -> Group<Daemon> {
    type Row = Setting<Daemon>;
    let role = |role| match role {
        RoleSetting::Auto => "auto",
        RoleSetting::Worker => "worker",
        RoleSetting::Coordinator => "coordinator",
    };
    let metrics_url = |daemon: &Daemon| match &daemon.metrics {
        Some(MetricsSource::Direct(url)) => Some(url.clone()),
        _ => None,
    };
    let settings = vec![
        Row::new("graphql_url", endpoint(), |d| &mut d.graphql_url)
            .comment("The daemon's GraphQL endpoint, http or https.")
            .more("It has to be written.")
            .required(quote(&ADDRESS), "")
            .written(quote(&ADDRESS)),
        Row::with("metrics_url", endpoint(), metrics_url, |daemon, url| {
            daemon.metrics = Some(MetricsSource::Direct(url));
        })
        .comment(
            "Its metrics (`-metrics-port`), read directly or through a Prometheus server; at most \
             one of the two. Without either, everything is learned from GraphQL.",
        )
        .more("Throughput is then not measured, and the cost of works made is not counted.")
        .example("\"http://127.0.0.1:10000/metrics\""),
        prometheus(),
        Row::optional("worker_key", public_key(), |d| &mut d.params.worker.key)
            .comment(
                "Public key whose proofs these are. Unset: the fee is set for the key that the \
                 daemon shows, and work is never switched.",
            )
            .more("A worker that proves for another key is left alone.")
            .example("\"B62q...\""),
        Row::new(
            "role",
            choice(&[RoleSetting::Auto, RoleSetting::Worker, RoleSetting::Coordinator], role),
            |d| &mut d.params.worker.role,
        )
        .comment(
            "\"auto\": found out. \"worker\": the key turns work on and off. \"coordinator\": \
             remote provers work under a key that the API cannot change, and a high fee stands \
             for off.",
        )
        .more("A daemon that is found out is a worker once it has shown a key."),
        Row::new("selection", choice(&Selection::ALL, Selection::code), |d| {
            &mut d.params.worker.selection
        })
        .comment(
            "How the daemon hands out work (its flag `--work-selection`): \"rand\", \"seq\", \
             \"roffset\". \"auto\": found out from where in the order of purchase own works are made.",
        )
        .more("While that is not known, \"rand\" is assumed, the daemon's default."),
        Row::new("own_provers", list(parse_public_key), |d| {
            &mut d.params.worker.own_provers
        })
        .comment("Further public keys of yours: their offers are not competed with.")
        .more(
            "Their sales are own sales. Keys of other daemons in the file are not competed with \
             either.",
        ),
        Row::new("timeout", duration_from(MOMENT), |d| &mut d.timeout)
            .comment("Time for one request."),
        Row::new("book_interval", duration_within("0s", LONGEST_BOOK_INTERVAL), |d| &mut d.book_interval)
            .comment(
                "The order book is asked for at the first look after this time, blocks at each new \
                 best tip.",
            )
            .more(
                "Listing it is heavy for the daemon: one that was slow is spared for nineteen \
                 times as long as it took, at most 15 minutes. 0s: at every look.",
            ),
        // A status alone is some kilobytes.
        Row::new("max_response", quantity_from("64 KiB", ""), |d| &mut d.max_response)
            .comment("Largest answer read, from {least}. A full snark pool takes some megabytes."),
        Row::optional("bearer_token_file", Secret::kind(), |d| &mut d.bearer_token)
            .comment(
                "File that holds a bearer token, where the daemon is behind a reverse proxy.",
            )
            .more(
                "It is sent to `graphql_url`, and to `metrics_url` where that is of the same \
                 origin.",
            )
            .example("\"/etc/snarkfee/daemon.token\""),
        Row::new("site", site(), |d| &mut d.site)
            .comment(
                "Where it is to be worked from while a replica with that `store.site` runs; \"\" \
                 for anywhere.",
            )
            .written("\"\""),
    ];
    Group {
        name: "daemons.NAME",
        comment: "One table for each daemon; the name is yours: 1 to 64 letters, digits, \"-\", \
                  \"_\", \".\".",
        intro: "One table for each daemon; a name has 1 to 64 letters, digits, `-`, `_`, `.`. At \
                least one is needed.\n`[daemons.NAME.policy]` and \
                `[daemons.NAME.block_production]` override single keys of the sections of that \
                name.",
        settings,
        tables: &["cost", "policy", "block_production"],
    }
}

/// Where metrics are read through a Prometheus server.
#[derive(Clone, Default)]
struct Server {
    url: Option<Endpoint>,
    selector: Option<String>,
}

fn prometheus() -> Setting<Daemon> {
    type Row = Setting<Server>;
    let server = Group::within(
        "daemons.NAME.prometheus",
        vec![
            Row::optional("url", endpoint(), |s| &mut s.url)
                .required("\"http://127.0.0.1:9090\"", ""),
            Row::optional("selector", Kind::text(parse_selector, quote), |s| &mut s.selector)
                .required(
                    "'instance=\"mina-1:10000\"'",
                    ": the labels that only this daemon's series have",
                ),
        ],
    );
    let example = server.inline_example();
    let get = |daemon: &Daemon| match &daemon.metrics {
        Some(MetricsSource::Prometheus { url, selector }) => {
            Some(Server { url: Some(url.clone()), selector: Some(selector.clone()) })
        }
        _ => None,
    };
    let set = |daemon: &mut Daemon, server: Server| {
        let metrics = server.url.zip(server.selector);
        daemon.metrics = metrics.map(|(url, selector)| MetricsSource::Prometheus { url, selector });
    };
    Setting::with("prometheus", table(server), get, set)
        .comment("`selector` are the label matchers that only this daemon's series have.")
        .page(
            "`{ url, selector }`: metrics through a Prometheus server instead; `selector` is the \
             label matchers that pick this daemon alone, without braces \
             ([more](monitoring.md#the-daemons-metrics-through-prometheus)).",
        )
        .example(example)
}

fn public_key() -> Kind<PublicKey> {
    Kind::text(parse_public_key, quote)
}

/// A public key, whose checksum is right. A private one is refused without being repeated, and what
/// is no key at all may be any secret: messages end up in logs.
///
/// # Errors
///
/// What is wrong with it, in words that do not hold the text.
pub fn parse_public_key(text: &str) -> Result<PublicKey, String> {
    let text = text.trim();
    if is_private_key(text) {
        return Err("this is a private key (EK..); write the public key, B62q..".to_owned());
    }
    if text.ends_with("..") {
        return Err(
            "a placeholder, not a key: leave it out, and `snarkfee check` prints the key that \
                    the daemon shows, ready to paste"
                .to_owned(),
        );
    }
    let is_plain = text.len() <= LONGEST_SHOWN || text.starts_with("B62q");
    let key = PublicKey::try_new(text).map_err(|error| match is_plain {
        true => error.to_string(),
        false => "not a public key, write \"B62q..\", 55 characters".to_owned(),
    })?;
    if key.is_mistyped() {
        let shown = if is_plain { format!("{} is ", key.short()) } else { String::new() };
        return Err(format!(
            "{shown}not a public key: its checksum is wrong, copy it again (`mina accounts list`)"
        ));
    }
    Ok(key)
}

/// Longest text that is repeated although it does not look like a public key.
const LONGEST_SHOWN: usize = 12;

/// The groups of settings that make up a daemon.
pub(super) struct DaemonGroups<'a> {
    pub(super) daemon: &'a Group<Daemon>,
    pub(super) cost: &'a Group<WrittenCost>,
    pub(super) policy: &'a Group<Pricing>,
    pub(super) block_production: &'a Group<BlockProduction>,
}

impl DaemonGroups<'_> {
    /// Reads one daemon and where its address was written; `None` where it has no usable name or
    /// address.
    pub(super) fn read_daemon(
        &self,
        root: &Section<'_>,
        name: &str,
        section: &Section<'_>,
        mode: Mode,
    ) -> Option<(Daemon, Place)> {
        let id =
            DaemonId::try_new(name).map_err(|error| section.fail(&section.place, "", error)).ok();
        let mut daemon = default_daemon()?;
        let found = self.daemon.read(section, &mut daemon);
        let url = found.good("graphql_url");
        if let Some(place) = url
            && (daemon.bearer_token.is_some() || daemon.graphql_url.has_credentials())
            && !daemon.graphql_url.is_private()
        {
            let message = "credentials go over the network unencrypted; use https";
            section.warn(place, "graphql_url", message);
        }
        if let Some(place) = found.good("metrics_url")
            && found.place("prometheus").is_some()
        {
            section.fail(place, "metrics_url", "either metrics_url or prometheus, not both");
        }
        if found.place("worker_key").is_none() {
            section.warn(
                &section.place,
                "worker_key",
                "not set: the fee is set for the key that the daemon shows, and work is never switched",
            );
        }
        let (cost_section, failures) = (section.section("cost"), section.reading.failures());
        daemon.cost = read_cost(self.cost, &cost_section);
        let no_cost = daemon.cost == CostModel::Unknown && section.reading.failures() == failures;
        let shared = |key: &str| section.section(key).over(&root.section(key));
        let policy = shared("policy");
        daemon.params.pricing = read_pricing(self.policy, &policy);
        // What proves for the network need not know what that costs.
        if no_cost && !matches!(daemon.params.pricing.strategy, Strategy::Cover) {
            match mode {
                Mode::Live => section.fail(&cost_section.place, "cost", UNKNOWN_COST),
                Mode::DryRun => section.warn(&cost_section.place, "cost", UNKNOWN_COST),
            }
        }
        if section.reading.failures() == failures {
            require_price(&daemon, &policy);
        }
        self.block_production
            .read(&shared("block_production"), &mut daemon.params.block_production);
        daemon.id = id?;
        Some((daemon, url?.clone()))
    }
}

/// Reports bounds of the fee in a currency in which no price of MINA is known.
fn require_price(daemon: &Daemon, policy: &Section<'_>) {
    let Pricing { floor, ceiling, .. } = daemon.params.pricing;
    for (key, limit) in [("floor", floor), ("ceiling", ceiling)] {
        let Some(amount) = limit.fiat() else { continue };
        let message = match daemon.cost.currency() {
            Some(currency) if currency == amount.currency() => continue,
            Some(currency) => format!("{amount}: mina_price is in {currency}; use one currency"),
            None => format!("{amount} needs a cost with mina_price, or write it in MINA"),
        };
        if let Some(entry) = policy.entry(key) {
            entry.fail(message);
        }
    }
}

/// Checks that text is a list of PromQL label matchers, `name="value", other=~"regex"`, without
/// braces.
fn parse_selector(text: &str) -> Result<String, String> {
    let wrong = || {
        "not a list of label matchers without braces, write 'instance=\"mina-1:10000\"'".to_owned()
    };
    let mut rest = text.trim();
    loop {
        let name =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (label, after) = rest.split_at(name);
        if label.is_empty() || label.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(wrong());
        }
        let after = after.trim_start();
        let operator =
            ["=~", "!~", "!=", "="].iter().find_map(|operator| after.strip_prefix(operator));
        let value =
            operator.and_then(|after| after.trim_start().strip_prefix('"')).ok_or_else(wrong)?;
        let mut escaped = false;
        let end = value.find(|c: char| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        rest = value.get(end.ok_or_else(wrong)? + 1..).unwrap_or_default().trim_start();
        match rest.strip_prefix(',') {
            Some(more) if !more.trim().is_empty() => rest = more.trim_start(),
            Some(_) => return Ok(text.trim().to_owned()),
            None if rest.is_empty() => return Ok(text.trim().to_owned()),
            None => return Err(wrong()),
        }
    }
}
