//! What was made, sold, earned and spent in some time.

use serde::{Deserialize, Serialize};

use crate::{
    cost::Expense,
    units::{Energy, Nanomina},
};

/// Work that was done, or would have been: then numbers of works are means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Work {
    /// Works made.
    pub made: f64,
    /// Works sold.
    pub sold: f64,
    /// What was paid for them.
    pub earned: Nanomina,
    /// What making works and waiting for them cost.
    pub cost: Nanomina,
    /// Energy taken; `None` where no power is set.
    pub energy: Option<Energy>,
}

impl Work {
    /// Work that cost this.
    pub const fn at_expense(made: f64, expense: Expense) -> Self {
        let Expense { amount, energy } = expense;
        Self { made, sold: 0.0, earned: Nanomina::ZERO, cost: amount, energy }
    }

    /// Earned less cost, in nanomina.
    pub fn profit(&self) -> i64 {
        let signed = |amount: Nanomina| i64::try_from(amount.get()).unwrap_or(i64::MAX);
        signed(self.earned).saturating_sub(signed(self.cost))
    }

    fn add(&mut self, more: &Self) {
        self.made += more.made;
        self.sold += more.sold;
        self.earned = self.earned.saturating_add(more.earned);
        let spent = Expense { amount: self.cost, energy: self.energy };
        let more = Expense { amount: more.cost, energy: more.energy };
        Expense { amount: self.cost, energy: self.energy } = spent.saturating_add(more);
    }
}

/// What was made, sold, earned and spent in some time, beside what other settings would have
/// brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// What was done.
    pub real: Work,
    /// Of the works made, those whose cost is not known.
    pub uncosted: u64,
    /// Of the works sold, those that stood in the book before the account began.
    pub sold_found: u64,
    /// What a worker would have done that is always on at the fee that was found.
    pub always_on: Work,
    /// What a worker at the best fee would have earned more, while ours was off or asked too much.
    pub foregone: Nanomina,
    /// Of the time in dry-run; `None` where there was none.
    pub dry_run: Option<DryRunTally>,
}

/// What a dry run imagined, beside what was done meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DryRunTally {
    /// What would have been done.
    pub imagined: Work,
    /// What was done.
    pub real: Work,
}

impl Tally {
    pub(super) fn add(&mut self, more: &Self) {
        self.real.add(&more.real);
        self.uncosted += more.uncosted;
        self.sold_found += more.sold_found;
        self.always_on.add(&more.always_on);
        self.foregone = self.foregone.saturating_add(more.foregone);
        if let Some(more) = &more.dry_run {
            let sum = self.dry_run.get_or_insert_default();
            sum.imagined.add(&more.imagined);
            sum.real.add(&more.real);
        }
    }

    /// Whether the cost is that of most works at least.
    pub fn knows_cost(&self) -> bool {
        self.uncosted as f64 * 2.0 <= self.real.made
    }

    /// Energy that a worker would have taken that is always on at the fee that was found, less what
    /// ours took, in kWh; `None` where no power is set.
    pub fn saved_kwh(&self) -> Option<f64> {
        let taken = self.real.energy.map_or(0.0, Energy::to_watt_hours);
        Some(((self.always_on.energy?.to_watt_hours() - taken) / 1_000.0).max(0.0))
    }

    /// Profit less that of a worker that is always on at the fee that was found, in nanomina.
    pub fn gain_on_always_on(&self) -> i64 {
        self.real.profit().saturating_sub(self.always_on.profit())
    }
}
