use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// Long-run variances over the sum of squares, averaged over sequences of sixty clusters that
/// agree in runs of this length.
fn ratios(length: usize) -> [f64; WAVES.len()] {
    const SEQUENCES: u64 = 400;
    let cosines = Cosines::new(&[1.0; 60]);
    let mut ratios = [0.0; WAVES.len()];
    for seed in 0..SEQUENCES {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let begins = random.random_range(0..length);
        let fates: Vec<f64> =
            (0..60).map(|_| if random.random::<bool>() { 1.0 } else { -1.0 }).collect();
        let values: Vec<f64> = (0..60).map(|at| fates[(at + begins) / length]).collect();
        for (ratio, variance) in
            ratios.iter_mut().zip(cosines.variances(values.into_iter().enumerate()))
        {
            *ratio += variance / 60.0 / SEQUENCES as f64;
        }
    }
    ratios
}

#[test]
fn with_all_waves_it_is_the_cluster_robust_variance() {
    let cosines = Cosines::new(&[0.2; 5]);
    let values: [f64; 5] = [0.3, -0.1, 0.2, -0.5, 0.1];
    let squares: f64 = values.iter().map(|value| value * value).sum();
    assert!((cosines.freedoms()[2] - 4.0).abs() < 1e-12);
    assert!(
        (cosines.variances(values.into_iter().enumerate())[2] - squares * 5.0 / 4.0).abs() < 1e-12
    );
}

#[test]
fn runs_count_in_full_where_waves_are_longer() {
    for ratio in ratios(1) {
        assert!(
            (0.85..1.15).contains(&ratio),
            "clusters that have nothing in common count as they are: {ratio}"
        );
    }
    let [few, _, many] = ratios(5);
    assert!((4.0..5.5).contains(&few), "five clusters that share a fate are one: {few}");
    assert!((3.0..few).contains(&many), "more waves miss some of it: {many}");
}

#[test]
fn the_order_reversed_gives_the_same() {
    let weights: Vec<f64> = (1..=40).map(f64::from).collect();
    let values: Vec<f64> = weights.iter().map(|weight| weight * (weight * weight).sin()).collect();
    let (mut back, mut reversed) = (weights.clone(), values.clone());
    back.reverse();
    reversed.reverse();
    let one = Cosines::new(&weights).variances(values.into_iter().enumerate());
    let other = Cosines::new(&back).variances(reversed.into_iter().enumerate());
    assert!(
        one.iter().zip(other).all(|(one, other)| (one / other - 1.0).abs() < 1e-9),
        "{one:?} {other:?}"
    );
}

#[test]
fn one_cluster_has_no_variance() {
    let cosines = Cosines::new(&[1.0]);
    assert_eq!(
        (cosines.freedoms(), cosines.variances(std::iter::once((0, 0.5)))),
        ([0.0; WAVES.len()], [0.0; WAVES.len()])
    );
}
