//! The observed information of the distribution function, and linear systems in it.
//!
//! With F the distribution function after each interval that carries mass, a class that contains the
//! intervals a..b has probability F_b - F_a. Exact, left- and right-censored classes couple only
//! neighbours, so the information is tridiagonal except for wide interval-censored classes. Without
//! those, systems are solved directly; with them, by conjugate gradients preconditioned with the
//! tridiagonal part.
//!
//! Invariants: F_0 = 0 and F_n = 1 are not unknowns; vectors of unknowns have n - 1 places and start
//! with F_1.

#![expect(
    clippy::indexing_slicing,
    reason = "unknowns are numbered from 0, and every vector has one place for each"
)]

/// Minus the second derivative of the log-likelihood in F_1..F_(n-1).
#[derive(Clone, Debug)]
pub(super) struct Information {
    diagonal: Vec<f64>,
    /// Coupling of each unknown with the next.
    beside: Vec<f64>,
    /// Pairs of unknowns that are not neighbours, and their coupling.
    far: Vec<(usize, usize, f64)>,
    /// LDL' of the tridiagonal part: reciprocal pivots and multipliers.
    inverse_pivots: Vec<f64>,
    multipliers: Vec<f64>,
}

/// Relative residual at which conjugate gradients stop.
const PRECISE: f64 = 1e-12;
/// Most steps of conjugate gradients; stopping early still gives an ascent direction.
const MOST_STEPS: usize = 300;

impl Information {
    /// Takes the number of intervals n and, for each class, the intervals a..b it contains and its
    /// weight over its squared probability.
    pub(super) fn new(
        intervals: usize,
        classes: impl Iterator<Item = (usize, usize, f64)>,
    ) -> Self {
        let unknowns = intervals.saturating_sub(1);
        let mut diagonal = vec![0.0; unknowns];
        let mut beside = vec![0.0; unknowns.saturating_sub(1)];
        let mut far = Vec::new();
        for (first, past, curvature) in classes {
            let (low, high) = (first.checked_sub(1), (past < intervals).then(|| past - 1));
            if let Some(low) = low {
                diagonal[low] += curvature;
            }
            if let Some(high) = high {
                diagonal[high] += curvature;
            }
            if let (Some(low), Some(high)) = (low, high) {
                if high == low + 1 {
                    beside[low] -= curvature;
                } else {
                    far.push((low, high, curvature));
                }
            }
        }
        let mut inverse_pivots = Vec::with_capacity(unknowns);
        let mut multipliers = Vec::with_capacity(beside.len());
        let mut carried: f64 = 0.0;
        for (at, pivot) in diagonal.iter().enumerate() {
            // The floor keeps the factor positive if an unknown is not identified.
            let inverse = (pivot - carried).max(pivot * 1e-14).max(f64::MIN_POSITIVE).recip();
            inverse_pivots.push(inverse);
            if let Some(couple) = beside.get(at) {
                let multiplier = couple * inverse;
                multipliers.push(multiplier);
                carried = couple * multiplier;
            }
        }
        Self { diagonal, beside, far, inverse_pivots, multipliers }
    }

    /// Solves the system for a right-hand side of one value for each unknown.
    pub(super) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut preconditioned = right.to_vec();
        self.solve_tridiagonal(&mut preconditioned);
        if self.far.is_empty() {
            return preconditioned;
        }
        let mut solution = vec![0.0; right.len()];
        let mut residual = right.to_vec();
        let mut direction = preconditioned.clone();
        let mut product = vec![0.0; right.len()];
        let mut size = dot(&residual, &preconditioned);
        let enough = size * PRECISE * PRECISE;
        for _ in 0..MOST_STEPS.min(2 * right.len() + 10) {
            if size.is_nan() || size <= enough {
                break;
            }
            self.multiply(&direction, &mut product);
            let curvature = dot(&direction, &product);
            if curvature.is_nan() || curvature <= 0.0 {
                break;
            }
            let step = size / curvature;
            for at in 0..right.len() {
                solution[at] += step * direction[at];
                residual[at] -= step * product[at];
            }
            preconditioned.copy_from_slice(&residual);
            self.solve_tridiagonal(&mut preconditioned);
            let next = dot(&residual, &preconditioned);
            let turn = next / size;
            for (onward, fresh) in direction.iter_mut().zip(&preconditioned) {
                *onward = fresh + turn * *onward;
            }
            size = next;
        }
        solution
    }

    fn solve_tridiagonal(&self, vector: &mut [f64]) {
        for at in 1..vector.len() {
            vector[at] -= self.multipliers[at - 1] * vector[at - 1];
        }
        for (value, inverse) in vector.iter_mut().zip(&self.inverse_pivots) {
            *value *= inverse;
        }
        for at in (1..vector.len()).rev() {
            vector[at - 1] -= self.multipliers[at - 1] * vector[at];
        }
    }

    fn multiply(&self, vector: &[f64], product: &mut [f64]) {
        for ((value, diagonal), factor) in product.iter_mut().zip(&self.diagonal).zip(vector) {
            *value = diagonal * factor;
        }
        for (at, couple) in self.beside.iter().enumerate() {
            product[at] += couple * vector[at + 1];
            product[at + 1] += couple * vector[at];
        }
        for (low, high, curvature) in &self.far {
            product[*low] -= curvature * vector[*high];
            product[*high] -= curvature * vector[*low];
        }
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solutions_satisfy_the_system_with_and_without_wide_classes() {
        let narrow = vec![
            (0, 1, 2.0),
            (1, 2, 3.0),
            (2, 3, 1.5),
            (3, 4, 4.0),
            (4, 5, 0.5),
            (2, 5, 0.7),
            (0, 3, 1.1),
        ];
        let mut wide = narrow.clone();
        wide.extend([(1, 4, 2.5), (1, 3, 0.4), (2, 4, 9.0)]);
        for classes in [narrow, wide] {
            let information = Information::new(5, classes.into_iter());
            let right = [1.0, -2.0, 0.5, 3.0];
            let solution = information.solve(&right);
            let mut product = vec![0.0; 4];
            information.multiply(&solution, &mut product);
            for (found, wanted) in product.iter().zip(right) {
                assert!((found - wanted).abs() < 1e-9, "{found} is not {wanted}");
            }
        }
    }

    #[test]
    fn one_interval_has_no_unknowns() {
        assert!(Information::new(1, std::iter::once((0, 1, 1.0))).solve(&[]).is_empty());
    }
}
