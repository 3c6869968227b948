use super::*;
use crate::fixtures::time;

#[test]
fn a_gap_is_marked_once_and_regular_looks_are_left_alone() {
    let at = |seconds: &[i64]| {
        mark_gaps(seconds.iter().map(|at| TrendPoint::unknown(time(*at))).collect())
            .iter()
            .map(|point| point.at.as_second() - time(0).as_second())
            .collect::<Vec<_>>()
    };
    assert_eq!(at(&[]), [0; 0]);
    assert_eq!(at(&[5]), [5]);
    assert_eq!(at(&[0, 60, 120, 300, 360]), [0, 60, 120, 300, 360]);
    assert_eq!(at(&[0, 60, 120, 7_200, 7_260]), [0, 60, 120, 180, 7_200, 7_260]);
    assert_eq!(at(&[60, 60, 60]), [60, 60, 60], "a clock that stands");
}
