//! How many independent trials stand behind each value of the estimated distribution function.
//!
//! The variance of the value is computed from the influence of each cluster on it, once as if
//! clusters were independent and once along the order of purchase; S(1 - S) over it is the number
//! of trials.

use super::{
    dependence::{Cosines, WAVES},
    information::Information,
    npmle::Likelihood,
    turnbull::Design,
};

/// Most places at which the variance is computed; between them the smaller of the neighbours' trial
/// numbers serves.
const KNOTS: usize = 64;

/// The effective independent trials behind one value, as each view of dependence has it; infinite
/// where clusters do not differ.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trials {
    /// If no cluster had to do with another.
    pub(super) apart: f64,
    /// With what neighbours have in common, by the number of waves.
    pub(super) along: [f64; WAVES.len()],
}

impl Trials {
    const ENDLESS: Self = Self { apart: f64::INFINITY, along: [f64::INFINITY; WAVES.len()] };

    fn least(self, other: Self) -> Self {
        let along = std::array::from_fn(|view| self.along[view].min(other.along[view]));
        Self { apart: self.apart.min(other.apart), along }
    }
}

/// Trials for each number of intervals passed.
#[derive(Clone, Debug)]
pub(super) struct Passed {
    pub(super) passed: Vec<Trials>,
    /// Degrees of freedom of the variances along the order of purchase.
    pub(super) freedoms: [f64; WAVES.len()],
}

/// Finds them; `above` is the share left after each number of intervals.
pub(super) fn trials(design: &Design, mass: &[f64], above: &[f64]) -> Passed {
    let likelihood = Likelihood { intervals: mass.len(), classes: &design.classes };
    let probabilities = likelihood.probabilities(mass);
    let mut rank = vec![0];
    for value in mass {
        rank.push(rank[rank.len() - 1] + usize::from(*value > NOTHING));
    }
    let carrying = rank[mass.len()];
    let classes = design.classes.iter().zip(&probabilities).filter(|(_, p)| **p > NOTHING);
    let information = Information::new(
        carrying,
        classes
            .map(|(class, p)| (rank[class.first], rank[class.past], class.weight / p / p))
            .filter(|(first, past, _)| first < past),
    );
    let scores: Vec<(usize, usize, usize, f64)> = design
        .entries
        .iter()
        .filter_map(|entry| {
            let class = &design.classes[entry.class];
            let (first, past) = (rank[class.first], rank[class.past]);
            let p = probabilities[entry.class];
            (first < past && p > NOTHING).then_some((entry.cluster, first, past, entry.weight / p))
        })
        .collect();
    let mut share = vec![0.0; carrying + 1];
    for (passed, rank) in rank.iter().enumerate() {
        share[*rank] = above[passed];
    }
    let cosines = Cosines::new(&design.weights());
    let mut at_rank = vec![None; carrying + 1];
    at_rank[0] = Some(Trials::ENDLESS);
    at_rank[carrying] = Some(Trials::ENDLESS);
    for knot in knots(&share) {
        let mut unit = vec![0.0; carrying - 1];
        unit[knot - 1] = 1.0;
        // One place more on each side: the ends of the distribution function do not move.
        let mut response = vec![0.0];
        response.extend(information.solve(&unit));
        response.push(0.0);
        let mut apart = 0.0;
        let influences = scores.chunk_by(|(one, ..), (other, ..)| one == other).map(|cluster| {
            let parts = cluster
                .iter()
                .map(|(_, first, past, score)| score * (response[*past] - response[*first]));
            let influence: f64 = parts.sum();
            apart += influence * influence;
            (cluster[0].0, influence)
        });
        let along = cosines.variances(influences);
        let of = |variance: f64| {
            let trials = share[knot] * (1.0 - share[knot]) / variance;
            if trials.is_nan() { f64::INFINITY } else { trials }
        };
        at_rank[knot] = Some(Trials { apart: of(apart), along: along.map(of) });
    }
    let at_rank = fill(&at_rank);
    Passed {
        passed: rank.iter().map(|rank| at_rank[*rank]).collect(),
        freedoms: cosines.freedoms(),
    }
}

/// Mass that counts as none.
const NOTHING: f64 = 1e-9;

/// The values of the distribution function at which the variance is computed: all, or some evenly
/// spread in S and in its logarithm.
fn knots(share: &[f64]) -> Vec<usize> {
    let inner = 1..share.len().saturating_sub(1);
    if inner.len() <= KNOTS {
        return inner.collect();
    }
    let half = KNOTS / 2;
    let marks =
        (1..=half).map(|step| step as f64 / half as f64).chain((1..=half / 2).flat_map(|step| {
            let tail = 0.5 * 0.7_f64.powi(i32::try_from(step).unwrap_or(i32::MAX));
            [tail, 1.0 - tail]
        }));
    let mut found: Vec<usize> = marks
        .map(|mark| share.partition_point(|value| *value >= mark).clamp(1, share.len() - 2))
        .chain([1, share.len() - 2])
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Gives each place without a value the smaller of its neighbours'.
fn fill(values: &[Option<Trials>]) -> Vec<Trials> {
    let mut ahead = Trials::ENDLESS;
    let mut following: Vec<Trials> = values
        .iter()
        .rev()
        .map(|value| {
            ahead = value.unwrap_or(ahead);
            ahead
        })
        .collect();
    following.reverse();
    let mut behind = Trials::ENDLESS;
    values
        .iter()
        .zip(following)
        .map(|(value, following)| {
            behind = value.unwrap_or(behind);
            behind.least(following)
        })
        .collect()
}
