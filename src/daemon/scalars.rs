//! The daemon's scalars: taken tolerantly as string or number, read strictly with the field's name at hand.
//!
//! The daemon prints `Int` as a JSON number and its 32- and 64-bit scalars as strings, and names differ between eras (`UInt64`
//! became `Fee`, `Amount`, ..). All but keys arrive as [`Wire`]; one function per meaning turns it into a value or into
//! [`Fault::InvalidValue`]. Answers repeat a few keys thousands of times, so a [`Key`] shares the text of one read before.
//!
//! Invariants: a number is accepted only in canonical decimal form, so that nothing is read as something it does not say.

use std::{borrow::Cow, cell::RefCell, fmt, marker::PhantomData};

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, IgnoredAny},
};

use super::cursor::Plain;
use crate::{
    fault::Fault,
    market::SyncState,
    units::{self, Nanomina, WorkId},
};

/// A scalar as it came: a JSON string or number, its value not yet looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    /// An integer in the range of `i64`, as a JSON number or as canonical text.
    Int(i64),
    /// Any other number as printed, or any other text.
    Text(Box<str>),
}

/// A scalar that should be a public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// It is one.
    Valid(units::PublicKey),
    /// What came instead.
    Other(Wire),
}

/// The ids of a work bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ids {
    /// One or two, which name a work.
    Work(WorkId),
    /// What else came, in words.
    Other(String),
}

// The names under which the generated code looks for them.
pub(super) type AccountNonce = Wire;
pub(super) type BlockTime = Wire;
pub(super) type Fee = Wire;
pub(super) type GlobalSlotSinceHardFork = Wire;
pub(super) type Int63 = Wire;
pub(super) type Length = Wire;
pub(super) type PublicKey = Key;
pub(super) type StateHash = Wire;
pub(super) type UInt64 = Wire;
pub(super) type WorkIds = Ids;

impl Wire {
    /// The text of a variable: scalars go out as canonical strings, which every era reads alike.
    pub(super) fn variable(text: impl Into<Box<str>>) -> Self {
        Self::Text(text.into())
    }

    fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Int(number) => Cow::Owned(number.to_string()),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }

    fn invalid(&self, field: &str) -> Fault {
        invalid(field, &self.text())
    }

    /// An integer of the daemon's `Int`.
    pub(super) fn integer(&self, field: &str) -> Result<i64, Fault> {
        match self {
            Self::Int(number) => Ok(*number),
            Self::Text(_) => Err(self.invalid(field)),
        }
    }

    /// An integer from 0 to 2^63 - 1.
    pub(super) fn unsigned(&self, field: &str) -> Result<u64, Fault> {
        u64::try_from(self.integer(field)?).map_err(|_negative| self.invalid(field))
    }

    /// An integer from 0 to 2^32 - 1: a height, a length.
    pub(super) fn length(&self, field: &str) -> Result<u32, Fault> {
        u32::try_from(self.integer(field)?).map_err(|_outside| self.invalid(field))
    }

    /// An amount of money in nanomina, or in whole base units of a 2020 network's coin.
    pub(super) fn amount(&self, field: &str) -> Result<Nanomina, Fault> {
        Nanomina::try_new(self.unsigned(field)?).map_err(|_too_large| self.invalid(field))
    }

    /// A time in milliseconds since 1970.
    pub(super) fn time(&self, field: &str) -> Result<Timestamp, Fault> {
        let milliseconds = self.integer(field)?;
        let time = Timestamp::from_millisecond(milliseconds).ok().filter(|_| milliseconds >= 0);
        time.ok_or_else(|| self.invalid(field))
    }

    /// A state hash; only that it is a short text without control characters is checked, it serves as an identity.
    pub(super) fn hash(&self, field: &str) -> Result<String, Fault> {
        const LONGEST: usize = 1024;
        match self {
            Self::Text(text) if !text.is_empty() && text.len() <= LONGEST && !text.contains(char::is_control) => {
                Ok(text.to_string())
            }
            _ => Err(self.invalid(field)),
        }
    }
}

impl Key {
    /// The variable of a request.
    pub(super) fn variable(key: &units::PublicKey) -> Self {
        Self::Valid(key.clone())
    }

    /// The key that is printed so, without escapes.
    pub(super) fn plainly(text: &[u8]) -> Option<units::PublicKey> {
        RECENT.with_borrow_mut(|recent| recent.key(str::from_utf8(text).ok()?))
    }

    /// The key.
    pub(super) fn key(self, field: &str) -> Result<units::PublicKey, Fault> {
        match self {
            Self::Valid(key) => Ok(key),
            Self::Other(wire) => Err(wire.invalid(field)),
        }
    }
}

/// Keys read lately, each in the place that its end gives it; base58 ends in a checksum.
struct Recent(Box<[Option<units::PublicKey>]>);

impl Recent {
    /// Many times the provers of a market, since two that share a place drive each other out.
    const PLACES: usize = 1 << Self::BITS;
    const BITS: u32 = 12;

    /// The key of a text, shared with an earlier reading of the same text where that is still known.
    fn key(&mut self, text: &str) -> Option<units::PublicKey> {
        /// 2^64 over the golden ratio: the uppermost bits of a product depend on every byte.
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let end = text.as_bytes().last_chunk().map_or(0, |end| u64::from_le_bytes(*end));
        let place = end.wrapping_mul(SPREAD) >> (u64::BITS - Self::BITS);
        let known = self.0.get_mut(usize::try_from(place).ok()?)?;
        if known.as_ref().is_none_or(|known| known.as_str() != text) {
            *known = Some(units::PublicKey::try_new(text).ok()?);
        }
        known.clone()
    }
}

thread_local! {
    static RECENT: RefCell<Recent> = RefCell::new(Recent(vec![None; Recent::PLACES].into()));
}

impl Ids {
    /// The work that statement hashes name, in the daemon's order.
    pub(super) fn of(ids: &[Wire]) -> Self {
        let known = |wire: &Wire| wire.integer("").ok();
        let named = match ids {
            [first] => known(first).map(WorkId::one),
            [first, second] => known(first).zip(known(second)).map(|(first, second)| WorkId::two(first, second)),
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

/// A value that cannot be true.
pub(super) fn invalid(field: &str, value: &str) -> Fault {
    Fault::InvalidValue { field: field.to_owned(), value: Fault::excerpt(value) }
}

impl Serialize for Wire {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Valid(key) => serializer.serialize_str(key.as_str()),
            Self::Other(wire) => wire.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl de::Visitor<'_> for Text {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Key, E> {
                let key = RECENT.with_borrow_mut(|recent| recent.key(text));
                Ok(key.map_or_else(|| Key::Other(Wire::Text(text.into())), Key::Valid))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Key, E> {
                Ok(Key::Other(Wire::Int(number)))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Key, E> {
                Ok(Key::Other(Wire::Text(number.to_string().into())))
            }
        }

        deserializer.deserialize_any(Text)
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
                    (2, Wire::Int(first), Wire::Int(second)) => Ok(Ids::Work(WorkId::two(first, second))),
                    (2, first, second) => Ok(Ids::of(&[first, second])),
                    (many, ..) => Ok(Ids::Other(format!("{many} ids"))),
                }
            }
        }

        deserializer.deserialize_seq(Each(PhantomData::<T>))
    }
}

impl<'de> Deserialize<'de> for Wire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;

        impl de::Visitor<'_> for Scalar {
            type Value = Wire;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Wire, E> {
                Ok(canonical(text).map_or_else(|| Wire::Text(text.into()), Wire::Int))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Wire, E> {
                Ok(Wire::Int(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Wire, E> {
                Ok(i64::try_from(number).map_or_else(|_large| Wire::Text(number.to_string().into()), Wire::Int))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Wire, E> {
                // `Debug` keeps the fraction of a whole number, so that 1.0 stays what it is: not canonical.
                Ok(Wire::Text(format!("{number:?}").into()))
            }
        }

        deserializer.deserialize_any(Scalar)
    }
}

/// The integer that a text prints canonically: no sign but one `-`, no leading zero, nothing around it.
fn canonical(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    match digits {
        [b'0'] if text.len() == 1 => Some(0),
        [b'1'..=b'9', ..] => text.parse().ok(),
        _ => None,
    }
}

/// `SyncStatus` with room for names of later eras.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyncStatus(pub(super) SyncState);

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

    fn wire(json: &str) -> Wire {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn only_canonical_numbers_in_range_are_read() {
        for json in ["5", "\"5\""] {
            assert_eq!(wire(json).amount("fee").unwrap().get(), 5, "{json}");
        }
        assert_eq!(wire("9223372036854775807").amount("fee").unwrap(), Nanomina::MAX);
        assert_eq!(wire("\"9223372036854775807\"").amount("fee").unwrap(), Nanomina::MAX);
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
            let fault = wire(json).amount("snarkPool.fee").unwrap_err();
            assert!(matches!(&fault, Fault::InvalidValue { field, .. } if field == "snarkPool.fee"), "{json}: {fault}");
        }
    }

    #[test]
    fn what_is_neither_string_nor_number_is_no_scalar() {
        for json in ["null", "true", "[1]", "{}"] {
            assert!(serde_json::from_str::<Wire>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn times_are_milliseconds_and_keys_are_text() {
        assert_eq!(wire("\"1617151320000\"").time("date").unwrap(), "2021-03-31T00:42:00Z".parse().unwrap());
        assert!(wire("\"-1\"").time("date").is_err());
        assert!(wire("9223372036854775807").time("date").is_err());
        for json in ["7", "18446744073709551615", "\"B62 q\"", "\"\"", "\"5\\u0000\""] {
            let fault = serde_json::from_str::<Key>(json).unwrap().key("prover").unwrap_err();
            assert!(matches!(&fault, Fault::InvalidValue { field, .. } if field == "prover"), "{json}: {fault}");
        }
        assert!(wire("4294967296").length("blockchainLength").is_err());
    }

    #[test]
    fn one_or_two_ids_name_a_work() {
        let read = |json: &str| serde_json::from_str::<Ids>(json).unwrap().work("workIds");
        assert_eq!(read("[5]"), Ok(WorkId::one(5)));
        assert_eq!(read("[-5, \"6\"]"), Ok(WorkId::two(-5, 6)));
        for (json, value) in [("[]", "0 ids"), ("[1, 2, 3]", "3 ids"), ("[1.5]", "1.5"), ("[1, \"x\"]", "1, x")] {
            assert_eq!(read(json), Err(Fault::InvalidValue { field: "workIds".into(), value: value.into() }));
        }
    }

    #[test]
    fn keys_read_again_are_themselves_whatever_was_read_between() {
        // All end alike, and so compete for one place.
        let texts: Vec<String> = (1..8).map(|at| format!("B62q{at}thesameend")).collect();
        for text in texts.iter().chain(&texts).chain(texts.iter().rev()) {
            let key: Key = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            assert_eq!(key.key("prover").unwrap().as_str(), text);
        }
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
            let (bare, quoted) = (wire(&number.to_string()), wire(&format!("\"{number}\"")));
            prop_assert_eq!(bare.integer("x"), Ok(number));
            prop_assert_eq!(quoted.integer("x"), Ok(number));
            prop_assert_eq!(bare.amount("x").is_ok(), number >= 0);
            prop_assert_eq!(serde_json::to_string(&bare).unwrap(), format!("\"{number}\""));
        }

        #[test]
        fn any_text_reads_as_itself_or_not_at_all(text in "[ +0-9_.eExX-]{0,24}|\\PC{0,24}") {
            let scalar = wire(&serde_json::to_string(&text).unwrap());
            if let Ok(number) = scalar.integer("x") {
                prop_assert_eq!(&number.to_string(), &text);
            }
            if let Ok(amount) = scalar.amount("x") {
                prop_assert_eq!(&amount.get().to_string(), &text);
            }
        }
    }
}
