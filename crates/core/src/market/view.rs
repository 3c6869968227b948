//! The market as one look leaves it: what is known of prices, demand, the order book and our own
//! sales.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    coverage::Profile,
    demand::Demand,
    estimate::{EstimatorSettings, Method, PointEstimate, Survival, estimate},
    evidence::{Fading, NEIGHBOURS, due, witnesses},
    history::MarketHistory,
    look::{Book, Look, OpenWork},
    own::{BandSales, band},
    regime::{self, Stretch},
    sides::Sides,
};
use crate::units::{Nanomina, PublicKey};

/// Two-sided level of the confidence band: its lower end is missed one time in ten.
const LEVEL: f64 = 0.8;

/// What an operator sets about reading the market.
#[derive(Clone, Copy, Debug)]
pub struct ViewSettings {
    /// How far back sales count.
    pub window: Duration,
    /// Age at which a sale counts half.
    pub half_life: Duration,
    /// Observations below which nothing is concluded.
    pub min_samples: u32,
    /// Works our provers make per hour, where the operator says so.
    pub works_per_hour: Option<f64>,
    /// The price that matters: the share of works sold above it tells one regime from another.
    pub level: Nanomina,
}

/// What is known of the market after a look.
#[derive(Clone, Debug)]
pub struct MarketView {
    summary: MarketSummary,
    prices: Survival,
    /// Standing fees of open works, ascending; works without an offer are not among them.
    standing: Vec<Nanomina>,
    profile: Option<Profile>,
    lowest_offer: Option<Nanomina>,
    /// How many open works stand at a fee of the same operator, by that fee.
    own_standing: BTreeMap<Nanomina, u64>,
    /// What P(sold) is to be multiplied by, as our own sales at any fee taught, and those of a band
    /// by its lowest fee.
    correction: f64,
    corrections: BTreeMap<Nanomina, f64>,
    knows_prices: bool,
}

/// What is known of the market after a look, in numbers that every consumer shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarketSummary {
    /// When the look was taken.
    pub at: Timestamp,
    /// Price at which work is bought, at [`MarketSummary::QUANTILES`]; `None` where the quantile is not
    /// identified.
    pub quantiles: [Option<Nanomina>; MarketSummary::QUANTILES.len()],
    /// Share of works bought at fee 0.
    pub zero_fee_ratio: f64,
    /// Sales, offers and histogram increments that count.
    pub samples: u64,
    /// What they are worth after age and clustering in blocks, in independent observations.
    pub effective_samples: f64,
    /// How the price estimate was obtained: `nonparametric`, `parametric` or `none`.
    pub method: String,
    /// When prices last changed so much that older sales no longer count; `None` while they did not
    /// within the window.
    pub regime_since: Option<Timestamp>,
    /// Works bought per hour; `None` before two blocks are known.
    pub works_bought_per_hour: Option<f64>,
    /// Two-sided 0.8 interval of it; `None` before three purchases are known.
    #[serde(default)]
    pub works_bought_per_hour_interval: Option<[f64; 2]>,
    /// Works still to be bought.
    pub open_works: u64,
    /// Of these, works that nobody has proved.
    pub uncovered_works: u64,
    /// Of these, works whose standing proof is of the same operator.
    pub own_open_works: u64,
    /// Whether the metrics histogram can tell fees apart; `None` without one.
    pub histogram_resolves: Option<bool>,
    /// Works our provers make per hour while on; `None` before it is measured or configured.
    pub own_works_per_hour: Option<f64>,
    /// Own sales seen on chain since the controller knows this daemon.
    pub own_sold: u64,
    /// What they brought.
    pub own_earned: Nanomina,
    /// Works our provers made since the controller knows this daemon.
    pub own_made: u64,
    /// What our own works of the window were predicted to sell and sold, by fee, ascending.
    #[serde(default)]
    pub own_sales_by_fee: Vec<BandSales>,
}

impl MarketSummary {
    /// The quantiles kept.
    pub const QUANTILES: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];
}

impl MarketView {
    /// Concludes from what is remembered and a look that was already absorbed into it. `is_friendly`
    /// tells who is no competitor.
    pub fn new(
        history: &MarketHistory,
        look: &Look,
        settings: &ViewSettings,
        is_friendly: impl Fn(&PublicKey) -> bool,
    ) -> Self {
        let window = look.at.checked_sub(settings.window).unwrap_or(Timestamp::MIN);
        let regime = Regime::find(history, look, window, settings.level);
        let regime_since = regime.since;
        let fading = Fading {
            oldest: regime_since.unwrap_or(window),
            half_life: settings.half_life,
            due_from: regime.due_from,
        };
        let witnesses = witnesses(history, look, fading, &is_friendly);
        let prices = estimate(
            &witnesses,
            &EstimatorSettings { level: LEVEL, ..EstimatorSettings::default() },
        );
        let works: &[OpenWork] = match &look.book {
            Some(Ok(Book { works, .. })) => works,
            _ => &[],
        };
        let sides = Sides::of(works, &is_friendly);
        let lowest_offer = sides.others.first().copied();
        let own_fees = sides.own_fees();
        let own_standing = own_fees.chunk_by(|one, next| one == next);
        let own_standing =
            own_standing.filter_map(|same| Some((*same.first()?, same.len() as u64))).collect();
        let knows_prices =
            prices.samples() >= settings.min_samples as usize && prices.method() != Method::None;
        let own = history.own();
        let correction = own.calibration().factor(1.0);
        let demand = Demand::of(history.blocks(window), LEVEL);
        let own_sales_by_fee = own.sales();
        let corrections = own_sales_by_fee.iter().map(|sales| (sales.from, sales.factor)).collect();
        let summary = MarketSummary {
            at: look.at,
            quantiles: MarketSummary::QUANTILES.map(|q| prices.quantile(q)),
            zero_fee_ratio: prices.zero_share(),
            samples: prices.samples() as u64,
            effective_samples: prices.effective_samples(),
            method: prices.method().code().to_owned(),
            regime_since,
            works_bought_per_hour: demand.map(|demand| demand.per_hour),
            works_bought_per_hour_interval: demand.and_then(|demand| demand.interval),
            open_works: works.len() as u64,
            uncovered_works: sides.uncovered as u64,
            own_open_works: own_fees.len() as u64,
            histogram_resolves: history.histogram().map(|h| h.resolution(None).is_resolved()),
            own_works_per_hour: settings.works_per_hour.or_else(|| history.supply().per_hour()),
            own_sold: own.sold(),
            own_earned: own.earned(),
            own_made: history.supply().made(),
            own_sales_by_fee,
        };
        Self {
            summary,
            lowest_offer,
            prices,
            standing: merged(sides.others, &own_fees),
            own_standing,
            profile: history.coverage().profile(),
            correction,
            corrections,
            knows_prices,
        }
    }

    /// The numbers that every consumer shares.
    pub fn summary(&self) -> &MarketSummary {
        &self.summary
    }

    /// The numbers alone, once nothing more is to be asked.
    pub fn into_summary(self) -> MarketSummary {
        self.summary
    }

    /// Whether enough was seen to speak of prices.
    pub fn knows_prices(&self) -> bool {
        self.knows_prices
    }

    /// P(C > fee) for the price C at which a competitor's work is bought, with its band.
    pub fn sells_above(&self, fee: Nanomina) -> PointEstimate {
        self.prices.at(fee)
    }

    /// The least price with P(C <= price) >= q; `None` where it is not identified.
    pub fn quantile(&self, q: f64) -> Option<Nanomina> {
        self.prices.quantile(q)
    }

    /// Share of open works that a worker asking `fee` would be handed if it had proved none of
    /// them, on average over the last looks: nobody else has proved them, or only for more.
    ///
    /// 1 while no open work was seen, since works yet to come are open to everyone.
    pub fn startable_share(&self, fee: Nanomina) -> f64 {
        self.profile.as_ref().map_or(1.0, |profile| profile.startable(fee))
    }

    /// Works bought per hour; `None` before two blocks are known.
    pub fn works_bought_per_hour(&self) -> Option<f64> {
        self.summary.works_bought_per_hour
    }

    /// Works our provers make per hour while on.
    pub fn own_works_per_hour(&self) -> Option<f64> {
        self.summary.own_works_per_hour
    }

    /// What P(sold) at a fee is to be multiplied by, as our own sales taught: those at about that
    /// fee, and while they are few, those at any fee.
    pub fn calibration_factor(&self, fee: Nanomina) -> f64 {
        self.corrections.get(&band(fee)).copied().unwrap_or(self.correction)
    }

    /// The cheapest standing offer of a competitor.
    pub fn lowest_offer(&self) -> Option<Nanomina> {
        self.lowest_offer
    }

    /// How many open works a worker asking `fee` could be handed now: without an offer, or with a
    /// dearer one.
    pub fn count_open_above(&self, fee: Nanomina) -> u64 {
        let closed = self.standing.partition_point(|standing| *standing <= fee) as u64;
        self.summary.open_works.saturating_sub(closed)
    }

    /// How many open works stand at a fee of the same operator, by that fee.
    pub fn own_standing(&self) -> &BTreeMap<Nanomina, u64> {
        &self.own_standing
    }

    /// The prices that carry mass and their shares, ascending; what is known only to lie in an
    /// interval stands at its lower end.
    pub fn atoms(&self) -> impl Iterator<Item = (Nanomina, f64)> {
        self.prices.atoms()
    }

    /// Standing fees of open works, our own among them, ascending.
    pub fn standing(&self) -> &[Nanomina] {
        &self.standing
    }

    /// Prices below which a fee could be placed: every price that carries mass, and every standing
    /// fee.
    pub fn candidate_prices(&self) -> impl Iterator<Item = Nanomina> {
        self.prices.atoms().map(|(fee, _)| fee).chain(self.standing.iter().copied())
    }
}

/// Two ascending lists as one.
fn merged(mut all: Vec<Nanomina>, more: &[Nanomina]) -> Vec<Nanomina> {
    if !more.is_empty() {
        all.extend_from_slice(more);
        // Made for runs that are in order already.
        all.sort();
    }
    all
}

/// Since when prices are what they are.
#[derive(Clone, Copy, Debug, Default)]
struct Regime {
    since: Option<Timestamp>,
    /// Works at the head of the book that still belong to the regime before.
    due_from: usize,
}

impl Regime {
    fn find(history: &MarketHistory, look: &Look, window: Timestamp, level: Nanomina) -> Self {
        let mut began: Vec<Timestamp> = Vec::new();
        let mut stretches: Vec<Stretch> = Vec::new();
        for block in history.blocks(window).filter(|block| !block.works.is_empty()) {
            let above = block.works.iter().filter(|sale| sale.fee > level);
            began.push(block.at);
            stretches
                .push(Stretch { works: block.works.len() as f64, above: above.count() as f64 });
        }
        // A work that nobody has proved when it is due sells for whatever is asked.
        let dear = |open: &&OpenWork| open.standing.as_ref().is_none_or(|offer| offer.fee > level);
        stretches.extend(due(look).chunks(NEIGHBOURS).map(|works| Stretch {
            works: works.len() as f64,
            above: works.iter().filter(dear).count() as f64,
        }));
        match regime::start(&stretches) {
            None => Self::default(),
            Some(cut) => match began.get(cut) {
                Some(at) => Self { since: Some(*at), due_from: 0 },
                None => Self { since: Some(look.at), due_from: (cut - began.len()) * NEIGHBOURS },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{block, fee, key, look, open_work};

    const SETTINGS: ViewSettings = ViewSettings {
        window: Duration::from_secs(86_400),
        half_life: Duration::from_secs(21_600),
        min_samples: 3,
        works_per_hour: None,
        level: Nanomina::ZERO,
    };

    fn view_of(look: &Look) -> MarketView {
        let owns = |prover: &PublicKey| *prover == key("us");
        let mut history = MarketHistory::default();
        history.absorb_look(look, owns, None);
        MarketView::new(&history, look, &SETTINGS, owns)
    }

    #[test]
    fn the_share_handed_out_counts_works_without_or_above_an_offer() {
        let open = vec![
            open_work(1, None),
            open_work(2, Some((0, "free"))),
            open_work(3, Some((10, "them"))),
            open_work(4, Some((20, "us"))),
        ];
        let view = view_of(&look(0, Vec::new(), open));
        let share = |nanomina| view.startable_share(fee(nanomina));
        assert!((share(0) - 0.75).abs() < 1e-12 && (share(9) - 0.75).abs() < 1e-12);
        assert!(
            (share(10) - 0.5).abs() < 1e-12,
            "a tie is not handed out, and works of ours are open to us again"
        );
        assert!(
            (share(20) - 0.5).abs() < 1e-12,
            "what stands behind our own offer is as dear as elsewhere"
        );
        assert_eq!(view.summary().uncovered_works, 1);
        assert_eq!(view.summary().own_open_works, 1);
        assert_eq!(view.lowest_offer(), Some(fee(0)));
    }

    #[test]
    fn demand_is_the_works_after_the_first_block_over_the_time_they_took() {
        let works = [(1, 5, "a"), (2, 5, "b"), (3, 5, "c")];
        let blocks =
            vec![block(1, "a", 0, &works), block(2, "b", 1_800, &[]), block(3, "c", 3_600, &works)];
        let view = view_of(&look(3_600, blocks, Vec::new()));
        assert!((view.works_bought_per_hour().unwrap() - 3.0).abs() < 1e-9);
        assert!(view.knows_prices());
        assert!(!view_of(&look(0, vec![block(1, "a", 0, &works[..1])], Vec::new())).knows_prices());
    }
}
