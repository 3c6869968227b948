//! What is known of a setting, and the groups that settings form.
//!
//! Reading, the reported problems, [`Settings::effective`](super::Settings::effective), the
//! default file, the documentation and what `tune` tries all follow from one [`Setting`].

use std::rc::Rc;

use jiff::tz::TimeZone;

use super::{
    Place,
    item::{Item, Node, Notation},
    keys::Keys,
    kind::Kind,
    reading::{Reading, Reported},
    section::{Entry, Section},
};

/// A setting that fills part of a `T`.
pub(super) struct Setting<T> {
    pub(super) key: &'static str,
    /// What it means, for the default file and the documentation. `{least}` and `{most}` stand for
    /// the limits of its kind.
    pub(super) comment: &'static str,
    /// What only the documentation says, in Markdown: after the comment, or in place of it.
    pub(super) page: Page,
    /// Its lines in the default file.
    pub(super) lines: Lines,
    /// What a missing value is told beside the first example, where a table must have this key.
    required: Option<&'static str>,
    /// The values that `tune` tries, and when it does.
    pub(super) tried: Option<Tried>,
    /// The setting whose value decides whether this one counts.
    pub(super) depends_on: Option<&'static str>,
    pub(super) limits: [String; 2],
    within: Vec<Keys>,
    read: Fill<T>,
    /// The value in TOML; `None` where there is none.
    pub(super) show: Show<T>,
}

/// Reads an entry into its field; `None` where it says that there is no value.
type Fill<T> = Box<dyn Fn(&Entry<'_>, &mut T) -> Result<Option<()>, Reported>>;
type Show<T> = Box<dyn Fn(&T) -> Option<String>>;

/// What only the documentation says.
pub(super) enum Page {
    After(&'static str),
    Instead(&'static str),
}

/// Lines of the default file.
pub(super) enum Lines {
    /// The default as it is shown.
    Default,
    /// The default, in this notation.
    Written(String),
    /// Examples that are commented out, each with what is said before it: there is no default.
    Examples(Vec<(&'static str, String)>),
}

/// What `tune` tries.
#[derive(Clone, Copy)]
pub(super) struct Tried {
    /// Settings of lower turns are tried earlier.
    pub(super) turn: u8,
    pub(super) values: &'static [&'static str],
}

impl<T: 'static> Setting<T> {
    /// A setting that always has a value.
    pub(super) fn new<V>(key: &'static str, kind: Kind<V>, field: fn(&mut T) -> &mut V) -> Self
    where
        T: Clone,
        V: Clone + 'static,
    {
        let get = move |target: &T| Some(field(&mut target.clone()).clone());
        Self::with(key, kind, get, move |target, value| *field(target) = value)
    }

    /// A setting that may have no value.
    pub(super) fn optional<V>(
        key: &'static str,
        kind: Kind<V>,
        field: fn(&mut T) -> &mut Option<V>,
    ) -> Self
    where
        T: Clone,
        V: Clone + 'static,
    {
        let get = move |target: &T| field(&mut target.clone()).clone();
        Self::with(key, kind, get, move |target, value| *field(target) = Some(value))
    }

    /// A setting whose value is no field of its own.
    pub(super) fn with<V: 'static>(
        key: &'static str,
        kind: Kind<V>,
        get: impl Fn(&T) -> Option<V> + 'static,
        set: impl Fn(&mut T, V) + 'static,
    ) -> Self {
        let Kind { read, show, limits, within } = kind;
        Self {
            key,
            comment: "",
            page: Page::After(""),
            lines: Lines::Default,
            required: None,
            tried: None,
            depends_on: None,
            limits,
            within,
            read: Box::new(move |entry, target| Ok(read(entry)?.map(|value| set(target, value)))),
            show: Box::new(move |target| get(target).map(|value| show(&value))),
        }
    }

    pub(super) fn comment(self, comment: &'static str) -> Self {
        Self { comment, ..self }
    }

    /// What the documentation says after the comment.
    pub(super) fn more(self, more: &'static str) -> Self {
        Self { page: Page::After(more), ..self }
    }

    /// What the documentation says in place of the comment.
    pub(super) fn page(self, page: &'static str) -> Self {
        Self { page: Page::Instead(page), ..self }
    }

    /// The default as the default file writes it.
    pub(super) fn written(self, text: impl Into<String>) -> Self {
        Self { lines: Lines::Written(text.into()), ..self }
    }

    /// What to write, since there is no default.
    pub(super) fn example(self, text: impl Into<String>) -> Self {
        self.or_example("", text)
    }

    /// Another thing to write, and what the default file says before it.
    pub(super) fn or_example(mut self, comment: &'static str, text: impl Into<String>) -> Self {
        match &mut self.lines {
            Lines::Examples(examples) => examples.push((comment, text.into())),
            other => *other = Lines::Examples(vec![(comment, text.into())]),
        }
        self
    }

    /// A table without this key is refused; the message shows the example and the hint.
    pub(super) fn required(self, example: impl Into<String>, hint: &'static str) -> Self {
        Self { required: Some(hint), ..self.example(example) }
    }

    /// The values that `tune` tries, each as an operator writes it, without quotes.
    pub(super) fn tried(self, turn: u8, values: &'static [&'static str]) -> Self {
        Self { tried: Some(Tried { turn, values }), ..self }
    }

    /// Counts only for some values of another setting, and is tried together with it.
    pub(super) fn depends_on(self, key: &'static str) -> Self {
        Self { depends_on: Some(key), ..self }
    }

    /// How it is written.
    pub(super) fn first_line(&self) -> &str {
        match &self.lines {
            Lines::Default => "",
            Lines::Written(text) => text,
            Lines::Examples(examples) => examples.first().map_or("", |(_, text)| text),
        }
    }

    /// `target` with this setting at a value, written without quotes; `None` where it is refused.
    pub(super) fn set(&self, target: &T, text: &str) -> Option<T>
    where
        T: Clone,
    {
        let reading = Reading::new(Vec::new(), None, TimeZone::UTC);
        let item = Item { place: Place::File, node: Node::leaf(text, Notation::Untyped) };
        let entry = Entry { reading: &reading, path: self.key.to_owned(), item: &item };
        let mut changed = target.clone();
        (self.read)(&entry, &mut changed).is_ok().then_some(changed)
    }
}

/// The settings of one table.
pub(super) struct Group<T> {
    /// The table's name, `daemons.NAME.cost`.
    pub(super) name: &'static str,
    /// What the default file says of the table.
    pub(super) comment: &'static str,
    /// What the documentation says of it, in Markdown.
    pub(super) intro: &'static str,
    pub(super) settings: Vec<Setting<T>>,
    /// Tables within that are read for themselves.
    pub(super) tables: &'static [&'static str],
}

/// What a table held.
pub(super) struct Found {
    /// The places of values, in the order of the settings, and whether they are good.
    values: Vec<(&'static str, Place, bool)>,
    /// Whether every value and key is good.
    pub(super) clean: bool,
}

impl Found {
    /// Where a key has a value, good or bad.
    pub(super) fn place(&self, key: &str) -> Option<&Place> {
        self.values.iter().find(|(known, ..)| *known == key).map(|(_, place, _)| place)
    }

    /// Where a key has a good value.
    pub(super) fn good(&self, key: &str) -> Option<&Place> {
        self.values.iter().find(|(known, _, good)| *known == key && *good).map(|(_, at, _)| at)
    }

    /// The first of all values but those of some keys.
    pub(super) fn first_beside(&self, keys: &[&str]) -> Option<(&'static str, &Place)> {
        let (key, place, _) = self.values.iter().find(|(key, ..)| !keys.contains(key))?;
        Some((*key, place))
    }
}

impl<T: 'static> Group<T> {
    /// A table within another.
    pub(super) const fn within(name: &'static str, settings: Vec<Setting<T>>) -> Self {
        Self { name, comment: "", intro: "", settings, tables: &[] }
    }

    fn own_keys(&self) -> Keys {
        let settings = self.settings.iter().map(|setting| setting.key);
        Keys { table: self.name, keys: settings.chain(self.tables.iter().copied()).collect() }
    }

    /// The keys of this table and of those within its values.
    pub(super) fn keys(&self) -> Vec<Keys> {
        let within = self.settings.iter().flat_map(|setting| setting.within.iter().cloned());
        std::iter::once(self.own_keys()).chain(within).collect()
    }

    /// Reads every setting into `target`; what is absent or bad leaves it as it was.
    pub(super) fn read(&self, section: &Section<'_>, target: &mut T) -> Found {
        let failures = section.reading.failures();
        let mut values = Vec::new();
        for setting in &self.settings {
            let Some(entry) = section.entry(setting.key) else {
                if let Some(hint) = setting.required {
                    self.miss(section, setting.key, hint);
                }
                continue;
            };
            let read = (setting.read)(&entry, target);
            if !matches!(read, Ok(None)) {
                values.push((setting.key, entry.item.place.clone(), read.is_ok()));
            }
        }
        section.check_keys(&self.own_keys());
        Found { values, clean: section.reading.failures() == failures }
    }

    /// Reports that a key is missing, with how it is written and a hint.
    pub(super) fn miss(&self, section: &Section<'_>, key: &str, hint: &str) {
        let example = self.example(key);
        section.fail(&section.place, key, format!("missing, write {example}{hint}"));
    }

    /// How a key is written.
    pub(super) fn example(&self, key: &str) -> &str {
        let setting = self.settings.iter().find(|setting| setting.key == key);
        setting.map_or("", Setting::first_line)
    }

    /// The values of `target` in TOML, by key.
    pub(super) fn show<'a>(
        &'a self,
        target: &'a T,
    ) -> impl Iterator<Item = (&'static str, String)> + 'a {
        self.settings.iter().filter_map(|setting| Some((setting.key, (setting.show)(target)?)))
    }

    /// The values of `target` as an inline table.
    pub(super) fn show_inline(&self, target: &T) -> String {
        inline(self.show(target))
    }

    /// An inline table with an example of every key.
    pub(super) fn inline_example(&self) -> String {
        let examples = self.settings.iter();
        inline(examples.map(|setting| (setting.key, setting.first_line().to_owned())))
    }
}

fn inline(values: impl Iterator<Item = (&'static str, String)>) -> String {
    let pairs: Vec<String> = values.map(|(key, value)| format!("{key} = {value}")).collect();
    format!("{{ {} }}", pairs.join(", "))
}

/// A table of settings.
pub(super) fn table<V: Default + 'static>(group: Group<V>) -> Kind<V> {
    let group = Rc::new(group);
    let (within, shown) = (group.keys(), Rc::clone(&group));
    let read = move |entry: &Entry<'_>| {
        let (section, failures) = (entry.section()?, entry.reading.failures());
        let mut value = V::default();
        group.read(&section, &mut value);
        if entry.reading.failures() == failures { Ok(Some(value)) } else { Err(Reported) }
    };
    Kind { within, ..Kind::new(read, move |value| shown.show_inline(value)) }
}
