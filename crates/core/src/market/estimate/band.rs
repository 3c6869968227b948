//! The confidence band: pointwise, two-sided, robust to dependence inside clusters and between
//! neighbours, and deterministic.
//!
//! At a price f where S(f) is identified, the variance of the estimate comes from the influence of
//! each cluster on it: the cluster's summed score, mapped through the inverse of the observed
//! information. With clusters taken as independent it is the sum of the squared influences (the
//! sandwich over clusters, Huber 1967; on right-censored data the infinitesimal jackknife, on exact
//! data the usual cluster-robust variance of a proportion). With influences taken as a sequence in
//! the order of purchase it is their long-run variance, which counts runs that outlast a cluster
//! (`dependence`). Each is turned into an effective number of independent trials n = S(1 - S) /
//! variance, after which the interval is Wilson's score interval (Wilson 1927) with a Student
//! quantile for the few clusters or waves behind the variance (Korn and Graubard 1998; Kott and
//! Carr 1997). The band is the union of these intervals: as wide as any of the views asks for.
//!
//! Two things keep it honest where clusters say little. One pseudo-cluster: S(1 - S) / k^2 is added
//! to the variance of independent clusters, k the effective number of clusters that know at f
//! whether C exceeds f (Kish: (sum w)^2 / sum w^2), so that clusters that agree by chance do not
//! pass for certainty. And at S = 0 or 1 the interval is at least that of k clusters without
//! exception, 1 - (alpha/2)^(1/k) (Clopper and Pearson 1934; 3/k is its rule of three).
//!
//! Where S(f) is not identified (f inside an innermost interval) the band runs from the lower limit
//! after that interval to the upper limit before it. Last, the band is widened to be monotone: the
//! upper limit to the largest at any higher price, the lower to the least at any lower price.
//!
//! Invariants: 0 <= low <= high <= 1; both limits fall with the price; no NaN.
//!
//! Not here: how many trials stand behind S(f) (`trials`).

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::{
    trials::{Trials, trials},
    turnbull::{Design, Entry},
};

/// Largest number of degrees of freedom whose Student quantile is kept; beyond it the expansion in
/// 1/df is exact to 1e-4.
const TABLED: usize = 30;

/// Limits for a binomial share on a number of trials and of clusters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Limits {
    /// Probability left outside on each side.
    outside: f64,
    normal: f64,
    student: Vec<f64>,
}

impl Limits {
    /// Takes the two-sided confidence level; outside of (0, 1) or NaN it is moved to the nearest of
    /// 0.01 and 0.9999.
    pub(super) fn new(level: f64) -> Self {
        let level = if level.is_nan() { 0.9999 } else { level.clamp(0.01, 0.9999) };
        let outside = (1.0 - level) / 2.0;
        let normal = Normal::standard().inverse_cdf(1.0 - outside);
        let student = (1..=TABLED)
            .map(|freedom| {
                StudentsT::new(0.0, 1.0, freedom as f64)
                    .map_or(normal, |t| t.inverse_cdf(1.0 - outside))
            })
            .collect();
        Self { outside, normal, student }
    }

    /// The Student quantile for this many degrees of freedom, taken down to an integer of at least
    /// one.
    fn quantile(&self, freedom: f64) -> f64 {
        (1..=TABLED).rev().find(|whole| *whole as f64 <= freedom).map_or_else(
            || self.student[0],
            |whole| {
                if whole < TABLED {
                    self.student[whole - 1]
                } else {
                    self.normal + (self.normal.powi(3) + self.normal) / (4.0 * freedom)
                }
            },
        )
    }

    /// The interval for a share estimated from `trials` effective trials in `clusters` effective
    /// clusters, their number known from a variance of so many degrees of freedom.
    pub(super) fn around(
        &self,
        share: f64,
        trials: f64,
        clusters: f64,
        freedom: f64,
    ) -> (f64, f64) {
        if clusters.is_nan() || clusters < 1.0 || trials.is_nan() || trials <= 0.0 {
            return (0.0, 1.0);
        }
        let squared = self.quantile(freedom).powi(2);
        let spread = share * (1.0 - share) / trials + squared / (4.0 * trials * trials);
        let centre = share + squared / (2.0 * trials);
        let half = squared.sqrt() * spread.max(0.0).sqrt();
        let scale = 1.0 + squared / trials;
        let (mut low, mut high) = ((centre - half) / scale, (centre + half) / scale);
        let without_exception = 1.0 - self.outside.powf(1.0 / clusters);
        if share <= 0.0 {
            high = high.max(without_exception);
        }
        if share >= 1.0 {
            low = low.min(1.0 - without_exception);
        }
        (low.clamp(0.0, 1.0).min(share), high.clamp(0.0, 1.0).max(share))
    }
}

/// The clusters that know something, with what weight.
struct Tally {
    weights: Vec<f64>,
    entries: Vec<usize>,
    clusters: usize,
    sum: f64,
    squares: f64,
}

impl Tally {
    fn new(clusters: usize) -> Self {
        Self {
            weights: vec![0.0; clusters],
            entries: vec![0; clusters],
            clusters: 0,
            sum: 0.0,
            squares: 0.0,
        }
    }

    fn join(&mut self, entry: &Entry) {
        let known = &mut self.entries[entry.cluster];
        self.clusters += usize::from(*known == 0);
        *known += 1;
        let after = self.weights[entry.cluster] + entry.weight;
        self.weigh(entry.cluster, after);
    }

    fn leave(&mut self, entry: &Entry) {
        let known = &mut self.entries[entry.cluster];
        *known -= 1;
        self.clusters -= usize::from(*known == 0);
        let after =
            if *known == 0 { 0.0 } else { (self.weights[entry.cluster] - entry.weight).max(0.0) };
        self.weigh(entry.cluster, after);
    }

    fn weigh(&mut self, cluster: usize, after: f64) {
        let before = std::mem::replace(&mut self.weights[cluster], after);
        self.sum += after - before;
        self.squares += after * after - before * before;
    }

    /// Kish's effective number, 0 for none.
    fn effective(&self) -> f64 {
        match self.clusters {
            0 => 0.0,
            many if self.squares > 0.0 => {
                (self.sum * self.sum / self.squares).clamp(1.0, many as f64)
            }
            _ => 1.0,
        }
    }
}

/// For each stretch of the grid, the effective number of clusters that know whether C exceeds its
/// prices; 0 when none does.
pub(super) fn knowing(design: &Design) -> Vec<f64> {
    let mut tally = Tally::new(design.clusters);
    let mut changes: Vec<(usize, usize)> = Vec::new();
    for (at, entry) in design.entries.iter().enumerate() {
        tally.join(entry);
        if entry.from != entry.to {
            changes.push((entry.from, at));
            changes.push((entry.to, at));
        }
    }
    changes.sort_unstable();
    let mut changes = changes.into_iter().peekable();
    // Below its lower end an entry knows that C is above, inside it knows nothing, from its upper
    // end on that C is not above.
    (0..design.grid.len())
        .map(|place| {
            while let Some((end, at)) = changes.next_if(|(end, _)| *end <= place) {
                let entry = &design.entries[at];
                if end == entry.to { tally.join(entry) } else { tally.leave(entry) }
            }
            tally.effective()
        })
        .collect()
}

/// S(f) on one stretch of prices, from `from` to the next step's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) from: u64,
    pub(super) estimate: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// The survival function and its band, ascending in price from 0.
pub(super) fn steps(design: &Design, mass: &[f64], limits: &Limits) -> Vec<Step> {
    let count = design.intervals.len();
    let mut above = vec![0.0; count + 1];
    for at in (0..count).rev() {
        above[at] = above[at + 1] + mass[at];
    }
    above[0] = 1.0;
    for value in &mut above {
        *value = value.clamp(0.0, 1.0);
    }
    let trials = trials(design, mass, &above);
    let widest = |share: f64, found: &Trials, clusters: f64| {
        let few = clusters - 1.0;
        let apart = limits.around(share, pooled(found.apart, clusters), clusters, few);
        let along = found.along.iter().zip(trials.freedoms);
        let along = along
            .map(|(trials, freedom)| limits.around(share, *trials, clusters, freedom.min(few)));
        along.fold(apart, |(low, high), (lower, higher)| (low.min(lower), high.max(higher)))
    };
    let knowing = knowing(design);
    let mut raw = Vec::with_capacity(design.grid.len());
    let (mut begun, mut past) = (0, 0);
    for (place, from) in design.grid.iter().enumerate() {
        while design.intervals.get(begun).is_some_and(|interval| interval.from <= *from) {
            begun += 1;
        }
        while design.intervals.get(past).is_some_and(|interval| interval.to <= *from) {
            past += 1;
        }
        let clusters = knowing[place];
        raw.push((
            begun,
            (begun == past).then(|| widest(above[past], &trials.passed[past], clusters)),
        ));
    }
    let mut steps: Vec<Step> = raw
        .iter()
        .zip(&design.grid)
        .map(|((begun, limits), from)| {
            let (low, high) = limits.unwrap_or((0.0, 1.0));
            Step { from: *from, estimate: above[*begun], low, high }
        })
        .collect();
    for (place, (_, limits)) in raw.iter().enumerate() {
        if limits.is_none() {
            steps[place].low =
                raw.get(place + 1).and_then(|(_, next)| *next).map_or(0.0, |(low, _)| low);
            steps[place].high =
                place.checked_sub(1).and_then(|before| raw[before].1).map_or(1.0, |(_, high)| high);
        }
    }
    widen(&mut steps);
    steps
}

/// The trials left when one pseudo-cluster's variance is added.
pub(super) fn pooled(trials: f64, clusters: f64) -> f64 {
    (trials.recip() + (clusters * clusters).recip()).recip()
}

/// Makes both limits fall with the price by widening alone.
fn widen(steps: &mut [Step]) {
    let mut high = 0.0_f64;
    for step in steps.iter_mut().rev() {
        high = high.max(step.high);
        step.high = high.max(step.estimate);
    }
    let mut low = 1.0_f64;
    for step in steps.iter_mut() {
        low = low.min(step.low);
        step.low = low.min(step.estimate);
    }
}
