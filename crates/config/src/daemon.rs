//! Reads `[daemons.NAME]`.

use std::time::Duration;

use snarkfee_core::{
    cost::CostModel,
    policy::{Params, RoleSetting, Safety, Worker},
    record::Mode,
    units::{Bytes, DaemonId, Endpoint, PublicKey},
};

use super::{
    Daemon, MetricsSource, Place, Secret, cost,
    policy::{MOMENT, read_block_production, read_pricing},
    section::{Located, Section},
};

/// What all daemons share.
pub(super) struct Shared<'s, 'r> {
    pub(super) policy: &'s Section<'r>,
    pub(super) block_production: &'s Section<'r>,
    pub(super) safety: Safety,
    pub(super) mode: Mode,
}

/// Reads one daemon; `None` where it has no usable name or address.
pub(super) fn read(
    name: &str,
    section: Section<'_>,
    shared: &Shared<'_, '_>,
) -> Option<(Daemon, Place)> {
    let id = DaemonId::try_new(name).map_err(|error| section.fail(section.place(), "", error)).ok();
    let url = section.parse_text("graphql_url", str::parse::<Endpoint>);
    if url.is_none() && section.text("graphql_url").is_none() {
        section.missing("graphql_url", "\"http://127.0.0.1:3085/graphql\"");
    }
    let metrics = read_metrics(&section);
    let worker = read_worker(&section);
    let bearer_token = Secret::load(&section, "bearer_token_file");
    if let Some(url) = &url
        && (bearer_token.is_some() || url.value.has_credentials())
        && !url.value.is_private()
    {
        section.warn(
            &url.place,
            "graphql_url",
            "credentials go over the network unencrypted; use https",
        );
    }
    let timeout = section.duration("timeout", MOMENT);
    let max_response = section.quantity::<Bytes>("max_response");
    if let Some(size) = max_response.as_ref().filter(|size| size.value < SMALLEST_LIMIT) {
        section.fail(&size.place, "max_response", format!("must be at least {SMALLEST_LIMIT}"));
    }
    let cost_section = section.section("cost");
    let (cost_place, failures) = (cost_section.place().clone(), section.reader().failures());
    let cost = cost::read(cost_section);
    if cost == CostModel::Unknown && section.reader().failures() == failures {
        match shared.mode {
            Mode::Live => section.fail(&cost_place, "cost", cost::UNKNOWN_COST),
            Mode::DryRun => section.warn(&cost_place, "cost", cost::UNKNOWN_COST),
        }
    }
    if worker.key.is_none() && section.text("worker_key").is_none() {
        section.warn(
            section.place(),
            "worker_key",
            "not set: the fee is set for the key that the daemon shows, and work is never switched",
        );
    }
    let params = Params {
        pricing: read_pricing(section.section_over("policy", shared.policy)),
        worker,
        block_production: read_block_production(
            section.section_over("block_production", shared.block_production),
        ),
        safety: shared.safety,
    };
    let place = url.as_ref().map_or_else(|| section.place().clone(), |url| url.place.clone());
    section.finish();
    let default = Daemon::new(id?, url?.value);
    let daemon = Daemon {
        metrics,
        timeout: timeout.map_or(default.timeout, |timeout: Located<Duration>| timeout.value),
        max_response: max_response.map_or(default.max_response, |size| size.value),
        bearer_token,
        cost,
        params,
        ..default
    };
    Some((daemon, place))
}

/// A status alone is some kilobytes.
const SMALLEST_LIMIT: Bytes = Bytes(64 << 10);

fn read_worker(section: &Section<'_>) -> Worker {
    let roles = [
        ("auto", RoleSetting::Auto),
        ("worker", RoleSetting::Worker),
        ("coordinator", RoleSetting::Coordinator),
    ];
    let key = section.parse_text("worker_key", PublicKey::try_new).map(|key| key.value);
    let role = section.choice("role", &roles).map_or(RoleSetting::default(), |role| role.value);
    let mut own_provers = Vec::new();
    for Located { value: text, place } in section.list("own_provers") {
        match PublicKey::try_new(&text) {
            Ok(key) => own_provers.push(key),
            Err(error) => section.fail(&place, "own_provers", error),
        }
    }
    Worker { key, role, own_provers, ..Worker::default() }
}

fn read_metrics(section: &Section<'_>) -> Option<MetricsSource> {
    let direct = section.parse_text("metrics_url", str::parse::<Endpoint>);
    let server = section.section("prometheus");
    let failures = section.reader().failures();
    let url = server.parse_text("url", str::parse::<Endpoint>);
    let selector = server.parse_text("selector", check_selector);
    if server.exists() && server.reader().failures() == failures {
        if url.is_none() {
            server.missing("url", "\"http://127.0.0.1:9090\"");
        }
        if selector.is_none() {
            server.missing(
                "selector",
                "'instance=\"mina-1:10000\"': the labels that only this daemon's series have",
            );
        }
    }
    if server.exists()
        && let Some(direct) = &direct
    {
        section.fail(&direct.place, "metrics_url", "either metrics_url or prometheus, not both");
    }
    server.finish();
    let direct = direct.map(|url| MetricsSource::Direct(url.value));
    direct
        .or_else(|| Some(MetricsSource::Prometheus { url: url?.value, selector: selector?.value }))
}

/// Checks that text is a list of PromQL label matchers, `name="value", other=~"regex"`, without
/// braces.
fn check_selector(text: &str) -> Result<String, String> {
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
