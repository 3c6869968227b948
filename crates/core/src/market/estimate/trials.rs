//! The effective number of independent trials behind each value of the distribution function.
//!
//! It is S(1 - S) over the variance of the value. The variance is computed from the influence of
//! each cluster, once as if clusters were independent and once along the order of purchase.

#![expect(
    clippy::indexing_slicing,
    reason = "ranks count the intervals that carry mass, and index vectors of that length"
)]

use super::{
    dependence::{Cosines, WAVES},
    information::Information,
    npmle::Likelihood,
    turnbull::Design,
};

/// Most places at which the variance is computed; between two of them the smaller number of trials
/// is used.
const KNOTS: usize = 64;

/// The effective number of trials behind one value under each assumption on dependence; infinite if
/// clusters do not differ.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trials {
    /// If clusters are independent.
    pub(super) apart: f64,
    /// If neighbouring clusters depend on each other, by number of waves.
    pub(super) along: [f64; WAVES.len()],
}

impl Trials {
    const INFINITE: Self = Self { apart: f64::INFINITY, along: [f64::INFINITY; WAVES.len()] };

    fn min(self, other: Self) -> Self {
        let along = std::array::from_fn(|view| self.along[view].min(other.along[view]));
        Self { apart: self.apart.min(other.apart), along }
    }
}

/// The number of trials after each interval.
#[derive(Clone, Debug)]
pub(super) struct TrialsByInterval {
    /// By the number of intervals passed.
    pub(super) passed: Vec<Trials>,
    /// Degrees of freedom of the variances along the order of purchase.
    pub(super) freedoms: [f64; WAVES.len()],
}

/// Counts the trials; `above` is the share above each number of intervals.
pub(super) fn count_trials(design: &Design, mass: &[f64], above: &[f64]) -> TrialsByInterval {
    let likelihood = Likelihood { intervals: mass.len(), classes: &design.classes };
    let probabilities = likelihood.probabilities(mass);
    let mut rank = vec![0];
    for value in mass {
        rank.push(rank[rank.len() - 1] + usize::from(*value > NEGLIGIBLE));
    }
    let carrying = rank[mass.len()];
    let classes = design.classes.iter().zip(&probabilities).filter(|(_, p)| **p > NEGLIGIBLE);
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
            (first < past && p > NEGLIGIBLE).then_some((
                entry.cluster,
                first,
                past,
                entry.weight / p,
            ))
        })
        .collect();
    let mut share = vec![0.0; carrying + 1];
    for (passed, rank) in rank.iter().enumerate() {
        share[*rank] = above[passed];
    }
    let cosines = Cosines::new(&design.cluster_weights());
    let mut at_rank = vec![None; carrying + 1];
    at_rank[0] = Some(Trials::INFINITE);
    at_rank[carrying] = Some(Trials::INFINITE);
    for knot in choose_knots(&share) {
        let mut unit = vec![0.0; carrying - 1];
        unit[knot - 1] = 1.0;
        // Both ends of the distribution function are fixed.
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
        let to_trials = |variance: f64| {
            let trials = share[knot] * (1.0 - share[knot]) / variance;
            if trials.is_nan() { f64::INFINITY } else { trials }
        };
        at_rank[knot] = Some(Trials { apart: to_trials(apart), along: along.map(to_trials) });
    }
    let at_rank = fill_gaps(&at_rank);
    TrialsByInterval {
        passed: rank.iter().map(|rank| at_rank[*rank]).collect(),
        freedoms: cosines.freedoms(),
    }
}

/// Mass that counts as none.
const NEGLIGIBLE: f64 = 1e-9;

/// Chooses where to compute the variance: everywhere, or at places evenly spread in S and in its
/// logarithm.
fn choose_knots(share: &[f64]) -> Vec<usize> {
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

/// Gives each place without a value the smaller of the nearest values on both sides.
fn fill_gaps(values: &[Option<Trials>]) -> Vec<Trials> {
    let mut ahead = Trials::INFINITE;
    let mut following: Vec<Trials> = values
        .iter()
        .rev()
        .map(|value| {
            ahead = value.unwrap_or(ahead);
            ahead
        })
        .collect();
    following.reverse();
    let mut behind = Trials::INFINITE;
    values
        .iter()
        .zip(following)
        .map(|(value, following)| {
            behind = value.unwrap_or(behind);
            behind.min(following)
        })
        .collect()
}
