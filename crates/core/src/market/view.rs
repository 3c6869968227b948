//! What is known of the market after a look: prices, demand, the order book and our own sales.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    calibration::{BandSales, band_floor},
    coverage::CoverageProfile,
    demand::Demand,
    estimate::{EstimatorSettings, Method, PointEstimate, Survival, estimate},
    evidence::{Fading, collect_observations, find_end_of_market},
    history::MarketHistory,
    look::{Look, OpenWork},
    offers_by_owner::OffersByOwner,
    price_model::SellerPrices,
    proof_need::{ProofNeed, ProvingPaces, Rolls},
    regime_start::RegimeStart,
    roster::SellerSummary,
    selection::{Selection, SelectionMethod},
    shares::MarketShares,
};
use crate::units::{Nanomina, PublicKey};

/// Two-sided level of the confidence band: the truth is below its lower end one time in ten.
const LEVEL: f64 = 0.8;

/// The operator's settings for estimating the market.
#[derive(Clone, Copy, Debug)]
pub struct ViewSettings {
    /// How far back sales count.
    pub window: Duration,
    /// Age at which a sale counts half.
    pub half_life: Duration,
    /// Observations below which no price is estimated.
    pub min_samples: u32,
    /// Works our provers make per hour while they have something to do; `None` until set or
    /// measured.
    pub works_per_hour: Option<f64>,
    /// The price whose exceedance defines a regime: the share of works sold above it changes when a
    /// new one begins.
    pub level: Nanomina,
    /// How the daemon hands out works.
    pub selection: Selection,
}

/// What is known of the market after a look.
#[derive(Clone, Debug)]
pub struct MarketView {
    summary: MarketSummary,
    prices: Survival,
    /// Fees offered on open works, ascending.
    standing: Vec<Nanomina>,
    profile: Option<CoverageProfile>,
    lowest_offer: Option<Nanomina>,
    /// Open works that the same operator offers, counted by fee.
    own_standing: BTreeMap<Nanomina, u64>,
    /// The factor that our own sales at all fees give for P(sold).
    correction: f64,
    /// The factor that those in one band of fees give, by the lowest fee of the band.
    corrections: BTreeMap<Nanomina, f64>,
    knows_prices: bool,
    /// The lowest fee without a market.
    market_ends: Nanomina,
    selection: SelectionMethod,
    contest: f64,
    in_hand: u64,
    sellers: Vec<SellerSummary>,
    /// The prices that they make; `None` while no pace or no demand is known.
    seller_prices: Option<SellerPrices>,
    /// The weight of these prices, in [0, 1].
    trust_in_sellers: f64,
    proof_need: Option<ProofNeed>,
}

/// The market after a look, in the numbers that are recorded, exported and shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarketSummary {
    /// When the look was taken.
    pub at: Timestamp,
    /// Price at which work is bought, at [`MarketSummary::QUANTILES`]; `None` where the quantile is not
    /// identified.
    pub quantiles: [Option<Nanomina>; MarketSummary::QUANTILES.len()],
    /// Share of works bought at fee 0, in [0, 1].
    pub zero_fee_ratio: f64,
    /// Sales, offers and histogram buckets used.
    pub samples: u64,
    /// The number of independent observations they are worth, after discounting by age and
    /// clustering.
    pub effective_samples: f64,
    /// How prices were estimated: `nonparametric`, `parametric` or `none`.
    pub method: String,
    /// When the current price regime began, before which sales do not count; `None` if it began
    /// before the window.
    pub regime_since: Option<Timestamp>,
    /// Works bought per hour; `None` before two blocks are known.
    pub works_bought_per_hour: Option<f64>,
    /// Two-sided 80 % interval of that rate; `None` before three purchases are known.
    #[serde(default)]
    pub works_bought_per_hour_interval: Option<[f64; 2]>,
    /// When the order book was read; `None` if none counts.
    #[serde(default)]
    pub book_read: Option<Timestamp>,
    /// Whether the daemon's pool is still filling since it started, so that the book is no
    /// evidence.
    #[serde(default)]
    pub pool_filling: bool,
    /// Works still to be bought.
    pub open_works: u64,
    /// Of these, works that nobody has proved.
    pub uncovered_works: u64,
    /// Of these, works whose cheapest proof is the same operator's.
    pub own_open_works: u64,
    /// Whether the buckets of the metrics histogram tell fees apart; `None` without a histogram.
    pub histogram_resolves: Option<bool>,
    /// Works our provers make per hour while they have something to do; `None` until configured or
    /// measured.
    pub own_works_per_hour: Option<f64>,
    /// Own works sold since the controller first saw this daemon.
    pub own_sold: u64,
    /// Fees received for them.
    pub own_earned: Nanomina,
    /// Works our provers made since the controller first saw this daemon.
    pub own_made: u64,
    /// Predicted and realised sales of our own works in the window, by band of fees, ascending.
    #[serde(default)]
    pub own_sales_by_fee: Vec<BandSales>,
    /// How the daemon hands out works, as set or found; `None` while not known.
    #[serde(default)]
    pub selection: Option<SelectionMethod>,
}

impl MarketSummary {
    /// Levels of [`MarketSummary::quantiles`].
    pub const QUANTILES: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];
}

impl MarketView {
    /// Estimates the market from the history and a look that was already added to it. `is_friendly`
    /// decides which provers are no competitors.
    pub fn new(
        history: &MarketHistory,
        look: &Look,
        settings: &ViewSettings,
        is_friendly: impl Fn(&PublicKey) -> bool,
    ) -> Self {
        let window = look.at.checked_sub(settings.window).unwrap_or(Timestamp::MIN);
        let book = history.book_of(look);
        let regime = RegimeStart::find(history, book, window, settings.level);
        let regime_since = regime.since;
        let fading = Fading {
            oldest: regime_since.unwrap_or(window),
            half_life: settings.half_life,
            due_from: regime.due_from,
        };
        let observations = collect_observations(history, book, look.at, fading, &is_friendly);
        let prices = estimate(
            &observations,
            &EstimatorSettings { level: LEVEL, ..EstimatorSettings::default() },
        );
        let works: &[OpenWork] = book.map_or(&[], |book| book.works());
        let offers = OffersByOwner::split(works, &is_friendly);
        let lowest_offer = offers.others.first().copied();
        let own_fees = offers.own_fees();
        let own_standing = own_fees.chunk_by(|one, next| one == next);
        let own_standing =
            own_standing.filter_map(|same| Some((*same.first()?, same.len() as u64))).collect();
        let knows_prices =
            prices.samples() >= settings.min_samples as usize && prices.method() != Method::None;
        let own = history.own();
        let correction = own.calibration().factor(1.0);
        let demand = Demand::estimate(history.blocks(window), LEVEL);
        let own_sales_by_fee = own.sales_by_fee();
        let corrections = own_sales_by_fee.iter().map(|sales| (sales.from, sales.factor)).collect();
        let sellers = history.sellers(&is_friendly);
        let selection = match settings.selection {
            Selection::Given(method) => Some(method),
            Selection::Auto => history.selection(),
        };
        let summary = MarketSummary {
            at: look.at,
            selection,
            quantiles: MarketSummary::QUANTILES.map(|q| prices.quantile(q)),
            zero_fee_ratio: prices.zero_share(),
            samples: prices.samples() as u64,
            effective_samples: prices.effective_samples(),
            method: prices.method().code().to_owned(),
            regime_since,
            works_bought_per_hour: demand.map(|demand| demand.per_hour),
            works_bought_per_hour_interval: demand.and_then(|demand| demand.interval),
            book_read: book.map(|book| book.read),
            pool_filling: book.is_some_and(|book| !book.filled),
            open_works: works.len() as u64,
            uncovered_works: offers.uncovered as u64,
            own_open_works: own_fees.len() as u64,
            histogram_resolves: history.histogram().map(|h| h.resolution(None).is_resolved()),
            own_works_per_hour: settings.works_per_hour,
            own_sold: own.sold(),
            own_earned: own.earned(),
            own_made: own.made(),
            own_sales_by_fee,
        };
        Self {
            summary,
            lowest_offer,
            prices,
            standing: merge_sorted(offers.others, &own_fees),
            own_standing,
            profile: history.coverage().profile(),
            correction,
            corrections,
            knows_prices,
            market_ends: find_end_of_market(&observations),
            selection: selection.unwrap_or_default(),
            contest: history.head().in_order(),
            in_hand: history.supply().known_provers().map_or(0, u64::from),
            seller_prices: demand
                .and_then(|demand| history.seller_prices(&sellers, demand.per_hour)),
            trust_in_sellers: history.trust_in_sellers(),
            sellers,
            proof_need: book.filter(|book| book.filled).map(|book| {
                let blocks: Vec<_> = history.blocks(window).map(|block| &**block).collect();
                let per_hour = demand.map(|demand| demand.per_hour);
                ProofNeed::assess(
                    (book.works(), history.lists_in_order()),
                    Rolls::find(&blocks, per_hour, look.at),
                    ProvingPaces {
                        own: settings.works_per_hour,
                        others: history.cover_pace().per_hour(),
                        selection: selection.unwrap_or_default(),
                    },
                    history.cover_pace().first_unproved_for(look.at),
                )
            }),
        }
    }

    /// Works that our provers have in hand at most, one each; 0 while it is not known how many they
    /// are. From the partitioner on two can share one. They still come at the fee at which they
    /// were handed out, also after a change of the fee or after off and on again.
    pub(crate) fn in_hand(&self) -> u64 {
        self.in_hand
    }

    /// Whether the works that are bought next have proofs; `None` while the order book is not known
    /// or no evidence.
    pub(crate) fn proof_need(&self) -> Option<ProofNeed> {
        self.proof_need
    }

    /// How far other provers take works in order of purchase: 0 at random, 1 strictly the first.
    pub(crate) fn contest(&self) -> f64 {
        self.contest
    }

    /// How the daemon hands out works, as set or found; `rand` while not known.
    pub(crate) fn selection(&self) -> SelectionMethod {
        self.selection
    }

    /// The numbers that are recorded, exported and shown.
    pub fn summary(&self) -> &MarketSummary {
        &self.summary
    }

    /// The competing sellers, those with the largest share of sales first.
    pub fn sellers(&self) -> &[SellerSummary] {
        &self.sellers
    }

    /// Whether there are enough observations to estimate prices.
    pub fn knows_prices(&self) -> bool {
        self.knows_prices
    }

    /// P(C > fee), with its band, where C is the price at which a competitor's work is bought.
    pub fn sells_above(&self, fee: Nanomina) -> PointEstimate {
        self.prices.estimate_at(fee)
    }

    /// The least price with P(C <= price) >= q; `None` if it is not identified.
    pub fn quantile(&self, q: f64) -> Option<Nanomina> {
        self.prices.quantile(q)
    }

    /// The share of open works, averaged over the last books, that the daemon would assign to a
    /// worker asking `fee` which had proved none of them: works without a proof, or with a more
    /// expensive one.
    ///
    /// 1 before any open work was seen, since future works are open to all.
    pub(crate) fn startable_share(&self, fee: Nanomina) -> f64 {
        self.profile.as_ref().map_or(1.0, |profile| profile.startable_share(fee))
    }

    /// The shares of works that sell at a fee and that are open at it, of one moment.
    pub(crate) fn shares_at(&self, fee: Nanomina) -> MarketShares {
        let by_sales = self.shares_by_sales(fee);
        match &self.seller_prices {
            Some(prices) => {
                let (sells, open) = (prices.sells_above(fee), prices.open_at(fee));
                by_sales.averaged_with(sells, open, self.trust_in_sellers)
            }
            None => by_sales,
        }
    }

    /// The same from sales and books alone.
    fn shares_by_sales(&self, fee: Nanomina) -> MarketShares {
        let samples = self.prices.effective_samples();
        let (sells, seen_open) = (self.sells_above(fee), self.startable_share(fee));
        MarketShares::new(sells, samples, seen_open, fee < self.market_ends)
    }

    /// P(C > fee) for a work that is open now, from the sellers alone and from sales and books alone;
    /// `None` without a seller whose pace is known.
    pub(crate) fn compare_models(&self) -> Option<[impl Fn(Nanomina) -> f64; 2]> {
        let prices = self.seller_prices.as_ref().filter(|_| self.knows_prices)?;
        let when_open = move |by_sellers: bool| {
            move |fee: Nanomina| match by_sellers {
                true => prices.sells_when_open(fee),
                false => self.shares_by_sales(fee).sells_when_open(),
            }
        };
        Some([when_open(true), when_open(false)])
    }

    /// P(C > fee) for a work that is open now to a worker asking `fee`.
    pub fn sells_when_open(&self, fee: Nanomina) -> f64 {
        self.shares_at(fee).sells_when_open()
    }

    /// Works bought per hour; `None` before two blocks are known.
    pub fn works_bought_per_hour(&self) -> Option<f64> {
        self.summary.works_bought_per_hour
    }

    /// Works our provers make per hour while they have something to do.
    pub fn own_works_per_hour(&self) -> Option<f64> {
        self.summary.own_works_per_hour
    }

    /// The factor for P(sold) learned from our own sales at about that fee, drawn towards that of
    /// all fees while they are few.
    pub(crate) fn calibration_factor(&self, fee: Nanomina) -> f64 {
        self.corrections.get(&band_floor(fee)).copied().unwrap_or(self.correction)
    }

    /// The lowest fee offered by a competitor.
    pub fn lowest_offer(&self) -> Option<Nanomina> {
        self.lowest_offer
    }

    /// Counts the open works that the daemon would assign now to a worker asking `fee`: works
    /// without an offer, or with a more expensive one.
    pub(crate) fn count_open_above(&self, fee: Nanomina) -> u64 {
        let closed = self.standing.partition_point(|standing| *standing <= fee) as u64;
        self.summary.open_works.saturating_sub(closed)
    }

    /// Open works that the same operator offers, counted by fee.
    pub(crate) fn own_standing(&self) -> &BTreeMap<Nanomina, u64> {
        &self.own_standing
    }

    /// The prices that carry probability mass and their shares, ascending. Mass known only to lie in
    /// an interval is placed at its lower end.
    pub fn atoms(&self) -> impl Iterator<Item = (Nanomina, f64)> {
        self.prices.atoms()
    }

    /// Fees offered on open works, including our own, ascending.
    pub fn standing(&self) -> &[Nanomina] {
        &self.standing
    }

    /// Prices that a fee could undercut: those that carry mass, and the fees on offer.
    pub(crate) fn candidate_prices(&self) -> impl Iterator<Item = Nanomina> {
        self.prices.atoms().map(|(fee, _)| fee).chain(self.standing.iter().copied())
    }
}

/// Merges two ascending lists.
fn merge_sorted(mut all: Vec<Nanomina>, more: &[Nanomina]) -> Vec<Nanomina> {
    if !more.is_empty() {
        all.extend_from_slice(more);
        // A stable sort is fast on two ascending runs.
        all.sort();
    }
    all
}

#[cfg(test)]
mod tests;
