//! When the current price regime began. Sales from before say nothing about today's prices.
//!
//! Prices on this market do not drift; they jump when free provers come or go. A decaying window
//! alone would mix both regimes for hours, so the window is cut where the share of works sold above
//! a level changed more than chance allows: an adaptive window (Bifet & Gavaldà 2007, "Learning
//! from time-changing data with adaptive windowing"), with the binomial likelihood ratio in place
//! of their bound, since shares here are often close to 0 or 1.

/// Works that together count as one independent observation, since the works of one purchase share
/// its producer's view of the pool.
const CLUSTERED: f64 = 16.0;

/// Fewest works on either side of a cut: about half a full purchase.
const FEWEST: f64 = 48.0;

/// Probability of a false cut, over all places tried.
const FALSE_ALARM: f64 = 0.02;

/// A run of works, and how many of them sell above a level.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stretch {
    pub(super) works: f64,
    pub(super) above: f64,
}

/// The index of the first stretch of the newest regime; `None` if there was no change.
///
/// `stretches` are in order of purchase.
pub(super) fn find_regime_start(stretches: &[Stretch]) -> Option<usize> {
    let mut since = None;
    while let Some(cut) = strongest_cut(stretches.get(since.unwrap_or(0)..).unwrap_or_default()) {
        since = Some(since.unwrap_or(0) + cut);
    }
    since
}

/// The cut with the largest likelihood ratio of two shares against one, if it exceeds what chance
/// allows.
fn strongest_cut(stretches: &[Stretch]) -> Option<usize> {
    let add = |sum: Stretch, next: &Stretch| Stretch {
        works: sum.works + next.works,
        above: sum.above + next.above,
    };
    let total = stretches.iter().fold(Stretch::default(), add);
    // Twice the log ratio is about chi-squared with one degree of freedom, whose tail beyond 2x is
    // below exp(-x).
    let mut most = (stretches.len().max(1) as f64 / FALSE_ALARM).ln();
    let (mut older, mut best) = (Stretch::default(), None);
    for (index, stretch) in stretches.iter().enumerate() {
        let newer = Stretch { works: total.works - older.works, above: total.above - older.above };
        if older.works >= FEWEST && newer.works >= FEWEST {
            let gain =
                (log_likelihood(older) + log_likelihood(newer) - log_likelihood(total)) / CLUSTERED;
            if gain > most {
                (most, best) = (gain, Some(index));
            }
        }
        older = add(older, stretch);
    }
    best
}

/// The maximum log-likelihood of `above` out of `works`.
fn log_likelihood(Stretch { works, above }: Stretch) -> f64 {
    let term = |count: f64| if count > 0.0 { count * (count / works).ln() } else { 0.0 };
    term(above) + term(works - above)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Purchases of 100 works, with the number of those that sell above the level.
    fn purchases(shares: &[u32]) -> Vec<Stretch> {
        shares.iter().map(|&above| Stretch { works: 100.0, above: f64::from(above) }).collect()
    }

    #[test]
    fn a_steady_market_has_one_regime() {
        assert_eq!(find_regime_start(&purchases(&[30, 35, 20, 40, 30, 25, 45, 30, 20, 35])), None);
        assert_eq!(find_regime_start(&purchases(&[0; 40])), None);
        assert_eq!(find_regime_start(&[]), None);
    }

    #[test]
    fn a_change_is_found_where_it_happened_within_one_purchase() {
        let mut shares = vec![1; 20];
        shares.extend([80]);
        assert_eq!(find_regime_start(&purchases(&shares)), Some(20));
        shares.extend([75; 20]);
        shares.extend([0]);
        assert_eq!(find_regime_start(&purchases(&shares)), Some(41), "the newest of several");
    }

    #[test]
    fn a_single_expensive_purchase_is_no_regime() {
        let mut shares = purchases(&[0; 20]);
        shares.push(Stretch { works: 1.0, above: 1.0 });
        assert_eq!(find_regime_start(&shares), None);
    }
}
