use proptest::prelude::*;

use super::*;

#[test]
fn prints_what_printf_prints() {
    let cases = [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (9.0, "9"),
        (377_529.0, "377529"),
        (999_999.0, "999999"),
        (999_999.4, "999999"),
        (999_999.5, "1e+06"),
        (1_000_000.0, "1e+06"),
        (173_959_000.0, "1.73959e+08"),
        (1_234_567.0, "1.23457e+06"),
        (123_456.5, "123456"),
        (123_457.5, "123458"),
        (0.1, "0.1"),
        (0.000_1, "0.0001"),
        (0.000_099_999_9, "9.99999e-05"),
        (0.000_099_999_999, "0.0001"),
        (0.000_012_345_678, "1.23457e-05"),
        (1e100, "1e+100"),
        (5e-324, "4.94066e-324"),
        (f64::MAX, "1.79769e+308"),
        (f64::NAN, "Nan"),
        (f64::INFINITY, "+Inf"),
        (f64::NEG_INFINITY, "-Inf"),
    ];
    for (value, printed) in cases {
        assert_eq!(format_g(value), printed, "{value:e}");
    }
}

proptest! {
    #[test]
    fn loses_nothing_beyond_the_sixth_digit(value in proptest::num::f64::NORMAL) {
        let printed = format_g(value);
        let read: f64 = printed.parse().unwrap();
        prop_assert!(read.is_infinite() || (read - value).abs() <= value.abs() * 5.000_001e-6, "{} {}", value, printed);
        let digits = printed.split('e').next().unwrap().chars().filter(char::is_ascii_digit).collect::<String>();
        prop_assert!(digits.trim_start_matches('0').len() <= 6);
    }

    #[test]
    fn is_exact_for_small_integers(value in -999_999_i32..=999_999) {
        prop_assert_eq!(format_g(f64::from(value)), value.to_string());
    }
}
