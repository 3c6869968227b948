//! What our own work earned and cost since a stated beginning, in all and by day, beside what other
//! settings would have brought.
//!
//! Invariants: works made, works sold, earnings and cost begin at the same instant; an account that
//! is stored and restored goes on as if it had not been. Days are those of UTC, in which the chain
//! counts too. Memory is bounded.
//!
//! Not here: how works and prover time are counted (`market`), and what they cost (`cost`).

mod hindsight;
mod money;
mod tally;

use std::collections::VecDeque;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

pub use self::{
    hindsight::{Hindsight, Purchase},
    money::Money,
    tally::{DryRunTally, Tally, Work},
};
use crate::{market::OwnSales, units::Nanomina};

/// Days kept: what is shown is about 30 at most.
const MAX_DAYS: usize = 31;

/// What our own work earned and cost since a stated beginning.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// Since when; `None` until the daemon was read.
    since: Option<Timestamp>,
    /// The fee found then.
    found_fee: Nanomina,
    /// Own sales as counted by then and since, of which the account takes the increase.
    counted: OwnSales,
    /// Blocks up to then have been accounted for.
    blocks_until: Option<Timestamp>,
    all: Tally,
    /// Ascending.
    days: VecDeque<(Date, Tally)>,
}

/// What a look adds to an account.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// When the look began.
    pub at: Timestamp,
    /// The fee that the daemon asks; `None` while the worker is off.
    pub asks: Option<Nanomina>,
    /// In dry-run, the fee that it would be asking; `None` inside while it would be off.
    pub imagined: Option<Option<Nanomina>>,
    /// The best fee, if one is known.
    pub best: Option<Nanomina>,
    /// What the prover made and cost since the look before. Sales are taken from `sales`.
    pub work: Work,
    /// Works made whose cost is not known.
    pub uncosted: u64,
    /// Own sales so far.
    pub sales: OwnSales,
    /// What other fees would have brought in the blocks since [`Account::blocks_until`].
    pub hindsight: Hindsight<'a>,
}

impl Account {
    /// Begins with what is found, if it has not begun: what was sold before is no part of it.
    pub fn begin(&mut self, at: Timestamp, fee: Nanomina, sales: OwnSales) {
        if self.since.is_none() {
            let (since, blocks_until) = (Some(at), Some(at));
            *self = Self { since, found_fee: fee, counted: sales, blocks_until, ..Self::default() };
        }
    }

    /// Blocks up to then have been accounted for; `None` before the account began.
    pub const fn blocks_until(&self) -> Option<Timestamp> {
        self.blocks_until
    }

    /// Adds a look.
    pub fn add(&mut self, entry: &Entry<'_>) {
        if self.since.is_none() {
            return;
        }
        let before = std::mem::replace(&mut self.counted, entry.sales);
        let sold = entry.sales.works.saturating_sub(before.works);
        let earned = entry.sales.earned.saturating_sub(before.earned);
        let real = Work { sold: sold as f64, earned, ..entry.work };
        // A setting that the daemon has brings what it brought.
        let bring = |asks: Option<Nanomina>| match asks {
            same if same == entry.asks => real,
            Some(fee) => entry.hindsight.at_fee(fee),
            None => Work::default(),
        };
        let more = Tally {
            real,
            uncosted: entry.uncosted,
            sold_found: entry.sales.found.saturating_sub(before.found),
            always_on: bring(Some(self.found_fee)),
            foregone: forgo(entry),
            dry_run: entry.imagined.map(|imagined| DryRunTally { imagined: bring(imagined), real }),
        };
        self.all.add(&more);
        self.add_to_day(date_of(entry.at), &more);
        self.blocks_until = self.blocks_until.max(entry.hindsight.until());
    }

    fn add_to_day(&mut self, date: Date, more: &Tally) {
        let place = self.days.partition_point(|(day, _)| *day < date);
        match self.days.get_mut(place).filter(|(day, _)| *day == date) {
            Some((_, tally)) => tally.add(more),
            None => self.days.insert(place, (date, *more)),
        }
        self.days.drain(..self.days.len().saturating_sub(MAX_DAYS));
    }

    /// The days that are kept, ascending, in UTC.
    pub fn days(&self) -> impl Iterator<Item = (Date, &Tally)> {
        self.days.iter().map(|(date, tally)| (*date, tally))
    }

    /// Since when, what was sold before, and the sums as of `now`; `None` before it began.
    pub fn report(&self, now: Timestamp) -> Option<Money> {
        let since = self.since?;
        let last = |days: i32| {
            let today = date_of(now);
            let first = today.checked_sub(jiff::Span::new().days(days - 1)).unwrap_or(Date::MIN);
            let mut sum = Tally::default();
            self.days().filter(|(day, _)| *day >= first).for_each(|(_, tally)| sum.add(tally));
            sum
        };
        Some(Money { since, today: last(1), week: last(7), month: last(30), all: self.all })
    }
}

/// What a worker at the best fee would have earned more than one that is off or asks too much.
fn forgo(entry: &Entry<'_>) -> Nanomina {
    let Some(best) = entry.best.filter(|best| entry.asks.is_none_or(|asked| asked > *best)) else {
        return Nanomina::ZERO;
    };
    let asked = entry.asks.map_or(0, |fee| entry.hindsight.at_fee(fee).profit());
    let missed = entry.hindsight.at_fee(best).profit().saturating_sub(asked.max(0));
    Nanomina::rounded(missed as f64)
}

fn date_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests;
