//! The ids of work bundles as they come.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use snarkfee_core::{fault::Fault, units::WorkId};

use super::scalars::{Scalar, invalid};

/// The ids of a work bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BundleIds {
    /// One or two, which name a work.
    Work(WorkId),
    /// Anything else, as text.
    Other(String),
}

impl BundleIds {
    /// The work.
    pub(super) fn work(self, field: &str) -> Result<WorkId, Fault> {
        match self {
            Self::Work(work) => Ok(work),
            Self::Other(what) => Err(invalid(field, &what)),
        }
    }

    fn one(id: &Scalar<'_>) -> Self {
        match id.as_integer() {
            Some(id) => Self::Work(WorkId::one(id)),
            None => Self::Other(id.to_string()),
        }
    }

    fn two(first: &Scalar<'_>, second: &Scalar<'_>) -> Self {
        match (first.as_integer(), second.as_integer()) {
            (Some(first), Some(second)) => Self::Work(WorkId::two(first, second)),
            _ => Self::Other(format!("{first}, {second}")),
        }
    }

    /// Reads a list each of whose entries holds one id.
    pub(super) fn read_list<'de, T, D>(deserializer: D) -> Result<Self, D::Error>
    where
        T: Deserialize<'de> + Into<Scalar<'de>>,
        D: Deserializer<'de>,
    {
        struct List<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de> + Into<Scalar<'de>>> Visitor<'de> for List<T> {
            type Value = BundleIds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of ids")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<BundleIds, A::Error> {
                let Some(first) = list.next_element::<T>()? else {
                    return Ok(BundleIds::Other("0 ids".to_owned()));
                };
                let Some(second) = list.next_element::<T>()? else {
                    return Ok(BundleIds::one(&first.into()));
                };
                let mut count = 2;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(match count {
                    2 => BundleIds::two(&first.into(), &second.into()),
                    many => BundleIds::Other(format!("{many} ids")),
                })
            }
        }

        deserializer.deserialize_seq(List(PhantomData::<T>))
    }
}

impl<'de> Deserialize<'de> for BundleIds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read_list::<Scalar<'de>, _>(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_two_ids_name_a_work() {
        let read = |json: &str| serde_json::from_str::<BundleIds>(json).unwrap().work("workIds");
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
