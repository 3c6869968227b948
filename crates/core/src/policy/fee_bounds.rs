//! The fees that may be asked, and whether a work could be sold at any of them.

use super::{params::Pricing, reason::Reason};
use crate::{market::LedgerAccount, units::Nanomina};

/// The bounds of a fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FeeBounds {
    /// The lowest fee that a pool takes and the operator permits.
    ///
    /// Without a ledger account no pool takes a fee below the account-creation fee (Mina
    /// `snark_pool.ml`, 3.0.3). While it is not known whether there is one, the pool decides.
    pub(super) floor: Nanomina,
    /// The fee that keeps most work away: the operator's ceiling, whatever a pool wants.
    pub(super) highest: Nanomina,
}

impl FeeBounds {
    /// The bounds for a key of which it is known what account it has.
    pub(super) fn new(pricing: &Pricing, account: Option<LedgerAccount>) -> Self {
        let floor = match account {
            Some(LedgerAccount::Missing) => pricing.floor.max(Nanomina::ONE_MINA),
            Some(LedgerAccount::Open | LedgerAccount::Closed(_)) | None => pricing.floor,
        };
        Self { floor: floor.min(pricing.ceiling), highest: pricing.ceiling }
    }
}

/// Why no work of this key can be sold at a fee that the operator permits.
pub(super) fn find_unsaleable(pricing: &Pricing, account: Option<LedgerAccount>) -> Option<Reason> {
    let (reserve, ceiling) = (Nanomina::ONE_MINA, pricing.ceiling);
    match account? {
        LedgerAccount::Closed(demand) => Some(Reason::AccountRefuses { demand }),
        LedgerAccount::Missing if ceiling < reserve => {
            Some(Reason::ReserveAboveCeiling { reserve, ceiling })
        }
        LedgerAccount::Missing | LedgerAccount::Open => None,
    }
}
