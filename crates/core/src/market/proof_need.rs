//! Whether the works that are bought next have proofs, and whether those that lack one would get
//! one in time.
//!
//! Works are bought in rolls: many at once, then none while the next tree fills. A roll takes the
//! first works in order, and stops at the first without a proof (Mina `staged_ledger.ml`, 3.0.3).
//! So the first works of the book, as many as the largest purchase seen, are due together; the next
//! as many one roll later. The time of the next roll is not known, only how long it has been since
//! the last one and how long they are apart on average. Half of that distance after a roll, what is
//! due should be proved.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    look::{Block, OpenWork},
    selection::SelectionMethod,
};

/// Works that one block can buy (Mina `transaction_capacity_log_2` = 7), for where no purchase is
/// known.
const MOST_WORKS: usize = 128;
/// Shortest and longest time between two rolls that is reckoned with, in hours.
const PERIODS: [f64; 2] = [0.05, 12.0];
/// Works per hour that a prover is taken to make until its pace is known.
const USUAL_PACE: f64 = 30.0;

/// Whether the works that are bought next have proofs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProofNeed {
    /// Works that the next roll can take.
    pub due: u64,
    /// Of these, works without a proof.
    pub due_unproved: u64,
    /// Open works without a proof.
    pub unproved: u64,
    /// Time until the first of them should be proved; zero where none lacks a proof.
    pub wanted_within: Duration,
    /// What is left of that time once our provers have proved what is wanted, as they would if they
    /// began now; negative if they would be late.
    pub slack: SignedDuration,
    /// Time in which others prove as many, at their pace of the last minutes; `None` while they
    /// prove nothing, or nothing is known of them.
    pub others_take: Option<Duration>,
    /// For how long the first work without a proof has been the first.
    pub waited: Duration,
    /// Mean time between two rolls.
    pub period: Duration,
    /// Height of the newest roll; 0 if none is known.
    pub roll: u32,
}

/// What purchases look like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rolls {
    /// Works of the largest purchase.
    due: usize,
    /// Hours between two.
    period: f64,
    /// Hours since the last one.
    passed: f64,
    /// Its height.
    height: u32,
}

impl Rolls {
    /// Finds them in the blocks of the window, at a demand of works per hour.
    pub(super) fn find(blocks: &[&Block], demand: Option<f64>, now: Timestamp) -> Self {
        let largest = blocks.iter().map(|block| block.works.len()).max().filter(|most| *most > 0);
        let due = largest.unwrap_or(MOST_WORKS);
        let last = blocks.iter().rev().find(|block| 2 * block.works.len() >= due);
        let [shortest, longest] = PERIODS;
        let period = demand.filter(|demand| *demand > 0.0).map_or(longest, |d| due as f64 / d);
        let passed = last.map(|block| now.duration_since(block.at).as_secs_f64() / 3600.0);
        Self {
            due,
            period: period.clamp(shortest, longest),
            passed: passed.map_or(longest, |passed| passed.max(0.0)),
            height: last.map_or(0, |block| block.height),
        }
    }

    /// Hours until the work at this place in order of purchase should be proved.
    fn wanted_within(&self, place: f64) -> f64 {
        let later = (place / self.due as f64).floor() * self.period;
        (self.period / 2.0 - self.passed).max(0.0) + later
    }
}

/// Works per hour.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProvingPaces {
    /// Of our provers, while they have work; `None` while not known.
    pub(super) own: Option<f64>,
    /// Of all others, in the last minutes; `None` while not known.
    pub(super) others: Option<f64>,
    /// How our daemon hands out works.
    pub(super) selection: SelectionMethod,
}

impl ProofNeed {
    /// Looks at the open works, which are in order of purchase if `ordered`.
    pub(super) fn assess(
        (works, ordered): (&[OpenWork], bool),
        rolls: Rolls,
        paces: ProvingPaces,
        waited: Duration,
    ) -> Self {
        let unproved = || works.iter().enumerate().filter(|(_, open)| open.standing.is_none());
        let count = unproved().count();
        // Without an order the unproved ones may be anywhere.
        let spread = works.len() as f64 / count.max(1) as f64;
        let places = unproved().enumerate().map(|(index, (place, _))| match ordered {
            true => place as f64,
            false => (index as f64 + 0.5) * spread,
        });
        let pace = paces.own.filter(|pace| *pace > 0.0).unwrap_or(USUAL_PACE);
        // Handed out at random, what is wanted comes with everything else.
        let own_takes = |index: usize| match paces.selection {
            SelectionMethod::Seq => (index + 1) as f64 / pace,
            SelectionMethod::Rand | SelectionMethod::Roffset => count as f64 / pace,
        };
        let slack = |(index, place)| rolls.wanted_within(place) - own_takes(index);
        let first = places.clone().next().map_or(0.0, |place| rolls.wanted_within(place));
        let least = places.clone().enumerate().map(slack).min_by(f64::total_cmp);
        let due_unproved = places.filter(|place| *place < rolls.due as f64).count();
        let others = paces.others.filter(|pace| *pace > 0.0);
        Self {
            due: rolls.due.min(works.len()) as u64,
            due_unproved: due_unproved as u64,
            unproved: count as u64,
            wanted_within: hours(first),
            slack: signed_hours(least.unwrap_or(rolls.period)),
            others_take: others.map(|pace| hours(count as f64 / pace)),
            waited,
            period: hours(rolls.period),
            roll: rolls.height,
        }
    }
}

/// A span of so many hours, to the second.
fn hours(hours: f64) -> Duration {
    const LONGEST: f64 = 1000.0;
    Duration::try_from_secs_f64((hours.clamp(0.0, LONGEST) * 3600.0).round()).unwrap_or_default()
}

fn signed_hours(value: f64) -> SignedDuration {
    let length = SignedDuration::try_from(hours(value.abs())).unwrap_or_default();
    if value < 0.0 { -length } else { length }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{block, open_work, time};

    /// 100 works due of which every second has a proof, and 100 more of which none has.
    fn book() -> Vec<OpenWork> {
        let proved = |id: i64| (id < 100 && id % 2 == 0).then_some((0, "them"));
        (0..200).map(|id| open_work(id, proved(id))).collect()
    }

    const ROLLS: Rolls = Rolls { due: 100, period: 2.0, passed: 0.25, height: 7 };

    fn assess(own: f64, others: f64, selection: SelectionMethod) -> ProofNeed {
        let paces = ProvingPaces { own: Some(own), others: Some(others), selection };
        ProofNeed::assess((&book(), true), ROLLS, paces, Duration::ZERO)
    }

    #[test]
    fn what_is_due_is_wanted_half_a_roll_after_the_last_one() {
        let need = assess(600.0, 150.0, SelectionMethod::Rand);
        assert_eq!((need.due, need.due_unproved, need.unproved), (100, 50, 150));
        assert_eq!(need.wanted_within, Duration::from_secs(45 * 60));
        assert_eq!(need.slack, SignedDuration::from_mins(45 - 15), "all 150 at 600 an hour");
        assert_eq!(need.others_take, Some(Duration::from_secs(3600)));
    }

    #[test]
    fn in_order_only_what_comes_first_has_to_be_proved_first() {
        let need = assess(100.0, 0.0, SelectionMethod::Seq);
        assert_eq!(need.slack, SignedDuration::from_mins(45 - 30), "the 50 that are due");
        assert_eq!(need.others_take, None);
        let slow = assess(40.0, 0.0, SelectionMethod::Seq);
        assert!(slow.slack < SignedDuration::ZERO);
    }

    #[test]
    fn where_all_is_proved_or_nothing_open_nothing_is_wanted() {
        let paces = ProvingPaces { own: None, others: None, selection: SelectionMethod::Rand };
        let proved: Vec<_> = (0..50).map(|id| open_work(id, Some((0, "them")))).collect();
        for works in [&proved[..], &[]] {
            let need = ProofNeed::assess((works, true), ROLLS, paces, Duration::ZERO);
            assert_eq!((need.unproved, need.due_unproved), (0, 0));
            assert_eq!(need.slack, SignedDuration::from_hours(2));
        }
    }

    #[test]
    fn without_an_order_unproved_works_may_be_anywhere() {
        let mut works = book();
        works.reverse();
        let paces = ProvingPaces { own: None, others: None, selection: SelectionMethod::Rand };
        let need = ProofNeed::assess((&works, false), ROLLS, paces, Duration::ZERO);
        assert_eq!(need.due_unproved, 75);
    }

    #[test]
    fn rolls_are_read_off_the_blocks() {
        let works = |n: i64| (0..n).map(|id| (id, 0, "them")).collect::<Vec<_>>();
        let blocks = [
            block(1, "a", 0, &works(100)),
            block(2, "b", 3_600, &works(60)),
            block(3, "c", 4_000, &works(1)),
        ];
        let blocks: Vec<&Block> = blocks.iter().map(|block| &**block).collect();
        let rolls = Rolls::find(&blocks, Some(50.0), time(7_200));
        assert_eq!(rolls, Rolls { due: 100, period: 2.0, passed: 1.0, height: 2 });
        let none = Rolls::find(&[], None, time(7_200));
        assert_eq!((none.due, none.height, none.wanted_within(0.0)), (MOST_WORKS, 0, 0.0));
    }
}
