//! What holds for any observations.

use proptest::prelude::*;

use super::*;

/// Prices with atoms at zero, dust and round numbers, and any other.
fn price() -> impl Strategy<Value = Nanomina> {
    prop_oneof![
        3 => Just(0_u64),
        3 => 1_u64..=10,
        2 => prop_oneof![Just(10_000_u64), Just(100_000), Just(1_000_000), Just(25_000_000)],
        2 => 0_u64..2_000_000_000,
        1 => prop_oneof![Just(Nanomina::MAX.get()), Just(Nanomina::MAX.get() - 1)],
    ]
    .prop_map(nanomina)
}

fn censoring() -> impl Strategy<Value = Censoring> {
    prop_oneof![
        4 => price().prop_map(Censoring::Exact),
        2 => price().prop_map(Censoring::Above),
        2 => price().prop_map(Censoring::AtMost),
        2 => (proptest::option::of(price()), proptest::option::of(price()))
            .prop_map(|(above, at_most)| Censoring::Between { above, at_most }),
    ]
}

fn observation(weight: impl Strategy<Value = f64>) -> impl Strategy<Value = Observation> {
    (censoring(), weight, 0_u64..8).prop_map(|(censoring, weight, cluster)| Observation {
        censoring,
        weight,
        cluster,
    })
}

fn observations() -> impl Strategy<Value = Vec<Observation>> {
    proptest::collection::vec(observation(0.1..10.0_f64), 0..40)
}

fn settings() -> impl Strategy<Value = EstimatorSettings> {
    prop_oneof![
        Just(nonparametric_settings()),
        Just(EstimatorSettings { min_samples: 1e9, ..EstimatorSettings::default() })
    ]
}

/// Fees at, beside and between those of the observations.
fn fees(observations: &[Observation]) -> Vec<Nanomina> {
    let mut fees: Vec<u64> = observations
        .iter()
        .flat_map(|observation| match observation.censoring {
            Censoring::Exact(p) | Censoring::Above(p) | Censoring::AtMost(p) => [Some(p), None],
            Censoring::Between { above, at_most } => [above, at_most],
        })
        .flatten()
        .flat_map(|price| [price.get().saturating_sub(1), price.get(), price.get() + 1])
        .chain([0, 1, 5, 1_000, 5_000_000_000, Nanomina::MAX.get()])
        .filter(|fee| *fee <= Nanomina::MAX.get())
        .collect();
    fees.sort_unstable();
    fees.dedup();
    fees.into_iter().map(nanomina).collect()
}

fn check(found: &Survival, fees: &[Nanomina]) -> Result<(), TestCaseError> {
    let mut before = PointEstimate { estimate: 1.0, low: 1.0, high: 1.0 };
    for fee in fees {
        let point = found.estimate_at(*fee);
        prop_assert!(0.0 <= point.low && point.low <= point.estimate, "{fee}: {point:?}");
        prop_assert!(point.estimate <= point.high && point.high <= 1.0, "{fee}: {point:?}");
        for (now, then) in
            [(point.estimate, before.estimate), (point.low, before.low), (point.high, before.high)]
        {
            prop_assert!(now <= then + 1e-12, "{fee}: {point:?} after {before:?}");
        }
        before = point;
    }
    let masses: f64 = found.atoms().map(|(_, mass)| mass).sum();
    prop_assert!(
        (0.0..=1.0 + 1e-9).contains(&masses) && (0.0..=1.0).contains(&found.mass_above_last())
    );
    prop_assert!(
        (0.0..=1.0).contains(&found.zero_share()) && found.effective_samples().is_finite()
    );
    prop_assert!(found.effective_samples() <= found.clusters() as f64 + 1e-9);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_weights_give_a_falling_curve_inside_its_band_without_nan(
        observations in proptest::collection::vec(observation(prop_oneof![
            4 => 0.1..10.0_f64,
            2 => any::<f64>(),
            1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(0.0), Just(f64::MAX), Just(f64::MIN_POSITIVE)],
        ]), 0..40),
        settings in settings(),
        level in prop_oneof![0.5..0.99_f64, any::<f64>()],
        believed in any::<f64>(),
    ) {
        let mut settings = EstimatorSettings { level, ..settings };
        settings.prior.priced.median = believed;
        settings.prior.dust.deviation = believed;
        settings.prior.strength = believed;
        let found = estimate(&observations, &settings);
        check(&found, &fees(&observations))?;
        prop_assert_eq!(found.samples() + found.dropped().total(), observations.len());
    }

    #[test]
    fn the_maximum_is_reached_and_masses_sum_to_one(observations in observations()) {
        let found = estimate(&observations, &nonparametric_settings());
        match found.method() {
            Method::Nonparametric { converged, .. } => {
                prop_assert!(converged);
                let masses: f64 = found.atoms().map(|(_, mass)| mass).sum();
                prop_assert!((masses + found.mass_above_last() - 1.0).abs() < 1e-9);
            }
            Method::None => prop_assert_eq!(found.samples(), 0),
            Method::Parametric { .. } => prop_assert!(false, "not asked for"),
        }
    }

    #[test]
    fn one_more_price_above_never_lowers_and_one_at_most_never_raises(
        observations in observations(), at in price(), weight in 0.1..10.0_f64, cluster in 0_u64..8,
    ) {
        let settings = nonparametric_settings();
        let before = estimate(&observations, &settings);
        prop_assume!(before.samples() > 0);
        let with = |censoring| {
            let mut more = observations.clone();
            more.push(Observation { censoring, weight, cluster });
            estimate(&more, &settings)
        };
        let (dearer, cheaper) = (with(Censoring::Above(at)), with(Censoring::AtMost(at)));
        for fee in fees(&observations) {
            let was = before.estimate_at(fee).estimate;
            prop_assert!(dearer.estimate_at(fee).estimate >= was - 1e-7, "{} at {fee}", dearer.estimate_at(fee).estimate - was);
            prop_assert!(cheaper.estimate_at(fee).estimate <= was + 1e-7, "{} at {fee}", cheaper.estimate_at(fee).estimate - was);
        }
    }

    #[test]
    fn the_order_of_observations_does_not_matter(
        (observations, shuffled) in observations().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        settings in settings(),
    ) {
        prop_assert_eq!(estimate(&observations, &settings), estimate(&shuffled, &settings));
    }

    #[test]
    fn the_order_of_purchase_reversed_changes_nothing(observations in observations(), settings in settings()) {
        let reversed: Vec<Observation> =
            observations.iter().map(|of| Observation { cluster: 100 - of.cluster, ..*of }).collect();
        let (forth, back) = (estimate(&observations, &settings), estimate(&reversed, &settings));
        for fee in fees(&observations) {
            let (a, b) = (forth.estimate_at(fee), back.estimate_at(fee));
            for (a, b) in [(a.estimate, b.estimate), (a.low, b.low), (a.high, b.high)] {
                prop_assert!((a - b).abs() < 1e-7, "{a} and {b} at {fee}");
            }
        }
    }

    #[test]
    fn splitting_a_weight_changes_nothing(observations in observations(), settings in settings()) {
        let split: Vec<Observation> = observations
            .iter()
            .flat_map(|whole| std::iter::repeat_n(Observation { weight: whole.weight / 2.0, ..*whole }, 2))
            .collect();
        let (whole, halves) = (estimate(&observations, &settings), estimate(&split, &settings));
        prop_assert!((whole.effective_samples() - halves.effective_samples()).abs() < 1e-9);
        for fee in fees(&observations) {
            let (a, b) = (whole.estimate_at(fee), halves.estimate_at(fee));
            for (a, b) in [(a.estimate, b.estimate), (a.low, b.low), (a.high, b.high)] {
                prop_assert!((a - b).abs() < 1e-7, "{a} and {b} at {fee}");
            }
        }
    }

    #[test]
    fn multiplying_all_weights_changes_nothing(observations in observations(), factor in 1e-6..1e6_f64) {
        let heavier: Vec<Observation> =
            observations.iter().map(|of| Observation { weight: of.weight * factor, ..*of }).collect();
        let (was, is) = (estimate(&observations, &nonparametric_settings()), estimate(&heavier, &nonparametric_settings()));
        for fee in fees(&observations) {
            prop_assert!((was.estimate_at(fee).estimate - is.estimate_at(fee).estimate).abs() < 1e-7);
        }
    }

    #[test]
    fn multiplying_all_fees_multiplies_the_answer(
        given in proptest::collection::vec((0_u64..50, 0_u64..50, 0_u8..4, 0_u64..8), 1..40), factor in 1_u64..1_000_000,
    ) {
        let of = |factor: u64| -> Vec<Observation> {
            given.iter().map(|(a, b, kind, cluster)| match kind {
                0 => exact(2 * a * factor, *cluster),
                1 => above(2 * a * factor, *cluster),
                2 => at_most(2 * a * factor, *cluster),
                _ => between(2 * a.min(b) * factor, 2 * (a.max(b) + 1) * factor, *cluster),
            }).collect()
        };
        let (one, many) = (estimate(&of(1), &nonparametric_settings()), estimate(&of(factor), &nonparametric_settings()));
        // Fees are even, so that a price fits between any two at either scale and the same prices
        // are told apart.
        for fee in (0..=102).step_by(2) {
            let (a, b) = (one.estimate_at(nanomina(fee)), many.estimate_at(nanomina(fee * factor)));
            for (a, b) in [(a.estimate, b.estimate), (a.low, b.low), (a.high, b.high)] {
                prop_assert!((a - b).abs() < 1e-9, "{a} and {b} at {fee}");
            }
        }
    }
}
