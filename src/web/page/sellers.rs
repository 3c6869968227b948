//! Who else sells.

use jiff::Timestamp;
use maud::{Markup, html};
use snarkfee_core::{
    market::{SellerKind, SellerSummary},
    record::Record,
    units::{FeeUnit, four_digits, percent},
};

use super::format::{show_amount, show_time};

/// Most sellers shown; the API has all.
const MOST: usize = 8;

/// The sellers with the largest share of sales.
pub(super) fn seller_table(record: &Record, now: Timestamp) -> Markup {
    html! {
        table {
            caption { "Competing sellers" }
            tbody {
                @for kind in SellerKind::ALL {
                    @let count = record.sellers.iter().filter(|seller| seller.kind == kind).count();
                    @if count > 0 { tr { th scope="row" { (describe_kind(kind)) } td { (count) } } }
                }
                @for seller in record.sellers.iter().take(MOST) {
                    tr {
                        th scope="row" { (seller.prover.short()) }
                        td { (describe(seller, record.fee_unit(), now)) }
                    }
                }
                @if record.sellers.is_empty() {
                    tr { th scope="row" { "Known" } td { span.unknown { "none yet" } } }
                }
            }
        }
    }
}

const fn describe_kind(kind: SellerKind) -> &'static str {
    match kind {
        SellerKind::Free => "Free",
        SellerKind::Dust => "For dust",
        SellerKind::Fixed => "At a fixed fee",
        SellerKind::Follower => "Following others",
        SellerKind::Gone => "Gone",
    }
}

fn describe(seller: &SellerSummary, unit: FeeUnit, now: Timestamp) -> Markup {
    html! {
        @if let Some(fee) = seller.usual_fee() { (show_amount(fee, unit)) ", " }
        (four_digits(seller.works_per_hour)) " works/h, "
        (percent(seller.share_of_sales)) " of sales"
        @if !seller.is_online() { ", gone since " (show_time(seller.last_seen, now)) }
    }
}
