//! The numbers of the operators of a market.

/// An operator's number in a market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SeatId(u32);

impl SeatId {
    /// The operator of the scenario.
    pub(crate) const FIRST: Self = Self(0);

    /// The operator with this number.
    pub(crate) fn new(number: usize) -> Self {
        Self(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// Its place among the operators after the first; `None` for the first.
    pub(super) const fn place_among_others(self) -> Option<usize> {
        (self.0 as usize).checked_sub(1)
    }

    pub(super) const fn is_first(self) -> bool {
        self.0 == 0
    }

    /// The second index of this operator's draws.
    pub(super) const fn draw_index(self) -> u64 {
        self.0 as u64
    }
}
