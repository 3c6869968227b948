//! The public keys of answers, each text in memory once: a market has some hundred provers, and an
//! answer repeats their keys tens of thousands of times.

use hashbrown::HashSet;
use snarkfee_core::{fault::Fault, units::PublicKey};

use super::scalars::Scalar;

/// Keys kept: many times the provers of a market.
const MOST_KEYS: usize = 4_096;

/// Keys read before, which later readings of the same text share.
#[derive(Debug, Default)]
pub(crate) struct KeyInterner(HashSet<PublicKey>);

impl KeyInterner {
    /// The key that a scalar holds.
    pub(super) fn key(&mut self, scalar: &Scalar<'_>, field: &str) -> Result<PublicKey, Fault> {
        scalar.as_text().and_then(|text| self.intern(text)).ok_or_else(|| scalar.invalid(field))
    }

    fn intern(&mut self, text: &str) -> Option<PublicKey> {
        if let Some(known) = self.0.get(text) {
            return Some(known.clone());
        }
        let key = PublicKey::try_new(text).ok()?;
        if self.0.len() >= MOST_KEYS {
            self.0.clear();
        }
        self.0.insert(key.clone());
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_share_their_text_and_few_are_kept() {
        let mut keys = KeyInterner::default();
        let mut read = |text: &str| keys.key(&Scalar::Text(text.into()), "prover").unwrap();
        let (one, again) = (read("B62qone"), read("B62qone"));
        assert!(std::ptr::eq(one.as_str(), again.as_str()));
        for number in 0..2 * MOST_KEYS {
            let text = format!("B62q{number}").replace('0', "z");
            assert_eq!(read(&text).as_str(), text);
        }
        assert_eq!(read("B62qone"), one);
        assert!(keys.0.len() <= MOST_KEYS);
    }
}
