//! Time of one estimate: 100,000 weighted observations with 2,000 distinct bounds should take less
//! than 50 ms on one core.

#![expect(clippy::disallowed_types, reason = "divan registers benchmarks in statics")]

use divan::{Bencher, black_box};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use snarkfee_core::{
    market::estimate::{Censoring, EstimatorSettings, Observation, estimate},
    units::Nanomina,
};

fn main() {
    divan::main();
}

const BOUNDS: u64 = 2_000;
const BLOCK: u64 = 128;

fn bound(at: u64) -> Nanomina {
    Nanomina::try_new(at * 5_000).unwrap_or(Nanomina::MAX)
}

/// Blocks of 128 works: shares of sales by others, own sales, standing offers and buckets of a
/// histogram as given, in tenths.
fn market(count: u64, [exact, above, at_most]: [u64; 3], any_bucket: bool) -> Vec<Observation> {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    (0..count)
        .map(|at| {
            let (price, other) = (random.random_range(0..BOUNDS), random.random_range(0..BOUNDS));
            let kind = random.random_range(0..10);
            let censoring = if kind < exact {
                Censoring::Exact(bound(price))
            } else if kind < exact + above {
                Censoring::Above(bound(price.min(other)))
            } else if kind < exact + above + at_most {
                Censoring::AtMost(bound(price.max(other)))
            } else if any_bucket {
                Censoring::Between {
                    above: Some(bound(price.min(other))),
                    at_most: Some(bound(price.max(other) + 1)),
                }
            } else {
                let bucket = price / 200 * 200;
                Censoring::Between {
                    above: Some(bound(bucket)),
                    at_most: Some(bound(bucket + 200)),
                }
            };
            Observation {
                censoring,
                weight: 0.5_f64.powf(at as f64 / 20_000.0),
                cluster: at / BLOCK,
            }
        })
        .collect()
}

fn run(bencher: Bencher<'_, '_>, observations: &[Observation]) {
    bencher.bench(|| estimate(black_box(observations), &EstimatorSettings::default()));
}

#[divan::bench]
fn all_kinds_100k(bencher: Bencher<'_, '_>) {
    run(bencher, &market(100_000, [6, 2, 1], false));
}

#[divan::bench]
fn right_censored_100k(bencher: Bencher<'_, '_>) {
    run(bencher, &market(100_000, [7, 3, 0], false));
}

/// Far from any market: nearly every observation has an interval of its own, so there is little to
/// aggregate.
#[divan::bench(sample_count = 10)]
fn any_intervals_5k(bencher: Bencher<'_, '_>) {
    run(bencher, &market(5_000, [0, 2, 2], true));
}

#[divan::bench]
fn all_kinds_2k(bencher: Bencher<'_, '_>) {
    run(bencher, &market(2_000, [6, 2, 1], false));
}
