//! Who else sells, for people.

use snarkfee_core::{
    market::{SellerKind, SellerSummary},
    record::Record,
    units::{FeeUnit, four_digits, percent},
};

use crate::cli::table::{Align, render_table};

/// Most sellers shown.
const MOST: usize = 12;

/// The sellers with the largest share of sales; nothing if none is known.
pub(super) fn describe_sellers(record: &Record, unit: FeeUnit) -> String {
    let sellers = &record.sellers;
    if sellers.is_empty() {
        return String::new();
    }
    let header = [
        "seller".to_owned(),
        "kind".to_owned(),
        format!("fee, {}", unit.name()),
        "works/h".to_owned(),
        "of sales".to_owned(),
        "online".to_owned(),
        "last seen".to_owned(),
    ];
    let rows = sellers.iter().take(MOST).map(|seller| {
        [
            seller.prover.short(),
            seller.kind.code().to_owned(),
            describe_fee(seller, unit),
            four_digits(seller.works_per_hour),
            percent(seller.share_of_sales),
            percent(seller.online),
            seller.last_seen.strftime("%H:%M").to_string(),
        ]
    });
    let mut columns = [Align::Right; 7];
    (columns[0], columns[1]) = (Align::Left, Align::Left);
    let mut text = render_table(columns, std::iter::once(header).chain(rows));
    let count = |kind| sellers.iter().filter(|seller| seller.kind == kind).count();
    let kinds: Vec<String> = SellerKind::ALL
        .into_iter()
        .map(|kind| (count(kind), kind))
        .filter(|(count, _)| *count > 0)
        .map(|(count, kind)| format!("{count} {}", kind.code()))
        .collect();
    text.push_str(&format!(
        "in all {}; works/h while they have something to do\n",
        kinds.join(", ")
    ));
    text
}

fn describe_fee(seller: &SellerSummary, unit: FeeUnit) -> String {
    match (seller.kind, seller.fees.as_slice()) {
        (SellerKind::Follower, [(low, _), .., (high, _)]) => {
            format!("{} to {}", unit.show_number(*low), unit.show_number(*high))
        }
        _ => seller.usual_fee().map_or_else(String::new, |fee| unit.show_number(fee)),
    }
}
