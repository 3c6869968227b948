//! Keys whose works no pool takes.

use super::*;

#[test]
fn works_that_no_pool_takes_are_not_made() {
    for (access, receive) in [(true, false), (false, true), (true, true)] {
        let account = LedgerAccount::with_demands(access, receive);
        let mut story = Story::new(market(5_000_000, 3));
        story.memory.account = Some(account);
        assert_eq!(story.code(), ("switch_off", "account_refuses"), "{account:?}");
        story.memory.pacing.switched = Some(Switched { at: steady(NOW - 300), on: true });
        assert_eq!(story.code(), ("hold", "min_on"));
        story.status(|status| status.worker = None);
        assert_eq!(story.code(), ("hold", "account_refuses"), "not switched on");
        story.params.worker.role = RoleSetting::Coordinator;
        assert_eq!(story.code(), ("hold", "account_refuses"));
    }
    assert_eq!(LedgerAccount::with_demands(false, false), LedgerAccount::Open);
}

#[test]
fn the_reserve_for_a_missing_account_never_lifts_the_ceiling() {
    let mut story = Story::new(market(2_000_000_000, 0));
    story.memory.account = Some(LedgerAccount::Missing);
    assert!(story.decide().target.unwrap().fee >= Nanomina::ONE_MINA, "the default ceiling");
    story.params.pricing.ceiling = fee(999_999_999).into();
    for on in [true, false] {
        story.status(|status| status.worker = on.then(|| key("us")));
        let decision = story.decide();
        assert_eq!(decision.action, Action::Hold);
        let (reserve, ceiling) = (Nanomina::ONE_MINA, fee(999_999_999));
        assert_eq!(decision.reason, Reason::ReserveAboveCeiling { reserve, ceiling });
    }
    story.memory.account = Some(LedgerAccount::Open);
    assert_eq!(story.code().1, "profitable");
}
