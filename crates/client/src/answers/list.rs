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
mod tests;
