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
mod tests;
