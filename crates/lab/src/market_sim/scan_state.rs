//! The scan state: which works there are, when they appear, and in what order they must be bought.
//!
//! A tree has a fixed number of transaction slots. Works appear while a tree fills: some with its
//! transactions (base statements, two in a bundle), some when older works are bought (merges of
//! their results), and a few only when the tree is nearly full (bundles that straddle its end). All
//! that appear during one tree wait for one more tree. Then they must be bought, the late ones of
//! the newest tree first, before slots of the next tree can be used. This condenses Mina
//! `parallel_scan.ml` and `staged_ledger.ml` (3.0.3) to what a seller sees: one bulk purchase per
//! tree, about one work per slot, and works that are known long before they are bought, except for
//! the few at the head of the order.

use std::collections::VecDeque;

use super::pool::Serial;

/// Sizes of a tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct TreeShape {
    /// Transaction slots.
    pub(super) slots: u32,
    /// Works that appear during one tree, at most `slots`.
    pub(super) works: u32,
    /// How many of them appear late.
    pub(super) late_works: u32,
    /// They appear when this many slots or fewer are free.
    pub(super) late_slots: u32,
}

impl TreeShape {
    const fn base_works(self) -> u32 {
        (self.works - self.late_works).div_ceil(2)
    }

    const fn merge_works(self) -> u32 {
        self.works - self.late_works - self.base_works()
    }
}

/// The scan state at the best tip.
#[derive(Debug)]
pub(super) struct ScanState {
    shape: TreeShape,
    used: u32,
    /// Works still to be bought in the current tree.
    required: VecDeque<Serial>,
    /// Works bought in the current tree.
    bought: u32,
    /// Works of the next tree, complete except for the late ones.
    next: VecDeque<Serial>,
    /// Works that appear now. They are required one tree after the current one is full.
    filling: VecDeque<Serial>,
    base_placed: u32,
    merges_placed: u32,
    late_placed: bool,
    /// Trees filled so far.
    trees: u64,
}

/// A work that appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NewWork {
    /// Whether it proves transactions, so that its jobs are not merges.
    pub(super) base: bool,
    /// Its place in the order of purchase, among all works ever.
    pub(super) place: u64,
}

impl ScanState {
    /// An empty scan state.
    pub(super) fn new(shape: TreeShape) -> Self {
        Self {
            shape,
            used: 0,
            required: VecDeque::new(),
            bought: 0,
            next: VecDeque::new(),
            filling: VecDeque::new(),
            base_placed: 0,
            merges_placed: 0,
            late_placed: false,
            trees: 0,
        }
    }

    /// The place of the next work that the tree after `trees` more will require.
    const fn place(&self, trees: u64, within: u32) -> u64 {
        /// More than a tree has works, late ones included.
        const TREE: u64 = 1 << 12;
        (self.trees + trees) * TREE + within as u64
    }

    /// Unused slots of the current tree; never 0, because the next tree begins when one is full.
    pub(super) const fn free(&self) -> u32 {
        self.shape.slots - self.used
    }

    /// Slots that a block may use without buying: all free slots once every required work is
    /// bought, one for each work already bought before that.
    pub(super) fn allowance(&self) -> u32 {
        if self.required.is_empty() { self.free() } else { self.bought.saturating_sub(self.used) }
    }

    /// Works that the current tree still requires, in the order in which they must be bought.
    pub(super) const fn required(&self) -> &VecDeque<Serial> {
        &self.required
    }

    /// The first work that the next tree will require; `None` until it has appeared.
    pub(super) fn next_head(&self) -> Option<Serial> {
        let known = self.late_placed || self.shape.late_works == 0;
        self.next.front().copied().filter(|_| known)
    }

    /// Every work not yet bought, in order of purchase.
    pub(super) fn open_works(&self) -> impl Iterator<Item = Serial> {
        self.required.iter().chain(&self.next).chain(&self.filling).copied()
    }

    /// Adds a block's slots to the current tree and removes the works that it bought from the head
    /// of the order. `appear` adds a new work.
    ///
    /// Slots beyond the free ones and works beyond the required ones are ignored.
    pub(super) fn apply_block(
        &mut self,
        slots: u32,
        bought: u32,
        mut appear: impl FnMut(NewWork) -> Serial,
    ) {
        let before = self.required.len();
        self.required.drain(..before.min(bought as usize));
        self.bought += u32::try_from(before - self.required.len()).unwrap_or(0);
        self.used += slots.min(self.free());
        let full = self.used == self.shape.slots;

        let base = proportional_share(self.shape.base_works(), self.used, self.shape.slots);
        while self.base_placed < base {
            self.filling.push_back(appear(self.new_work(true)));
            self.base_placed += 1;
        }
        let all = self.bought + u32::try_from(self.required.len()).unwrap_or(0);
        let merges = self.shape.merge_works();
        // The first trees of a chain require nothing, so their merges appear with the slots.
        let merges = if all == 0 {
            proportional_share(merges, self.used, self.shape.slots)
        } else {
            proportional_share(merges, self.bought, all)
        };
        while self.merges_placed < merges {
            self.filling.push_back(appear(self.new_work(false)));
            self.merges_placed += 1;
        }
        if !self.late_placed && self.free() <= self.shape.late_slots {
            for late in 0..self.shape.late_works {
                let place = self.place(1, FIRST_PLACE.saturating_sub(1 + late));
                self.next.push_front(appear(NewWork { base: false, place }));
            }
            self.late_placed = true;
        }
        if full {
            self.required.append(&mut self.next);
            std::mem::swap(&mut self.next, &mut self.filling);
            (self.used, self.bought, self.base_placed, self.merges_placed) = (0, 0, 0, 0);
            self.late_placed = false;
            self.trees += 1;
        }
    }

    /// The next work of the tree that fills.
    fn new_work(&self, base: bool) -> NewWork {
        let before = u32::try_from(self.filling.len()).unwrap_or(u32::MAX - FIRST_PLACE);
        NewWork { base, place: self.place(2, FIRST_PLACE + before) }
    }
}

/// Place within a tree of its first work that is not late: after all that can be.
const FIRST_PLACE: u32 = 1 << 10;

/// `part / whole` of `total`, rounded down; all of it when `part` reaches `whole`.
fn proportional_share(total: u32, part: u32, whole: u32) -> u32 {
    u32::try_from(u64::from(total) * u64::from(part) / u64::from(whole.max(1))).unwrap_or(total)
}

#[cfg(test)]
mod tests;
