//! One competing key.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::summary::{SellerKind, SellerSummary};
use crate::{
    market::pace::PaceEvidence,
    units::{Nanomina, PublicKey},
};

/// Most fees kept of one key.
const MOST_FEES: usize = 6;
/// Works open to a key at both ends of a window for it to count as busy.
const ENOUGH_OPEN: usize = 4;
/// Busy hours after which they count half, so that a pace follows when provers come or go.
const BUSY_HALF_LIFE: f64 = 0.3;
/// Busy hours that the pace of the others counts for.
const PRIOR_HOURS: f64 = 0.05;
/// How often a key leaves: once in twelve hours.
const LEAVES_PER_HOUR: f64 = 1.0 / 12.0;

/// One competing key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KnownSeller {
    prover: PublicKey,
    since: Timestamp,
    last_seen: Timestamp,
    /// What it asked last.
    fee: Nanomina,
    /// Works offered or sold by fee, ascending, older ones for less.
    fees: Vec<(Nanomina, f64)>,
    /// Works sold, older ones for less.
    sold: f64,
    /// What it offered in windows in which it was busy.
    busy: PaceEvidence,
    /// What it offered in windows in which it had little to do.
    idle: PaceEvidence,
    /// Hours in which it was busy by what was open to it, and offered nothing, since it last did.
    silent: f64,
    /// Works offered in the window.
    offered: u32,
    /// Works open to it at the beginning of the window.
    open: usize,
}

impl KnownSeller {
    pub(super) fn new(prover: PublicKey, at: Timestamp) -> Self {
        Self {
            prover,
            since: at,
            last_seen: at,
            fee: Nanomina::ZERO,
            fees: Vec::new(),
            sold: 0.0,
            busy: PaceEvidence::default(),
            idle: PaceEvidence::default(),
            silent: 0.0,
            offered: 0,
            open: 0,
        }
    }

    pub(super) const fn prover(&self) -> &PublicKey {
        &self.prover
    }

    /// What it asked last.
    pub(super) const fn fee(&self) -> Nanomina {
        self.fee
    }

    /// Works offered and sold, older ones for less.
    pub(super) fn weight(&self) -> f64 {
        self.fees.iter().map(|(_, works)| works).sum()
    }

    pub(super) fn record_sale(&mut self, at: Timestamp, fee: Nanomina, weight: f64) {
        self.sold += weight;
        self.add_fee(at, fee, weight);
    }

    pub(super) fn record_offer(&mut self, at: Timestamp, fee: Nanomina) {
        self.offered = self.offered.saturating_add(1);
        self.fee = fee;
        self.add_fee(at, fee, 1.0);
    }

    fn add_fee(&mut self, at: Timestamp, fee: Nanomina, weight: f64) {
        if at >= self.last_seen {
            (self.last_seen, self.fee) = (at, fee);
        }
        match self.fees.binary_search_by_key(&fee, |(known, _)| *known) {
            Ok(place) => self.fees.get_mut(place).into_iter().for_each(|(_, sum)| *sum += weight),
            Err(place) => self.fees.insert(place, (fee, weight)),
        }
        if self.fees.len() > MOST_FEES {
            // The one asked now stays, or a key with many fees would never show a new one.
            let others = self.fees.iter().enumerate().filter(|(_, (known, _))| *known != fee);
            let least = others.min_by(|(_, (_, one)), (_, (_, other))| one.total_cmp(other));
            if let Some(place) = least.map(|(place, _)| place) {
                self.fees.remove(place);
            }
        }
    }

    pub(super) fn discount(&mut self, keep: f64) {
        self.sold *= keep;
        self.fees.iter_mut().for_each(|(_, works)| *works *= keep);
    }

    pub(super) const fn open_window(&mut self, open: usize) {
        (self.offered, self.open) = (0, open);
    }

    /// Ends a window of so many hours, after which `open` works are open to it.
    pub(super) fn close_window(&mut self, hours: f64, open: usize) {
        let busy = self.open >= ENOUGH_OPEN && open >= ENOUGH_OPEN;
        if self.offered == 0 {
            // Counted with what it offers next, if it is still there then.
            self.silent += if busy { hours } else { 0.0 };
            return;
        }
        let silent = std::mem::take(&mut self.silent);
        let stayed = self.measured_pace().is_none_or(|pace| odds_online(pace, silent) >= 0.5);
        let hours = hours + if stayed { silent } else { 0.0 };
        let seen = PaceEvidence { works: f64::from(self.offered), hours };
        let evidence = if busy { &mut self.busy } else { &mut self.idle };
        let kept = evidence.scaled((-hours / BUSY_HALF_LIFE).exp2());
        *evidence = PaceEvidence { works: kept.works + seen.works, hours: kept.hours + seen.hours };
    }

    /// Works an hour while it was busy; `None` where it was not for long enough to tell.
    pub(super) fn measured_pace(&self) -> Option<f64> {
        (self.busy.hours >= PRIOR_HOURS).then(|| self.busy.works / self.busy.hours)
    }

    /// Works an hour while it has something to do. `typical` is the pace of others, `sold` what it
    /// sells an hour: it makes at least that.
    fn pace(&self, typical: Option<f64>, sold: f64) -> f64 {
        let PaceEvidence { works, hours } = self.busy;
        let prior = typical.unwrap_or(sold).max(sold);
        let busy = (works + prior * PRIOR_HOURS) / (hours + PRIOR_HOURS);
        let idle = if self.idle.hours > 0.0 { self.idle.works / self.idle.hours } else { 0.0 };
        busy.max(if hours < PRIOR_HOURS { idle } else { 0.0 })
    }

    /// `hours` is the time over which sales were counted, `all_sold` the works that all sold in it.
    pub(super) fn summarise(
        &self,
        typical: Option<f64>,
        hours: f64,
        all_sold: f64,
    ) -> SellerSummary {
        let sold_per_hour = if hours > 0.0 { self.sold / hours } else { 0.0 };
        let pace = self.pace(typical, sold_per_hour);
        let online = odds_online(pace, self.silent);
        let weight = self.weight();
        let fees: Vec<(Nanomina, f64)> =
            self.fees.iter().map(|(fee, works)| (*fee, works / weight)).collect();
        SellerSummary {
            prover: self.prover.clone(),
            kind: SellerKind::tell(&fees, online),
            fees,
            works_per_hour: pace,
            share_of_sales: if all_sold > 0.0 { self.sold / all_sold } else { 0.0 },
            since: self.since,
            last_seen: self.last_seen,
            online,
        }
    }
}

/// P(there) of a key that makes `pace` works an hour and offered none for `silent` hours in which
/// it was busy: it offers at random times, and leaves at random times.
fn odds_online(pace: f64, silent: f64) -> f64 {
    let quiet = (-pace * silent).exp();
    if pace <= 0.0 {
        return 1.0 / (1.0 + LEAVES_PER_HOUR * silent);
    }
    quiet / (quiet + LEAVES_PER_HOUR / pace * (1.0 - quiet))
}
