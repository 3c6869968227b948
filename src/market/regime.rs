//! Since when prices are what they are: a change of regime makes older sales worthless.
//!
//! Prices on this market do not drift; they change when free provers come or go. A decaying window alone would mix both regimes for
//! hours, so the window is cut where the share of works sold above a level changed more than chance allows: an adaptive window
//! (Bifet & Gavaldà 2007, "Learning from time-changing data with adaptive windowing"), with the binomial likelihood ratio in
//! place of their bound, since shares here are often close to 0 or 1.

use jiff::Timestamp;

use super::look::Block;
use crate::units::Nanomina;

/// Works that are worth one independent observation: works of one purchase share its producer's view of the pool.
const CLUSTERED: f64 = 16.0;

/// Fewest works on either side of a cut, about half a roll.
const FEWEST: f64 = 48.0;

/// Chance of a cut where nothing changed, over all places tried.
const FALSE_ALARM: f64 = 0.02;

/// The start of the newest regime: the time before which sales say nothing of today's prices; `None` while nothing changed.
///
/// `level` is the price that matters, such as the cost of a work. `blocks` are in ascending order.
pub(super) fn start<'a>(blocks: impl Iterator<Item = &'a Block>, level: Nanomina) -> Option<Timestamp> {
    let mut rest: Vec<(Timestamp, f64, f64)> = blocks
        .filter(|block| !block.works.is_empty())
        .map(|block| {
            let above = block.works.iter().filter(|sale| sale.fee > level).count();
            (block.at, block.works.len() as f64, above as f64)
        })
        .collect();
    let mut since = None;
    while let Some(cut) = strongest_cut(&rest) {
        since = rest.get(cut).map(|(at, ..)| *at);
        rest.drain(..cut);
    }
    since
}

/// The cut at which the likelihood ratio of two shares against one is largest, if it is larger than chance allows.
fn strongest_cut(blocks: &[(Timestamp, f64, f64)]) -> Option<usize> {
    let add = |sum: (f64, f64), works: f64, above: f64| (sum.0 + works, sum.1 + above);
    let total = blocks.iter().fold((0.0, 0.0), |sum, (_, works, above)| add(sum, *works, *above));
    // Twice the log ratio is about chi-squared with one degree of freedom, whose tail beyond 2x is below exp(-x).
    let mut most = (blocks.len().max(1) as f64 / FALSE_ALARM).ln();
    let (mut older, mut best) = ((0.0, 0.0), None);
    for (index, (_, works, above)) in blocks.iter().enumerate() {
        let newer = (total.0 - older.0, total.1 - older.1);
        if older.0 >= FEWEST && newer.0 >= FEWEST {
            let gain = (log_likelihood(older) + log_likelihood(newer) - log_likelihood(total)) / CLUSTERED;
            if gain > most {
                (most, best) = (gain, Some(index));
            }
        }
        older = add(older, *works, *above);
    }
    best
}

/// Largest log-likelihood of `above` out of `works`.
fn log_likelihood((works, above): (f64, f64)) -> f64 {
    let term = |count: f64| if count > 0.0 { count * (count / works).ln() } else { 0.0 };
    term(above) + term(works - above)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::fixtures::{block, fee, time};

    /// Rolls of 100 works every 20 minutes, of which `above` in a hundred sell for more than the level.
    fn rolls(shares: &[i64]) -> Vec<Block> {
        let roll = |(n, &above): (u32, &i64)| {
            let works: Vec<(i64, u64, &str)> =
                (0..100).map(|id| (id, if id < above { 50 } else { 0 }, "them")).collect();
            block(n, "b", i64::from(n) * 1_200, &works)
        };
        (0..).zip(shares).map(roll).collect()
    }

    fn since(shares: &[i64]) -> Option<Timestamp> {
        start(rolls(shares).iter(), fee(10))
    }

    #[test]
    fn a_steady_market_has_one_regime() {
        assert_eq!(since(&[30, 35, 20, 40, 30, 25, 45, 30, 20, 35]), None);
        assert_eq!(since(&[0; 40]), None);
        assert_eq!(since(&[]), None);
    }

    #[test]
    fn a_change_is_found_where_it_happened_within_one_roll() {
        let mut shares = vec![1; 20];
        shares.extend([80]);
        assert_eq!(since(&shares), Some(time(20 * 1_200)));
        shares.extend([75; 20]);
        shares.extend([0]);
        assert_eq!(since(&shares), Some(time(41 * 1_200)), "the newest of several");
    }

    #[test]
    fn a_single_dear_purchase_is_no_regime() {
        let mut blocks = rolls(&[0; 20]);
        blocks.push(block(21, "b", 21 * 1_200, &[(1, 60_000_000, "them")]));
        assert_eq!(start(blocks.iter(), fee(10)), None);
    }
}
