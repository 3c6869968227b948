//! The fees that may be asked, and whether a work could be sold at any of them.

use super::{params::Pricing, reason::Reason};
use crate::{
    cost::CostUnknown,
    market::LedgerAccount,
    units::{FeeLimit, Fiat, Nanomina},
};

/// The bounds of a fee.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FeeBounds {
    /// The lowest fee that a pool takes and the operator permits.
    ///
    /// Without a ledger account no pool takes a fee below the account-creation fee (Mina
    /// `snark_pool.ml`, 3.0.3). While it is not known whether there is one, the pool decides.
    pub(super) floor: Nanomina,
    /// The fee that keeps most work away: the operator's ceiling, whatever a pool wants.
    pub(super) highest: Nanomina,
    /// How far beyond a bound a fee may be before it is moved for that alone, as a part of the
    /// bound: none in MINA; in a currency the deadband, or each price read would move the fee.
    slack: [f64; 2],
}

impl FeeBounds {
    /// The bounds for a key of which it is known what account it has, at a price of MINA.
    ///
    /// # Errors
    ///
    /// The reason to hold: a bound in a currency without a price, or bounds that crossed.
    pub(super) fn try_new(
        pricing: &Pricing,
        account: Option<LedgerAccount>,
        price: Result<Fiat, &CostUnknown>,
    ) -> Result<Self, Reason> {
        let Limits { floor, ceiling } = Limits::try_new(pricing, price)?;
        let floor = match account {
            Some(LedgerAccount::Missing) => floor.max(Nanomina::ONE_MINA).min(ceiling),
            Some(LedgerAccount::Open | LedgerAccount::Closed(_)) | None => floor,
        };
        let slack = [pricing.floor, pricing.ceiling]
            .map(|limit| limit.fiat().map_or(0.0, |_| pricing.deadband));
        Ok(Self { floor, highest: ceiling, slack })
    }

    /// Whether a fee is so far beyond a bound that it is moved for that alone.
    pub(super) fn exclude(&self, fee: Nanomina) -> bool {
        let [below, above] = self.slack;
        let fee = fee.to_f64();
        fee < self.floor.to_f64() * (1.0 - below) || fee > self.highest.to_f64() * (1.0 + above)
    }

    /// Whether a fee keeps work away as the highest permitted one does.
    pub(super) fn is_highest(&self, fee: Nanomina) -> bool {
        let [_, above] = self.slack;
        (fee.to_f64() - self.highest.to_f64()).abs() <= above * self.highest.to_f64()
    }
}

/// What the operator permits, in MINA.
struct Limits {
    floor: Nanomina,
    ceiling: Nanomina,
}

impl Limits {
    fn try_new(pricing: &Pricing, price: Result<Fiat, &CostUnknown>) -> Result<Self, Reason> {
        let convert = |limit: FeeLimit, round: fn(FeeLimit, Fiat) -> Nanomina| match limit {
            FeeLimit::Mina(amount) => Ok(amount),
            FeeLimit::Currency(amount) => match price {
                Ok(price) if price.currency() == amount.currency() => Ok(round(limit, price)),
                Ok(_) => Err(Reason::BoundsUnknown { cause: CostUnknown::NoPrice }),
                Err(cause) => Err(Reason::BoundsUnknown { cause: cause.clone() }),
            },
        };
        let floor = convert(pricing.floor, FeeLimit::round_up)?;
        let ceiling = convert(pricing.ceiling, FeeLimit::round_down)?;
        if floor > ceiling {
            return Err(Reason::BoundsCrossed { floor, ceiling });
        }
        Ok(Self { floor, ceiling })
    }
}

/// Why no work of this key can be sold at a fee that the operator permits.
pub(super) fn find_unsaleable(
    pricing: &Pricing,
    account: Option<LedgerAccount>,
    price: Result<Fiat, &CostUnknown>,
) -> Option<Reason> {
    let reserve = Nanomina::ONE_MINA;
    match account? {
        LedgerAccount::Closed(demand) => Some(Reason::AccountRefuses { demand }),
        LedgerAccount::Missing => match Limits::try_new(pricing, price) {
            Ok(Limits { ceiling, .. }) if ceiling < reserve => {
                Some(Reason::ReserveAboveCeiling { reserve, ceiling })
            }
            Ok(_) | Err(_) => None,
        },
        LedgerAccount::Open => None,
    }
}
