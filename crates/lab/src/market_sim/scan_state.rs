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
        }
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
    /// of the order. `appear` makes a new work.
    ///
    /// Slots beyond the free ones and works beyond the required ones are ignored.
    pub(super) fn apply_block(
        &mut self,
        slots: u32,
        bought: u32,
        mut appear: impl FnMut() -> Serial,
    ) {
        let before = self.required.len();
        self.required.drain(..before.min(bought as usize));
        self.bought += u32::try_from(before - self.required.len()).unwrap_or(0);
        self.used += slots.min(self.free());
        let full = self.used == self.shape.slots;

        let base = proportional_share(self.shape.base_works(), self.used, self.shape.slots);
        while self.base_placed < base {
            self.filling.push_back(appear());
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
            self.filling.push_back(appear());
            self.merges_placed += 1;
        }
        if !self.late_placed && self.free() <= self.shape.late_slots {
            for _ in 0..self.shape.late_works {
                self.next.push_front(appear());
            }
            self.late_placed = true;
        }
        if full {
            self.required.append(&mut self.next);
            std::mem::swap(&mut self.next, &mut self.filling);
            (self.used, self.bought, self.base_placed, self.merges_placed) = (0, 0, 0, 0);
            self.late_placed = false;
        }
    }
}

/// `part / whole` of `total`, rounded down; all of it when `part` reaches `whole`.
fn proportional_share(total: u32, part: u32, whole: u32) -> u32 {
    u32::try_from(u64::from(total) * u64::from(part) / u64::from(whole.max(1))).unwrap_or(total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHAPE: TreeShape = TreeShape { slots: 8, works: 7, late_works: 1, late_slots: 3 };

    fn filled(trees: u32) -> (ScanState, Serial) {
        let mut scan = ScanState::new(SHAPE);
        let mut made = 0;
        for _ in 0..trees {
            let required = u32::try_from(scan.required().len()).unwrap();
            scan.apply_block(SHAPE.slots, required, || {
                made += 1;
                made - 1
            });
        }
        (scan, made)
    }

    #[test]
    fn works_wait_a_whole_tree_before_they_are_required() {
        let (scan, _) = filled(1);
        assert_eq!(
            (scan.required().len(), scan.next.len()),
            (1, 6),
            "only the late work of an empty chain"
        );
        let (scan, made) = filled(2);
        assert_eq!((scan.required().len(), scan.next.len(), made), (7, 6, 14));
    }

    #[test]
    fn late_works_come_first_and_appear_only_near_the_end() {
        let (mut scan, mut made) = filled(2);
        let mut appear = || {
            made += 1;
            made - 1
        };
        scan.apply_block(4, 7, &mut appear);
        let head = scan.next.front().copied();
        assert_eq!(scan.next_head(), None);
        scan.apply_block(1, 0, &mut appear);
        let late = scan.next_head();
        assert_ne!(late, head, "three slots are free now");
        assert_eq!(scan.next.get(1).copied(), head);
        scan.apply_block(3, 0, appear);
        assert_eq!(scan.required().front().copied(), late);
    }

    #[test]
    fn bought_works_allow_slots_one_by_one_and_the_last_allows_all() {
        let (mut scan, mut made) = filled(2);
        let mut appear = || {
            made += 1;
            made - 1
        };
        assert_eq!(scan.allowance(), 0);
        scan.apply_block(1, 3, &mut appear);
        assert_eq!(scan.allowance(), 2);
        scan.apply_block(2, 0, &mut appear);
        assert_eq!(scan.allowance(), 0);
        scan.apply_block(1, 4, &mut appear);
        assert_eq!((scan.allowance(), scan.free()), (4, 4));
    }

    #[test]
    fn merges_appear_when_works_are_bought() {
        let (mut scan, _) = filled(2);
        let mut appeared = 0;
        scan.apply_block(1, 7, || {
            appeared += 1;
            100 + appeared
        });
        assert_eq!(appeared, 3);
    }

    proptest! {
        #[test]
        fn a_long_run_buys_each_work_once_in_a_fixed_order_at_the_shapes_rate(
            steps in prop::collection::vec((0_u32..9, 0_u32..9), 1..300),
        ) {
            let mut scan = ScanState::new(SHAPE);
            let (mut made, mut sold, mut used) = (0_u64, Vec::new(), 0_u64);
            for (slots, bought) in steps {
                let order: Vec<Serial> = scan.open_works().collect();
                let bought = bought.min(u32::try_from(scan.required().len()).unwrap());
                let all = bought as usize == scan.required().len();
                let slots = slots.min(if all { scan.free() } else { scan.free().min(scan.allowance() + bought) });
                sold.extend(order.iter().take(bought as usize).copied());
                scan.apply_block(slots, bought, || { made += 1; made - 1 });
                used += u64::from(slots);
                let rest: Vec<Serial> = scan.open_works().collect();
                let old: Vec<Serial> = rest.iter().copied().filter(|serial| order.contains(serial)).collect();
                prop_assert_eq!(&old[..], &order[bought as usize..], "the order of known works never changes");
                prop_assert!(scan.free() >= 1);
            }
            let distinct: std::collections::BTreeSet<_> = sold.iter().copied().collect();
            prop_assert_eq!(distinct.len(), sold.len());
            prop_assert_eq!(made, sold.len() as u64 + scan.open_works().count() as u64);
            let trees = used / u64::from(SHAPE.slots);
            prop_assert!((trees * 7..=(trees + 1) * 7).contains(&made), "{} works in {} trees", made, trees);
        }
    }
}
