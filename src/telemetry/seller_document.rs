//! A competing seller, as the documents have it.

use jiff::Timestamp;
use serde::Serialize;
use snarkfee_core::{
    market::{SellerKind, SellerSummary},
    units::{Nanomina, PublicKey},
};

/// One competing key: `/api/v1/sellers` and `snarkfee estimate --json`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SellerDocument {
    prover: PublicKey,
    kind: SellerKind,
    /// Ascending.
    fees_mina: Vec<f64>,
    /// The share of its works at each of these fees.
    fee_shares: Vec<f64>,
    /// While it has something to do.
    works_per_hour: f64,
    /// Of all works sold of late.
    share_of_sales: f64,
    since: Timestamp,
    last_seen: Timestamp,
    /// Whether it is more likely there than not.
    online: bool,
    online_probability: f64,
}

impl From<&SellerSummary> for SellerDocument {
    fn from(seller: &SellerSummary) -> Self {
        Self {
            prover: seller.prover.clone(),
            kind: seller.kind,
            fees_mina: seller.fees.iter().map(|(fee, _)| Nanomina::to_mina(*fee)).collect(),
            fee_shares: seller.fees.iter().map(|(_, share)| *share).collect(),
            works_per_hour: seller.works_per_hour,
            share_of_sales: seller.share_of_sales,
            since: seller.since,
            last_seen: seller.last_seen,
            online: seller.is_online(),
            online_probability: seller.online,
        }
    }
}
