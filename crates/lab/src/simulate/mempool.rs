//! User commands waiting for a block.

use std::collections::VecDeque;

use super::{
    draws::{Draws, Subject, whole},
    scenario::Transactions,
};

/// Commands kept, as in the daemon's transaction pool.
const MOST_COMMANDS: usize = 3000;

/// Fees of waiting commands in nanomina, oldest first.
#[derive(Debug, Default)]
pub(super) struct Mempool {
    fees: VecDeque<u64>,
}

impl Mempool {
    /// Lets the commands of one slot arrive.
    pub(super) fn arrive(&mut self, slot: i64, setup: &Transactions, draws: Draws) {
        let mut draw = draws.at_slot(Subject::Transactions, slot);
        for _ in 0..draw.poisson(setup.per_slot) {
            let fee = whole(draw.log_normal(setup.fee_nanomina_median as f64, setup.fee_spread));
            if self.fees.len() < MOST_COMMANDS {
                self.fees.push_back(fee);
            }
        }
    }

    /// The oldest commands, at most so many.
    pub(super) fn oldest(&self, most: u32) -> Vec<u64> {
        self.fees.iter().take(most as usize).copied().collect()
    }

    /// Removes the oldest commands, which a block includes.
    pub(super) fn include(&mut self, commands: usize) {
        self.fees.drain(..commands.min(self.fees.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_wait_in_order_and_their_number_is_bounded() {
        let mut pool = Mempool::default();
        let setup = Transactions { per_slot: 100.0, ..Transactions::default() };
        for slot in -5..60 {
            pool.arrive(slot, &setup, Draws::new(2));
        }
        assert_eq!(pool.fees.len(), MOST_COMMANDS);
        let before = pool.oldest(5);
        pool.include(2);
        assert_eq!(pool.oldest(3), before[2..]);
        pool.include(usize::MAX);
        assert!(pool.oldest(10).is_empty());
    }
}
