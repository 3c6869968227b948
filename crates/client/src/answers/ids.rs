//! The ids of work bundles as they come.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny},
};
use snarkfee_core::{fault::Fault, units::WorkId};

use super::{
    cursor::Plain,
    scalars::{Wire, invalid},
};

/// The ids of a work bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ids {
    /// One or two, which name a work.
    Work(WorkId),
    /// What else came, in words.
    Other(String),
}

impl Ids {
    /// The work that statement hashes name, in the daemon's order.
    fn of(ids: &[Wire]) -> Self {
        let known = |wire: &Wire| wire.integer("").ok();
        let named = match ids {
            [first] => known(first).map(WorkId::one),
            [first, second] => {
                known(first).zip(known(second)).map(|(first, second)| WorkId::two(first, second))
            }
            other => return Self::Other(format!("{} ids", other.len())),
        };
        let shown = || ids.iter().map(Wire::text).collect::<Vec<_>>().join(", ");
        named.map_or_else(|| Self::Other(shown()), Self::Work)
    }

    /// The work of one id, or of two with this between them.
    pub(super) fn plainly(plain: &mut Plain<'_>, between: &[u8]) -> Option<WorkId> {
        let first = plain.integer()?;
        Some(match plain.is(between) {
            Some(()) => WorkId::two(first, plain.integer()?),
            None => WorkId::one(first),
        })
    }

    /// The work.
    pub(super) fn work(self, field: &str) -> Result<WorkId, Fault> {
        match self {
            Self::Work(work) => Ok(work),
            Self::Other(what) => Err(invalid(field, &what)),
        }
    }
}

impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of_each::<Wire, _>(deserializer)
    }
}

impl Ids {
    /// Reads a list each of whose entries holds one id.
    pub(super) fn of_each<'de, T, D>(deserializer: D) -> Result<Self, D::Error>
    where
        T: Deserialize<'de> + Into<Wire>,
        D: Deserializer<'de>,
    {
        struct Each<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de> + Into<Wire>> de::Visitor<'de> for Each<T> {
            type Value = Ids;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of ids")
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Ids, A::Error> {
                let Some(first) = list.next_element::<T>()? else { return Ok(Ids::of(&[])) };
                let first = first.into();
                let Some(second) = list.next_element::<T>()? else { return Ok(Ids::of(&[first])) };
                let second = second.into();
                let mut count = 2;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                match (count, first, second) {
                    (2, Wire::Int(first), Wire::Int(second)) => {
                        Ok(Ids::Work(WorkId::two(first, second)))
                    }
                    (2, first, second) => Ok(Ids::of(&[first, second])),
                    (many, ..) => Ok(Ids::Other(format!("{many} ids"))),
                }
            }
        }

        deserializer.deserialize_seq(Each(PhantomData::<T>))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_two_ids_name_a_work() {
        let read = |json: &str| serde_json::from_str::<Ids>(json).unwrap().work("workIds");
        assert_eq!(read("[5]"), Ok(WorkId::one(5)));
        assert_eq!(read("[-5, \"6\"]"), Ok(WorkId::two(-5, 6)));
        for (json, value) in
            [("[]", "0 ids"), ("[1, 2, 3]", "3 ids"), ("[1.5]", "1.5"), ("[1, \"x\"]", "1, x")]
        {
            assert_eq!(
                read(json),
                Err(Fault::InvalidValue { field: "workIds".into(), value: value.into() })
            );
        }
    }
}
