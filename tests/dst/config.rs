//! The operator's configuration, as written to the file and as the checker knows it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use snarkfee::service::{Reloaded, Rereading, SettingsSource};
use snarkfee_config::{Fingerprint, Settings, Source};
use snarkfee_core::policy::OnExit;
use snarkfee_lab::market_sim::World;

use crate::history::{Fact, History};

/// The daemons, by number.
pub(crate) const DAEMONS: [&str; 2] = ["main", "second"];
/// The token for orders over HTTP.
pub(crate) const TOKEN: &str = "a-token-for-the-simulation";
/// Changes within a day: few, so that the budget is used up.
pub(crate) const CHANGES_A_DAY: usize = 16;
pub(crate) const COOLDOWN: Duration = Duration::from_secs(300);
pub(crate) const MIN_ON: Duration = Duration::from_secs(600);
pub(crate) const MIN_OFF: Duration = Duration::from_secs(600);
pub(crate) const EXTERNAL_HOLD: Duration = Duration::from_secs(900);
pub(crate) const MAX_AGE: Duration = Duration::from_secs(300);
pub(crate) const MIN_PEERS: u32 = 2;
pub(crate) const MOST_FAILURES: u32 = 4;
pub(crate) const STOP_BEFORE: Duration = Duration::from_secs(300);
pub(crate) const RESUME_AFTER: Duration = Duration::from_secs(60);

/// What the operator may change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SimConfig {
    pub(crate) live: bool,
    pub(crate) on_exit: OnExit,
    pub(crate) floor: u64,
    pub(crate) ceiling: u64,
    /// Time for one request; a daemon gets a new loop where it changes.
    pub(crate) timeout: Duration,
    /// Whether the second daemon is there.
    pub(crate) second: bool,
    /// Whether changes by others are overwritten.
    pub(crate) reapplies: bool,
    /// Whether the file cannot be used.
    pub(crate) broken: bool,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            live: true,
            on_exit: OnExit::Keep,
            floor: 1_000,
            ceiling: 500_000_000,
            timeout: Duration::from_secs(30),
            second: true,
            reapplies: false,
            broken: false,
        }
    }
}

impl SimConfig {
    /// Whether it names a daemon.
    pub(crate) fn names(&self, daemon: usize) -> bool {
        daemon == 0 || self.second
    }

    fn text(&self) -> String {
        let mode = if self.live { "live" } else { "dry-run" };
        let external = if self.reapplies { "reapply" } else { "hold" };
        let key = World::operator_key();
        let (on_exit, timeout) = (self.on_exit.as_str(), self.timeout.as_secs());
        let daemon = |name: &str| {
            format!(
                "[daemons.{name}]\ngraphql_url = \"http://{name}.example:3085/graphql\"\n\
                 metrics_url = \"http://{name}.example:10000/metrics\"\ntimeout = \"{timeout}s\"\n"
            )
        };
        let mut text = format!(
            "[controller]\nmode = \"{mode}\"\ninterval = \"60s\"\nlisten = \"\"\n\
             state_dir = \"state\"\nretention = \"1h\"\non_exit = \"{on_exit}\"\n\
             admin_token_file = \"token\"\n\n{}worker_key = \"{key}\"\n\
             [daemons.main.cost]\nper_work = \"0.0001 MINA\"\n\n",
            daemon("main")
        );
        if self.second {
            // Without a key, its fee is set for the key that it shows.
            text += &daemon("second");
            text += "[daemons.second.cost]\npower = \"100 W\"\nelectricity = \"0.18 USD/kWh\"\n\
                     works_per_hour = 90\nmina_price = { url = \"https://price.example/mina\", \
                     pointer = \"/usd\", max_age = \"30m\" }\n\n";
        }
        text += &format!(
            "[policy]\nfloor = \"{} nanomina\"\nceiling = \"{} nanomina\"\nwindow = \"90m\"\n\
             half_life = \"20m\"\nmin_samples = 15\nconfirm = 2\ncooldown = \"{}s\"\n\
             min_on = \"{}s\"\nmin_off = \"{}s\"\nmax_changes_per_day = {CHANGES_A_DAY}\n\n\
             [block_production]\nstop_before = \"{}s\"\nresume_after = \"{}s\"\n\n\
             [safety]\nmax_age = \"{}s\"\nmin_peers = {MIN_PEERS}\n\
             max_consecutive_failures = {MOST_FAILURES}\nexternal_change = \"{external}\"\n\
             external_hold = \"{}s\"\n",
            self.floor,
            self.ceiling,
            COOLDOWN.as_secs(),
            MIN_ON.as_secs(),
            MIN_OFF.as_secs(),
            STOP_BEFORE.as_secs(),
            RESUME_AFTER.as_secs(),
            MAX_AGE.as_secs(),
            EXTERNAL_HOLD.as_secs(),
        );
        if self.broken { text + "[policy]\n" } else { text }
    }
}

/// The file and what it last said. Reading it takes no time of the simulation's.
#[derive(Clone)]
pub(crate) struct ConfigFile {
    source: Source,
    folder: PathBuf,
    history: Arc<Mutex<History>>,
    written: Arc<Mutex<Written>>,
}

struct Written {
    config: Arc<SimConfig>,
    fingerprint: Option<Fingerprint>,
}

impl ConfigFile {
    /// A file in `folder`.
    pub(crate) fn create(folder: &Path, history: Arc<Mutex<History>>) -> Self {
        let path = folder.join("snarkfee.toml");
        let token = folder.join("token");
        fs::write(&token, TOKEN).unwrap();
        fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
        let written = Written { config: Arc::default(), fingerprint: None };
        let file = Self {
            source: Source::new(Some(path), []),
            folder: folder.to_owned(),
            history,
            written: Arc::new(Mutex::new(written)),
        };
        file.write(SimConfig::default());
        file
    }

    /// Where the journal is.
    pub(crate) fn state_dir(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// What it says.
    pub(crate) fn config(&self) -> Arc<SimConfig> {
        Arc::clone(&self.written.lock().unwrap().config)
    }

    /// The operator writes it.
    pub(crate) fn write(&self, config: SimConfig) {
        fs::write(self.source.file().unwrap(), config.text()).unwrap();
        *self.written.lock().unwrap() = Written { config: Arc::new(config), fingerprint: None };
    }

    /// Reads it for a start.
    pub(crate) fn load(&self) -> Settings {
        self.source.load().unwrap_or_else(|errors| panic!("{errors}"))
    }
}

impl SettingsSource for ConfigFile {
    fn fingerprint(&self, settings: &Settings) -> Fingerprint {
        let mut written = self.written.lock().unwrap();
        *written.fingerprint.get_or_insert_with(|| self.source.fingerprint(Some(settings)))
    }

    fn read_again(&self, seen: Fingerprint, settings: &Settings, asked: bool) -> Rereading {
        if !asked && self.fingerprint(settings) == seen {
            return Box::pin(async { None });
        }
        let read = Reloaded::read(&self.source, seen, settings, asked);
        let config = self.config();
        if !config.broken {
            self.history.lock().unwrap().note(Fact::ConfigRead { config });
        }
        Box::pin(async { read })
    }
}
