//! Every random number of the simulated market, as a pure function of the seed, a subject and two
//! indices.
//!
//! No generator is carried from one draw to the next. So a draw does not depend on how many came
//! before it, and two runs with the same seed have the same slots, transactions, proof times and
//! propagation delays whatever the operator does in them. These common random numbers let few seeds
//! compare policies.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a draw is about; each subject has its own draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// Whether a slot has a block and how late the block arrives; by slot.
    Block = 1,
    /// TransactionSetup that arrive in a slot and their fees; by slot.
    Transactions = 2,
    /// Which proofs a block producer has not heard of; by slot, and by work and prover.
    View = 3,
    /// How heavy a work is to prove, and in which order competitors come to it; by work.
    Work = 4,
    /// A competitor's proof time; by competitor and work.
    CompetitorProof = 5,
    /// A competitor's new list price; by competitor and review.
    Reprice = 6,
    /// Which work the daemon hands to the operator's worker; by assignment.
    OwnPick = 7,
    /// The operator's proof time; by assignment.
    OwnProof = 8,
    /// The pause before an idle worker asks again; by pause.
    OwnNap = 9,
    /// Whether the operator wins a slot and misses it; by slot.
    OwnSlot = 10,
    /// When a restarted daemon hears of a proof again; by restart and work.
    Refill = 11,
    /// Connected peers; by slot.
    Peers = 12,
    /// Texts of keys, hashes and commits.
    Name = 13,
    /// How long a competitor goes on until it fails, and how long it then fails; by competitor and
    /// failure.
    Failure = 14,
}

/// Source of all draws of one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws {
    seed: u64,
}

impl Draws {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The draws about one subject at one pair of indices. The four words are the ChaCha key.
    pub(super) fn draw_for(self, subject: Subject, first: u64, second: u64) -> Draw {
        let mut key = [0; 32];
        let words = [self.seed, subject as u64, first, second];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Draw(ChaCha8Rng::from_seed(key))
    }

    /// [`Draws::draw_for`] a slot, which is negative before the start of the run.
    pub(super) fn draw_for_slot(self, subject: Subject, slot: i64) -> Draw {
        self.draw_for(subject, slot.cast_unsigned(), 0)
    }
}

/// A few draws that belong together, taken in a fixed order.
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    /// 64 uniform bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform on [0, 1).
    pub(super) fn uniform(&mut self) -> f64 {
        const STEPS: f64 = (1_u64 << 53) as f64;
        (self.bits() >> 11) as f64 / STEPS
    }

    /// Whether an event of this probability happens.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Uniform on 0..bound; 0 when the bound is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let product = u128::from(self.bits()) * bound as u128;
        usize::try_from(product >> 64).unwrap_or(0)
    }

    /// Exponential with this mean.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    /// Log-normal with this median and this standard deviation of the logarithm.
    pub(super) fn log_normal(&mut self, median: f64, spread: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        let angle = std::f64::consts::TAU * self.uniform();
        median * (spread * radius * angle.cos()).exp()
    }

    /// Poisson with this mean, by counting exponential gaps. Takes time proportional to the mean.
    pub(super) fn poisson(&mut self, mean: f64) -> u32 {
        let mut count = 0;
        let mut reached = self.exponential(1.0);
        while reached < mean {
            count += 1;
            reached += self.exponential(1.0);
        }
        count
    }
}

/// A positive float as whole nanomina. Saturates; not-a-number becomes 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float casts saturate, NaN becomes 0"
)]
pub(super) fn round_nanomina(amount: f64) -> u64 {
    amount.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(of: impl Fn(&mut Draw) -> f64) -> f64 {
        let draws = Draws::new(7);
        (0..4000).map(|i| of(&mut draws.draw_for(Subject::Block, i, 0))).sum::<f64>() / 4000.0
    }

    #[test]
    fn a_draw_depends_on_every_one_of_its_four_words() {
        let bits = |seed, subject, a, b| Draws::new(seed).draw_for(subject, a, b).bits();
        let base = bits(1, Subject::Block, 2, 3);
        assert_eq!(base, bits(1, Subject::Block, 2, 3));
        for other in [
            bits(2, Subject::Block, 2, 3),
            bits(1, Subject::View, 2, 3),
            bits(1, Subject::Block, 3, 3),
            bits(1, Subject::Block, 2, 4),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn distributions_have_the_requested_means() {
        assert!((mean(Draw::uniform) - 0.5).abs() < 0.03);
        assert!((mean(|d| d.exponential(20.0)) - 20.0).abs() < 1.5);
        assert!((mean(|d| f64::from(d.poisson(8.0))) - 8.0).abs() < 0.3);
        assert!((mean(|d| d.log_normal(5.0, 0.5)) - 5.0 * (0.125_f64).exp()).abs() < 0.3);
        assert!((mean(|d| d.below(10) as f64) - 4.5).abs() < 0.3);
    }

    #[test]
    fn extreme_arguments_stay_in_range() {
        assert_eq!(round_nanomina(f64::NAN), 0);
        assert_eq!(round_nanomina(1e30), u64::MAX);
        assert_eq!(Draws::new(1).draw_for(Subject::Block, 0, 0).below(0), 0);
    }
}
