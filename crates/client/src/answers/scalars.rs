//! The daemon's scalars: taken as string or number, and checked where the field's name is known.
//!
//! The daemon prints `Int` as a JSON number and its 32- and 64-bit scalars as strings, and names
//! differ between eras (`UInt64` became `Fee`, `Amount`, ..). All arrive as [`Scalar`]; one function
//! per meaning turns it into a value or into [`Fault::InvalidValue`].
//!
//! Invariants: a number is accepted only in canonical decimal form, so that nothing is read as
//! something it does not say.

use std::{borrow::Cow, fmt, ops::Deref};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use snarkfee_core::{
    fault::Fault,
    market::SyncState,
    units::{Nanomina, PublicKey},
};

/// A scalar as it came, its value not yet looked at. Text without escapes is borrowed from the
/// answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scalar<'a> {
    /// A JSON number that is an integer in the range of `i64`.
    Integer(i64),
    /// Any other JSON number, as text.
    OtherNumber(Box<str>),
    /// A JSON string.
    Text(Cow<'a, str>),
}

/// A scalar that outlives its answer, for the generated types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnedScalar(Scalar<'static>);

impl OwnedScalar {
    /// The variable of a request: scalars go out as canonical strings, which every era reads alike.
    pub(crate) fn variable(text: impl Into<String>) -> Self {
        Self(Scalar::Text(Cow::Owned(text.into())))
    }
}

impl Deref for OwnedScalar {
    type Target = Scalar<'static>;

    fn deref(&self) -> &Scalar<'static> {
        &self.0
    }
}

impl Scalar<'_> {
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Integer(_) | Self::OtherNumber(_) => None,
        }
    }

    /// The integer that is printed canonically, as a number or as text.
    pub(super) fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::OtherNumber(_) => None,
            Self::Text(text) => parse_canonical(text),
        }
    }

    pub(super) fn invalid(&self, field: &str) -> Fault {
        invalid(field, &self.to_string())
    }

    /// An integer of the daemon's `Int`.
    pub(super) fn integer(&self, field: &str) -> Result<i64, Fault> {
        self.as_integer().ok_or_else(|| self.invalid(field))
    }

    /// A public key.
    pub(super) fn key(&self, field: &str) -> Result<PublicKey, Fault> {
        let key = self.as_text().and_then(|text| PublicKey::try_new(text).ok());
        key.ok_or_else(|| self.invalid(field))
    }

    fn into_owned(self) -> Scalar<'static> {
        match self {
            Self::Integer(number) => Scalar::Integer(number),
            Self::OtherNumber(number) => Scalar::OtherNumber(number),
            Self::Text(text) => Scalar::Text(Cow::Owned(text.into_owned())),
        }
    }

    /// An integer from 0 to 2^63 - 1.
    pub(crate) fn unsigned(&self, field: &str) -> Result<u64, Fault> {
        u64::try_from(self.integer(field)?).map_err(|_negative| self.invalid(field))
    }

    /// An integer from 0 to 2^32 - 1: a height, a length.
    pub(crate) fn length(&self, field: &str) -> Result<u32, Fault> {
        u32::try_from(self.integer(field)?).map_err(|_outside| self.invalid(field))
    }

    /// An amount of money in nanomina, or in whole base units of a 2020 network's coin.
    pub(crate) fn amount(&self, field: &str) -> Result<Nanomina, Fault> {
        Nanomina::try_new(self.unsigned(field)?).map_err(|_too_large| self.invalid(field))
    }

    /// A time in milliseconds since 1970.
    pub(crate) fn time(&self, field: &str) -> Result<Timestamp, Fault> {
        let milliseconds = self.integer(field)?;
        let time = Timestamp::from_millisecond(milliseconds).ok().filter(|_| milliseconds >= 0);
        time.ok_or_else(|| self.invalid(field))
    }

    /// A state hash; only that it is a short text without control characters is checked, it serves
    /// as an identity.
    pub(crate) fn hash(&self, field: &str) -> Result<String, Fault> {
        const LONGEST: usize = 1024;
        let is_hash = |text: &&str| {
            !text.is_empty() && text.len() <= LONGEST && !text.contains(char::is_control)
        };
        let hash = self.as_text().filter(is_hash).map(str::to_owned);
        hash.ok_or_else(|| self.invalid(field))
    }
}

/// A value that cannot be true.
pub(crate) fn invalid(field: &str, value: &str) -> Fault {
    Fault::InvalidValue { field: field.to_owned(), value: Fault::excerpt(value) }
}

impl fmt::Display for Scalar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::OtherNumber(text) => f.write_str(text),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Serialize for OwnedScalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for OwnedScalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Scalar::deserialize(deserializer).map(|scalar| Self(scalar.into_owned()))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyScalar;

        impl<'de> de::Visitor<'de> for AnyScalar {
            type Value = Scalar<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a number")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Integer(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Scalar<'de>, E> {
                let other = |_too_large| Scalar::OtherNumber(number.to_string().into());
                Ok(i64::try_from(number).map_or_else(other, Scalar::Integer))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Scalar<'de>, E> {
                // `Debug` keeps the fraction of a whole number, so that 1.0 is shown as it came.
                Ok(Scalar::OtherNumber(format!("{number:?}").into()))
            }
        }

        deserializer.deserialize_any(AnyScalar)
    }
}

/// The integer that a text prints canonically: no sign but one `-`, no leading zero, nothing around
/// it.
fn parse_canonical(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    match digits {
        [b'0'] if text.len() == 1 => Some(0),
        [b'1'..=b'9', ..] => text.parse().ok(),
        _ => None,
    }
}

/// `SyncStatus` with room for names of later eras.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyncStatus(pub(crate) SyncState);

impl<'de> Deserialize<'de> for SyncStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        Ok(Self(match &*name {
            "CONNECTING" => SyncState::Connecting,
            "LISTENING" => SyncState::Listening,
            "OFFLINE" => SyncState::Offline,
            "BOOTSTRAP" => SyncState::Bootstrap,
            "SYNCED" => SyncState::Synced,
            "CATCHUP" => SyncState::Catchup,
            other => SyncState::Other(Fault::excerpt(other)),
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scalar(json: &str) -> OwnedScalar {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn only_canonical_numbers_in_range_are_read() {
        for json in ["5", "\"5\""] {
            assert_eq!(scalar(json).amount("fee").unwrap().get(), 5, "{json}");
        }
        assert_eq!(scalar("9223372036854775807").amount("fee").unwrap(), Nanomina::MAX);
        assert_eq!(scalar("\"9223372036854775807\"").amount("fee").unwrap(), Nanomina::MAX);
        for json in [
            "-1",
            "\"-1\"",
            "\"-0\"",
            "1.5",
            "1.0",
            "1e3",
            "\"1.5\"",
            "\"1e3\"",
            "\"01\"",
            "\"+1\"",
            "\" 1\"",
            "\"1 \"",
            "\"1_000\"",
            "\"0x10\"",
            "\"\"",
            "\"NaN\"",
            "9223372036854775808",
            "\"9223372036854775808\"",
            "1e19",
            "18446744073709551616",
        ] {
            let fault = scalar(json).amount("snarkPool.fee").unwrap_err();
            assert!(
                matches!(&fault, Fault::InvalidValue { field, .. } if field == "snarkPool.fee"),
                "{json}: {fault}"
            );
        }
    }

    #[test]
    fn what_is_neither_string_nor_number_is_no_scalar() {
        for json in ["null", "true", "[1]", "{}"] {
            assert!(serde_json::from_str::<OwnedScalar>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn times_are_milliseconds_and_keys_are_text() {
        assert_eq!(
            scalar("\"1617151320000\"").time("date").unwrap(),
            "2021-03-31T00:42:00Z".parse().unwrap()
        );
        assert!(scalar("\"-1\"").time("date").is_err());
        assert!(scalar("9223372036854775807").time("date").is_err());
        for json in ["7", "18446744073709551615", "\"B62 q\"", "\"\"", "\"5\\u0000\""] {
            let fault = scalar(json).key("prover").unwrap_err();
            assert!(
                matches!(&fault, Fault::InvalidValue { field, .. } if field == "prover"),
                "{json}: {fault}"
            );
        }
        assert!(scalar("4294967296").length("blockchainLength").is_err());
    }

    #[test]
    fn unknown_sync_names_are_kept() {
        let sync: SyncStatus = serde_json::from_str("\"HARDFORKED\"").unwrap();
        assert_eq!(sync.0, SyncState::Other("HARDFORKED".into()));
        assert_eq!(serde_json::from_str::<SyncStatus>("\"SYNCED\"").unwrap().0, SyncState::Synced);
    }

    proptest! {
        #[test]
        fn numbers_and_strings_read_alike_and_variables_round_trip(number in any::<i64>()) {
            let (bare, quoted) = (scalar(&number.to_string()), scalar(&format!("\"{number}\"")));
            prop_assert_eq!(bare.integer("x"), Ok(number));
            prop_assert_eq!(quoted.integer("x"), Ok(number));
            prop_assert_eq!(bare.amount("x").is_ok(), number >= 0);
            prop_assert_eq!(serde_json::to_string(&bare).unwrap(), format!("\"{number}\""));
        }

        #[test]
        fn any_text_reads_as_itself_or_not_at_all(text in "[ +0-9_.eExX-]{0,24}|\\PC{0,24}") {
            let read = scalar(&serde_json::to_string(&text).unwrap());
            if let Ok(number) = read.integer("x") {
                prop_assert_eq!(&number.to_string(), &text);
            }
            if let Ok(amount) = read.amount("x") {
                prop_assert_eq!(&amount.get().to_string(), &text);
            }
        }
    }
}
