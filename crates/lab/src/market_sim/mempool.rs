//! User commands waiting for a block.

use std::collections::VecDeque;

use super::{
    draws::{Draws, Subject, round_nanomina},
    scenario::TransactionSetup,
};

/// Commands kept, as many as in the daemon's transaction pool.
const MOST_COMMANDS: usize = 3000;

/// Fees of waiting commands in nanomina, oldest first.
#[derive(Debug, Default)]
pub(super) struct Mempool {
    fees: VecDeque<u64>,
}

impl Mempool {
    /// Adds the commands that arrive in one slot.
    pub(super) fn add_arrivals(&mut self, slot: i64, setup: &TransactionSetup, draws: Draws) {
        let mut draw = draws.draw_for_slot(Subject::Transactions, slot);
        for _ in 0..draw.poisson(setup.per_slot) {
            let fee =
                round_nanomina(draw.log_normal(setup.fee_nanomina_median as f64, setup.fee_spread));
            if self.fees.len() < MOST_COMMANDS {
                self.fees.push_back(fee);
            }
        }
    }

    /// Fees of the oldest commands, at most `most`.
    pub(super) fn oldest(&self, most: u32) -> Vec<u64> {
        self.fees.iter().take(most as usize).copied().collect()
    }

    /// Removes the oldest `commands` commands, which a block has included.
    pub(super) fn remove_included(&mut self, commands: usize) {
        self.fees.drain(..commands.min(self.fees.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_wait_in_order_and_their_number_is_bounded() {
        let mut pool = Mempool::default();
        let setup = TransactionSetup { per_slot: 100.0, ..TransactionSetup::default() };
        for slot in -5..60 {
            pool.add_arrivals(slot, &setup, Draws::new(2));
        }
        assert_eq!(pool.fees.len(), MOST_COMMANDS);
        let before = pool.oldest(5);
        pool.remove_included(2);
        assert_eq!(pool.oldest(3), before[2..]);
        pool.remove_included(usize::MAX);
        assert!(pool.oldest(10).is_empty());
    }
}
