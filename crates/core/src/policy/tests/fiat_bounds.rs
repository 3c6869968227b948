//! Floor and ceiling in a currency.

use super::*;
use crate::units::FeeLimit;

fn limit(text: &str) -> FeeLimit {
    text.parse().unwrap()
}

/// A market at 5,000,000 nanomina, and a price of MINA.
fn priced(price: &str) -> Story {
    let mut story = Story::new(market(5_000_000, 0));
    story.mina_price = Ok(price.parse().unwrap());
    story.params.pricing.strategy = Strategy::Quantile { quantile: 0.5 };
    story.params.pricing.stop_below = FeeRate::new(-1_000_000_000_000);
    story
}

#[test]
fn bounds_in_a_currency_count_at_the_price() {
    let mut story = priced("0.5 USD");
    story.status(|status| status.fee = fee(100_000_000));
    assert_eq!(story.decide().action, Action::SetFee { fee: fee(4_999_999) });
    story.params.pricing.floor = limit("0.01 USD");
    assert_eq!(story.decide().action, Action::SetFee { fee: fee(20_000_000) });
    story.params.pricing.floor = limit("0 MINA");
    story.params.pricing.ceiling = limit("0.001 USD");
    assert_eq!(story.decide().action, Action::SetFee { fee: fee(2_000_000) });
    story.memory.account = Some(LedgerAccount::Missing);
    let (reserve, ceiling) = (Nanomina::ONE_MINA, fee(2_000_000));
    assert_eq!(story.decide().reason, Reason::ReserveAboveCeiling { reserve, ceiling });
}

#[test]
fn without_a_price_no_fee_is_set_and_own_blocks_still_are_made_room_for() {
    for cause in [
        CostUnknown::NoPrice,
        CostUnknown::PriceTooOld { age: Duration::from_secs(2), limit: Duration::from_secs(1) },
    ] {
        let mut story = priced("0.5 USD");
        story.mina_price = Err(cause.clone());
        story.params.pricing.floor = limit("0.01 USD");
        for on in [true, false] {
            story.status(|status| status.worker = on.then(|| key("us")));
            let decision = story.decide();
            assert_eq!(decision.action, Action::Hold);
            assert_eq!(decision.reason, Reason::BoundsUnknown { cause: cause.clone() });
        }
        story.status(|status| {
            status.worker = Some(key("us"));
            status.own_slots = slots([time(NOW + 20)]);
        });
        assert_eq!(story.code(), ("switch_off", "own_block_ahead"));
    }
}

#[test]
fn bounds_that_cross_hold() {
    let mut story = priced("0.5 USD");
    story.params.pricing.floor = limit("0.01 MINA");
    story.params.pricing.ceiling = limit("0.001 USD");
    let (floor, ceiling) = (fee(10_000_000), fee(2_000_000));
    assert_eq!(story.decide().reason, Reason::BoundsCrossed { floor, ceiling });
}

#[test]
fn a_price_that_wavers_does_not_move_a_fee_at_a_bound() {
    let mut story = priced("0.5 USD");
    story.params.pricing.floor = limit("0.01 USD");
    story.status(|status| status.fee = fee(20_000_000));
    for (price, moves) in [("0.5 USD", false), ("0.49 USD", false), ("0.4 USD", true)] {
        story.mina_price = Ok(price.parse().unwrap());
        assert_eq!(story.decide().action != Action::Hold, moves, "{price}");
    }
    story.params.pricing.floor = fee(20_000_001).into();
    assert_eq!(story.decide().action, Action::SetFee { fee: fee(20_000_001) }, "exact in MINA");
    story.params.worker.role = RoleSetting::Coordinator;
    story.params.pricing.floor = limit("0 MINA");
    story.params.pricing.ceiling = limit("0.01 USD");
    story.params.pricing.stop_below = FeeRate::new(1_000_000_000_000);
    story.status(|status| (status.worker, status.fee) = (None, fee(20_000_000)));
    for (price, parks) in [("0.5 USD", false), ("0.51 USD", false), ("0.7 USD", true)] {
        story.mina_price = Ok(price.parse().unwrap());
        assert_eq!(story.decide().action != Action::Hold, parks, "{price}");
    }
}
