//! Our own works: which stand in the pool, which sold, and whether that agrees with what was
//! predicted.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    look::{Block, Offer, OpenWork, Sale},
    pairs,
    rivals::Rivals,
    sides::Sides,
};
use crate::units::{Nanomina, PublicKey, WorkId};

/// Most works whose fate is remembered.
const MAX_WORKS: usize = 20_000;

/// Our own works as far as pool and chain show them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnWorks {
    #[serde(with = "pairs")]
    works: BTreeMap<WorkId, OwnWork>,
    rivals: Rivals,
    sold: u64,
    earned: Nanomina,
    /// No fate is older; `None` while that is not known.
    #[serde(skip)]
    fates_from: Option<Timestamp>,
    /// As the last pruning left it; `None` where something came since.
    #[serde(skip)]
    calibrated: Option<BTreeMap<Nanomina, Calibration>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct OwnWork {
    fee: Nanomina,
    /// The offer that stood there before ours.
    #[serde(default)]
    rival: Option<Nanomina>,
    predicted: Option<Prediction>,
    fate: Fate,
}

/// P(sold) of a work when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// As decisions used it.
    pub corrected: f64,
    /// Before the correction that earlier own sales taught.
    pub uncorrected: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Fate {
    /// Stands in the pool.
    Open,
    /// A block bought it from us.
    Sold(Timestamp),
    /// A block bought it from someone else.
    Lost(Timestamp),
}

/// Predicted and realised sales of the works whose fate is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Calibration {
    /// Works whose fate is known and for which there was a prediction.
    pub decided: u64,
    /// Sum of the predicted probabilities.
    pub predicted: f64,
    /// Sum of those before correction.
    pub uncorrected: f64,
    /// Works sold.
    pub sold: u64,
}

impl Calibration {
    fn add(&mut self, work: &OwnWork, predicted: Prediction) {
        self.decided += 1;
        self.predicted += predicted.corrected;
        self.uncorrected += predicted.uncorrected;
        self.sold += u64::from(matches!(work.fate, Fate::Sold(_)));
    }

    fn plus(self, other: Self) -> Self {
        Self {
            decided: self.decided + other.decided,
            predicted: self.predicted + other.predicted,
            uncorrected: self.uncorrected + other.uncorrected,
            sold: self.sold + other.sold,
        }
    }

    /// Predicted minus realised share sold; `None` before any fate is known.
    pub fn error(self) -> Option<f64> {
        let decided = self.decided as f64;
        (self.decided > 0).then(|| (self.predicted - self.sold as f64) / decided)
    }

    /// What uncorrected predictions are to be multiplied by: realised over predicted, drawn towards
    /// `prior` as long as few fates are known. Taken from uncorrected predictions, since a
    /// correction held against itself would stop half-way.
    ///
    /// A Gamma-Poisson posterior mean with prior mean `prior` and the weight of `PRIOR` predicted
    /// sales, kept within 0.25..=1.25: one bad roll must not silence the estimate, and success must
    /// not make it bold.
    pub fn factor(self, prior: f64) -> f64 {
        let factor = (self.sold as f64 + Self::PRIOR * prior) / (self.uncorrected + Self::PRIOR);
        factor.clamp(0.25, 1.25)
    }

    /// Predicted sales that the prior is worth.
    const PRIOR: f64 = 20.0;
}

/// Predicted and realised sales at the fees of one band, over the window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BandSales {
    /// The band's lowest fee.
    pub from: Nanomina,
    /// Works whose fate is known and for which there was a prediction.
    pub decided: u64,
    /// Works sold.
    pub sold: u64,
    /// Mean of the predicted probabilities, as decisions used them.
    pub predicted: f64,
    /// What P(sold) at these fees is multiplied by now.
    pub factor: f64,
}

impl BandSales {
    /// Share of the decided works that were sold.
    pub fn realised(&self) -> f64 {
        self.sold as f64 / self.decided.max(1) as f64
    }
}

/// The lowest fee of the band that `fee` lies in: 0, or the largest of 1, 2, 5, 10, 20, 50 ..
/// nanomina that is not above it.
pub(super) fn band(fee: Nanomina) -> Nanomina {
    let mut unit = 1_u64;
    while fee.get() / unit >= 10 {
        unit *= 10;
    }
    let from = match fee.get() / unit {
        0 => 0,
        1 => unit,
        2..5 => 2 * unit,
        _ => 5 * unit,
    };
    Nanomina::try_new(from).unwrap_or(fee)
}

impl OwnWorks {
    /// Takes in the open works of a look, told apart by whose they are, and those of its blocks
    /// that are younger than the controller's knowledge of the daemon; seen again, a block changes
    /// nothing.
    pub(super) fn absorb<'a>(
        &mut self,
        book: &Arc<[OpenWork]>,
        sides: &Sides<'_>,
        blocks: impl Iterator<Item = &'a Arc<Block>> + Clone,
        owns: impl Fn(&PublicKey) -> bool,
        predicted: Option<Prediction>,
        asked: Option<Nanomina>,
    ) {
        let changed = |(work, offer): &(WorkId, &Offer)| {
            let known = self.works.get(work);
            known.is_none_or(|known| known.fee != offer.fee).then_some(*work)
        };
        let sales = blocks.clone().flat_map(|block| &*block.works);
        let unknown = |sale: &Sale| {
            (owns(&sale.prover) && !self.works.contains_key(&sale.work)).then_some(sale.work)
        };
        let news = sides.own.iter().filter_map(changed).chain(sales.filter_map(unknown));
        let rivals = self.rivals.among(&news.collect());
        let fresh = |work, fee| OwnWork {
            fee,
            rival: rivals.get(&work).copied(),
            predicted,
            fate: Fate::Open,
        };
        for (work, offer) in &sides.own {
            let fresh = fresh(*work, offer.fee);
            let known = self.works.entry(*work).or_insert(fresh);
            if known.fee != offer.fee {
                *known = OwnWork { rival: fresh.rival.or(known.rival), ..fresh };
            }
        }
        self.calibrated = None;
        for block in blocks {
            self.fates_from = self.fates_from.map(|from| from.min(block.at));
            for sale in &*block.works {
                if owns(&sale.prover) {
                    let known =
                        self.works.entry(sale.work).or_insert_with(|| fresh(sale.work, sale.fee));
                    if !matches!(known.fate, Fate::Sold(_)) {
                        known.fate = Fate::Sold(block.at);
                        self.sold += 1;
                        self.earned = self.earned.saturating_add(sale.fee);
                    }
                } else if let Some(work) =
                    self.works.get_mut(&sale.work).filter(|work| work.fate == Fate::Open)
                {
                    work.fate = Fate::Lost(block.at);
                }
            }
        }
        if !book.is_empty() {
            let mut own: Vec<PublicKey> = Vec::new();
            for (_, offer) in &sides.own {
                if !own.contains(&offer.prover) {
                    own.push(offer.prover.clone());
                }
            }
            self.rivals = Rivals::shown(book, asked, own);
        }
    }

    /// What the work would be bought at without us, as far as that was seen: the offer of someone
    /// else that stood there before ours.
    pub(super) fn rival(&self, work: WorkId) -> Option<Nanomina> {
        self.works.get(&work)?.rival
    }

    /// Forgets fates older than `oldest`, and beyond the limit the works with the smallest ids.
    pub(super) fn prune(&mut self, oldest: Timestamp) {
        if self.fates_from.is_none_or(|from| from < oldest) || self.works.len() > MAX_WORKS {
            self.forget(oldest);
        }
        self.calibrated = Some(self.calibrate());
    }

    fn forget(&mut self, oldest: Timestamp) {
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

    /// Own works sold since the controller knows the daemon.
    pub fn sold(&self) -> u64 {
        self.sold
    }

    /// What they brought.
    pub fn earned(&self) -> Nanomina {
        self.earned
    }

    /// Predicted against realised sales of the works whose fate is known.
    pub fn calibration(&self) -> Calibration {
        self.by_fee().into_values().fold(Calibration::default(), Calibration::plus)
    }

    /// The same by fee: each fee from which a band reaches up to the next of 1, 2, 5, 10, 20, 50 ..
    /// nanomina, where works were decided.
    pub fn by_fee(&self) -> BTreeMap<Nanomina, Calibration> {
        self.calibrated.clone().unwrap_or_else(|| self.calibrate())
    }

    /// What the bands that works were decided in sold, ascending.
    pub(super) fn sales(&self) -> Vec<BandSales> {
        let prior = self.calibration().factor(1.0);
        let sales = |(from, seen): (Nanomina, Calibration)| BandSales {
            from,
            decided: seen.decided,
            sold: seen.sold,
            predicted: seen.predicted / seen.decided.max(1) as f64,
            factor: seen.factor(prior),
        };
        self.by_fee().into_iter().map(sales).collect()
    }

    fn calibrate(&self) -> BTreeMap<Nanomina, Calibration> {
        let mut bands: BTreeMap<Nanomina, Calibration> = BTreeMap::new();
        let decided = self.works.values().filter(|work| work.fate != Fate::Open);
        for (work, predicted) in decided.filter_map(|work| Some((work, work.predicted?))) {
            bands.entry(band(work.fee)).or_default().add(work, predicted);
        }
        bands
    }

    /// Distinct fees of own works still standing, ascending.
    pub fn standing_fees(&self) -> BTreeSet<Nanomina> {
        self.works.values().filter(|work| work.fate == Fate::Open).map(|work| work.fee).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{block, fee, key, open_work, time};

    fn ours(prover: &PublicKey) -> bool {
        *prover == key("us")
    }

    fn absorb(
        own: &mut OwnWorks,
        book: &[OpenWork],
        chain: &[Arc<Block>],
        predicted: Option<Prediction>,
    ) {
        own.absorb(&book.into(), &Sides::of(book, ours), chain.iter(), ours, predicted, None);
    }

    fn predicted(probability: f64) -> Option<Prediction> {
        Some(Prediction { corrected: probability, uncorrected: probability })
    }

    #[test]
    fn a_sale_counts_once_however_often_its_block_is_seen() {
        let mut own = OwnWorks::default();
        let chain = [block(5, "a", 90, &[(1, 7, "us"), (2, 9, "them")])];
        for _ in 0..3 {
            absorb(&mut own, &[], &chain, predicted(0.5));
        }
        assert_eq!((own.sold(), own.earned().get()), (1, 7));
    }

    #[test]
    fn works_bought_from_others_count_against_the_prediction() {
        let mut own = OwnWorks::default();
        let book = [open_work(1, Some((7, "us"))), open_work(2, Some((7, "us")))];
        absorb(&mut own, &book, &[], predicted(0.9));
        assert_eq!(own.calibration().error(), None);
        let chain = [block(5, "a", 90, &[(1, 7, "us"), (2, 3, "them")])];
        absorb(&mut own, &[], &chain, predicted(0.1));
        let calibration = own.calibration();
        assert_eq!((calibration.decided, calibration.sold), (2, 1));
        assert!((calibration.error().unwrap() - 0.4).abs() < 1e-12);
        assert!(calibration.factor(1.0) < 1.0);
    }

    #[test]
    fn bands_of_fees_go_by_one_two_five() {
        for (asked, from) in [
            (0, 0),
            (1, 1),
            (2, 2),
            (4, 2),
            (9, 5),
            (10, 10),
            (3_965_965, 2_000_000),
            (9_499_999, 5_000_000),
        ] {
            assert_eq!(band(fee(asked)), fee(from));
        }
        assert!(band(Nanomina::MAX) <= Nanomina::MAX);
    }

    #[test]
    fn fates_are_told_apart_by_the_band_of_their_fee() {
        let mut own = OwnWorks::default();
        let book: Vec<OpenWork> = (0..40).map(|id| open_work(id, Some((7, "us")))).collect();
        absorb(&mut own, &book, &[], predicted(0.9));
        let lost: Vec<(i64, u64, &str)> = (0..40).map(|id| (id, 3, "them")).collect();
        absorb(&mut own, &[], &[block(5, "a", 90, &lost)], None);
        let bands = own.by_fee();
        assert_eq!(bands.keys().map(|from| from.get()).collect::<Vec<_>>(), [5]);
        assert_eq!(bands[&fee(5)], own.calibration());
        assert!(own.calibration().factor(1.0) < 0.4);
    }

    #[test]
    fn each_band_tells_what_it_sold_and_what_is_fed_back() {
        let mut own = OwnWorks::default();
        let book: Arc<[OpenWork]> =
            (0..40).map(|id| open_work(id, Some((if id < 30 { 7 } else { 20 }, "us")))).collect();
        absorb(&mut own, &book, &[], predicted(0.9));
        let fates: Vec<(i64, u64, &str)> =
            (0..40).map(|id| if id < 30 { (id, 3, "them") } else { (id, 20, "us") }).collect();
        absorb(&mut own, &[], &[block(5, "a", 90, &fates)], None);
        let [cheap, dear] = own.sales().try_into().unwrap();
        assert_eq!((cheap.from, cheap.decided, cheap.sold), (fee(5), 30, 0));
        assert_eq!((dear.from, dear.decided, dear.sold), (fee(20), 10, 10));
        assert!((cheap.predicted - 0.9).abs() < 1e-12 && (dear.realised() - 1.0).abs() < 1e-12);
        assert!(
            cheap.factor < own.calibration().factor(1.0)
                && own.calibration().factor(1.0) < dear.factor
        );
    }

    #[test]
    fn fates_are_forgotten_with_age_but_totals_are_not() {
        let mut own = OwnWorks::default();
        absorb(&mut own, &[], &[block(5, "a", 90, &[(1, 7, "us")])], None);
        own.prune(time(1_000));
        assert_eq!(own.sold(), 1);
        assert_eq!(own.calibration().decided, 0);
    }
}
