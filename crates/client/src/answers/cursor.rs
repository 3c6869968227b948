//! A JSON text gone through from front to back, for answers with lists of tens of thousands of
//! entries.
//!
//! What holds the values together is read here, and what is printed just as expected ([`Plain`]).
//! Every other value goes through `serde_json`.
//!
//! Invariants: what is read as a whole is JSON; an error tells its place in the whole text.

use std::borrow::Cow;

use serde::{
    Deserialize,
    de::{Error as _, IgnoredAny},
};
use serde_json::Error;

/// A place in a JSON text.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn error(&self, expected: &str) -> Error {
        Error::custom(format_args!("expected {expected} at byte {}", self.at))
    }

    /// The next byte that is no space, without taking it.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.rest().as_bytes();
        let spaces =
            rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\t' | b'\r')).count();
        self.at += spaces;
        rest.get(spaces).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// The next value, as the library reads it.
    pub(super) fn value<T: Deserialize<'a>>(&mut self) -> Result<T, Error> {
        let mut values = serde_json::Deserializer::from_str(self.rest()).into_iter();
        let value = match values.next() {
            Some(Ok(value)) => value,
            Some(Err(error)) => {
                return Err(Error::custom(format_args!("from byte {}: {error}", self.at)));
            }
            None => return Err(self.error("a value")),
        };
        self.at += values.byte_offset();
        Ok(value)
    }

    /// Passes over the next value.
    pub(super) fn skip(&mut self) -> Result<(), Error> {
        self.value::<IgnoredAny>().map(drop)
    }

    /// Takes a `null`; any other value stays.
    pub(super) fn null(&mut self) -> bool {
        self.peek() == Some(b'n') && self.value::<()>().is_ok()
    }

    /// Goes through a list; `entry` takes the entry that comes next.
    pub(super) fn list(
        &mut self,
        mut entry: impl FnMut(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.members(b'[', b']', "a list", &mut entry)
    }

    /// Goes through an object; `field` takes the value of the field of this name.
    pub(super) fn object(
        &mut self,
        mut field: impl FnMut(&mut Self, &str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.members(b'{', b'}', "an object", &mut |cursor| {
            let name: Cow<'a, str> = match cursor.plain_text() {
                Some(name) => name.into(),
                None => cursor.value::<String>()?.into(),
            };
            if cursor.take(b':') { field(cursor, &name) } else { Err(cursor.error("':'")) }
        })
    }

    fn members(
        &mut self,
        open: u8,
        close: u8,
        what: &str,
        member: &mut dyn FnMut(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if !self.take(open) {
            return Err(self.error(what));
        }
        if self.take(close) {
            return Ok(());
        }
        loop {
            member(self)?;
            if self.take(close) {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(self.error("',' or an end"));
            }
        }
    }

    /// Whether nothing but space is left.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        self.peek().map_or(Ok(()), |_| Err(self.error("the end")))
    }

    /// Reads what is printed just as expected; of anything else nothing is taken.
    pub(super) fn plainly<T>(
        &mut self,
        read: impl FnOnce(&mut Plain<'a>) -> Option<T>,
    ) -> Option<T> {
        self.peek();
        let mut plain = Plain(self.rest().as_bytes());
        let value = read(&mut plain)?;
        self.at = self.text.len() - plain.0.len();
        Some(value)
    }

    /// A text without escapes.
    fn plain_text(&mut self) -> Option<&'a str> {
        let text = self.plainly(|plain| {
            plain.is(b"\"")?;
            let text = plain.until_quote()?;
            let unescaped = |byte: &u8| *byte >= b' ' && *byte != b'\\';
            text.iter().all(unescaped).then_some(text)
        })?;
        str::from_utf8(text).ok()
    }
}

/// Takes a field's value; a field must not come twice.
pub(super) fn once<T>(field: &mut Option<T>, name: &str, value: T) -> Result<(), Error> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::custom(format_args!("{name} twice"))),
    }
}

/// The value of a field that must be there.
pub(super) fn there<T>(field: Option<T>, name: &'static str) -> Result<T, Error> {
    field.ok_or_else(|| Error::missing_field(name))
}

/// What is left of a text that is compared byte for byte. Whoever takes a value from here answers
/// for its being JSON.
pub(super) struct Plain<'a>(&'a [u8]);

impl<'a> Plain<'a> {
    /// This text.
    pub(super) fn is(&mut self, text: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// An integer in canonical form: no sign but one `-`, no leading zero. Of one that might not
    /// fit some digits are left.
    pub(super) fn integer(&mut self) -> Option<i64> {
        /// Whatever has so many fits.
        const DIGITS: usize = 18;
        let (negative, digits) = match self.0 {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let mut value = 0_i64;
        let mut count = 0;
        while let Some(digit @ b'0'..=b'9') = digits.get(count)
            && count < DIGITS
        {
            value = value * 10 + i64::from(digit - b'0');
            count += 1;
        }
        let canonical = match digits.first()? {
            b'0' => count == 1 && !negative,
            _ => count > 0,
        };
        self.0 = digits.get(count..)?;
        canonical.then_some(if negative { -value } else { value })
    }

    /// All up to the next quote, which is taken; escapes and control characters are left to whoever
    /// asks.
    pub(super) fn until_quote(&mut self) -> Option<&'a [u8]> {
        let end = memchr::memchr(b'"', self.0)?;
        let (text, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn plain<T>(text: &str, read: impl FnOnce(&mut Plain<'_>) -> Option<T>) -> Option<(T, String)> {
        let mut cursor = Cursor::new(text);
        let value = cursor.plainly(read)?;
        Some((value, cursor.rest().to_owned()))
    }

    /// The text as a value, its outer objects and lists gone through here.
    fn walked(text: &str) -> Result<Value, Error> {
        fn any(cursor: &mut Cursor<'_>) -> Result<Value, Error> {
            match cursor.peek() {
                Some(b'[') => {
                    let mut values = Vec::new();
                    cursor.list(|cursor| any(cursor).map(|value| values.push(value)))?;
                    Ok(values.into())
                }
                Some(b'{') => {
                    let mut fields = serde_json::Map::new();
                    cursor.object(|cursor, name| {
                        any(cursor).map(|value| drop(fields.insert(name.to_owned(), value)))
                    })?;
                    Ok(fields.into())
                }
                _ => cursor.value(),
            }
        }
        let mut cursor = Cursor::new(text);
        let value = any(&mut cursor)?;
        cursor.end().map(|()| value)
    }

    #[test]
    fn integers_are_read_in_canonical_form_only() {
        let integer = |text: &str| plain(text, |plain| plain.integer());
        for (text, value, rest) in [
            ("5,", 5, ","),
            ("0]", 0, "]"),
            ("-17 ", -17, " "),
            ("999999999999999999", 999_999_999_999_999_999, ""),
        ] {
            assert_eq!(integer(text), Some((value, rest.to_owned())), "{text}");
        }
        for text in ["01", "-0", "-01", "+1", "", "-", "x", "\"5\""] {
            assert_eq!(integer(text), None, "{text}");
        }
        assert_eq!(
            integer("1234567890123456789").unwrap().1,
            "9",
            "what might not fit does not end where it ends"
        );
    }

    #[test]
    fn what_is_not_as_expected_is_left_alone() {
        let mut cursor = Cursor::new(" {\"a\":1}");
        assert_eq!(cursor.plainly(|plain| plain.is(b"{\"b\"")), None);
        assert_eq!(
            cursor.plainly(|plain| {
                plain.is(b"{\"a\":")?;
                plain.is(b"2")
            }),
            None
        );
        assert!(!cursor.null());
        assert_eq!(cursor.value::<Value>().unwrap(), json!({"a": 1}));
        assert!(cursor.end().is_ok());
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        for text in [
            "",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\" 1}",
            "{1:1}",
            "[1]]",
            "nul",
            "{\"a\u{1}\":1}",
            "{\"a\\x\":1}",
            "[}",
            "{]",
        ] {
            assert!(walked(text).is_err(), "{text}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,6}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("\\PC{0,4}", inner, 0..5).prop_map(|fields| fields
                    .into_iter()
                    .collect::<serde_json::Map<_, _>>()
                    .into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_is_read_as_the_library_reads_it(value in any_json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            prop_assert_eq!(walked(&text).unwrap(), value);
        }

        #[test]
        fn only_json_is_read(value in any_json(), at in any::<proptest::sample::Index>(), with in "[\\[\\]{}:,\"0-9a \\\\-]?") {
            let mut text = value.to_string();
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let at = places[at.index(places.len())];
            let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
            text.replace_range(at..end, &with);
            prop_assert_eq!(walked(&text).ok(), serde_json::from_str::<Value>(&text).ok());
        }
    }
}
