//! A history of bounded size that loses resolution, never extent.

/// Points in order of arrival. When full, every second one is dropped and from then on half as many
/// are kept.
#[derive(Clone, Debug)]
pub struct ThinnedSeries<T> {
    kept: Vec<T>,
    limit: usize,
    /// Arrivals that one kept point stands for.
    stride: u64,
    /// Arrivals that the last kept point stands for so far.
    pending: u64,
}

impl<T: Clone> ThinnedSeries<T> {
    /// Keeps at most `limit` points, at least 2.
    pub fn new(limit: usize) -> Self {
        Self { kept: Vec::new(), limit: limit.max(2) & !1, stride: 1, pending: 0 }
    }

    /// Takes a point. The newest is always kept: it stands for its stride and later ones replace it
    /// until that is full.
    pub fn push(&mut self, point: T) {
        if self.pending > 0 && self.pending < self.stride {
            self.kept.pop();
        } else {
            if self.kept.len() >= self.limit {
                self.halve();
            }
            self.pending = 0;
        }
        self.pending += 1;
        self.kept.push(point);
    }

    /// Keeps at most `limit` points from now on, at least 2.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(2) & !1;
        while self.kept.len() > self.limit {
            self.halve();
        }
        self.kept.shrink_to_fit();
    }

    /// Of each pair the later is kept, so that the newest survives; one without a pair is the
    /// newest.
    fn halve(&mut self) {
        let (count, mut place) = (self.kept.len(), 0);
        self.kept.retain(|_| {
            place += 1;
            place % 2 == 0 || place == count
        });
        if count % 2 == 0 {
            self.pending = self.pending.saturating_add(self.stride);
        }
        self.stride = self.stride.saturating_mul(2);
    }

    /// At most `most` points, evenly taken, oldest first, the newest included.
    pub fn thin_to(&self, most: usize) -> Vec<T> {
        let step = self.kept.len().div_ceil(most.max(1)).max(1);
        let mut points: Vec<T> = self.kept.iter().rev().step_by(step).cloned().collect();
        points.reverse();
        points
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::ThinnedSeries;

    #[test]
    fn a_history_that_is_not_full_keeps_everything() {
        let mut history = ThinnedSeries::new(6);
        (0..6).for_each(|n| history.push(n));
        assert_eq!(history.thin_to(99), [0, 1, 2, 3, 4, 5]);
        history.push(6);
        assert_eq!(history.thin_to(99), [1, 3, 5, 6]);
        history.push(7);
        assert_eq!(history.thin_to(99), [1, 3, 5, 7], "the newest stands for its stride");
        history.push(8);
        assert_eq!(history.thin_to(99), [1, 3, 5, 7, 8]);
    }

    proptest! {
        #[test]
        fn a_history_is_bounded_ordered_evenly_spread_and_ends_with_the_newest(
            before in 2_usize..64, limit in 2_usize..64, early in 0_u64..600, later in 1_u64..5_000, most in 1_usize..80,
        ) {
            let arrivals = early + later;
            let mut history = ThinnedSeries::new(before);
            (0..early).for_each(|n| history.push(n));
            history.set_limit(limit);
            prop_assert!(history.kept.len() <= limit);
            prop_assert_eq!(history.kept.last().copied(), early.checked_sub(1));
            (early..arrivals).for_each(|n| history.push(n));
            let all = history.thin_to(usize::MAX);
            prop_assert!(all.len() <= limit);
            prop_assert_eq!(all.last().copied(), Some(arrivals - 1));
            prop_assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
            let span = history.stride;
            let inner = &all[..all.len() - 1];
            prop_assert!(inner.windows(2).all(|pair| pair[1] - pair[0] == span), "{:?}", all);
            prop_assert!(all[0] < span, "the beginning stays");
            prop_assert!(arrivals <= 2 * limit as u64 || all.len() >= limit.min(before) / 4, "no more is lost than needed");

            let few = history.thin_to(most);
            prop_assert!(few.len() <= most);
            prop_assert_eq!(few.last(), all.last());
        }
    }
}
