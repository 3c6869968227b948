//! Our own works: which are in the pool, which sold, and what was predicted for them.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    calibration::{BandSales, Calibration, Prediction, band_floor},
    look::{Block, Offer, OpenWork, Sale},
    made::MadeSince,
    offers_by_owner::OffersByOwner,
    pairs,
    rivals::Rivals,
    unseen::UnseenWorks,
};
use crate::units::{Nanomina, PublicKey, WorkId};

/// Most works kept.
const MAX_WORKS: usize = 20_000;

/// Our own works, as pool and chain show them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct OwnWorks {
    #[serde(with = "pairs")]
    works: BTreeMap<WorkId, OwnWork>,
    rivals: Rivals,
    /// `None` until a book was read: what stood there before was not made under our eyes.
    works_made: Option<u64>,
    sold: u64,
    /// Of the works sold, those that stood in the first book.
    sold_found: u64,
    earned: Nanomina,
    /// Works that were lost before they were seen.
    #[serde(skip_serializing_if = "UnseenWorks::is_empty")]
    unseen: UnseenWorks,
    /// No fate is older than this; `None` while that is not known.
    #[serde(skip)]
    fates_from: Option<Timestamp>,
    /// The calibration by fee as of the last pruning; `None` if anything was added since.
    #[serde(skip)]
    calibrated: Option<BTreeMap<Nanomina, Calibration>>,
}

/// Own sales since the daemon was first seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSales {
    /// Works.
    pub works: u64,
    /// Of them, works that stood in the first book.
    #[serde(default)]
    pub found: u64,
    /// What was paid for them.
    pub earned: Nanomina,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct OwnWork {
    fee: Nanomina,
    /// The lowest fee at which it stood, if that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lowest: Option<Nanomina>,
    /// The offer of someone else that ours replaced.
    #[serde(default)]
    rival: Option<Nanomina>,
    predicted: Option<Prediction>,
    /// Whether it stood in the first book that was read.
    #[serde(default, skip_serializing_if = "is_false")]
    found: bool,
    fate: Fate,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Fate {
    /// Not bought yet.
    Open,
    /// A block bought it from us.
    Sold(Timestamp),
    /// A block bought it from someone else.
    Lost(Timestamp),
}

impl OwnWork {
    fn lowest_fee(&self) -> Nanomina {
        self.lowest.map_or(self.fee, |lowest| lowest.min(self.fee))
    }

    /// Whether an offer at `fee` takes another proof. A fee is bound into its proof (Mina
    /// `transaction_snark.ml`); the lowest one of before can come back from peers after the pool
    /// was emptied by a restart.
    fn is_made_anew_at(&self, fee: Nanomina) -> bool {
        fee != self.fee && fee != self.lowest_fee()
    }
}

impl OwnWorks {
    /// Adds our offers and the purchases of a look, and returns the works seen that were made since
    /// the last one; `None` before the first book. A block that was added before changes nothing.
    ///
    /// `book` is `None` if it was not read. `blocks` must not include any from before the
    /// controller first saw the daemon. `asked` is our fee while the worker is on.
    ///
    /// Made are works that newly stand in the book, at a fee at which we had not offered them, and
    /// works bought without having been seen there. A work that a rival replaced between two looks
    /// is not seen.
    pub(super) fn record_look<'a>(
        &mut self,
        book: Option<&Arc<[OpenWork]>>,
        offers: &OffersByOwner<'_>,
        blocks: impl Iterator<Item = &'a Arc<Block>> + Clone,
        owns: impl Fn(&PublicKey) -> bool,
        predicted: Option<Prediction>,
        asked: Option<Nanomina>,
    ) -> Option<Vec<WorkId>> {
        let mut made = Vec::new();
        let changed = |(work, offer): &(WorkId, &Offer)| {
            let known = self.works.get(work);
            known.is_none_or(|known| known.fee != offer.fee).then_some(*work)
        };
        let sales = blocks.clone().flat_map(|block| &*block.works);
        let unknown = |sale: &Sale| {
            (owns(&sale.prover) && !self.works.contains_key(&sale.work)).then_some(sale.work)
        };
        let news = offers.own.iter().filter_map(changed).chain(sales.filter_map(unknown));
        let rivals = self.rivals.offers_on(&news.collect());
        let found = self.works_made.is_none() && book.is_some();
        let fresh = |work, fee| OwnWork {
            found,
            fee,
            lowest: None,
            rival: rivals.get(&work).copied(),
            predicted: predicted.filter(|of| of.is_for(fee)),
            fate: Fate::Open,
        };
        for (work, offer) in &offers.own {
            let fresh = fresh(*work, offer.fee);
            match self.works.entry(*work) {
                Entry::Vacant(place) => {
                    place.insert(fresh);
                    made.push(*work);
                }
                Entry::Occupied(place) if place.get().fee == offer.fee => {}
                Entry::Occupied(place) => {
                    let known = place.into_mut();
                    if known.is_made_anew_at(offer.fee) {
                        made.push(*work);
                    }
                    let (rival, lowest) = (fresh.rival.or(known.rival), Some(known.lowest_fee()));
                    *known = OwnWork { rival, lowest, ..fresh };
                }
            }
        }
        self.calibrated = None;
        for block in blocks {
            self.fates_from = self.fates_from.map(|from| from.min(block.at));
            for sale in &*block.works {
                if owns(&sale.prover) {
                    let known = match self.works.entry(sale.work) {
                        Entry::Occupied(place) => {
                            let known = place.into_mut();
                            if known.fate == Fate::Open && known.is_made_anew_at(sale.fee) {
                                made.push(sale.work);
                            }
                            known
                        }
                        Entry::Vacant(place) => {
                            made.push(sale.work);
                            place.insert(fresh(sale.work, sale.fee))
                        }
                    };
                    if !matches!(known.fate, Fate::Sold(_)) {
                        known.fate = Fate::Sold(block.at);
                        self.sold += 1;
                        self.sold_found += u64::from(known.found);
                        self.earned = self.earned.saturating_add(sale.fee);
                    }
                } else if let Some(work) =
                    self.works.get_mut(&sale.work).filter(|work| work.fate == Fate::Open)
                {
                    work.fate = Fate::Lost(block.at);
                }
            }
        }
        if let Some(book) = book.filter(|book| !book.is_empty()) {
            let mut own: Vec<PublicKey> = Vec::new();
            for (_, offer) in &offers.own {
                if !own.contains(&offer.prover) {
                    own.push(offer.prover.clone());
                }
            }
            self.rivals = Rivals::from_book(book, asked, own);
        }
        match self.works_made {
            Some(_) => Some(made),
            None => {
                self.works_made = book.map(|_| self.sold);
                None
            }
        }
    }

    /// Adds works made, and those that were lost before they were seen. They are taken to have been
    /// offered at the fee that `predicted` is for.
    pub(super) fn record_made(
        &mut self,
        at: Timestamp,
        made: MadeSince,
        predicted: Option<Prediction>,
    ) {
        if let Some(total) = &mut self.works_made {
            *total = total.saturating_add(made.works);
        }
        // Works of a key that is not known as ours would all seem lost.
        let stands = || self.works.values().any(|work| work.fate == Fate::Open);
        if made.lost > 0
            && let Some(predicted) = predicted.filter(|_| stands())
        {
            self.unseen.add(at, made.lost, predicted);
        }
    }

    /// The fee that the work would sell at without us: the offer of someone else that ours
    /// replaced. `None` if no such offer was seen.
    pub(crate) fn rival_offer(&self, work: WorkId) -> Option<Nanomina> {
        self.works.get(&work)?.rival
    }

    /// Drops works decided before `oldest`, and those with the smallest ids beyond [`MAX_WORKS`].
    pub(super) fn prune(&mut self, oldest: Timestamp) {
        if self.fates_from.is_none_or(|from| from < oldest) || self.works.len() > MAX_WORKS {
            self.drop_works(oldest);
        }
        self.unseen.prune(oldest);
        self.calibrated = Some(self.calibrate());
    }

    fn drop_works(&mut self, oldest: Timestamp) {
        let mut from = Timestamp::MAX;
        self.works.retain(|_, work| match work.fate {
            Fate::Open => true,
            Fate::Sold(at) | Fate::Lost(at) => {
                let stays = at >= oldest;
                if stays {
                    from = from.min(at);
                }
                stays
            }
        });
        while self.works.len() > MAX_WORKS {
            self.works.pop_first();
        }
        self.fates_from = Some(from);
    }

    /// Works made since the controller first saw the daemon.
    pub(crate) fn made(&self) -> u64 {
        self.works_made.unwrap_or(self.sold)
    }

    /// Works sold since the controller first saw the daemon, and what was paid for them.
    pub(crate) fn sales(&self) -> OwnSales {
        OwnSales { works: self.sold, found: self.sold_found, earned: self.earned }
    }

    /// Works sold since the controller first saw the daemon.
    pub(crate) fn sold(&self) -> u64 {
        self.sold
    }

    /// Fees received for them.
    pub(crate) fn earned(&self) -> Nanomina {
        self.earned
    }

    /// Predicted and realised sales of the works whose fate is known.
    pub(crate) fn calibration(&self) -> Calibration {
        self.calibration_by_fee().into_values().fold(Calibration::default(), Calibration::sum)
    }

    /// The same by band of fees, keyed by the lowest fee of each band in which works were decided:
    /// 0, 1, 2, 5, 10, 20, 50 .. nanomina.
    pub(crate) fn calibration_by_fee(&self) -> BTreeMap<Nanomina, Calibration> {
        self.calibrated.clone().unwrap_or_else(|| self.calibrate())
    }

    /// Predicted and realised sales of each such band, ascending by fee.
    pub(super) fn sales_by_fee(&self) -> Vec<BandSales> {
        let prior = self.calibration().factor(1.0);
        let sales = |(from, seen): (Nanomina, Calibration)| BandSales {
            from,
            decided: seen.decided,
            sold: seen.sold,
            predicted: seen.predicted / seen.decided.max(1) as f64,
            factor: seen.factor(prior),
        };
        self.calibration_by_fee().into_iter().map(sales).collect()
    }

    fn calibrate(&self) -> BTreeMap<Nanomina, Calibration> {
        let mut bands: BTreeMap<Nanomina, Calibration> = BTreeMap::new();
        let decided = self.works.values().filter(|work| work.fate != Fate::Open);
        for (work, predicted) in decided.filter_map(|work| Some((work, work.predicted?))) {
            bands
                .entry(band_floor(work.fee))
                .or_default()
                .add_work(predicted, matches!(work.fate, Fate::Sold(_)));
        }
        for (fee, lost) in self.unseen.iter() {
            let band = bands.entry(band_floor(fee)).or_default();
            *band = band.sum(lost);
        }
        bands
    }
}

#[cfg(test)]
mod tests;
