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
mod tests;
