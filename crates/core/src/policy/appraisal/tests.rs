//! Which of the candidate fees is chosen.

use proptest::prelude::*;

use super::*;
use crate::fixtures::forecast_with;

fn chosen(curve: &[Forecast], resume_above: i64, lost: impl Fn(&Forecast) -> FeeRate) -> u64 {
    let least = least_safe(curve, FeeRate::new(resume_above)).unwrap();
    most_profitable(curve, least, lost).unwrap().fee.get()
}

#[test]
fn of_the_safe_fees_the_one_that_is_expected_to_bring_most_is_chosen() {
    let nothing = |_: &Forecast| FeeRate::ZERO;
    let curve = [forecast_with(1, 100, 120), forecast_with(2, 55, 300), forecast_with(3, 30, 320)];
    assert_eq!(
        chosen(&curve, 10, nothing),
        2,
        "the third is expected to bring more, and is not safe"
    );
    assert_eq!(chosen(&curve, 90, nothing), 1, "only the first is surely worth resuming for");
    assert_eq!(
        chosen(&curve, 10, |at| FeeRate::new(if at.fee.get() == 2 { 200 } else { 0 })),
        1,
        "the move costs more"
    );
    assert_eq!(
        chosen(&[forecast_with(1, -5, 9), forecast_with(2, -4, 1)], 10, nothing),
        2,
        "where nothing is safe, caution decides"
    );
    assert_eq!(
        chosen(
            &[forecast_with(4, 10, 20), forecast_with(3, 10, 20), forecast_with(5, 9, 20)],
            0,
            nothing
        ),
        3,
        "ties"
    );
}

proptest! {
    #[test]
    fn whatever_some_fee_is_worth_switching_for_the_chosen_one_is(
        points in prop::collection::vec((-1000_i64..1000, 0_i64..1000), 1..20),
        resume in -10_i64..1000,
    ) {
        let curve: Vec<Forecast> =
            (1..).zip(&points).map(|(fee, (cautious, more))| forecast_with(fee, *cautious, cautious + more)).collect();
        let resume = FeeRate::new(resume);
        let least = least_safe(&curve, resume).unwrap();
        let best = most_profitable(&curve, least, |_| FeeRate::ZERO).unwrap();
        let highest = curve.iter().map(|at| at.cautious_profit).max().unwrap();
        prop_assert!(best.cautious_profit >= highest.min(resume));
        prop_assert!(2 * best.cautious_profit.get() + 1 >= highest.get() || best.cautious_profit == highest);
    }
}
