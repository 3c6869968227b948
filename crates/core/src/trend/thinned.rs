//! A series of bounded size that loses resolution instead of extent.

/// Points in order of arrival. When full, it drops every second point, and keeps half as many of the
/// following ones.
#[derive(Clone, Debug)]
pub struct ThinnedSeries<T> {
    kept: Vec<T>,
    limit: usize,
    /// Arrivals that one kept point represents.
    stride: u64,
    /// Arrivals that the last kept point represents so far.
    pending: u64,
}

impl<T: Clone> ThinnedSeries<T> {
    /// Keeps at most `limit` points, at least 2.
    pub fn new(limit: usize) -> Self {
        Self { kept: Vec::new(), limit: limit.max(2) & !1, stride: 1, pending: 0 }
    }

    /// Adds a point. The newest point is always kept; later ones replace it until its stride is full.
    pub fn push(&mut self, point: T) {
        if self.pending > 0 && self.pending < self.stride {
            self.kept.pop();
        } else {
            if self.kept.len() >= self.limit {
                self.halve();
            }
            self.pending = 0;
        }
        self.pending += 1;
        self.kept.push(point);
    }

    /// Keeps at most `limit` points from now on, at least 2.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(2) & !1;
        while self.kept.len() > self.limit {
            self.halve();
        }
        self.kept.shrink_to_fit();
    }

    /// Keeps the later point of each pair, and a newest point without a pair.
    fn halve(&mut self) {
        let (count, mut place) = (self.kept.len(), 0);
        self.kept.retain(|_| {
            place += 1;
            place % 2 == 0 || place == count
        });
        if count % 2 == 0 {
            self.pending = self.pending.saturating_add(self.stride);
        }
        self.stride = self.stride.saturating_mul(2);
    }

    /// At most `most` evenly spread points, oldest first, including the newest.
    pub fn thin_to(&self, most: usize) -> Vec<T> {
        let step = self.kept.len().div_ceil(most.max(1)).max(1);
        let mut points: Vec<T> = self.kept.iter().rev().step_by(step).cloned().collect();
        points.reverse();
        points
    }
}

#[cfg(test)]
mod tests;
