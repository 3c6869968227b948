use super::*;
use crate::daemon_sim::fixed::FixedDaemon;
use snarkfee_core::units::WorkId;

#[test]
fn transfers_pay_every_fee_once() {
    let chain = FixedDaemon::default().shown.chain;
    let works = &chain[2].works;
    let paid = fee_transfers(works);
    let total = |fees: &mut dyn Iterator<Item = Nanomina>| fees.fold(0, |sum, fee| sum + fee.get());
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
