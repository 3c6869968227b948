//! Works of our own that were undercut or refused before they were seen: they did not sell.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::calibration::{Calibration, Prediction};
use crate::units::Nanomina;

/// Most entries kept: those of one fee a day make 72.
const MAX_ENTRIES: usize = 1_000;
/// Works within this time, at one fee, are one entry.
const ENTRY: Duration = Duration::from_secs(20 * 60);

/// Works lost unseen, oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct UnseenWorks(VecDeque<UnseenAtFee>);

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct UnseenAtFee {
    from: Timestamp,
    fee: Nanomina,
    works: u64,
    /// Sums of the predicted probabilities.
    corrected: f64,
    uncorrected: f64,
}

impl UnseenWorks {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds works found lost at `at`; none if their fee is not known.
    pub(super) fn add(&mut self, at: Timestamp, works: u64, predicted: Prediction) {
        let Some(fee) = predicted.fee else { return };
        let fits = |last: &&mut UnseenAtFee| {
            last.fee == fee && at.duration_since(last.from).unsigned_abs() < ENTRY
        };
        let (corrected, uncorrected) =
            (predicted.corrected * works as f64, predicted.uncorrected * works as f64);
        match self.0.back_mut().filter(fits) {
            Some(last) => {
                last.works = last.works.saturating_add(works);
                last.corrected += corrected;
                last.uncorrected += uncorrected;
            }
            None => {
                self.0.push_back(UnseenAtFee { from: at, fee, works, corrected, uncorrected });
                self.0.drain(..self.0.len().saturating_sub(MAX_ENTRIES));
            }
        }
    }

    /// Drops those lost before `oldest`.
    pub(super) fn prune(&mut self, oldest: Timestamp) {
        self.0.retain(|entry| entry.from >= oldest);
    }

    /// What was predicted of them, by their fee.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Nanomina, Calibration)> {
        self.0.iter().map(|entry| {
            let UnseenAtFee { fee, works, corrected, uncorrected, from: _ } = *entry;
            (fee, Calibration { decided: works, predicted: corrected, uncorrected, sold: 0 })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{fee, time};

    #[test]
    fn works_count_at_their_fee_until_they_are_old_and_are_kept_in_few_entries() {
        let mut unseen = UnseenWorks::default();
        let of = |asked| Prediction { fee: Some(fee(asked)), corrected: 0.5, uncorrected: 0.25 };
        for minute in 0..60 {
            unseen.add(time(minute * 60), 2, of(7));
        }
        unseen.add(time(3_600), 1, of(9));
        assert_eq!(unseen.0.len(), 4);
        let sum = |unseen: &UnseenWorks| {
            unseen.iter().map(|(_, lost)| lost).fold(Calibration::default(), Calibration::sum)
        };
        assert_eq!((sum(&unseen).decided, sum(&unseen).sold), (121, 0));
        assert!((sum(&unseen).predicted - 60.5).abs() < 1e-9);
        unseen.prune(time(2_400));
        assert_eq!(sum(&unseen).decided, 41);
    }
}
