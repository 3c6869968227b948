//! The text of the first configuration file.

use std::fmt::{self, Display, Write as _};

use snarkfee_core::{policy::RoleSetting, units::PublicKey};

use super::{
    cost::{Answered, FirstCost},
    find::FoundDaemon,
};

/// What is written; shown, it is the text of the file.
#[derive(Clone, Debug)]
pub(crate) struct FirstFile {
    pub(crate) daemon: FoundDaemon,
    pub(crate) role: RoleSetting,
    pub(crate) worker_key: Option<PublicKey>,
    pub(crate) cost: FirstCost,
    /// Where the journal is kept, unless it is kept at the default place.
    pub(crate) state_dir: Option<&'static str>,
}

impl FirstFile {
    /// The keys whose values are defaults that nobody confirmed.
    pub(crate) fn assumed(&self) -> Vec<&'static str> {
        let FirstCost::Energy { power, electricity, mina_price } = &self.cost else {
            return Vec::new();
        };
        [
            ("power", power.assumed),
            ("electricity", electricity.assumed),
            ("mina_price", mina_price.assumed),
        ]
        .into_iter()
        .filter_map(|(key, assumed)| assumed.then_some(key))
        .collect()
    }
}

impl Display for FirstFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "# Settings of snarkfee, written by `snarkfee init`. Whatever is not here has its \
             default:\n# `snarkfee config --default` explains every setting. After a change run \
             `snarkfee check`; a\n# running service reloads the file by itself.\n\n[controller]\n\
             # It decides and records, but sends nothing. Set \"live\" when you agree with what it \
             decides.\nmode = \"dry-run\"\n",
        )?;
        if let Some(folder) = self.state_dir {
            writeln!(f, "# The journal's folder, which the systemd unit gives the service.")?;
            writeln!(f, "state_dir = {}", quote(folder))?;
        }
        write!(f, "\n{}\n{}", self.daemon_table(), CostTable(&self.cost))
    }
}

impl FirstFile {
    fn daemon_table(&self) -> String {
        let daemon = &self.daemon;
        let (era, state) = (daemon.era.text(), daemon.describe_state());
        let mut text = format!("# {era}\n# {state}\n[daemons.main]\n");
        let mut line = |setting: String, comment: &str| {
            if !comment.is_empty() {
                push(&mut text, format_args!("# {comment}\n"));
            }
            push(&mut text, format_args!("{setting}\n"));
        };
        line(format!("graphql_url = {}", quote(daemon.graphql_url.expose().as_str())), "");
        match &daemon.metrics_url {
            Some(url) => line(format!("metrics_url = {}", quote(url.expose().as_str())), ""),
            None => line(
                "# metrics_url = \"http://127.0.0.1:10000/metrics\"".to_owned(),
                "No metrics were found. With `--metrics-port 10000` the daemon shows how fast its \
                 provers are.",
            ),
        }
        match &self.worker_key {
            Some(key) => line(
                format!("worker_key = {}", quote(key.as_str())),
                "The public key that the worker proves for. A worker with another key is left \
                 alone.",
            ),
            None => line(
                "# worker_key = \"B62q...\"".to_owned(),
                "The public key that the worker proves for. Without it work is never switched.",
            ),
        }
        line(
            format!("role = {}", quote(role_name(self.role))),
            "\"worker\", \"coordinator\" (--run-snark-coordinator), or \"auto\": what it turns out \
             to be.",
        );
        if let Some(method) = daemon.local.as_ref().and_then(|local| local.selection) {
            line(format!("selection = {}", quote(method.code())), "Its flag --work-selection.");
        }
        if daemon.produces_blocks() {
            push(
                &mut text,
                format_args!(
                    "# It produces blocks: work stops from 5 minutes before its slots until 1 \
                     minute after they\n# began ([block_production]).\n"
                ),
            );
        }
        text
    }
}

pub(crate) const fn role_name(role: RoleSetting) -> &'static str {
    match role {
        RoleSetting::Auto => "auto",
        RoleSetting::Worker => "worker",
        RoleSetting::Coordinator => "coordinator",
    }
}

/// `[daemons.main.cost]`.
struct CostTable<'a>(&'a FirstCost);

impl Display for CostTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# What a work costs to make: below this, selling it loses money.")?;
        writeln!(f, "[daemons.main.cost]")?;
        match self.0 {
            FirstCost::PerWork(cost) => writeln!(f, "per_work = {}", quote(cost)),
            FirstCost::Energy { power, electricity, mina_price } => {
                write_part(f, "power", power, "What the machine draws more while it proves.")?;
                write_part(f, "electricity", electricity, "What a kWh costs.")?;
                write_part(
                    f,
                    "mina_price",
                    mina_price,
                    "What a MINA costs. It can also be read from the web: docs/settings.md.",
                )?;
                writeln!(
                    f,
                    "# How long a work takes is measured. A number of works may stand here."
                )?;
                writeln!(f, "works_per_hour = \"measured\"")
            }
        }
    }
}

fn write_part(
    f: &mut fmt::Formatter<'_>,
    key: &str,
    answered: &Answered<impl Display>,
    comment: &str,
) -> fmt::Result {
    let assumed = if answered.assumed { " ASSUMED: put your own value here." } else { "" };
    writeln!(f, "# {comment}{assumed}\n{key} = {}", quote(&answered.value))
}

/// A string in TOML's notation, which takes that of JSON.
fn quote(value: &(impl Display + ?Sized)) -> String {
    serde_json::Value::String(value.to_string()).to_string()
}

fn push(text: &mut String, more: fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _infallible = text.write_fmt(more);
}
