//! The confidence band: pointwise, two-sided, robust to dependence within clusters and between
//! neighbouring ones, and deterministic.
//!
//! At a price f where S(f) is identified, the variance of the estimate comes from the influence of
//! each cluster on it: the cluster's summed score, mapped through the inverse of the observed
//! information. If clusters are independent it is the sum of the squared influences (the sandwich
//! over clusters, Huber 1967; on right-censored data the infinitesimal jackknife, on exact data the
//! usual cluster-robust variance of a proportion). If influences are a sequence in order of
//! purchase it is their long-run variance, which allows for runs longer than a cluster
//! (`dependence`). Each is turned into an effective number of independent trials n = S(1 - S) /
//! variance, and the interval is Wilson's score interval (Wilson 1927) with a Student quantile for
//! the few clusters or waves behind the variance (Korn and Graubard 1998; Kott and Carr 1997). The
//! band is the union of these intervals.
//!
//! Two additions keep it wide enough when there are few clusters. One pseudo-cluster: S(1 - S) / k^2
//! is added to the variance of independent clusters, where k is the effective number of clusters
//! that know whether C exceeds f (Kish: (sum w)^2 / sum w^2), so that agreement by chance is not
//! taken for certainty. And at S = 0 or 1 the interval is at least that of k clusters without
//! exception, 1 - (alpha/2)^(1/k) (Clopper and Pearson 1934; 3/k is its rule of three).
//!
//! Where S(f) is not identified (f inside an innermost interval) the band runs from the lower limit
//! after that interval to the upper limit before it. Finally the band is widened to be monotone: the
//! upper limit to the largest at any higher price, the lower to the least at any lower price.
//!
//! Invariants: 0 <= low <= high <= 1; both limits fall with the price; no NaN.
//!
//! Not here: the number of trials behind S(f) (`trials`).

#![expect(
    clippy::indexing_slicing,
    reason = "places come from the design, whose grid, classes and clusters they index"
)]

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::{
    trials::{Trials, count_trials},
    turnbull::{Design, SpanEntry},
};

/// S(f) at one fee f.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PointEstimate {
    /// P(C > f), in [0, 1]; the least of the values that the data do not distinguish.
    pub estimate: f64,
    /// Lower end of the confidence band.
    pub low: f64,
    /// Upper end of the confidence band; covers all values that the data do not distinguish.
    pub high: f64,
}

/// Largest number of degrees of freedom with a tabulated Student quantile; beyond it the expansion
/// in 1/df is exact to 1e-4.
const TABLED: usize = 30;

/// Confidence limits of a share, given the numbers of trials and clusters behind it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BandLimits {
    /// Probability outside the limits, on each side.
    outside: f64,
    normal: f64,
    student: Vec<f64>,
}

impl BandLimits {
    /// Takes the two-sided confidence level, clamped to 0.01..=0.9999; NaN is 0.9999.
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

    /// The Student quantile for this many degrees of freedom, rounded down to an integer of at least
    /// one.
    fn student_quantile(&self, freedom: f64) -> f64 {
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

    /// The interval around a share estimated from `trials` effective trials in `clusters` effective
    /// clusters. `freedom` is the degrees of freedom of the variance that gave `trials`.
    pub(super) fn interval_around(
        &self,
        share: f64,
        trials: f64,
        clusters: f64,
        freedom: f64,
    ) -> (f64, f64) {
        if clusters.is_nan() || clusters < 1.0 || trials.is_nan() || trials <= 0.0 {
            return (0.0, 1.0);
        }
        let squared = self.student_quantile(freedom).powi(2);
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

/// The clusters that know whether C exceeds one price, with their weights.
struct ClusterCounts {
    weights: Vec<f64>,
    entries: Vec<usize>,
    clusters: usize,
    sum: f64,
    squares: f64,
}

impl ClusterCounts {
    fn new(clusters: usize) -> Self {
        Self {
            weights: vec![0.0; clusters],
            entries: vec![0; clusters],
            clusters: 0,
            sum: 0.0,
            squares: 0.0,
        }
    }

    fn add_entry(&mut self, entry: &SpanEntry) {
        let known = &mut self.entries[entry.cluster];
        self.clusters += usize::from(*known == 0);
        *known += 1;
        let after = self.weights[entry.cluster] + entry.weight;
        self.set_weight(entry.cluster, after);
    }

    fn remove_entry(&mut self, entry: &SpanEntry) {
        let known = &mut self.entries[entry.cluster];
        *known -= 1;
        self.clusters -= usize::from(*known == 0);
        let after =
            if *known == 0 { 0.0 } else { (self.weights[entry.cluster] - entry.weight).max(0.0) };
        self.set_weight(entry.cluster, after);
    }

    fn set_weight(&mut self, cluster: usize, after: f64) {
        let before = std::mem::replace(&mut self.weights[cluster], after);
        self.sum += after - before;
        self.squares += after * after - before * before;
    }

    /// Kish's effective number of clusters; 0 if there are none.
    fn effective_number(&self) -> f64 {
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
/// prices.
pub(super) fn informed_clusters(design: &Design) -> Vec<f64> {
    let mut counts = ClusterCounts::new(design.clusters);
    let mut changes: Vec<(usize, usize)> = Vec::new();
    for (at, entry) in design.entries.iter().enumerate() {
        counts.add_entry(entry);
        if entry.from != entry.to {
            changes.push((entry.from, at));
            changes.push((entry.to, at));
        }
    }
    changes.sort_unstable();
    let mut changes = changes.into_iter().peekable();
    // Below its lower end an entry knows that C is above; from its upper end on, that C is not; in
    // between it knows nothing.
    (0..design.grid.len())
        .map(|place| {
            while let Some((end, at)) = changes.next_if(|(end, _)| *end <= place) {
                let entry = &design.entries[at];
                if end == entry.to { counts.add_entry(entry) } else { counts.remove_entry(entry) }
            }
            counts.effective_number()
        })
        .collect()
}

/// S(f) on one stretch of prices, from `from` to the next step's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BandStep {
    pub(super) from: u64,
    pub(super) estimate: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// The survival function and its band, ascending in price from 0.
pub(super) fn build_steps(design: &Design, mass: &[f64], limits: &BandLimits) -> Vec<BandStep> {
    let count = design.intervals.len();
    let mut above = vec![0.0; count + 1];
    for at in (0..count).rev() {
        above[at] = above[at + 1] + mass[at];
    }
    above[0] = 1.0;
    for value in &mut above {
        *value = value.clamp(0.0, 1.0);
    }
    let trials = count_trials(design, mass, &above);
    let widest = |share: f64, found: &Trials, clusters: f64| {
        let few = clusters - 1.0;
        let apart =
            limits.interval_around(share, add_pseudo_cluster(found.apart, clusters), clusters, few);
        let along = found.along.iter().zip(trials.freedoms);
        let along = along.map(|(trials, freedom)| {
            limits.interval_around(share, *trials, clusters, freedom.min(few))
        });
        along.fold(apart, |(low, high), (lower, higher)| (low.min(lower), high.max(higher)))
    };
    let informed = informed_clusters(design);
    let mut raw = Vec::with_capacity(design.grid.len());
    let (mut begun, mut past) = (0, 0);
    for (place, from) in design.grid.iter().enumerate() {
        while design.intervals.get(begun).is_some_and(|interval| interval.from <= *from) {
            begun += 1;
        }
        while design.intervals.get(past).is_some_and(|interval| interval.to <= *from) {
            past += 1;
        }
        let clusters = informed[place];
        raw.push((
            begun,
            (begun == past).then(|| widest(above[past], &trials.passed[past], clusters)),
        ));
    }
    let mut steps: Vec<BandStep> = raw
        .iter()
        .zip(&design.grid)
        .map(|((begun, limits), from)| {
            let (low, high) = limits.unwrap_or((0.0, 1.0));
            BandStep { from: *from, estimate: above[*begun], low, high }
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
    make_monotone(&mut steps);
    steps
}

/// The number of trials after adding the variance of one pseudo-cluster.
pub(super) fn add_pseudo_cluster(trials: f64, clusters: f64) -> f64 {
    (trials.recip() + (clusters * clusters).recip()).recip()
}

/// Widens the band until both limits fall with the price.
fn make_monotone(steps: &mut [BandStep]) {
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
