//! What asking a fee is expected to bring.

use serde::{Deserialize, Serialize};

use crate::{
    cost::ChargedCost,
    market::{MarketShares, MarketView, SelectionMethod},
    units::{FeeRate, Nanomina},
};

/// What asking a fee is expected to bring.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// The fee.
    pub fee: Nanomina,
    /// P(sold) of a work made at this fee.
    pub sale_probability: f64,
    /// The same before the correction that our own sales taught.
    pub uncorrected: f64,
    /// Lower end of its confidence band.
    pub low: f64,
    /// Upper end of its confidence band.
    pub high: f64,
    /// Works made per hour.
    pub works_per_hour: f64,
    /// What the time costs in which the worker has nothing to do.
    #[serde(default)]
    pub idle_cost: FeeRate,
    /// Expected profit.
    pub profit: FeeRate,
    /// Expected profit with the probability at the lower end of its band: it decides on and off,
    /// and which fees are safe.
    pub cautious_profit: FeeRate,
}

impl Forecast {
    /// Whether the fee brings no work: less than one in a hundred thousand years.
    pub fn is_idle(&self) -> bool {
        self.works_per_hour < 1e-9
    }
}

/// What asking `fee` is expected to bring: works made per hour r, each sold with probability q, and
/// the profit per hour r (q f - c), less the cost of the time in which there is nothing to do: the
/// share 1 - r / m of an idle hour at the pace m.
///
/// Of the D works bought per hour, the share S(f) = P(C > f) can be sold at f, and nobody closes
/// these to us before they are bought. The others are open to us too until someone proves them for
/// f or less: of all works on the market at once the share g(f) is open, so that of the others a
/// part l = (g - S) / (1 - S) is, each for that part of its time. A daemon hands out the open works
/// at random. If it hands out each of them x times over the time a work is on the market, then we
/// make D (S (1 - exp(-x)) + (1 - S) (1 - exp(-x l))) works per hour and sell D S (1 - exp(-x)) of
/// them. x follows from our pace m. A slow worker finds S / g of its works sold, a fast one works
/// for everything that comes and sells all of D S. An offset drawn at random hands out each open
/// work as often.
///
/// A daemon that hands out the first open work in order of purchase ([`SelectionMethod::Seq`])
/// hands out those next to be bought. If others work at random, they have had nearly all of the
/// time to undercut them, so that of those handed out to a slow worker all sell. A faster one has
/// proved all of the D S per hour that sell, and goes on to works that others will still undercut:
/// it sells D S / m of what it makes. If others work in order too, those who ask less cover the
/// first D (1 - S) works per hour, ours among them: they skip none that costs more. Then only what
/// we make beyond them sells, m - D (1 - S) works per hour. How far others do is seen at the head
/// of the book; the share sold is taken as that far between the two.
pub fn forecast(view: &MarketView, cost: ChargedCost, fee: Nanomina) -> Forecast {
    forecast_with(view, cost, fee, view.selection())
}

/// The same for a daemon that selects works in another way.
pub(super) fn forecast_with(
    view: &MarketView,
    cost: ChargedCost,
    fee: Nanomina,
    selection: SelectionMethod,
) -> Forecast {
    let MarketShares { sells: price, open } = view.shares_at(fee);
    let share = open.max(f64::MIN_POSITIVE);
    let order = match selection {
        SelectionMethod::Rand | SelectionMethod::Roffset => HandOutOrder::Random,
        SelectionMethod::Seq => HandOutOrder::First { contest: view.contest() },
    };
    let dispatch = dispatch_rate(
        order,
        price.estimate,
        share,
        view.works_bought_per_hour(),
        view.own_works_per_hour(),
    );
    let correction = view.calibration_factor(fee);
    let uncorrected = |probability: f64| (probability * dispatch.sale_lift).clamp(0.0, 1.0);
    let sold = |probability: f64| (uncorrected(probability) * correction).clamp(0.0, 1.0);
    let (sale_probability, low, high) = (sold(price.estimate), sold(price.low), sold(price.high));
    let works_per_hour = dispatch.works_per_hour;
    let idle_cost = cost.idle_hour.to_f64() * idle_share(works_per_hour, view.own_works_per_hour());
    let profit = |probability: f64| {
        let per_work = probability * fee.to_f64() - cost.per_work.to_f64();
        FeeRate::rounded(works_per_hour * per_work - idle_cost)
    };
    Forecast {
        fee,
        sale_probability,
        uncorrected: uncorrected(price.estimate),
        low,
        high,
        works_per_hour,
        idle_cost: FeeRate::rounded(idle_cost),
        profit: profit(sale_probability),
        cautious_profit: profit(low),
    }
}

/// The share of the time in which the provers have nothing to do; 0 where their pace is not known.
fn idle_share(works_per_hour: f64, pace: Option<f64>) -> f64 {
    let used = pace.filter(|pace| *pace > 0.0).map_or(1.0, |pace| works_per_hour / pace);
    1.0 - used.clamp(0.0, 1.0)
}

/// The order in which a daemon hands out works.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HandOutOrder {
    Random,
    /// That of purchase; `contest` is how far others keep to it too, in [0, 1].
    First {
        contest: f64,
    },
}

/// The works that a daemon hands to its worker.
pub(crate) struct Dispatch {
    /// Works per hour.
    pub(crate) works_per_hour: f64,
    /// How many times larger the share of them that sells is than the share of all works.
    pub(crate) sale_lift: f64,
}

/// The works handed to a worker: `sells` and `open` are the shares S and g of the market's works, S
/// <= g, g > 0.
pub(crate) fn dispatch_rate(
    order: HandOutOrder,
    sells: f64,
    open: f64,
    demand: Option<f64>,
    pace: Option<f64>,
) -> Dispatch {
    let slow = |works_per_hour: f64| Dispatch { works_per_hour, sale_lift: open.recip() };
    let (demand, pace) = match (demand, pace) {
        (Some(demand), Some(pace)) if demand > 0.0 => (demand, pace),
        (Some(demand), _) => return slow(demand * open),
        (None, Some(pace)) => return slow(pace),
        // Neither is known: the forecast then is per work made in an hour, which ranks fees all the
        // same.
        (None, None) => return slow(1.0),
    };
    let others = 1.0 - sells;
    let part = if others > 0.0 { ((open - sells) / others).clamp(0.0, 1.0) } else { 0.0 };
    if let HandOutOrder::First { contest } = order {
        let most = if part > 0.0 { demand } else { demand * sells };
        return dispatch_first(sells, contest, pace.clamp(0.0, most) / demand, demand);
    }
    let caught = |x: f64| -(-x).exp_m1();
    let made = |x: f64| sells * caught(x) + others * caught(x * part);
    let wanted = (pace / demand).max(0.0);
    // made() rises ever more slowly, so that each step of Newton's method from below ends below its
    // place too, or on it. Where all that comes is less than what is wanted, x has no end; beyond
    // 1000 nothing is left to be handed out.
    let mut x = 0.0_f64;
    for _ in 0..64 {
        let slope = sells * (-x).exp() + others * part * (-x * part).exp();
        let step = (wanted - made(x)) / slope;
        let next = if step.is_finite() { (x + step).clamp(x, 1000.0) } else { 1000.0 };
        if next - x <= 1e-9 * next {
            break;
        }
        x = next;
    }
    let made = made(x);
    let sale_lift = if made > 0.0 { caught(x) / made } else { open.recip() };
    Dispatch { works_per_hour: demand * made, sale_lift }
}

/// Works handed out in order to a worker that makes this share of all that are bought, not above 1.
fn dispatch_first(sells: f64, contest: f64, made: f64, demand: f64) -> Dispatch {
    let made = made.max(f64::MIN_POSITIVE);
    let alone = (sells / made).min(1.0);
    let among_others = (1.0 - (1.0 - sells) / made).clamp(0.0, alone);
    let sold = alone + contest * (among_others - alone);
    Dispatch { works_per_hour: demand * made, sale_lift: sold / sells.max(f64::MIN_POSITIVE) }
}

#[cfg(test)]
mod tests;
