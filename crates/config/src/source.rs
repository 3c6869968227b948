//! Loads settings, as often as asked.

use std::{
    collections::{BTreeMap, HashMap, hash_map::DefaultHasher},
    ffi::OsString,
    fmt,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
};

use jiff::tz::TimeZone;

use super::{
    ConfigError, ConfigErrors, Place, Settings, environment,
    error::line,
    file,
    item::{Node, Table},
    merge::merge,
    reading::Reading,
    table::{Tables, find_state_dir},
};

/// Where settings come from, the weakest first: built-in defaults, a file, the environment, flags.
#[derive(Clone)]
pub struct Source {
    file: Option<PathBuf>,
    environment: BTreeMap<OsString, OsString>,
    flags: Vec<(String, String, String)>,
    zone: TimeZone,
    lenient: bool,
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
            environment::concerns_keys(name)
                || STATE_VARIABLES.iter().any(|variable| name == variable)
        };
        let environment = environment.into_iter().filter(|(name, _)| needed(name)).collect();
        Self { file, environment, flags: Vec::new(), zone: TimeZone::system(), lenient: false }
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

    /// Leaves out the secrets that this user may not read, for commands that get along without.
    pub fn with_readable_secrets(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// The configuration file.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads everything anew.
    ///
    /// # Errors
    ///
    /// All problems of the file and the environment at once.
    pub fn load(&self) -> Result<Settings, ConfigErrors> {
        self.read(match &self.file {
            Some(path) => file::load(path),
            None => Ok(Table::new()),
        })
    }

    /// Reads `text` in place of the file.
    ///
    /// # Errors
    ///
    /// All problems of the text and the environment at once.
    pub fn load_text(&self, text: &str) -> Result<Settings, ConfigErrors> {
        self.read(file::parse(text))
    }

    fn read(&self, file: Result<Table, Vec<ConfigError>>) -> Result<Settings, ConfigErrors> {
        let fail = |errors| Err(ConfigErrors::new(self.file(), errors));
        let mut problems = Vec::new();
        let file = match file {
            Ok(table) => table,
            Err(errors) => return fail(errors),
        };
        let names: Vec<String> = match file.get("daemons").map(|item| &item.node) {
            Some(Node::Table(daemons)) => daemons.keys().cloned().collect(),
            _ => Vec::new(),
        };
        let environment =
            environment::read_variables(self.environment.iter(), &names, &mut problems);
        let flags = environment::read_flags(&self.flags, &mut problems);
        let merged = match merge(vec![file, environment, flags]) {
            Ok(merged) => merged,
            Err(error) => {
                let message = error.to_string();
                return fail(vec![ConfigError { place: Place::File, key: String::new(), message }]);
            }
        };
        let folder = self.file().and_then(Path::parent).map(Path::to_owned);
        let tables = Tables::new();
        let reading = Reading::new(tables.keys(), folder, self.zone.clone());
        let reading = reading.lenient(self.lenient);
        environment::warn_of_misspelt(self.environment.keys(), &reading);
        let state_dir = find_state_dir(|name| self.environment.get(&OsString::from(name)));
        let settings = tables.read(&reading, &merged, state_dir);
        let (errors, mut warnings) = reading.finish();
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
            file::read(path, file::SIZE_LIMIT).map_err(|error| error.kind()).hash(&mut hasher);
        }
        Fingerprint(hasher.finish())
    }
}

/// The configuration file where none is named: the first that exists of `./snarkfee.toml`,
/// `$XDG_CONFIG_HOME/snarkfee/snarkfee.toml` (by default in `~/.config`) and
/// `/etc/snarkfee/snarkfee.toml`.
pub fn find_file(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Option<PathBuf> {
    const NAME: &str = "snarkfee.toml";
    let environment: HashMap<OsString, OsString> = environment.into_iter().collect();
    let folder = |name: &str| {
        let folder = environment.get(&OsString::from(name)).map(PathBuf::from);
        folder.filter(|folder| folder.is_absolute())
    };
    let own = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
    [Some(PathBuf::new()), own.map(|own| own.join("snarkfee")), Some("/etc/snarkfee".into())]
        .into_iter()
        .flatten()
        .map(|folder| folder.join(NAME))
        .find(|file| file.exists())
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
        .or_else(|| find_state_dir(variable))
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
