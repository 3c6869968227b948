//! Innermost intervals: the only places where a maximum-likelihood estimate from interval-censored
//! data can have mass (Turnbull 1976, "The empirical distribution function with arbitrarily grouped,
//! censored and truncated data", JRSS B 38).
//!
//! Prices are integers and spans are closed, so an innermost interval runs from the lower end of
//! some span to the upper end of some span with no other end between. A span contains each of them
//! completely or not at all.
//!
//! Invariants: `grid` ascends and begins with 0; the weights of entries, and those of classes, sum
//! to one; each class contains at least one interval; entries of one cluster are adjacent.

#![expect(
    clippy::indexing_slicing,
    reason = "positions come from the grid and the entries that they index"
)]

use super::{
    npmle::LikelihoodClass,
    observation::{OPEN, ScreenedObservation},
};

/// An innermost interval with both ends included; `to` is [`OPEN`] for the right tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InnermostInterval {
    pub(super) from: u64,
    pub(super) to: u64,
}

/// All observations of one cluster with the same span.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpanEntry {
    /// Clusters are numbered from 0 without gaps, in the order of purchase.
    pub(super) cluster: usize,
    /// Position of the span's lower end in the grid.
    pub(super) from: usize,
    /// Position of the span's upper end in the grid; the grid's length if there is no end.
    pub(super) to: usize,
    /// The class it belongs to.
    pub(super) class: usize,
    pub(super) weight: f64,
}

/// Observations in the form that the likelihood and the band work on.
#[derive(Clone, Debug)]
pub(super) struct Design {
    /// Every price at which some span begins or ends, and 0.
    pub(super) grid: Vec<u64>,
    pub(super) intervals: Vec<InnermostInterval>,
    pub(super) classes: Vec<LikelihoodClass>,
    pub(super) entries: Vec<SpanEntry>,
    pub(super) clusters: usize,
}

impl Design {
    /// Takes items in the order of `screen_observations`.
    pub(super) fn new(items: &[ScreenedObservation]) -> Self {
        let grid = collect_grid(items);
        let position = |price: u64| grid.partition_point(|known| *known < price);
        let mut entries: Vec<SpanEntry> = Vec::with_capacity(items.len());
        let mut previous: Option<&ScreenedObservation> = None;
        let mut clusters = 0;
        let mut total = 0.0;
        for item in items {
            total += item.weight;
            match (previous, entries.last_mut()) {
                (Some(before), Some(entry))
                    if before.cluster == item.cluster && before.span == item.span =>
                {
                    entry.weight += item.weight;
                }
                _ => {
                    if previous.is_none_or(|before| before.cluster != item.cluster) {
                        clusters += 1;
                    }
                    let from = position(item.span.from);
                    let to = match item.span.to {
                        OPEN => grid.len(),
                        end if end == item.span.from => from,
                        end => position(end),
                    };
                    entries.push(SpanEntry {
                        cluster: clusters - 1,
                        from,
                        to,
                        class: 0,
                        weight: item.weight,
                    });
                }
            }
            previous = Some(item);
        }
        for entry in &mut entries {
            entry.weight /= total;
        }
        let intervals = find_innermost(&grid, &entries);
        let classes = merge_into_classes(&grid, &intervals, &mut entries);
        Self { grid, intervals, classes, entries, clusters }
    }

    /// The weight of each cluster.
    pub(super) fn cluster_weights(&self) -> Vec<f64> {
        let mut weights = vec![0.0; self.clusters];
        for entry in &self.entries {
            weights[entry.cluster] += entry.weight;
        }
        weights
    }

    /// Kish's effective number of clusters.
    pub(super) fn effective_clusters(&self) -> f64 {
        let (sum, squares) = self
            .cluster_weights()
            .iter()
            .fold((0.0, 0.0), |(sum, squares), weight| (sum + weight, squares + weight * weight));
        if squares > 0.0 { (sum * sum / squares).clamp(1.0, self.clusters as f64) } else { 0.0 }
    }
}

/// Collects the distinct ends of all spans, and 0, ascending.
fn collect_grid(items: &[ScreenedObservation]) -> Vec<u64> {
    let mut grid = Vec::with_capacity(2 * items.len() + 1);
    grid.push(0);
    let mut before = None;
    for item in items {
        // Works of one purchase often have the same price, one after another.
        if before.replace(item.span) == Some(item.span) {
            continue;
        }
        grid.push(item.span.from);
        if item.span.to != item.span.from && item.span.to != OPEN {
            grid.push(item.span.to);
        }
    }
    grid.sort_unstable();
    grid.dedup();
    grid
}

/// Finds each lower end that is followed by an upper end before the next lower end.
fn find_innermost(grid: &[u64], entries: &[SpanEntry]) -> Vec<InnermostInterval> {
    let mut begins = vec![false; grid.len() + 1];
    let mut stops = vec![false; grid.len() + 1];
    for entry in entries {
        begins[entry.from] = true;
        stops[entry.to] = true;
    }
    let mut intervals = Vec::new();
    let mut begun = None;
    for place in 0..=grid.len() {
        if begins[place] {
            begun = Some(place);
        }
        if stops[place]
            && let Some(from) = begun.take()
        {
            intervals.push(InnermostInterval {
                from: grid[from],
                to: grid.get(place).copied().unwrap_or(OPEN),
            });
        }
    }
    intervals
}

/// Merges entries that contain the same intervals into classes of the likelihood.
fn merge_into_classes(
    grid: &[u64],
    intervals: &[InnermostInterval],
    entries: &mut [SpanEntry],
) -> Vec<LikelihoodClass> {
    let first: Vec<usize> = grid
        .iter()
        .map(|price| intervals.partition_point(|interval| interval.from < *price))
        .collect();
    let past: Vec<usize> = grid
        .iter()
        .map(|price| intervals.partition_point(|interval| interval.to <= *price))
        .collect();
    let mut keyed: Vec<(usize, usize, usize)> = entries
        .iter()
        .enumerate()
        .map(|(at, entry)| {
            (first[entry.from], past.get(entry.to).copied().unwrap_or(intervals.len()), at)
        })
        .collect();
    keyed.sort_unstable();
    let mut classes: Vec<LikelihoodClass> = Vec::new();
    for (first, past, at) in keyed {
        let weight = entries[at].weight;
        match classes.last_mut() {
            Some(class) if class.first == first && class.past == past => class.weight += weight,
            _ => classes.push(LikelihoodClass { first, past, weight }),
        }
        entries[at].class = classes.len() - 1;
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::estimate::observation::Span;

    fn design(spans: &[(u64, u64)]) -> Design {
        let items: Vec<ScreenedObservation> = spans
            .iter()
            .zip(0..)
            .map(|((from, to), cluster)| ScreenedObservation {
                span: Span { from: *from, to: *to },
                weight: 1.0,
                cluster,
            })
            .collect();
        Design::new(&items)
    }

    #[test]
    fn an_innermost_interval_is_a_lower_end_followed_by_an_upper_end() {
        let found = design(&[(0, 5), (3, 9), (4, 4), (7, OPEN), (8, 20)]);
        let ends: Vec<(u64, u64)> = found.intervals.iter().map(|i| (i.from, i.to)).collect();
        assert_eq!(ends, [(4, 4), (8, 9)]);
    }

    #[test]
    fn a_last_lower_end_without_an_upper_end_opens_the_tail() {
        let found = design(&[(2, 2), (6, OPEN)]);
        let ends: Vec<(u64, u64)> = found.intervals.iter().map(|i| (i.from, i.to)).collect();
        assert_eq!(ends, [(2, 2), (6, OPEN)]);
    }

    #[test]
    fn every_class_contains_the_intervals_inside_its_spans_and_weights_sum_to_one() {
        let found = design(&[(0, 5), (3, 9), (4, 4), (7, OPEN), (8, 20), (4, 6), (4, 7)]);
        for entry in &found.entries {
            let class = &found.classes[entry.class];
            let from = found.grid[entry.from];
            let to = found.grid.get(entry.to).copied().unwrap_or(OPEN);
            let inside: Vec<usize> = (0..found.intervals.len())
                .filter(|at| found.intervals[*at].from >= from && found.intervals[*at].to <= to)
                .collect();
            assert_eq!(inside, (class.first..class.past).collect::<Vec<_>>());
            assert!(!inside.is_empty());
        }
        assert!((found.classes.iter().map(|class| class.weight).sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(found.clusters, 7);
    }
}
