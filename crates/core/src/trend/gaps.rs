//! Time in which nothing was recorded.

use jiff::{SignedDuration, Timestamp};

use super::TrendPoint;

/// So many times the usual distance of two points is a gap: a slow daemon is asked less often.
const GAP: i32 = 6;

/// Adds a point without values behind each that is followed by nothing for long, so that what was
/// seen before is not drawn through time in which nobody looked. Points are in order of time.
pub fn mark_gaps(points: Vec<TrendPoint>) -> Vec<TrendPoint> {
    let mut distances: Vec<SignedDuration> =
        points.iter().zip(points.iter().skip(1)).map(|(a, b)| b.at.duration_since(a.at)).collect();
    let middle = distances.len() / 2;
    let usual = match distances.is_empty() {
        true => return points,
        false => *distances.select_nth_unstable(middle).1,
    };
    let longest = usual.saturating_mul(GAP);
    let mut marked = Vec::with_capacity(points.len());
    let mut earlier: Option<Timestamp> = None;
    for point in points {
        if let Some(at) = earlier
            && point.at.duration_since(at) > longest
            && let Ok(lost) = at.checked_add(usual)
        {
            marked.push(TrendPoint::unknown(lost));
        }
        earlier = Some(point.at);
        marked.push(point);
    }
    marked
}

#[cfg(test)]
mod tests {
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
}
