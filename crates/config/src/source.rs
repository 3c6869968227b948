//! Loads settings, as often as asked.

use std::{
    collections::{BTreeMap, HashMap, hash_map::DefaultHasher},
    ffi::OsString,
    fmt,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
};

use config::ValueKind;
use jiff::tz::TimeZone;
use snarkfee_core::{record::Mode, units::Endpoint};

use super::{
    ConfigError, ConfigErrors, Place, Settings, controller, daemon, environment,
    error::line,
    file,
    layer::{Layer, merge},
    policy::{read_block_production, read_pricing, read_safety},
    reader::Reader,
};

/// Where settings come from, the weakest first: built-in defaults, a file, the environment, flags.
#[derive(Clone)]
pub struct Source {
    file: Option<PathBuf>,
    environment: BTreeMap<OsString, OsString>,
    flags: Vec<(String, String, String)>,
    zone: TimeZone,
}

/// Stands for the content of the configuration file and of the secret files; compares unequal after
/// a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(u64);

/// Variables that say where state is kept, beside those that set keys.
const STATE_VARIABLES: [&str; 3] = ["STATE_DIRECTORY", "XDG_STATE_HOME", "HOME"];

impl Source {
    /// Takes the file, if any, and the process's environment, of which only what settings need is
    /// kept. Tariffs that name no time zone use the machine's.
    pub fn new(
        file: Option<PathBuf>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Self {
        let needed = |name: &OsString| {
            environment::concerns_us(name)
                || STATE_VARIABLES.iter().any(|variable| name == variable)
        };
        let environment = environment.into_iter().filter(|(name, _)| needed(name)).collect();
        Self { file, environment, flags: Vec::new(), zone: TimeZone::system() }
    }

    /// Adds a key set by a flag, which overrides everything else: `("controller.mode", "live",
    /// "--live")`.
    pub fn with_flag(mut self, key: &str, value: &str, flag: &str) -> Self {
        self.flags.push((key.to_owned(), value.to_owned(), flag.to_owned()));
        self
    }

    /// Uses another time zone than the machine's.
    pub fn with_time_zone(mut self, zone: TimeZone) -> Self {
        self.zone = zone;
        self
    }

    /// The configuration file.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads everything anew.
    pub fn load(&self) -> Result<Settings, ConfigErrors> {
        let layer = match &self.file {
            Some(path) => file::load(path),
            None => Ok(Layer::default()),
        };
        self.read(layer)
    }

    /// Reads `text` in place of the file.
    pub fn load_text(&self, text: &str) -> Result<Settings, ConfigErrors> {
        self.read(file::parse(text))
    }

    fn read(&self, file: Result<Layer, Vec<ConfigError>>) -> Result<Settings, ConfigErrors> {
        let fail = |errors| Err(ConfigErrors::new(self.file(), errors));
        let mut problems = Vec::new();
        let file = match file {
            Ok(layer) => layer,
            Err(errors) => return fail(errors),
        };
        let names: Vec<String> = match file.table.get("daemons").map(|value| &value.kind) {
            Some(ValueKind::Table(daemons)) => daemons.keys().cloned().collect(),
            _ => Vec::new(),
        };
        let environment = environment::load(self.environment.iter(), &names, &mut problems);
        let flags = environment::flags(&self.flags, &mut problems);
        let merged = match merge(vec![file, environment, flags]) {
            Ok(merged) => merged,
            Err(error) => {
                let message = error.to_string();
                return fail(vec![ConfigError { place: Place::File, key: String::new(), message }]);
            }
        };
        let folder = self.file().and_then(Path::parent).map(Path::to_owned);
        let reader = Reader::new(merged, folder, self.zone.clone());
        let settings = read_all(
            &reader,
            controller::state_dir(|name| self.environment.get(&OsString::from(name))),
        );
        let (errors, mut warnings) = reader.finish();
        problems.extend(errors);
        if !problems.is_empty() {
            return fail(problems);
        }
        warnings.sort();
        let warnings = warnings.iter().map(|warning| line(self.file(), warning)).collect();
        Ok(Settings { warnings, ..settings })
    }

    /// Stands for what a load would read now. Taken before [`Source::load`], a change during the
    /// load shows as a change after it.
    pub fn fingerprint(&self, settings: Option<&Settings>) -> Fingerprint {
        let mut hasher = DefaultHasher::new();
        let secrets = settings.into_iter().flat_map(Settings::secret_files);
        for path in self.file().into_iter().chain(secrets) {
            path.hash(&mut hasher);
            std::fs::read(path).map_err(|error| error.kind()).hash(&mut hasher);
        }
        Fingerprint(hasher.finish())
    }
}

/// The folder of state where no configuration file is given: `SNARKFEE__CONTROLLER__STATE_DIR`,
/// else the built-in default.
pub fn default_state_dir(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Option<PathBuf> {
    let environment: HashMap<OsString, OsString> = environment.into_iter().collect();
    let variable = |name: &str| environment.get(&OsString::from(name));
    variable("SNARKFEE__CONTROLLER__STATE_DIR")
        .map(PathBuf::from)
        .or_else(|| controller::state_dir(variable))
}

/// Reads every section of a merged configuration.
pub(super) fn read_all(reader: &Reader, state_dir: Option<PathBuf>) -> Settings {
    let root = reader.root();
    let controller = controller::read(root.section("controller"), state_dir);
    // Read once for themselves, so that their problems show under their own names, and then as the
    // base of each daemon's.
    let (policy, block_production) = (root.section("policy"), root.section("block_production"));
    read_pricing(root.section("policy"));
    read_block_production(root.section("block_production"));
    let safety = read_safety(root.section("safety"));
    let shared = daemon::Shared {
        policy: &policy,
        block_production: &block_production,
        safety,
        mode: controller.mode,
    };
    let sections = root.section("daemons").named_sections();
    if sections.is_empty() {
        root.fail(
            &Place::File,
            "daemons",
            "no daemon: write [daemons.main] with graphql_url below it",
        );
    }
    let mut daemons = Vec::new();
    let mut seen: HashMap<Endpoint, String> = HashMap::new();
    for (name, section) in sections {
        let Some((daemon, place)) = daemon::read(&name, section, &shared) else { continue };
        if let Some(other) = seen.insert(daemon.graphql_url.clone(), name.clone()) {
            let key = format!("daemons.{name}.graphql_url");
            let message = format!("the same daemon as daemons.{other}");
            match controller.mode {
                Mode::Live => {
                    reader.fail(&place, key, format!("{message}: two policies would fight over it"))
                }
                Mode::DryRun => reader.warn(&place, key, message),
            }
        }
        daemons.push(daemon);
    }
    root.finish();
    Settings::new(controller, daemons)
}

impl fmt::Debug for Source {
    /// Values of variables and flags may be secret and are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variables: Vec<_> = self.environment.keys().collect();
        let flags: Vec<_> = self.flags.iter().map(|(_, _, flag)| flag).collect();
        write!(
            f,
            "Source {{ file: {:?}, environment: {variables:?}, flags: {flags:?} }}",
            self.file
        )
    }
}
