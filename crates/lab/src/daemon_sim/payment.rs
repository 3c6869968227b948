//! How a block pays for the works that it buys.

use std::collections::BTreeMap;

use snarkfee_core::{
    market::Sale,
    units::{Nanomina, PublicKey},
};

/// One fee transfer of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FeeTransfer {
    pub(super) recipient: PublicKey,
    pub(super) fee: Nanomina,
    /// Paid from the coinbase instead of transaction fees.
    pub(super) via_coinbase: bool,
}

/// The fee transfers for the works of one block. The coinbase pays for the cheapest work, and each
/// prover gets the fees of its others in one sum. Free work makes no transfer (Mina
/// `staged_ledger.ml`, `create_diff`).
pub(super) fn fee_transfers(works: &[Sale]) -> Vec<FeeTransfer> {
    let paid = || works.iter().enumerate().filter(|(_, sale)| sale.fee > Nanomina::ZERO);
    let Some((cheapest, sale)) = paid().min_by_key(|(index, sale)| (sale.fee, *index)) else {
        return Vec::new();
    };
    let mut sums: BTreeMap<&PublicKey, Nanomina> = BTreeMap::new();
    for (_, sale) in paid().filter(|(index, _)| *index != cheapest) {
        let sum = sums.entry(&sale.prover).or_default();
        *sum = sum.saturating_add(sale.fee);
    }
    let first = FeeTransfer { recipient: sale.prover.clone(), fee: sale.fee, via_coinbase: true };
    let others = sums.into_iter().map(|(prover, fee)| FeeTransfer {
        recipient: prover.clone(),
        fee,
        via_coinbase: false,
    });
    std::iter::once(first).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon_sim::fixed::FixedDaemon;
    use snarkfee_core::units::WorkId;

    #[test]
    fn transfers_pay_every_fee_once() {
        let chain = FixedDaemon::default().shown.chain;
        let works = &chain[2].works;
        let paid = fee_transfers(works);
        let total =
            |fees: &mut dyn Iterator<Item = Nanomina>| fees.fold(0, |sum, fee| sum + fee.get());
        assert_eq!(total(&mut paid.iter().map(|t| t.fee)), total(&mut works.iter().map(|s| s.fee)));
        assert_eq!(paid.iter().filter(|t| t.via_coinbase).count(), 1);
        assert_eq!(paid[0].fee, Nanomina::try_new(500_000).unwrap());
        assert_eq!(paid.len(), 2, "two works of one prover are one transfer");
    }

    #[test]
    fn free_work_makes_no_transfer() {
        let prover = PublicKey::try_new("B62q").unwrap();
        let free = Sale { work: WorkId::one(1), fee: Nanomina::ZERO, prover };
        assert_eq!(fee_transfers(&[free]), []);
        assert_eq!(fee_transfers(&[]), []);
    }
}
