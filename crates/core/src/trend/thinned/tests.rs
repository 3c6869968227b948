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
