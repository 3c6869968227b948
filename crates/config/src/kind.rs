//! The kinds of value that a setting can have: how each is read, checked and shown.

use std::{
    fmt::{Debug, Display},
    ops::RangeInclusive,
    str::FromStr,
    time::Duration,
};

use snarkfee_core::units::{Endpoint, duration};

use super::{
    item::{Leaf, Node, Notation},
    keys::Keys,
    reading::Reported,
    section::Entry,
};

/// Longest duration accepted: ten years of days, far within what arithmetic on times can bear.
const LONGEST: Duration = Duration::from_secs(3650 * 24 * 3600);

/// Reads an entry; `None` where it says that there is no value.
type Read<V> = Box<dyn Fn(&Entry<'_>) -> Result<Option<V>, Reported>>;

/// A kind of value.
pub(super) struct Kind<V> {
    pub(super) read: Read<V>,
    /// The value in TOML.
    pub(super) show: Box<dyn Fn(&V) -> String>,
    /// The least and the greatest value in TOML, where documentation may name them.
    pub(super) limits: [String; 2],
    /// The keys within, where the value is a table.
    pub(super) within: Vec<Keys>,
}

impl<V: 'static> Kind<V> {
    pub(super) fn new(
        read: impl Fn(&Entry<'_>) -> Result<Option<V>, Reported> + 'static,
        show: impl Fn(&V) -> String + 'static,
    ) -> Self {
        let limits = [String::new(), String::new()];
        Self { read: Box::new(read), show: Box::new(show), limits, within: Vec::new() }
    }

    /// A single value.
    fn leaf(
        expected: &'static str,
        read: impl Fn(&Leaf) -> Result<V, String> + 'static,
        show: impl Fn(&V) -> String + 'static,
    ) -> Self {
        let read = move |entry: &Entry<'_>| {
            let leaf = entry.leaf(expected)?;
            read(leaf).map(Some).map_err(|message| entry.fail(message))
        };
        Self::new(read, show)
    }

    /// A value read by `parse`, in quotes or not: quantities explain themselves how they are
    /// written.
    pub(super) fn parsed<E: Display>(
        parse: impl Fn(&str) -> Result<V, E> + 'static,
        show: impl Fn(&V) -> String + 'static,
    ) -> Self {
        let read = move |leaf: &Leaf| parse(&leaf.text).map_err(|error| error.to_string());
        Self::leaf("a single value", read, show)
    }

    /// A string in quotes read by `parse`; an empty one counts as absent, so that an override can
    /// take a setting away.
    pub(super) fn text<E: Display>(
        parse: impl Fn(&str) -> Result<V, E> + 'static,
        show: impl Fn(&V) -> String + 'static,
    ) -> Self {
        let read = move |entry: &Entry<'_>| {
            let Some(text) = read_text(entry)? else { return Ok(None) };
            parse(text).map(Some).map_err(|error| entry.fail(error))
        };
        Self::new(read, show)
    }

    /// This kind as one field of a value that may also be written as a table or list.
    pub(super) fn or_nested<W: Clone + Default + 'static>(
        self,
        nested: Kind<W>,
        field: fn(&mut W) -> &mut Option<V>,
        is_nested: fn(&Node) -> bool,
    ) -> Kind<W> {
        let read = move |entry: &Entry<'_>| {
            if is_nested(&entry.item.node) {
                return (nested.read)(entry);
            }
            let mut value = W::default();
            *field(&mut value) = (self.read)(entry)?;
            Ok(Some(value))
        };
        let show = move |value: &W| match field(&mut value.clone()) {
            Some(single) => (self.show)(single),
            None => (nested.show)(value),
        };
        Kind { within: nested.within, ..Kind::new(read, show) }
    }
}

/// The text of a string in quotes, unless it is empty.
pub(super) fn read_text<'r>(entry: &Entry<'r>) -> Result<Option<&'r str>, Reported> {
    let leaf = entry.leaf("a string")?;
    if leaf.is(Notation::Quoted) {
        Ok(Some(leaf.text.as_str()).filter(|text| !text.is_empty()))
    } else {
        Err(entry.fail("must be a string in quotes"))
    }
}

/// A quantity with its unit.
pub(super) fn quantity<V: FromStr<Err: Display> + Display + 'static>() -> Kind<V> {
    Kind::parsed(str::parse, quote)
}

/// A quantity of at least `least`.
pub(super) fn quantity_from<V>(least: &'static str, why: &'static str) -> Kind<V>
where
    V: FromStr<Err: Display> + Display + PartialOrd + 'static,
{
    let parse = move |text: &str| {
        let value: V = text.parse().map_err(|error: V::Err| error.to_string())?;
        if least.parse().is_ok_and(|least| value >= least) {
            Ok(value)
        } else if why.is_empty() {
            Err(format!("must be at least {least}"))
        } else {
            Err(format!("must be at least {}: {why}", quote(&least)))
        }
    };
    Kind { limits: [quote(&least), String::new()], ..Kind::parsed(parse, quote) }
}

/// A duration of at least `least`.
pub(super) fn duration_from(least: &'static str) -> Kind<Duration> {
    Kind { limits: [quote(&least), String::new()], ..duration_within(least, LONGEST) }
}

/// A duration from `least` to `most`.
pub(super) fn duration_within(least: &'static str, most: Duration) -> Kind<Duration> {
    let longest = duration::show(most);
    let limits = [quote(&least), quote(&longest)];
    let parse = move |text: &str| {
        let value = duration::parse(text).map_err(|error| error.to_string())?;
        if duration::parse(least).is_ok_and(|least| (least..=most).contains(&value)) {
            Ok(value)
        } else {
            Err(format!("must be from {least} to {longest}"))
        }
    };
    let show = |value: &Duration| quote(&duration::show(*value));
    Kind { limits, ..Kind::parsed(parse, show) }
}

/// A number without quotes within a range.
pub(super) fn number<V>(range: RangeInclusive<V>) -> Kind<V>
where
    V: FromStr + PartialOrd + Display + Debug + 'static,
{
    let limits = [format!("{:?}", range.start()), format!("{:?}", range.end())];
    let read = move |leaf: &Leaf| match leaf.text.parse().ok().filter(|n| range.contains(n)) {
        Some(number) if leaf.is(Notation::Number) => Ok(number),
        Some(_) => Err("must be a number without quotes".to_owned()),
        None => {
            let noun = if "0.5".parse::<V>().is_ok() { "a number" } else { "a whole number" };
            Err(format!("must be {noun} from {} to {}", range.start(), range.end()))
        }
    };
    Kind { limits, ..Kind::leaf("a number", read, |number| format!("{number:?}")) }
}

/// `true` or `false`.
pub(super) fn boolean() -> Kind<bool> {
    let read = |leaf: &Leaf| match leaf.text.parse() {
        Ok(truth) if leaf.is(Notation::Boolean) => Ok(truth),
        _ => Err("must be true or false, without quotes".to_owned()),
    };
    Kind::leaf("true or false", read, bool::to_string)
}

/// One of a few words, each the name of a value.
pub(super) fn choice<V: Copy + 'static>(
    values: &'static [V],
    name: fn(V) -> &'static str,
) -> Kind<V> {
    let read = move |leaf: &Leaf| {
        values.iter().copied().find(|value| name(*value) == leaf.text).ok_or_else(|| {
            let words: Vec<String> = values.iter().map(|value| quote(&name(*value))).collect();
            let shown: String = leaf.text.chars().take(40).collect();
            format!("{shown:?} is none of {}", words.join(", "))
        })
    };
    Kind::leaf("a string", read, move |value| quote(&name(*value)))
}

/// A list of strings; from a variable or flag also separated by commas.
pub(super) fn list<V, E>(parse: fn(&str) -> Result<V, E>) -> Kind<Vec<V>>
where
    V: Display + 'static,
    E: Display + 'static,
{
    let read = move |entry: &Entry<'_>| {
        let mut values = Vec::new();
        let mut take = |entry: &Entry<'_>, text: &str| match parse(text) {
            Ok(value) => values.push(value),
            Err(error) => drop(entry.fail(error)),
        };
        match &entry.item.node {
            Node::Leaf(Leaf { text, notation: Notation::Untyped }) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                parts.for_each(|part| take(entry, part));
            }
            _ => {
                for item in entry.items("a list")? {
                    let item = Entry { path: entry.path.clone(), ..item };
                    match &item.item.node {
                        Node::Leaf(leaf) if leaf.is(Notation::Quoted) => take(&item, &leaf.text),
                        _ => drop(item.fail("each item must be a string in quotes")),
                    }
                }
            }
        }
        Ok(Some(values))
    };
    let show = |values: &Vec<V>| {
        let quoted: Vec<String> = values.iter().map(|value| quote(value)).collect();
        format!("[{}]", quoted.join(", "))
    };
    Kind::new(read, show)
}

/// An address in quotes.
pub(super) fn endpoint() -> Kind<Endpoint> {
    Kind::text(str::parse, quote)
}

/// A TOML basic string.
pub(super) fn quote(value: &impl Display) -> String {
    let mut quoted = String::from('"');
    for c in value.to_string().chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
