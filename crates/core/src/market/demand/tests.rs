use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::fixtures::block;

const LEVEL: f64 = 0.8;

/// Blocks three minutes apart, each with the number of works that it buys.
fn blocks(count: u32, works: impl Fn(u32) -> i64) -> Vec<Arc<Block>> {
    let of = |height| {
        let sales: Vec<(i64, u64, &str)> =
            (0..works(height)).map(|work| (work, 5, "them")).collect();
        block(height, &height.to_string(), i64::from(height) * 180, &sales)
    };
    (0..count).map(of).collect()
}

fn demand(blocks: &[Arc<Block>]) -> Demand {
    Demand::estimate(blocks.iter(), LEVEL).unwrap()
}

#[test]
fn regular_purchases_are_known_exactly() {
    let found = demand(&blocks(101, |height| if height % 10 == 0 { 40 } else { 0 }));
    let [low, high] = found.interval.unwrap();
    assert!((found.per_hour - 80.0).abs() < 1e-9 && (low - high).abs() < 1e-9, "{found:?}");
}

#[test]
fn the_interval_narrows_with_purchases_and_needs_three() {
    let width = |rolls: u32| {
        demand(&blocks(60, |height| {
            if height % 7 == 3 && height < 7 * rolls { i64::from(height) + 9 } else { 0 }
        }))
        .interval
        .map(|[low, high]| high / low)
    };
    assert_eq!((width(0), width(1), width(2)), (None, None, None));
    assert!(width(3) > width(8) && width(8) > Some(1.05), "{:?} {:?}", width(3), width(8));
    assert_eq!(Demand::estimate(blocks(1, |_| 9).iter(), LEVEL), None);
}

#[test]
fn the_interval_of_a_compound_poisson_rate_holds_it_at_its_level() {
    const SEEDS: u64 = 500;
    let mut held = 0;
    for seed in 0..SEEDS {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let sizes: Vec<i64> = (0..290)
            .map(|_| if random.random_range(0..8) == 0 { random.random_range(1..=128) } else { 0 })
            .collect();
        let [low, high] = demand(&blocks(290, |height| sizes[height as usize])).interval.unwrap();
        // One block in eight buys 64.5 works on average; twenty blocks an hour.
        held += u64::from((low..=high).contains(&(20.0 * 64.5 / 8.0)));
    }
    let rate = held as f64 / SEEDS as f64;
    assert!((rate - LEVEL).abs() < 0.06, "{rate}");
}
