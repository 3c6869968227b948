//! The settings in force as a TOML file.
//!
//! Invariants: without credentials in its addresses, the text reads back as the same settings.

use super::{
    Settings,
    kind::quote,
    setting::Group,
    table::{Tables, WrittenCost},
};

impl Settings {
    /// The settings in force as TOML, every default written out and secrets hidden. Each daemon has
    /// its whole policy below it.
    pub fn effective(&self) -> String {
        let tables = Tables::new();
        let mut text = show_table("controller", &tables.controller, &self.controller);
        for daemon in &self.daemons {
            let name = format!("daemons.{}", quote(&daemon.id));
            let within = |key: &str| format!("{name}.{key}");
            let (params, cost) = (&daemon.params, WrittenCost::from(&daemon.cost));
            let production = &params.block_production;
            text.push_str(&show_table(&name, &tables.daemon, daemon));
            text.push_str(&show_table(&within("cost"), &tables.cost, &cost));
            text.push_str(&show_table(&within("policy"), &tables.policy, &params.pricing));
            let name = within("block_production");
            text.push_str(&show_table(&name, &tables.block_production, production));
        }
        // It is the same for every daemon.
        if let Some(daemon) = self.daemons.first() {
            text.push_str(&show_table("safety", &tables.safety, &daemon.params.safety));
        }
        text.push_str(&show_table("store", &tables.store, &self.store));
        text.trim_start().to_owned()
    }
}

fn show_table<T: 'static>(name: &str, group: &Group<T>, values: &T) -> String {
    let lines: String =
        group.show(values).map(|(key, value)| format!("{key} = {value}\n")).collect();
    let lines = if lines.is_empty() { "# not known\n" } else { &lines };
    format!("\n[{name}]\n{lines}")
}
