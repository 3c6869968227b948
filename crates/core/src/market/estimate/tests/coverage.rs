//! How often the band holds the truth, on markets whose distribution is known.
//!
//! A block draws its mood, then its works their prices given the mood, so works of one block are
//! dependent. Each work is then seen in one of four ways that do not depend on its price: bought
//! from another, asked for by us at some fee, looked up in the book, or counted in a bucket.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// Shares of free works, dust and priced works when the block's mood is low and high, and how often
/// it is high.
struct Market {
    name: &'static str,
    low: [f64; 3],
    high: [f64; 3],
    often: f64,
}

/// Close to the shares of works bought on mainnet: 2021, 2022, and November 2022 to January 2024.
const MARKETS: [Market; 3] = [
    Market { name: "surplus", low: [1.0, 0.0, 0.0], high: [0.7, 0.25, 0.05], often: 0.2 },
    Market { name: "list price", low: [0.95, 0.04, 0.01], high: [0.6, 0.1, 0.3], often: 0.35 },
    Market { name: "scarce", low: [0.5, 0.2, 0.3], high: [0.1, 0.15, 0.75], often: 0.5 },
];

const DUST: [u64; 4] = [1, 8, 10, 100];
const PRICED: [u64; 5] = [10_000, 100_000, 990_000, 1_000_000, 9_500_000];
const ASKS: [u64; 4] = [0, 9, 50_000, 990_000];
const FEES: [u64; 8] = [0, 7, 9, 99, 50_000, 100_000, 990_000, 9_000_000];

impl Market {
    fn survival(&self, fee: u64) -> f64 {
        let above = |prices: &[u64]| {
            prices.iter().filter(|price| **price > fee).count() as f64 / prices.len() as f64
        };
        let share = |of: usize| self.low[of] * (1.0 - self.often) + self.high[of] * self.often;
        share(1) * above(&DUST) + share(2) * above(&PRICED)
    }

    fn observations(&self, blocks: u64, random: &mut ChaCha8Rng) -> Vec<Observation> {
        let mut observations = Vec::new();
        for block in 0..blocks {
            let shares = if random.random::<f64>() < self.often { self.high } else { self.low };
            let works = if random.random::<f64>() < 0.25 { 1 } else { random.random_range(10..30) };
            for _ in 0..works {
                let kind: f64 = random.random();
                let price = if kind < shares[0] {
                    0
                } else if kind < shares[0] + shares[1] {
                    DUST[random.random_range(0..DUST.len())]
                } else {
                    PRICED[random.random_range(0..PRICED.len())]
                };
                observations.push(see(price, block, random));
            }
        }
        observations
    }
}

fn see(price: u64, block: u64, random: &mut ChaCha8Rng) -> Observation {
    let ask = ASKS[random.random_range(0..ASKS.len())];
    match random.random_range(0..10) {
        0..6 => exact(price, block),
        6 | 7 if price > ask => above(ask, block),
        6 | 7 => exact(price, block),
        8 if price > ask => above(ask, block),
        8 => at_most(ask, block),
        _ => match price {
            0 => exact(0, block),
            1..=10 => between(0, 10, block),
            _ => above(10, block),
        },
    }
}

#[test]
fn the_ninety_percent_band_holds_the_truth() {
    const SEEDS: u64 = 200;
    for market in &MARKETS {
        let mut held = [0_u64; FEES.len()];
        let mut error = [0.0; FEES.len()];
        let mut width = [0.0; FEES.len()];
        for seed in 0..SEEDS {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let blocks = 10 + seed % 40;
            let found =
                estimate(&market.observations(blocks, &mut random), &nonparametric_settings());
            assert!(
                matches!(found.method(), Method::Nonparametric { converged: true, .. }),
                "seed {seed}"
            );
            for (at, fee) in FEES.iter().enumerate() {
                let point = found.estimate_at(nanomina(*fee));
                let truth = market.survival(*fee);
                held[at] += u64::from((point.low..=point.high).contains(&truth));
                error[at] += (point.estimate - truth) / SEEDS as f64;
                width[at] += (point.high - point.low) / SEEDS as f64;
            }
        }
        for (at, fee) in FEES.iter().enumerate() {
            let rate = held[at] as f64 / SEEDS as f64;
            let truth = market.survival(*fee);
            println!(
                "{}: S({fee}) = {truth:.3} held {rate:.3}, bias {:+.4}, width {:.3}",
                market.name, error[at], width[at]
            );
            assert!(
                rate >= 0.85,
                "{}: the band at {fee} holds the truth in {rate} of runs",
                market.name
            );
            assert!(error[at].abs() < 0.02, "{}: bias {} at {fee}", market.name, error[at]);
        }
        // A band that always holds because it is wide tells nothing.
        assert!(width.iter().all(|width| *width < 0.35), "{}: {width:?}", market.name);
    }
}

/// Sixty clusters of works that are dear or free together, one in so many drawing another fate than
/// the one before it had.
fn runs(length: u32, random: &mut ChaCha8Rng) -> Vec<Observation> {
    let mut dear = random.random::<bool>();
    (0..60)
        .flat_map(|cluster| {
            if random.random_range(0..length) == 0 {
                dear = random.random();
            }
            let share = if dear { 0.7 } else { 0.1 };
            let price = |random: &mut ChaCha8Rng| {
                if random.random::<f64>() < share { 1_000_000 } else { 0 }
            };
            (0..16).map(|_| exact(price(random), cluster)).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn the_band_holds_the_truth_where_runs_outlast_a_cluster() {
    const SEEDS: u64 = 400;
    let mut widths = Vec::new();
    for length in [1, 2, 3] {
        let (mut held, mut width) = (0, 0.0);
        for seed in 0..SEEDS {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let settings = EstimatorSettings { level: 0.8, ..nonparametric_settings() };
            let point = estimate(&runs(length, &mut random), &settings).estimate_at(nanomina(0));
            held += u64::from((point.low..=point.high).contains(&0.4));
            width += (point.high - point.low) / SEEDS as f64;
        }
        let rate = held as f64 / SEEDS as f64;
        println!("a fate for {length} clusters: held {rate:.3}, width {width:.3}");
        assert!(
            rate >= 0.8,
            "a fate for {length} clusters: the band holds the truth in {rate} of looks"
        );
        widths.push(width);
    }
    assert!(widths[0] < 0.15, "clusters that have nothing in common: {widths:?}");
    assert!(widths.is_sorted() && widths[2] > 1.5 * widths[0], "{widths:?}");
}
