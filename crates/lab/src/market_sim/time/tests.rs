use super::*;

#[test]
fn extreme_arguments_stay_in_range() {
    assert_eq!(millis(f64::NAN), 1);
    assert_eq!(millis(-5.0), 1);
    assert_eq!(millis(f64::INFINITY), 1_000_000_000_000);
}
