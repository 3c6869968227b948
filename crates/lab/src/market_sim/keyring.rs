//! All keys that prove in a run, each with its owner.

use snarkfee_core::units::PublicKey;

use super::{pool::ProverId, seat_id::SeatId};

/// Who proves under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyOwner {
    /// A competitor, by its place in the scenario.
    Competitor(usize),
    /// An operator.
    Operator(SeatId),
}

/// The keys; a prover's id is the place of its key.
#[derive(Debug, Default)]
pub(super) struct Keyring {
    keys: Vec<(PublicKey, KeyOwner)>,
}

impl Keyring {
    /// Adds a key that is not in the ring.
    pub(super) fn add(&mut self, key: PublicKey, owner: KeyOwner) -> ProverId {
        let prover = ProverId(u32::try_from(self.keys.len()).unwrap_or(u32::MAX));
        self.keys.push((key, owner));
        prover
    }

    /// The prover that an owner's key is.
    pub(super) fn find(&self, key: &PublicKey, owner: KeyOwner) -> Option<ProverId> {
        let place = self.keys.iter().position(|(known, of)| known == key && *of == owner)?;
        Some(ProverId(u32::try_from(place).unwrap_or(u32::MAX)))
    }

    pub(super) fn key(&self, prover: ProverId) -> Option<&PublicKey> {
        self.keys.get(prover.0 as usize).map(|(key, _)| key)
    }

    /// The operator whose key it is; `None` for a competitor's.
    pub(super) fn operator(&self, prover: ProverId) -> Option<SeatId> {
        match self.keys.get(prover.0 as usize)? {
            (_, KeyOwner::Operator(seat)) => Some(*seat),
            (_, KeyOwner::Competitor(_)) => None,
        }
    }
}
