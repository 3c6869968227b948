//! Which fees a person wants to compare.

use std::collections::BTreeMap;

use snarkfee_core::{
    market::MarketView,
    policy::{Appraisal, Forecast, Pricing, forecast},
    units::{Nanomina, percent},
};

/// Most fees shown.
const MOST: usize = 13;
/// Prices that carry mass whose neighbours are shown.
const ATOMS: usize = 4;
/// Below this share a price is not worth a line.
const SLIGHT: f64 = 0.01;
const QUANTILES: [(f64, &str); 4] =
    [(0.5, "median"), (0.25, "lower quartile"), (0.75, "upper quartile"), (0.9, "90 % quantile")];

/// A fee and what makes it worth a line.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) forecast: Forecast,
    pub(super) notes: Vec<String>,
}

/// The fees to compare, ascending: bounds, what is asked, wanted and spent, just below the prices
/// that most works are bought at, quantiles, and decades between.
pub(super) fn rows(view: &MarketView, appraisal: &Appraisal, pricing: &Pricing) -> Vec<Row> {
    let mut found: BTreeMap<Nanomina, Vec<String>> = BTreeMap::new();
    let mut add = |fee: Nanomina, note: String| {
        if found.len() < MOST || found.contains_key(&fee) {
            found.entry(fee).or_default().extend((!note.is_empty()).then_some(note));
        }
    };
    add(appraisal.best.fee, "best".to_owned());
    add(appraisal.current.fee, "asked now".to_owned());
    add(Nanomina::ZERO, "free".to_owned());
    if pricing.floor > Nanomina::ZERO {
        add(pricing.floor, "floor".to_owned());
    }
    add(appraisal.cost, "cost of a work".to_owned());
    add(pricing.ceiling, "ceiling".to_owned());
    let below = |price: Nanomina| price.saturating_sub(pricing.tick);
    let mut atoms: Vec<(Nanomina, f64)> =
        view.atoms().filter(|(price, share)| *price > Nanomina::ZERO && *share >= SLIGHT).collect();
    atoms.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    for (price, share) in atoms.into_iter().take(ATOMS) {
        add(below(price), format!("just below {price}, the price of {}", percent(share)));
    }
    for (level, name) in QUANTILES {
        if let Some(price) = view.quantile(level).filter(|price| *price > Nanomina::ZERO) {
            add(below(price), format!("just below the {name}"));
        }
    }
    let decades =
        (0..10).map(|decade| Nanomina::try_new(10_u64.pow(decade)).unwrap_or(Nanomina::MAX));
    for fee in decades.rev().filter(|fee| *fee <= pricing.ceiling) {
        add(fee, String::new());
    }
    let row = |(fee, notes)| Row { forecast: forecast(view, appraisal.cost, fee), notes };
    found.into_iter().map(row).collect()
}
