//! The one table of settings, and what is held against several of them at once.

mod controller;
mod cost;
mod daemon;
mod knob;
mod policy;
mod store;

use std::{collections::HashMap, path::PathBuf};

pub use controller::ADMIN_TOKEN_LENGTH;
pub(super) use controller::find_state_dir;
pub(super) use cost::WrittenCost;
use daemon::DaemonGroups;
pub use daemon::parse_public_key;
pub use knob::{Knob, knobs};
use snarkfee_core::{
    policy::{BlockProduction, Pricing, Safety},
    record::Mode,
    units::Destination,
};

use super::{
    Controller, Daemon, Place, Settings, Store, chapter::Chapter, item::Table, keys::Keys,
    reading::Reading, section::Section, setting::Group,
};

/// The keys of the whole file.
const ROOT: [&str; 6] = ["controller", "daemons", "policy", "block_production", "safety", "store"];

/// Every setting, in the order of the default file.
pub(super) struct Tables {
    pub(super) controller: Group<Controller>,
    pub(super) daemon: Group<Daemon>,
    pub(super) cost: Group<WrittenCost>,
    pub(super) policy: Group<Pricing>,
    pub(super) block_production: Group<BlockProduction>,
    pub(super) safety: Group<Safety>,
    pub(super) store: Group<Store>,
}

impl Tables {
    pub(super) fn new() -> Self {
        Self {
            controller: controller::controller(),
            daemon: daemon::daemon(),
            cost: cost::cost(),
            policy: policy::pricing(),
            block_production: policy::block_production(),
            safety: policy::safety(),
            store: store::store(),
        }
    }

    /// The keys of every table.
    pub(super) fn keys(&self) -> Vec<Keys> {
        let groups = [
            vec![Keys { table: "", keys: ROOT.to_vec() }],
            self.controller.keys(),
            self.daemon.keys(),
            self.cost.keys(),
            self.policy.keys(),
            self.block_production.keys(),
            self.safety.keys(),
            self.store.keys(),
        ];
        groups.concat()
    }

    /// What is said of every table and setting, with the defaults.
    pub(super) fn chapters(&self) -> Vec<Chapter> {
        let daemon = daemon::default_daemon().map(|daemon| self.daemon.chapter(&daemon));
        [
            Some(self.controller.chapter(&Controller::in_dir(PathBuf::new()))),
            daemon,
            Some(self.cost.chapter(&WrittenCost::default())),
            Some(self.policy.chapter(&Pricing::default())),
            Some(self.block_production.chapter(&BlockProduction::default())),
            Some(self.safety.chapter(&Safety::default())),
            Some(self.store.chapter(&Store::default())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Reads a merged configuration; `state_dir` is the folder of state that the environment
    /// gives.
    pub(super) fn read(
        &self,
        reading: &Reading,
        table: &Table,
        state_dir: Option<PathBuf>,
    ) -> Settings {
        let root = Section::root(reading, table);
        let section = root.section("controller");
        let controller = controller::read_controller(&self.controller, &section, state_dir);
        // Read for themselves before they are the base of each daemon's, so that their problems
        // show under their own names.
        policy::read_pricing(&self.policy, &root.section("policy"));
        self.block_production
            .read(&root.section("block_production"), &mut BlockProduction::default());
        let mut safety = Safety::default();
        self.safety.read(&root.section("safety"), &mut safety);
        let sections = root.section("daemons").named_sections();
        if sections.is_empty() {
            let fix = "no daemon: write [daemons.main] with graphql_url below it";
            root.fail(&Place::File, "daemons", fix);
        }
        let groups = DaemonGroups {
            daemon: &self.daemon,
            cost: &self.cost,
            policy: &self.policy,
            block_production: &self.block_production,
        };
        let mut daemons = Vec::new();
        let mut seen: HashMap<Destination, &str> = HashMap::new();
        for (name, section) in sections {
            let read = groups.read_daemon(&root, name, &section, controller.mode);
            let Some((mut daemon, place)) = read else { continue };
            if let Some(other) = seen.insert(daemon.graphql_url.destination(), name) {
                let message = format!("the same daemon as daemons.{other}");
                match controller.mode {
                    Mode::Live => section.fail(
                        &place,
                        "graphql_url",
                        format!("{message}: two policies would fight over it"),
                    ),
                    Mode::DryRun => section.warn(&place, "graphql_url", message),
                }
            }
            daemon.params.safety = safety;
            daemons.push(daemon);
        }
        if let Some(keys) = reading.known.iter().find(|keys| keys.table.is_empty()) {
            root.check_keys(keys);
        }
        let (section, mut store) = (root.section("store"), Store::default());
        self.store.read(&section, &mut store);
        store::check_timeouts(&section, &store, &daemons);
        Settings { store, ..Settings::new(controller, daemons) }
    }
}
