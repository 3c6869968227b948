//! Lists of an answer, each entry turned into its value as it is read: some have tens of thousands,
//! and none is held twice.
//!
//! Invariants: no list grows beyond its limit; of entries that cannot be true the first is
//! reported, and what follows it is only walked over, so that an answer that is no JSON is reported
//! as such all the same.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, SeqAccess, Unexpected, Visitor},
};
use snarkfee_core::fault::Fault;

use super::keys::KeyInterner;

/// What the entries of a list are.
pub(super) trait Entries {
    /// An entry as printed, borrowed from the answer.
    type Printed<'de>: Deserialize<'de>;
    /// What an entry says.
    type Value;
    /// Most entries.
    const LIMIT: usize;
    /// What it means that the list is null; nothing where the schema does not allow that.
    const NULL: Option<&'static str> = None;

    /// What an entry says, or why it cannot be true. An error is one of form.
    fn read(
        printed: Self::Printed<'_>,
        keys: &mut KeyInterner,
    ) -> Result<Result<Self::Value, Fault>, serde_json::Error>;
}

/// A list as read, or why it cannot be true.
pub(super) type List<E> = Result<Vec<<E as Entries>::Value>, Fault>;

/// Reads a list.
pub(super) struct ListReader<'k, E> {
    keys: &'k mut KeyInterner,
    entries: PhantomData<E>,
}

impl<'k, E> ListReader<'k, E> {
    pub(super) const fn new(keys: &'k mut KeyInterner) -> Self {
        Self { keys, entries: PhantomData }
    }
}

impl<'de, E: Entries> DeserializeSeed<'de> for ListReader<'_, E> {
    type Value = List<E>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<List<E>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, E: Entries> Visitor<'de> for ListReader<'_, E> {
    type Value = List<E>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<Error: serde::de::Error>(self) -> Result<List<E>, Error> {
        match E::NULL {
            Some(message) => Ok(Err(Fault::Refused { message: message.to_owned() })),
            None => Err(Error::invalid_type(Unexpected::Unit, &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List<E>, A::Error> {
        let mut values = Vec::new();
        let fault = loop {
            if values.len() >= E::LIMIT {
                match list.next_element::<IgnoredAny>()? {
                    Some(_) => break Fault::Oversized { limit: E::LIMIT as u64 },
                    None => return Ok(Ok(values)),
                }
            }
            let Some(printed) = list.next_element()? else { return Ok(Ok(values)) };
            match E::read(printed, self.keys).map_err(A::Error::custom)? {
                Ok(value) => values.push(value),
                Err(fault) => break fault,
            }
        };
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Err(fault))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Small;

    impl Entries for Small {
        type Printed<'de> = i64;
        type Value = u8;

        const LIMIT: usize = 3;

        fn read(
            printed: i64,
            _keys: &mut KeyInterner,
        ) -> Result<Result<u8, Fault>, serde_json::Error> {
            let fault =
                |_| Fault::InvalidValue { field: "small".to_owned(), value: printed.to_string() };
            Ok(u8::try_from(printed).map_err(fault))
        }
    }

    fn read(json: &str) -> Result<List<Small>, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        ListReader::<Small>::new(&mut KeyInterner::default()).deserialize(&mut deserializer)
    }

    #[test]
    fn the_first_entry_that_cannot_be_true_is_reported() {
        assert_eq!(read("[]").unwrap(), Ok(vec![]));
        assert_eq!(read("[1, 2, 3]").unwrap(), Ok(vec![1, 2, 3]));
        let fault = read("[1, -7, 300, \"other\"]").unwrap().unwrap_err();
        assert_eq!(
            fault,
            Fault::InvalidValue { field: "small".to_owned(), value: "-7".to_owned() }
        );
    }

    #[test]
    fn a_list_beyond_its_limit_is_not_kept() {
        assert_eq!(read("[1, 2, 3, 4, 5]").unwrap(), Err(Fault::Oversized { limit: 3 }));
    }

    #[test]
    fn what_is_no_list_is_reported_before_what_cannot_be_true() {
        for json in ["[-7, }", "[1, \"other\"]", "[-7", "{}", "null"] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
