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
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    /// 60 of 120 due works lack a proof, wanted within the hour, and we need a quarter of one.
    fn lacking(others_take: Option<Duration>, slack: i64) -> ProofNeed {
        ProofNeed {
            due: 120,
            due_unproved: 60,
            unproved: 90,
            wanted_within: HOUR,
            slack: SignedDuration::from_mins(slack),
            others_take,
            waited: HOUR,
            period: HOUR * 2,
            roll: 5,
        }
    }

    #[test]
    fn it_starts_when_others_will_be_late_and_time_presses() {
        assert!(is_needed(&lacking(Some(HOUR * 2), 29), false));
        assert!(
            !is_needed(&lacking(Some(HOUR * 2), 31), false),
            "there is time to wait for others"
        );
        assert!(!is_needed(&lacking(Some(HOUR / 2), -10), false), "others will do");
        assert!(is_needed(&lacking(None, 0), false));
    }

    #[test]
    fn once_on_it_goes_on_until_all_that_is_due_is_proved() {
        assert!(is_needed(&lacking(Some(HOUR / 2), 45), true));
        let proved = ProofNeed { due_unproved: 0, ..lacking(Some(HOUR / 2), 45) };
        assert!(!is_needed(&proved, true));
    }

    #[test]
    fn a_purchase_that_waits_for_one_work_is_not_left_to_others_for_long() {
        let head = ProofNeed {
            due_unproved: 1,
            wanted_within: Duration::ZERO,
            ..lacking(Some(Duration::from_secs(20)), -2)
        };
        assert!(is_needed(&head, false));
        assert!(!is_needed(&ProofNeed { waited: PATIENCE / 2, ..head }, false));
    }

    #[test]
    fn turns_are_spread_over_the_time_there_is_and_drawn_anew_at_each_roll() {
        // Zero is no digit of base 58.
        let key = |n: usize| PublicKey::try_new(&format!("B62q{n}").replace('0', "z")).unwrap();
        let need = lacking(None, 0);
        let mut turns: Vec<f64> = (0..200).map(|n| draw_share(key(n).as_str(), 5)).collect();
        turns.sort_by(f64::total_cmp);
        for (place, turn) in turns.iter().enumerate() {
            assert!((turn - place as f64 / 200.0).abs() < 0.12, "{place}: {turn}");
        }
        let at = |roll| wait_for_turn(&ProofNeed { roll, ..need }, true, Some(&key(1)));
        assert!(at(5) != at(6) && at(5) < Duration::from_secs(20 * 60) && at(5) == at(5));
        let stop = wait_for_turn(&need, false, Some(&key(1)));
        assert!(stop < Duration::from_secs(60));
    }
}
