//! The settings in force as a TOML file.
//!
//! Invariants: without credentials in its addresses, the text reads back as the same settings.

use std::fmt::{self, Display, Write};

use snarkfee_core::{
    cost::{CostModel, CostParts, Electricity, MinaPrice, Throughput},
    policy::{BlockProduction, ExternalChange, Pricing, RoleSetting, Safety, Strategy, Worker},
    units::duration::show,
};

use super::{Controller, Daemon, MetricsSource, Settings};

impl Settings {
    /// The settings in force as TOML, every default written out and secrets hidden. Each daemon has
    /// its whole policy below it.
    pub fn effective(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        controller(out, &self.controller)?;
        for entry in &self.daemons {
            daemon(out, entry)?;
        }
        // It is the same for every daemon.
        self.daemons.first().map_or(Ok(()), |daemon| safety(out, &daemon.params.safety))
    }
}

fn controller(out: &mut String, controller: &Controller) -> fmt::Result {
    out.push_str("[controller]\n");
    string(out, "mode", controller.mode.as_str())?;
    string(out, "interval", show(controller.interval))?;
    string(
        out,
        "listen",
        controller.listen.map(|address| address.to_string()).unwrap_or_default(),
    )?;
    writeln!(out, "allow_remote = {}", controller.allow_remote)?;
    string(out, "state_dir", controller.state_dir.display())?;
    string(out, "retention", show(controller.retention))?;
    string(out, "on_exit", controller.on_exit.as_str())?;
    controller
        .admin_token
        .as_ref()
        .map_or(Ok(()), |token| string(out, "admin_token_file", token.file().display()))
}

fn daemon(out: &mut String, daemon: &Daemon) -> fmt::Result {
    let id = quote(daemon.id.as_str());
    writeln!(out, "\n[daemons.{id}]")?;
    string(out, "graphql_url", &daemon.graphql_url)?;
    match &daemon.metrics {
        Some(MetricsSource::Direct(url)) => string(out, "metrics_url", url)?,
        Some(MetricsSource::Prometheus { url, selector }) => {
            let (url, selector) = (quote(&url.to_string()), quote(selector));
            writeln!(out, "prometheus = {{ url = {url}, selector = {selector} }}")?;
        }
        None => {}
    }
    worker(out, &daemon.params.worker)?;
    string(out, "timeout", show(daemon.timeout))?;
    string(out, "max_response", daemon.max_response)?;
    if let Some(token) = &daemon.bearer_token {
        string(out, "bearer_token_file", token.file().display())?;
    }
    writeln!(out, "\n[daemons.{id}.cost]")?;
    cost(out, &daemon.cost)?;
    writeln!(out, "\n[daemons.{id}.policy]")?;
    pricing(out, &daemon.params.pricing)?;
    writeln!(out, "\n[daemons.{id}.block_production]")?;
    block_production(out, daemon.params.block_production)
}

fn worker(out: &mut String, worker: &Worker) -> fmt::Result {
    if let Some(key) = &worker.key {
        string(out, "worker_key", key)?;
    }
    let role = match worker.role {
        RoleSetting::Auto => "auto",
        RoleSetting::Worker => "worker",
        RoleSetting::Coordinator => "coordinator",
    };
    string(out, "role", role)?;
    let own: Vec<String> = worker.own_provers.iter().map(|key| quote(key.as_str())).collect();
    writeln!(out, "own_provers = [{}]", own.join(", "))
}

fn cost(out: &mut String, cost: &CostModel) -> fmt::Result {
    match cost {
        CostModel::PerWork(cost) => string(out, "per_work", cost),
        CostModel::Parts(parts) => cost_parts(out, parts),
        // No file gives a recorded one.
        CostModel::Unknown | CostModel::Recorded { .. } => writeln!(out, "# not known"),
    }
}

fn cost_parts(out: &mut String, parts: &CostParts) -> fmt::Result {
    match parts.energy() {
        Some((power, Electricity::Flat(price))) => {
            string(out, "power", power)?;
            string(out, "electricity", price)?;
        }
        Some((power, Electricity::Tariff(tariff))) => {
            string(out, "power", power)?;
            out.push_str("electricity = [\n");
            for window in tariff.windows() {
                let (from, to, price) = (window.from, window.to, window.price);
                writeln!(out, "  {{ from = \"{from}\", to = \"{to}\", price = \"{price}\" }},")?;
            }
            out.push_str("]\n");
            if let Some(zone) = tariff.zone().iana_name() {
                string(out, "time_zone", zone)?;
            }
        }
        None => {}
    }
    if let Some(price) = parts.machine() {
        string(out, "machine", price)?;
    }
    match parts.mina_price() {
        MinaPrice::Static(price) => string(out, "mina_price", price)?,
        MinaPrice::Quoted(feed) => {
            let (url, pointer) = (quote(&feed.url.to_string()), quote(&feed.pointer));
            let (max_age, currency) = (show(feed.max_age), feed.currency);
            writeln!(
                out,
                "mina_price = {{ url = {url}, pointer = {pointer}, max_age = \"{max_age}\", currency = \"{currency}\" }}"
            )?;
        }
    }
    match parts.works_per_hour() {
        Throughput::Fixed(rate) => writeln!(out, "works_per_hour = {rate}"),
        Throughput::Measured => string(out, "works_per_hour", "measured"),
    }
}

fn pricing(out: &mut String, pricing: &Pricing) -> fmt::Result {
    string(out, "strategy", pricing.strategy.name())?;
    match pricing.strategy {
        Strategy::Quantile { quantile } => writeln!(out, "quantile = {quantile:?}")?,
        Strategy::Fixed { fee } => string(out, "fixed_fee", fee)?,
        Strategy::Profit | Strategy::Undercut => {}
    }
    string(out, "floor", pricing.floor)?;
    string(out, "ceiling", pricing.ceiling)?;
    string(out, "tick", pricing.tick)?;
    string(out, "window", show(pricing.window))?;
    string(out, "half_life", show(pricing.half_life))?;
    writeln!(out, "min_samples = {}", pricing.min_samples)?;
    string(out, "stop_below", pricing.stop_below)?;
    string(out, "resume_above", pricing.resume_above)?;
    writeln!(out, "confirm = {}", pricing.confirm)?;
    writeln!(out, "deadband = {:?}", pricing.deadband)?;
    string(out, "cooldown", show(pricing.cooldown))?;
    string(out, "min_on", show(pricing.min_on))?;
    string(out, "min_off", show(pricing.min_off))?;
    writeln!(out, "max_changes_per_day = {}", pricing.max_changes_per_day)
}

fn block_production(out: &mut String, block: BlockProduction) -> fmt::Result {
    writeln!(out, "enabled = {}", block.enabled)?;
    string(out, "stop_before", show(block.stop_before))?;
    string(out, "resume_after", show(block.resume_after))
}

fn safety(out: &mut String, safety: &Safety) -> fmt::Result {
    out.push_str("\n[safety]\n");
    string(out, "max_age", show(safety.max_age))?;
    writeln!(out, "min_peers = {}", safety.min_peers)?;
    writeln!(out, "max_consecutive_failures = {}", safety.max_consecutive_failures)?;
    let change = match safety.external_change {
        ExternalChange::Hold => "hold",
        ExternalChange::Reapply => "reapply",
    };
    string(out, "external_change", change)?;
    string(out, "external_hold", show(safety.external_hold))
}

fn string(out: &mut String, key: &str, value: impl Display) -> fmt::Result {
    writeln!(out, "{key} = {}", quote(&value.to_string()))
}

/// A TOML basic string.
fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
