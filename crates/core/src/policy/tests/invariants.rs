//! What holds for every decision.

use super::*;
use crate::fixtures::every_reason;

fn any_market() -> impl proptest::strategy::Strategy<Value = Vec<Arc<Block>>> {
    let sale = (
        0..2_000_i64,
        prop_oneof![Just(0_u64), 1..20_u64, 1_000..2_000_000_000_u64],
        prop_oneof![Just("us"), Just("them")],
    );
    proptest::collection::vec(proptest::collection::vec(sale, 0..20), 0..12).prop_map(|blocks| {
        let numbered = (0_u32..).zip(&blocks);
        numbered.map(|(n, works)| block(n + 1, "b", i64::from(n) * 1_800, works)).collect()
    })
}

proptest! {
    #[test]
    fn no_action_leaves_the_bounds_or_pays_below_cost_on_the_cautious_side(
        blocks in any_market(),
        cost in 0..10_000_000_u64,
        asked in 0..2_000_000_000_u64,
        floor in 0..1_000_000_u64,
        on in any::<bool>(),
    ) {
        let mut story = Story::new(blocks);
        story.cost = Ok(fee(cost));
        story.params.pricing.floor = fee(floor).into();
        story.status(|status| {
            status.fee = fee(asked);
            status.worker = on.then(|| key("us"));
        });
        let decision = story.decide();
        let pricing = &story.params.pricing;
        if let Action::SetFee { fee } | Action::SwitchOn { fee, .. } | Action::Park { fee } = &decision.action {
            prop_assert!((pricing.floor.mina().unwrap()..=Nanomina::ONE_MINA).contains(fee));
        }
        if let Some(appraisal) = &decision.appraisal {
            for forecast in appraisal.curve.iter().chain([&appraisal.best, &appraisal.current]) {
                prop_assert!(0.0 <= forecast.low && forecast.low <= forecast.sale_probability);
                prop_assert!(forecast.sale_probability <= forecast.high && forecast.high <= 1.0);
                prop_assert!(forecast.works_per_hour.is_finite());
            }
            prop_assert!(appraisal.curve.len() <= Appraisal::MAX_CURVE);
        }
        if let Action::SwitchOn { fee, .. } = &decision.action {
            prop_assert!(*fee >= Nanomina::ZERO && decision.appraisal.unwrap().best.cautious_profit >= FeeRate::new(1_000_000));
        }
    }
}

#[test]
fn codes_are_unique_and_texts_are_not_empty() {
    let reasons = every_reason();
    let mut codes: Vec<_> = reasons.iter().map(Reason::code).collect();
    codes.sort_unstable();
    let count = codes.len();
    codes.dedup();
    assert_eq!(codes.len(), count);
    let unknown = serde_json::from_str::<Reason>(r#"{"reason":"?"}"#).unwrap_err().to_string();
    let (_, known) = unknown.split_once("expected one of ").unwrap();
    let known = known.split('`').skip(1).step_by(2).count();
    assert_eq!(reasons.len(), known, "every reason there is");
    assert!(reasons.iter().all(|reason| reason.to_string().len() > 5));
}
