//! Lists of an answer, each entry turned into its value as it is read: some have tens of thousands, and none is kept twice.
//!
//! Invariants: no list grows beyond its limit; of entries that cannot be true the first is told, and what follows it is only walked
//! over, so that an answer that is no JSON is told as such all the same.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, IgnoredAny},
};

use crate::fault::Fault;

/// What the entries of a list are.
pub(super) trait Entries {
    /// An entry as it comes.
    type Wire: DeserializeOwned;
    /// What it says.
    type Value;
    /// Most entries.
    const LIMIT: usize;

    /// Reads one entry.
    fn read(wire: Self::Wire) -> Result<Self::Value, Fault>;
}

/// A list as read, or why it cannot be true.
pub(super) struct List<E: Entries>(pub(super) Result<Vec<E::Value>, Fault>);

impl<'de, E: Entries> Deserialize<'de> for List<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<E>(PhantomData<E>);

        impl<'de, E: Entries> de::Visitor<'de> for Reader<E> {
            type Value = List<E>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<List<E>, A::Error> {
                let mut values = Vec::new();
                while let Some(wire) = list.next_element::<E::Wire>()? {
                    let read = match values.len() {
                        count if count >= E::LIMIT => Err(Fault::Oversized { limit: E::LIMIT as u64 }),
                        _ => E::read(wire),
                    };
                    match read {
                        Ok(value) => values.push(value),
                        Err(fault) => {
                            while list.next_element::<IgnoredAny>()?.is_some() {}
                            return Ok(List(Err(fault)));
                        }
                    }
                }
                Ok(List(Ok(values)))
            }
        }

        deserializer.deserialize_seq(Reader(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Small;

    impl Entries for Small {
        type Wire = i64;
        type Value = u8;

        const LIMIT: usize = 3;

        fn read(wire: i64) -> Result<u8, Fault> {
            u8::try_from(wire).map_err(|_| Fault::InvalidValue { field: "small".to_owned(), value: wire.to_string() })
        }
    }

    fn read(json: &str) -> Result<Result<Vec<u8>, Fault>, serde_json::Error> {
        serde_json::from_str::<List<Small>>(json).map(|list| list.0)
    }

    #[test]
    fn the_first_entry_that_cannot_be_true_is_told() {
        assert_eq!(read("[]").unwrap(), Ok(vec![]));
        assert_eq!(read("[1, 2, 3]").unwrap(), Ok(vec![1, 2, 3]));
        let fault = read("[1, -7, 300, \"other\"]").unwrap().unwrap_err();
        assert_eq!(fault, Fault::InvalidValue { field: "small".to_owned(), value: "-7".to_owned() });
    }

    #[test]
    fn a_list_beyond_its_limit_is_not_kept() {
        assert_eq!(read("[1, 2, 3, 4, 5]").unwrap(), Err(Fault::Oversized { limit: 3 }));
    }

    #[test]
    fn what_is_no_list_is_told_before_what_cannot_be_true() {
        for json in ["[-7, }", "[1, \"other\"]", "[-7", "{}", "null"] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
