//! Stand-ins for hashes and keys that the market model does not have. Their alphabet, length and
//! prefix are right; of keys the checksum is too, of the others it is wrong. The same subject always gets the same text.

use snarkfee_core::units::PublicKey;

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// What a stand-in stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StandInKind {
    Ledger,
    State,
    EpochSeed,
    PeerId,
    Proof,
}

impl StandInKind {
    /// Prefix and total length, as in answers of mainnet daemons.
    const fn shape(self) -> (&'static str, usize) {
        match self {
            Self::Ledger => ("jx", 51),
            Self::State => ("3N", 52),
            Self::EpochSeed => ("2v", 51),
            Self::PeerId => ("12D3KooW", 52),
            Self::Proof => ("Wc", 64),
        }
    }
}

/// The stand-in of this kind for `subject`.
pub(super) fn stand_in(kind: StandInKind, subject: &str) -> String {
    let (prefix, length) = kind.shape();
    let mut state = fnv(prefix.bytes().chain(subject.bytes()));
    let mut text = String::with_capacity(length);
    text.push_str(prefix);
    while text.len() < length {
        state = splitmix(state);
        let digit = usize::try_from(state % 58).unwrap_or_default();
        text.push(char::from(BASE58.get(digit).copied().unwrap_or(b'1')));
    }
    text
}

/// The stand-in of a public key for `subject`.
pub(super) fn key_stand_in(subject: &str) -> PublicKey {
    let mut state = fnv("B62q".bytes().chain(subject.bytes()));
    let x = std::array::from_fn(|_| {
        state = splitmix(state);
        state.to_le_bytes()[0]
    });
    PublicKey::from_coordinate(x, state % 2 == 1)
}

/// The decimal stand-in of a field element, for hashes shown as a number.
pub(super) fn decimal_stand_in(subject: &str) -> String {
    let high = splitmix(fnv(subject.bytes()));
    format!("{high}{:020}", splitmix(high))
}

/// An index below `choices` that depends on the subject; `None` without choices.
pub(super) fn pick(subject: &str, choices: usize) -> Option<usize> {
    let choices = u64::try_from(choices).ok().filter(|choices| *choices > 0)?;
    usize::try_from(splitmix(fnv(subject.bytes())) % choices).ok()
}

fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn splitmix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_are_stable_and_well_formed() {
        let key = key_stand_in("producer");
        assert_eq!(key, key_stand_in("producer"));
        assert_ne!(key, key_stand_in("other"));
        assert!(!key.is_mistyped(), "{key}");
        let state = stand_in(StandInKind::State, "1");
        assert_eq!((state.len(), &*state), (52, &*stand_in(StandInKind::State, "1")));
        assert_eq!(pick("x", 0), None);
        assert!(pick("x", 3).unwrap() < 3);
    }
}
