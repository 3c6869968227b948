use super::*;

fn histogram(cumulative: &[f64], sum: f64) -> Histogram {
    let bounds = (0..cumulative.len() - 1).map(|bound| bound as f64).collect();
    Histogram::try_new(bounds, cumulative.to_vec(), sum).unwrap()
}

#[test]
fn the_increment_is_the_difference() {
    let earlier = histogram(&[10.0, 12.0, 20.0], 30.0);
    let increment = histogram(&[11.0, 15.0, 25.0], 41.5).increment_since(&earlier);
    let expected =
        Increment { added: histogram(&[1.0, 3.0, 5.0], 11.5), restart: None, count_step: 1.0 };
    assert_eq!(increment, expected);
}

#[test]
fn fallen_counts_are_a_restart() {
    let earlier = histogram(&[10.0, 12.0, 20.0], 30.0);
    for later in [[0.0, 0.0, 0.0], [11.0, 13.0, 19.0], [9.0, 13.0, 30.0], [20.0, 21.0, 22.0]] {
        let later = histogram(&later, 50.0);
        let increment = later.increment_since(&earlier);
        assert_eq!(
            increment,
            Increment { added: later, restart: Some(Restart::CountsFell), count_step: 1.0 }
        );
    }
}

#[test]
fn other_bounds_are_a_restart() {
    let earlier = Histogram::try_new(vec![9.0], vec![1.0, 2.0], 3.0).unwrap();
    let later = Histogram::try_new(vec![9e8], vec![5.0, 6.0], 3.0).unwrap();
    let increment = later.increment_since(&earlier);
    assert_eq!(
        increment,
        Increment { added: later, restart: Some(Restart::BoundsChanged), count_step: 1.0 }
    );
}

#[test]
fn rounding_to_six_digits_is_no_restart() {
    // At or below 0: 1,234,564, then 1,234,566; in all: 1,234,566, then 1,234,568. `%g` prints
    // tens.
    let earlier = histogram(&[1_234_560.0, 1_234_570.0], 0.0);
    let increment = histogram(&[1_234_570.0, 1_234_570.0], 0.0).increment_since(&earlier);
    assert_eq!(increment.restart, None);
    assert_eq!(increment.added.cumulative(), [0.0, 0.0], "the total is not exceeded");
    assert_eq!(increment.count_step.to_bits(), 10_f64.to_bits());

    let fell = histogram(&[1_234_600.0, 1_234_600.0], 0.0)
        .increment_since(&histogram(&[1_234_500.0, 1_234_600.0], 0.0));
    assert_eq!(
        fell.restart,
        Some(Restart::CountsFell),
        "a bucket lost more than rounding explains"
    );
}

#[test]
fn steps_follow_the_digits_printed() {
    for (count, step) in [
        (0.0, 0.0),
        (999_999.0, 0.0),
        (1_000_000.0, 10.0),
        (9_999_990.0, 10.0),
        (1e7, 100.0),
        (1_000_001.0, 0.0),
        (1.234_56e12, 1e7),
    ] {
        assert_eq!(printed_step(count).to_bits(), f64::to_bits(step), "{count}");
    }
    assert!(printed_step(f64::MAX) >= 0.0);
}
