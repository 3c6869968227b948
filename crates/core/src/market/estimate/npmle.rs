//! The nonparametric maximum-likelihood estimate: masses of the innermost intervals that maximise
//! the sum over classes of weight x log(probability).
//!
//! Without left or interval censoring there is a closed form, the product-limit estimate (Kaplan
//! and Meier 1958). Otherwise the concave problem is solved by constrained Newton steps (Wang 2007,
//! "On fast computation of the non-parametric maximum likelihood estimate of a mixing
//! distribution"): each maximises the second-order expansion over non-negative masses, by block
//! pivoting (Portugal, Judice and Vicente 1994, "A comparison of block pivoting and interior-point
//! algorithms for linear least squares problems with nonnegative variables"), and is followed by a
//! line search. A few self-consistency steps (Turnbull 1976) come first. If a Newton step does not
//! ascend, a vertex step towards the steepest interval (Fedorov-Wynn; Boehning 1986) and a
//! self-consistency step take its place; these always ascend and would reach the maximum alone.
//!
//! A result is accepted by the Kuhn-Tucker conditions (Gentleman and Geyer 1994): with d_j the
//! derivative for interval j and weights that sum to one, d_j <= 1 everywhere and d_j = 1 where
//! there is mass. By concavity, max d_j - 1 bounds how much the log-likelihood per unit of weight
//! can still gain.
//!
//! Invariants: class weights are positive and sum to one; masses are non-negative and sum to one;
//! one pass costs O(intervals + classes), independent of the number of observations.

#![expect(
    clippy::indexing_slicing,
    reason = "classes hold ranges of intervals by construction, and all vectors have that length"
)]

use super::information::Information;

/// All observations that contain the same innermost intervals, `first..past`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LikelihoodClass {
    pub(super) first: usize,
    pub(super) past: usize,
    pub(super) weight: f64,
}

/// The masses found.
#[derive(Clone, Debug)]
pub(super) struct NpmleFit {
    /// Mass of each interval.
    pub(super) mass: Vec<f64>,
    /// Passes taken; 0 for the closed form.
    pub(super) iterations: u32,
    /// The largest violation of the Kuhn-Tucker conditions.
    pub(super) residual: f64,
}

/// Violation of the Kuhn-Tucker conditions at which a fit counts as the maximum.
pub(super) const ACCEPTED: f64 = 1e-8;
/// Violation below which further steps move nothing.
const EXACT: f64 = 1e-14;
/// Passes without halving the violation after which an accepted fit is final.
const PATIENCE: u32 = 4;
const SELF_CONSISTENCY_STEPS: u32 = 8;
/// Rounds of pivoting within a Newton step.
const MOST_ROUNDS: u32 = 100;
/// Rounds without fewer infeasibilities after which pivoting goes one by one.
const BLOCK_PATIENCE: u32 = 4;
/// Slope of the expansion above which an interval held at zero is released.
const SLOPE: f64 = 1e-12;
const MOST_ITERATIONS: u32 = 1_000;
/// Mass below which an interval is held at zero if the gradient pushes it down.
const HELD: f64 = 1e-9;
/// Halvings of a step before it is abandoned; twice as many for a vertex step.
const HALVINGS: u32 = 12;

/// The log-likelihood per unit of weight.
#[derive(Clone, Copy)]
pub(super) struct Likelihood<'a> {
    pub(super) intervals: usize,
    pub(super) classes: &'a [LikelihoodClass],
}

impl Likelihood<'_> {
    /// The probability of each class. Cumulative sums are taken from the nearer end, so that small
    /// differences keep their precision.
    pub(super) fn probabilities(self, mass: &[f64]) -> Vec<f64> {
        let n = self.intervals;
        let mut below = vec![0.0; n + 1];
        let mut above = vec![0.0; n + 1];
        for at in 0..n {
            below[at + 1] = below[at] + mass[at];
        }
        for at in (0..n).rev() {
            above[at] = above[at + 1] + mass[at];
        }
        let probability = |class: &LikelihoodClass| match (class.first, class.past) {
            (first, past) if past == first + 1 => mass[first],
            (first, past) if past == n => above[first],
            (0, past) => below[past],
            (first, past) if below[first] > 0.5 => above[first] - above[past],
            (first, past) => below[past] - below[first],
        };
        self.classes.iter().map(probability).collect()
    }

    /// The log-likelihood; minus infinity if a class has no probability.
    pub(super) fn log_likelihood(self, probabilities: &[f64]) -> f64 {
        self.classes
            .iter()
            .zip(probabilities)
            .map(|(class, p)| if *p > 0.0 { class.weight * p.ln() } else { f64::NEG_INFINITY })
            .sum()
    }

    /// The derivative for the mass of each interval.
    pub(super) fn gradient(self, probabilities: &[f64]) -> Vec<f64> {
        self.sum_by_interval(
            self.classes
                .iter()
                .zip(probabilities)
                .map(|(class, p)| class.weight / p.max(f64::MIN_POSITIVE)),
        )
    }

    /// For each interval, the sum of the values of the classes that contain it.
    fn sum_by_interval(self, values: impl Iterator<Item = f64>) -> Vec<f64> {
        let n = self.intervals;
        let mut sums = vec![0.0; n];
        let (mut to_end, mut from_start) = (vec![0.0; n], vec![0.0; n]);
        let mut inside = vec![0.0; n + 1];
        for (class, value) in self.classes.iter().zip(values) {
            match (class.first, class.past) {
                (first, past) if past == first + 1 => sums[first] += value,
                (first, past) if past == n => to_end[first] += value,
                (0, past) => from_start[past - 1] += value,
                (first, past) => {
                    inside[first] += value;
                    inside[past] -= value;
                }
            }
        }
        let (mut begun, mut within) = (0.0, 0.0);
        for at in 0..n {
            begun += to_end[at];
            within += inside[at];
            sums[at] += begun + within;
        }
        let mut ahead = 0.0;
        for at in (0..n).rev() {
            ahead += from_start[at];
            sums[at] += ahead;
        }
        sums
    }
}

/// Finds the masses of maximum likelihood.
pub(super) fn maximise(intervals: usize, classes: &[LikelihoodClass]) -> NpmleFit {
    let likelihood = Likelihood { intervals, classes };
    if let Some(mass) = product_limit(likelihood) {
        return NpmleFit { mass, iterations: 0, residual: 0.0 };
    }
    let mut mass = spread_evenly(likelihood);
    for _ in 0..SELF_CONSISTENCY_STEPS {
        let probabilities = likelihood.probabilities(&mass);
        mass = self_consistency_step(&mass, &likelihood.gradient(&probabilities));
    }
    climb_to_maximum(likelihood, mass)
}

fn climb_to_maximum(likelihood: Likelihood<'_>, mut mass: Vec<f64>) -> NpmleFit {
    let mut best = NpmleFit {
        mass: mass.clone(),
        iterations: SELF_CONSISTENCY_STEPS,
        residual: f64::INFINITY,
    };
    let mut stalled = 0;
    for iteration in 0..MOST_ITERATIONS {
        let probabilities = likelihood.probabilities(&mass);
        let gradient = likelihood.gradient(&probabilities);
        let residual = kuhn_tucker_violation(&mass, &gradient);
        stalled = if residual < 0.5 * best.residual { 0 } else { stalled + 1 };
        if residual < best.residual {
            best = NpmleFit {
                mass: mass.clone(),
                iterations: SELF_CONSISTENCY_STEPS + iteration,
                residual,
            };
        }
        if best.residual <= EXACT || (best.residual <= ACCEPTED && stalled >= PATIENCE) {
            break;
        }
        mass = match newton_step(likelihood, &mass, &probabilities, &gradient) {
            Some(next) => next,
            None => {
                let next = vertex_step(likelihood, &mass, &probabilities, &gradient);
                let probabilities = likelihood.probabilities(&next);
                self_consistency_step(&next, &likelihood.gradient(&probabilities))
            }
        };
    }
    best
}

/// The largest violation of the Kuhn-Tucker conditions.
fn kuhn_tucker_violation(mass: &[f64], gradient: &[f64]) -> f64 {
    mass.iter()
        .zip(gradient)
        .map(|(mass, d)| (d - 1.0).max(mass * (1.0 - d).abs()))
        .fold(0.0, f64::max)
}

/// The product-limit estimate; `None` unless each class is one interval or all from one on.
fn product_limit(likelihood: Likelihood<'_>) -> Option<Vec<f64>> {
    let n = likelihood.intervals;
    let (mut bought, mut censored) = (vec![0.0; n], vec![0.0; n]);
    for class in likelihood.classes {
        match (class.first, class.past) {
            (first, past) if past == first + 1 => bought[first] += class.weight,
            (first, past) if past == n => censored[first] += class.weight,
            _ => return None,
        }
    }
    // A class censored from an interval on is at risk in the intervals before it only.
    let mut at_risk = vec![0.0; n];
    let mut later = 0.0;
    for at in (0..n).rev() {
        at_risk[at] = later + bought[at];
        later = at_risk[at] + censored[at];
    }
    let mut surviving = 1.0;
    let mut mass = Vec::with_capacity(n);
    for at in 0..n {
        let lost =
            if at + 1 == n { surviving } else { surviving * (bought[at] / at_risk[at]).min(1.0) };
        mass.push(lost);
        surviving -= lost;
    }
    Some(mass)
}

/// Spreads the weight of each class evenly over its intervals; positive everywhere.
fn spread_evenly(likelihood: Likelihood<'_>) -> Vec<f64> {
    let uniform = vec![1.0; likelihood.intervals];
    let counts = likelihood.probabilities(&uniform);
    let mut mass = likelihood.gradient(&counts);
    // Without a floor, an interval of negligible weight could start at a rounding error.
    let floor = 1e-12 / likelihood.intervals as f64;
    for value in &mut mass {
        *value = value.max(floor);
    }
    normalise(&mut mass);
    mass
}

fn self_consistency_step(mass: &[f64], gradient: &[f64]) -> Vec<f64> {
    let mut next: Vec<f64> =
        mass.iter().zip(gradient).map(|(mass, d)| (mass * d).max(0.0)).collect();
    normalise(&mut next);
    next
}

fn normalise(mass: &mut [f64]) {
    let total: f64 = mass.iter().sum();
    for value in mass {
        *value /= total;
    }
}

/// A constrained Newton step; `None` if none was found that ascends.
fn newton_step(
    likelihood: Likelihood<'_>,
    mass: &[f64],
    probabilities: &[f64],
    gradient: &[f64],
) -> Option<Vec<f64>> {
    let mut held: Vec<bool> =
        mass.iter().zip(gradient).map(|(mass, d)| *mass <= HELD && *d <= 1.0).collect();
    let mut target = Vec::new();
    let (mut fewest, mut patience) = (usize::MAX, BLOCK_PATIENCE);
    for _ in 0..MOST_ROUNDS {
        target = quadratic_maximum(likelihood, mass, probabilities, &held)?;
        let slope = quadratic_slope(likelihood, probabilities, &target);
        let wrong = |at: usize| if held[at] { slope[at] > SLOPE } else { target[at] < 0.0 };
        let infeasible: Vec<usize> = (0..mass.len()).filter(|at| wrong(*at)).collect();
        let Some(last) = infeasible.last() else { break };
        if infeasible.len() < fewest {
            (fewest, patience) = (infeasible.len(), BLOCK_PATIENCE);
        } else {
            patience = patience.saturating_sub(1);
        }
        // Exchange all at once while that helps, then one at a time, which cannot cycle.
        for at in if patience > 0 { &infeasible[..] } else { std::slice::from_ref(last) } {
            held[*at] = !held[*at];
        }
    }
    for value in &mut target {
        *value = value.max(0.0);
    }
    normalise(&mut target);
    let current = likelihood.log_likelihood(probabilities);
    let tolerance = 1e-13 * (1.0 + current.abs());
    let mut length = 1.0;
    for _ in 0..HALVINGS {
        let trial: Vec<f64> = mass
            .iter()
            .zip(&target)
            .map(|(from, to)| if length < 1.0 { from + length * (to - from) } else { *to })
            .collect();
        let reached = likelihood.log_likelihood(&likelihood.probabilities(&trial));
        // Near the maximum the rise is below rounding error. A full step is then accepted, and the
        // Kuhn-Tucker conditions decide.
        if reached > current || (length >= 1.0 && reached >= current - tolerance) {
            return Some(trial);
        }
        length *= 0.5;
    }
    None
}

/// The masses that maximise the second-order expansion of the log-likelihood with those `held` at
/// zero; others may be negative. `None` if they are not finite.
///
/// A class of probability s and weight w contributes -w/2 (change/s - 1)^2, so this is a weighted
/// least-squares problem in the change of the distribution function after each interval that is not
/// held (Wang 2007, "On fast computation of the non-parametric maximum likelihood estimate of a
/// mixing distribution").
fn quadratic_maximum(
    likelihood: Likelihood<'_>,
    mass: &[f64],
    probabilities: &[f64],
    held: &[bool],
) -> Option<Vec<f64>> {
    let n = likelihood.intervals;
    let (mut rank, mut removed) = (Vec::with_capacity(n + 1), Vec::with_capacity(n + 1));
    let (mut count, mut sum) = (0, 0.0);
    rank.push(count);
    removed.push(sum);
    for (mass, held) in mass.iter().zip(held) {
        if *held {
            sum += mass;
        } else {
            count += 1;
        }
        rank.push(count);
        removed.push(sum);
    }
    if count == 0 {
        return None;
    }
    let mut right = vec![0.0; count - 1];
    let mut curved = Vec::with_capacity(likelihood.classes.len());
    for (class, p) in likelihood.classes.iter().zip(probabilities) {
        let (first, past) = (rank[class.first], rank[class.past]);
        if first == past {
            continue;
        }
        let curvature = class.weight / p / p;
        curved.push((first, past, curvature));
        let pull = curvature * (p + removed[class.past] - removed[class.first]);
        if past < count {
            right[past - 1] += pull;
            if first > 0 {
                right[first - 1] -= pull;
            }
        } else if first > 0 {
            right[first - 1] -= pull - curvature * sum;
        }
    }
    let change = Information::new(count, curved.into_iter()).solve(&right);
    let at = |rank: usize| match rank {
        0 => 0.0,
        last if last == count => sum,
        inner => change[inner - 1],
    };
    let target: Vec<f64> =
        (0..n)
            .map(|place| {
                if held[place] {
                    0.0
                } else {
                    mass[place] + (at(rank[place + 1]) - at(rank[place]))
                }
            })
            .collect();
    target.iter().all(|value| value.is_finite()).then_some(target)
}

/// The derivative of that expansion at these masses, minus the multiplier of the constraint on
/// their sum.
fn quadratic_slope(likelihood: Likelihood<'_>, probabilities: &[f64], mass: &[f64]) -> Vec<f64> {
    let reached = likelihood.probabilities(mass);
    let pulls = likelihood.classes.iter().zip(probabilities).zip(&reached);
    let mut slope = likelihood
        .sum_by_interval(pulls.map(|((class, p), reached)| class.weight / p * (2.0 - reached / p)));
    let price: f64 = slope.iter().zip(mass).map(|(slope, mass)| slope * mass).sum();
    for value in &mut slope {
        *value -= price;
    }
    slope
}

/// Moves mass to the interval with the steepest derivative, as far as that ascends.
fn vertex_step(
    likelihood: Likelihood<'_>,
    mass: &[f64],
    probabilities: &[f64],
    gradient: &[f64],
) -> Vec<f64> {
    let steepest =
        (0..mass.len()).max_by(|a, b| gradient[*a].total_cmp(&gradient[*b])).unwrap_or(0);
    let current = likelihood.log_likelihood(probabilities);
    let mut share = 0.5;
    for _ in 0..2 * HALVINGS {
        let mut trial: Vec<f64> = mass.iter().map(|value| value * (1.0 - share)).collect();
        trial[steepest] += share;
        if likelihood.log_likelihood(&likelihood.probabilities(&trial)) > current {
            return trial;
        }
        share *= 0.5;
    }
    mass.to_vec()
}

#[cfg(test)]
mod tests;
