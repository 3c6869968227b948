//! Public keys as they come. Answers repeat a few thousands of times, so that one shares the text
//! of one read before.

use std::{cell::RefCell, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use snarkfee_core::{fault::Fault, units::PublicKey};

use super::scalars::Wire;

/// A scalar that should be a public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// It is one.
    Valid(PublicKey),
    /// What came instead.
    Other(Wire),
}

impl Key {
    /// The variable of a request.
    pub(crate) fn variable(key: &PublicKey) -> Self {
        Self::Valid(key.clone())
    }

    /// The key that is printed so, without escapes.
    pub(super) fn plainly(text: &[u8]) -> Option<PublicKey> {
        RECENT.with_borrow_mut(|recent| recent.key(str::from_utf8(text).ok()?))
    }

    /// The key.
    pub(super) fn key(self, field: &str) -> Result<PublicKey, Fault> {
        match self {
            Self::Valid(key) => Ok(key),
            Self::Other(wire) => Err(wire.invalid(field)),
        }
    }
}

/// Keys read lately, each in the place that its end gives it; base58 ends in a checksum.
struct Recent(Box<[Option<PublicKey>]>);

impl Recent {
    /// Many times the provers of a market, since two that share a place drive each other out.
    const PLACES: usize = 1 << Self::BITS;
    const BITS: u32 = 12;

    /// The key of a text, shared with an earlier reading of the same text where that is still
    /// known.
    fn key(&mut self, text: &str) -> Option<PublicKey> {
        /// 2^64 over the golden ratio: the uppermost bits of a product depend on every byte.
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let end = text.as_bytes().last_chunk().map_or(0, |end| u64::from_le_bytes(*end));
        let place = end.wrapping_mul(SPREAD) >> (u64::BITS - Self::BITS);
        let known = self.0.get_mut(usize::try_from(place).ok()?)?;
        if known.as_ref().is_none_or(|known| known.as_str() != text) {
            *known = Some(PublicKey::try_new(text).ok()?);
        }
        known.clone()
    }
}

thread_local! {
    static RECENT: RefCell<Recent> = RefCell::new(Recent(vec![None; Recent::PLACES].into()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_again_are_themselves_whatever_was_read_between() {
        // All end alike, and so compete for one place.
        let texts: Vec<String> = (1..8).map(|at| format!("B62q{at}thesameend")).collect();
        for text in texts.iter().chain(&texts).chain(texts.iter().rev()) {
            let key: Key = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            assert_eq!(key.key("prover").unwrap().as_str(), text);
        }
    }
}
