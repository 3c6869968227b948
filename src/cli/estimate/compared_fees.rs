//! The fees to compare in an estimate.

use std::collections::BTreeMap;

use snarkfee_core::{
    policy::{Appraisal, Forecast, Pricing, forecast},
    units::{FeeLimit, FeeUnit, Fiat, Nanomina, percent},
};

use crate::service::Preview;

/// Most fees shown.
const MAX_FEES: usize = 13;
/// Most prices whose lower neighbours are shown.
const MAX_PRICES: usize = 4;
/// A price with a smaller share of the market gets no line.
const MIN_SHARE: f64 = 0.01;
const QUANTILES: [(f64, &str); 4] =
    [(0.5, "median"), (0.25, "lower quartile"), (0.75, "upper quartile"), (0.9, "90 % quantile")];

/// A fee, its forecast, and why it is shown.
#[derive(Clone, Debug)]
pub(super) struct ComparedFee {
    pub(super) forecast: Forecast,
    pub(super) notes: Vec<String>,
}

/// The fees to compare, ascending: the best one, the present one, bounds and cost, fees just below the
/// most common prices and the quantiles, and powers of ten.
pub(super) fn compare_fees(
    preview: &Preview,
    appraisal: &Appraisal,
    pricing: &Pricing,
    unit: FeeUnit,
) -> Vec<ComparedFee> {
    let view = &preview.view;
    let in_mina = |limit: FeeLimit, round: fn(FeeLimit, Fiat) -> Nanomina| {
        limit.mina().or_else(|| Some(round(limit, preview.mina_price?)))
    };
    let floor = in_mina(pricing.floor, FeeLimit::round_up);
    let ceiling = in_mina(pricing.ceiling, FeeLimit::round_down);
    let named = |name: &str, limit: FeeLimit| match limit.fiat() {
        Some(amount) => format!("{name}, {amount}"),
        None => name.to_owned(),
    };
    let mut found: BTreeMap<Nanomina, Vec<String>> = BTreeMap::new();
    let mut add = |fee: Nanomina, note: String| {
        if found.len() < MAX_FEES || found.contains_key(&fee) {
            found.entry(fee).or_default().extend((!note.is_empty()).then_some(note));
        }
    };
    add(appraisal.best.fee, "best".to_owned());
    add(appraisal.asked().fee, "asked now".to_owned());
    add(Nanomina::ZERO, "free".to_owned());
    if let Some(floor) = floor.filter(|floor| *floor > Nanomina::ZERO) {
        add(floor, named("floor", pricing.floor));
    }
    add(appraisal.cost, "cost of a work".to_owned());
    if let Some(ceiling) = ceiling {
        add(ceiling, named("ceiling", pricing.ceiling));
    }
    let below = |price: Nanomina| price.saturating_sub(pricing.tick);
    let mut atoms: Vec<(Nanomina, f64)> = view
        .atoms()
        .filter(|(price, share)| *price > Nanomina::ZERO && *share >= MIN_SHARE)
        .collect();
    atoms.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    for (price, share) in atoms.into_iter().take(MAX_PRICES) {
        add(
            below(price),
            format!("just below {}, the price of {}", unit.show(price), percent(share)),
        );
    }
    for (level, name) in QUANTILES {
        if let Some(price) = view.quantile(level).filter(|price| *price > Nanomina::ZERO) {
            add(below(price), format!("just below the {name}"));
        }
    }
    let decades =
        (0..10).map(|decade| Nanomina::try_new(10_u64.pow(decade)).unwrap_or(Nanomina::MAX));
    for fee in decades.rev().filter(|fee| ceiling.is_none_or(|ceiling| *fee <= ceiling)) {
        add(fee, String::new());
    }
    found
        .into_iter()
        .map(|(fee, notes)| ComparedFee {
            forecast: forecast(view, appraisal.charged_cost(), fee),
            notes,
        })
        .collect()
}
