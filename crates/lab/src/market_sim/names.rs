//! Made-up keys, hashes and commits, in the daemon's format.

use snarkfee_core::units::{PublicKey, WorkId};

use super::{
    draws::{Draw, Draws, Subject},
    pool::Serial,
};

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const HEX: &[u8; 16] = b"0123456789abcdef";

/// A key in mainnet's format (`B62q` and 51 more characters, the last of them a checksum), the same
/// in every run for the same name. Nobody has its private key.
pub(super) fn public_key(name: &str) -> PublicKey {
    let mut draw = Draws::new(0).draw_for(Subject::Name, fnv(name), 0);
    let x = std::array::from_fn(|_| u8::try_from(draw.below(256)).unwrap_or_default());
    PublicKey::from_coordinate(x, draw.below(2) == 1)
}

/// A state hash in mainnet's format (`3N` and 50 more characters).
pub(super) fn state_hash(draws: Draws, height: u32) -> String {
    random_text("3N", 50, BASE58, &mut draws.draw_for(Subject::Name, 1, u64::from(height)))
}

/// A commit in hexadecimal, the same in every run.
pub(super) fn commit() -> String {
    random_text("", 40, HEX, &mut Draws::new(0).draw_for(Subject::Name, 2, 0))
}

/// Statement hashes of a work. They are distinct within a run, in no visible order, and exact as
/// doubles.
pub(super) fn work_id(draws: Draws, serial: Serial, statements: u32) -> WorkId {
    const MASK: u64 = (1 << 52) - 1;
    // An odd factor permutes the integers below a power of two.
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let offset = draws.draw_for(Subject::Name, 3, 0).bits();
    let hash = |index: u64| (index.wrapping_mul(ODD).wrapping_add(offset) & MASK).cast_signed();
    let first = hash(2 * serial);
    if statements < 2 { WorkId::one(first) } else { WorkId::two(first, hash(2 * serial + 1)) }
}

fn random_text(head: &str, length: usize, alphabet: &[u8], draw: &mut Draw) -> String {
    let mut text = head.to_owned();
    text.extend(
        (0..length)
            .filter_map(|_| alphabet.get(draw.below(alphabet.len())))
            .map(|&byte| char::from(byte)),
    );
    text
}

/// FNV-1a, 64 bits.
fn fnv(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn texts_have_the_daemons_format() {
        let key = public_key("free-a");
        assert_eq!((key.as_str().len(), &key.as_str()[..4]), (55, "B62q"));
        assert!(!key.is_mistyped(), "{key}");
        assert_eq!(key, public_key("free-a"));
        assert_ne!(key, public_key("free-b"));
        assert_eq!(state_hash(Draws::new(1), 5).len(), 52);
        assert_eq!(commit().len(), 40);
    }

    #[test]
    fn statement_hashes_of_a_run_never_repeat_and_are_not_negative() {
        let ids: Vec<i64> =
            (0..5000).flat_map(|serial| work_id(Draws::new(3), serial, 2).ids()).collect();
        assert!(ids.iter().all(|&id| (0..1 << 53).contains(&id)));
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 10_000);
        assert_eq!(work_id(Draws::new(3), 9, 1).ids().count(), 1);
    }
}
