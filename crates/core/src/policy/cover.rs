//! When a worker that proves for the network is needed: strategy `cover`.
//!
//! It starts when works lack proofs that others, at their pace of the last minutes, would not prove
//! in time, and its own provers must begin soon to have them proved; or when the work that holds up
//! a purchase keeps lacking one. It goes on until all that is due is proved.
//!
//! Several such operators see the same. Each waits for its turn before it follows a need: a random
//! part of a quarter of a roll, drawn for each roll from its key. Whoever comes first raises the
//! pace of others that the rest see, so that they stay off if one is enough, and more join for as
//! long as it is not.
//!
//! Invariants: pure; the same key draws the same turn at the same roll.

use std::time::Duration;

use jiff::SignedDuration;

use crate::{market::ProofNeed, units::PublicKey};

/// What others prove within this time does not count as lacking: a few proofs.
const GRACE: Duration = Duration::from_secs(300);
/// For how long a work that holds up a purchase is left to others: a proof or two.
const PATIENCE: Duration = Duration::from_secs(120);
/// Longest wait for the turn to start, and to stop. A stop is never urgent, but all that is done
/// after it is due would have been done by others.
const LONGEST_TURNS: [Duration; 2] = [Duration::from_secs(20 * 60), Duration::from_secs(60)];

/// Whether the worker is needed.
pub(super) fn is_needed(need: &ProofNeed, on: bool) -> bool {
    on && need.due_unproved > 0 || is_late(need) || is_stuck(need)
}

/// Whether others would be late, and we too unless we begin soon.
fn is_late(need: &ProofNeed) -> bool {
    let within = need.wanted_within.max(GRACE);
    let quarter = SignedDuration::try_from(need.period / 4).unwrap_or(SignedDuration::MAX);
    need.unproved > 0 && need.others_take.is_none_or(|take| take > within) && need.slack < quarter
}

/// Whether the next purchase waits for a work that nobody proves.
fn is_stuck(need: &ProofNeed) -> bool {
    need.due_unproved > 0 && need.wanted_within.is_zero() && need.waited >= PATIENCE
}

/// For how long a need, or its end, must have been seen before this operator follows it.
pub(super) fn wait_for_turn(need: &ProofNeed, start: bool, key: Option<&PublicKey>) -> Duration {
    let [to_start, to_stop] = LONGEST_TURNS;
    let longest = match (start, is_stuck(need)) {
        (true, true) => PATIENCE,
        (true, false) => to_start.min(need.period / 4),
        (false, _) => to_stop,
    };
    longest.mul_f64(draw_share(key.map_or("", PublicKey::as_str), need.roll))
}

/// A uniform share in [0, 1) for a key at a roll: FNV-1a, then the finalizer of SplitMix64.
fn draw_share(key: &str, roll: u32) -> f64 {
    const STEPS: f64 = (1_u64 << 53) as f64;
    let bytes = key.bytes().chain(roll.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / STEPS
}

#[cfg(test)]
mod tests;
