//! The best fixed fee without the luck of a seed: for each seed the fee that earned most on all the
//! others.
//!
//! Hindsight of one seed also picks its luck. What an operator can know is how fees do in such
//! markets on the whole, and that is what the other seeds show.

use snarkfee_core::units::Nanomina;

use crate::policy_run::sum_profits;

/// Profits in MINA, by fee and regime, of one seed.
pub(super) type ProfitsByFee = Vec<Vec<f64>>;

/// What fees chosen on other seeds earned on each seed, in MINA.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ExAnte {
    /// The fee chosen for each seed.
    pub(super) fees: Vec<Nanomina>,
    /// With one fee for the whole run.
    pub(super) fixed: Vec<f64>,
    /// Under each regime, by seed, with the fee that earned most under it, or off.
    pub(super) by_regime: Vec<Vec<f64>>,
}

impl ExAnte {
    /// Chooses among `fees`, whose profits each seed has; `None` with fewer than two seeds or no
    /// fees.
    pub(super) fn choose(fees: &[Nanomina], seeds: &[&ProfitsByFee]) -> Option<Self> {
        if seeds.len() < 2 || fees.is_empty() || seeds.iter().any(|seed| seed.len() != fees.len()) {
            return None;
        }
        let regimes = seeds.iter().flat_map(|seed| seed.iter().map(Vec::len)).max().unwrap_or(0);
        let whole = |profits: &Vec<f64>| sum_profits(profits.iter().copied());
        let mut chosen = Self { fees: Vec::new(), fixed: Vec::new(), by_regime: Vec::new() };
        for place in 0..seeds.len() {
            let (best, profit) = choose_for(place, seeds, fees.len(), whole)?;
            chosen.fees.push(*fees.get(best)?);
            chosen.fixed.push(profit.own);
            let of_regime = |regime: usize| {
                let profit = |profits: &Vec<f64>| profits.get(regime).copied().unwrap_or(0.0);
                let (_, best) = choose_for(place, seeds, fees.len(), profit)?;
                Some(if best.elsewhere > 0.0 { best.own } else { 0.0 })
            };
            chosen.by_regime.push((0..regimes).filter_map(of_regime).collect());
        }
        Some(chosen)
    }

    /// With the best fee of each regime, for each seed.
    pub(super) fn per_regime(&self) -> Vec<f64> {
        self.by_regime.iter().map(|regimes| sum_profits(regimes.iter().copied())).collect()
    }
}

/// A fee's profit on all seeds but one, and on that one.
#[derive(Clone, Copy)]
struct ChosenProfit {
    elsewhere: f64,
    own: f64,
}

/// The fee that earned most on all seeds but one; the lowest of equal ones.
fn choose_for(
    place: usize,
    seeds: &[&ProfitsByFee],
    fees: usize,
    profit: impl Fn(&Vec<f64>) -> f64,
) -> Option<(usize, ChosenProfit)> {
    let of_fee = |fee: usize| {
        let earned = |seed: &&ProfitsByFee| seed.get(fee).map_or(0.0, &profit);
        let own = seeds.get(place).map_or(0.0, earned);
        (fee, ChosenProfit { elsewhere: sum_profits(seeds.iter().map(earned)) - own, own })
    };
    let better = |a: &(usize, ChosenProfit), b: &(usize, ChosenProfit)| {
        a.1.elsewhere.total_cmp(&b.1.elsewhere).then(b.0.cmp(&a.0))
    };
    (0..fees).map(of_fee).max_by(better)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fee(nanomina: u64) -> Nanomina {
        Nanomina::try_new(nanomina).unwrap()
    }

    #[test]
    fn the_luck_of_a_seed_does_not_choose_its_fee() {
        let fees = [fee(1), fee(2)];
        // The second fee is lucky on the last seed only.
        let seeds: [ProfitsByFee; 3] =
            [vec![vec![5.0], vec![1.0]], vec![vec![4.0], vec![1.0]], vec![vec![3.0], vec![30.0]]];
        let seeds: Vec<&ProfitsByFee> = seeds.iter().collect();
        let chosen = ExAnte::choose(&fees, &seeds).unwrap();
        assert_eq!(chosen.fees, [fee(2), fee(2), fee(1)]);
        assert_eq!(chosen.fixed, [1.0, 1.0, 3.0], "the lucky seed speaks for it elsewhere");
    }

    #[test]
    fn each_regime_has_its_own_fee_and_off_where_none_earns() {
        let seed: ProfitsByFee = vec![vec![-1.0, 7.0], vec![-2.0, 9.0]];
        let chosen = ExAnte::choose(&[fee(1), fee(2)], &[&seed, &seed]).unwrap();
        assert_eq!(chosen.by_regime, [[0.0, 9.0], [0.0, 9.0]]);
        assert_eq!((chosen.fixed.clone(), chosen.per_regime()), (vec![7.0, 7.0], vec![9.0, 9.0]));
    }

    #[test]
    fn one_seed_has_no_others_to_learn_from() {
        let seed: ProfitsByFee = vec![vec![1.0]];
        assert_eq!(ExAnte::choose(&[fee(1)], &[&seed]), None);
        assert_eq!(ExAnte::choose(&[], &[&Vec::new(), &Vec::new()]), None);
    }
}
