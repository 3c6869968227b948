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
mod tests;
