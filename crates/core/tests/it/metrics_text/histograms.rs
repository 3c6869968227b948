//! Invariants of histograms and increments.

use proptest::{collection::vec, prelude::*};
use snarkfee_core::metrics_text::{Exposition, Histogram, MAX_SHARE_ABOVE, Resolution, Restart};

use super::model::{Buckets, Dialect, ModelSample, buckets};

fn read(text: &str) -> Histogram {
    let exposition = Exposition::parse(text);
    Histogram::from_family(&exposition.family("h").unwrap()).unwrap()
}

/// Prints in the daemon's dialect, six digits, and reads.
fn scrape(buckets: &Buckets) -> Histogram {
    read(&buckets.print(buckets.descending(Dialect::Daemon)))
}

fn exact(buckets: &Buckets) -> Histogram {
    Histogram::try_new(buckets.bounds.clone(), buckets.cumulative(), buckets.sum).unwrap()
}

fn shuffled() -> impl Strategy<Value = (Buckets, Vec<ModelSample>)> {
    buckets(50_000).prop_flat_map(|buckets| {
        let samples = buckets.ascending(Dialect::Daemon);
        (Just(buckets), Just(samples).prop_shuffle())
    })
}

/// A histogram, and what each of its buckets gained since.
fn growth(most: u64) -> impl Strategy<Value = (Buckets, Buckets)> {
    buckets(most).prop_flat_map(|earlier| {
        let gained = vec(prop_oneof![Just(0), 0..20_u64, 0..5000_u64], earlier.counts.len());
        gained.prop_map(move |gained| {
            let counts =
                earlier.counts.iter().zip(&gained).map(|(count, gained)| count + gained).collect();
            (earlier.clone(), Buckets { counts, ..earlier.clone() })
        })
    })
}

proptest! {
    #[test]
    fn the_order_of_samples_is_of_no_importance((buckets, samples) in shuffled()) {
        prop_assert_eq!(read(&buckets.print(samples)), exact(&buckets));
    }

    #[test]
    fn parts_and_intervals_give_the_histogram_back(buckets in buckets(50_000)) {
        let histogram = exact(&buckets);
        let counts: Vec<_> = histogram.buckets().map(|interval| interval.count).collect();
        prop_assert_eq!(counts, buckets.counts.iter().map(|&count| count as f64).collect::<Vec<_>>());
        prop_assert!(histogram.buckets().all(|interval| interval.above < interval.up_to));
        prop_assert!(histogram.buckets().zip(histogram.buckets().skip(1)).all(|(one, next)| one.up_to.to_bits() == next.above.to_bits()));
        let (bounds, cumulative, sum) = histogram.clone().into_parts();
        prop_assert_eq!(Histogram::try_new(bounds, cumulative, sum), Ok(histogram));
    }

    #[test]
    fn nothing_is_added_to_itself(buckets in buckets(50_000_000)) {
        let histogram = scrape(&buckets);
        let increment = histogram.increment_since(&histogram);
        prop_assert_eq!(increment.restart, None);
        prop_assert!(increment.added.buckets().all(|interval| interval.count.abs() <= 0.0));
        prop_assert_eq!(increment.added.resolution(None), Resolution::Empty);
    }

    #[test]
    fn below_a_million_the_earlier_plus_the_increment_is_the_later((earlier, later) in growth(70_000)) {
        let (earlier, later) = (scrape(&earlier), scrape(&later));
        let increment = later.increment_since(&earlier);
        prop_assert_eq!(increment.restart, None);
        let sum: Vec<_> = earlier.cumulative().iter().zip(increment.added.cumulative()).map(|(a, b)| a + b).collect();
        prop_assert_eq!(sum.as_slice(), later.cumulative());
        let (_, cumulative, total) = increment.added.clone().into_parts();
        prop_assert_eq!(Histogram::try_new(later.bounds().to_vec(), cumulative, total), Ok(increment.added));
    }

    #[test]
    fn six_digits_cost_at_most_a_step_and_feign_no_restart((earlier, later) in growth(40_000_000)) {
        let truth = exact(&later).increment_since(&exact(&earlier)).added;
        let printed = scrape(&later).increment_since(&scrape(&earlier));
        prop_assert_eq!(printed.restart, None);
        for (seen, true_count) in printed.added.cumulative().iter().zip(truth.cumulative()) {
            prop_assert!((seen - true_count).abs() <= printed.count_step, "{} for {}", seen, true_count);
        }
        prop_assert!(printed.added.buckets().all(|interval| interval.count >= 0.0));
    }

    #[test]
    fn a_bucket_that_lost_shows_a_restart((mut earlier, mut later) in growth(70_000), place in any::<prop::sample::Index>(), lost in 1..100_u64) {
        let place = place.index(later.counts.len());
        later.counts[place] = earlier.counts[place];
        earlier.counts[place] += lost;
        let (earlier, later) = (scrape(&earlier), scrape(&later));
        let increment = later.increment_since(&earlier);
        prop_assert_eq!(increment.restart, Some(Restart::CountsFell));
        prop_assert_eq!(increment.added, later);
    }

    #[test]
    fn the_verdict_follows_the_share_above_the_last_bound(buckets in buckets(1000), scale in 1..1_000_000_000_u32) {
        let histogram = exact(&buckets);
        let verdict = histogram.resolution(None);
        let free: u64 = buckets.bounds.iter().zip(&buckets.counts).filter(|(bound, _)| **bound <= 0.0).map(|(_, count)| count).sum();
        let priced = buckets.counts.iter().sum::<u64>() - free;
        let above = *buckets.counts.last().unwrap() as f64 / priced as f64;
        let expected = match (free + priced, priced) {
            (0, _) => "empty",
            (_, 0) => "only_free",
            _ if above <= MAX_SHARE_ABOVE => "resolves",
            _ => "cannot_resolve",
        };
        prop_assert_eq!(verdict.code(), expected);
        if let Resolution::Resolves { median, .. } = verdict {
            prop_assert!(median.above.is_none_or(|bound| bound < median.up_to) && buckets.bounds.contains(&median.up_to));
        }
        let bounds = buckets.bounds.iter().map(|bound| bound * f64::from(scale)).collect();
        let in_another_unit = Histogram::try_new(bounds, buckets.cumulative(), 0.0).unwrap().resolution(None);
        prop_assert_eq!(in_another_unit.code(), expected);
    }
}
