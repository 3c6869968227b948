//! Against answers known from elsewhere.

use super::*;

/// Times to cosmetic deterioration of 46 breast cancer patients after radiotherapy alone, months,
/// (left, right]: Finkelstein and Wolfe 1985, Biometrics 41, as `bcdeter` in the R package KMsurv
/// (Klein and Moeschberger, Survival Analysis, data of section 1.18).
const DETERIORATED: [(u64, u64); 21] = [
    (0, 5),
    (0, 7),
    (0, 8),
    (4, 11),
    (5, 11),
    (5, 12),
    (6, 10),
    (7, 14),
    (7, 16),
    (11, 15),
    (11, 18),
    (17, 25),
    (17, 25),
    (18, 26),
    (19, 35),
    (25, 37),
    (26, 40),
    (27, 34),
    (36, 44),
    (36, 48),
    (37, 44),
];
const NOT_YET: [u64; 25] = [
    15, 17, 18, 22, 24, 24, 32, 33, 34, 36, 36, 37, 37, 37, 38, 40, 45, 46, 46, 46, 46, 46, 46, 46,
    46,
];

#[test]
fn breast_cosmesis_radiotherapy_group() {
    let observations: Vec<Observation> = (0..)
        .zip(DETERIORATED)
        .map(|(cluster, (left, right))| between(left, right, cluster))
        .chain((100..).zip(NOT_YET).map(|(cluster, month)| above(month, cluster)))
        .collect();
    let found = estimate(&observations, &nonparametric_settings());
    assert!(
        matches!(found.method(), Method::Nonparametric { converged: true, .. }),
        "{:?}",
        found.method()
    );
    // Turnbull's estimate of this group to four digits; two hundred thousand plain self-consistency
    // steps give the same.
    let published = [
        (4, 5, 0.0463),
        (6, 7, 0.0334),
        (7, 8, 0.0887),
        (11, 12, 0.0708),
        (24, 25, 0.0926),
        (33, 34, 0.0818),
        (38, 40, 0.1209),
        (46, 48, 0.4656),
    ];
    let found_atoms: Vec<(u64, f64)> = found
        .atoms()
        .filter(|(_, mass)| *mass > 1e-9)
        .map(|(fee, mass)| (fee.get(), mass))
        .collect();
    assert_eq!(found_atoms.len(), published.len(), "{found_atoms:?}");
    for ((fee, mass), (left, _, expected)) in found_atoms.iter().zip(published) {
        assert_eq!(*fee, left + 1);
        assert!((mass - expected).abs() < 5e-5, "mass at ({left}, ..] is {mass}");
    }
    let mut remaining = 1.0;
    for (_, right, mass) in published {
        remaining -= mass;
        assert!((survival_at(&found, right) - remaining).abs() < 3e-4);
    }
    assert!(found.mass_above_last() < 1e-12);
}

#[test]
fn right_censored_data_give_the_product_limit_estimate() {
    // Remission of 21 leukaemia patients under 6-MP, weeks (Freireich 1963; Kalbfleisch and
    // Prentice, section 1.2).
    let relapsed = [6, 6, 6, 7, 10, 13, 16, 22, 23];
    let censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
    // Patients are listed by week: in that order neighbours would have their weeks in common.
    let patient = |place: u64| place * 8 % 21;
    let observations: Vec<Observation> = (0..)
        .zip(relapsed)
        .map(|(place, week)| exact(week, patient(place)))
        .chain((9..).zip(censored).map(|(place, week)| above(week, patient(place))))
        .collect();
    let found = estimate(&observations, &nonparametric_settings());
    assert_eq!(found.method(), Method::Nonparametric { iterations: 0, converged: true });
    for (week, expected) in [
        (5, 1.0),
        (6, 0.857),
        (7, 0.807),
        (10, 0.753),
        (13, 0.690),
        (16, 0.627),
        (22, 0.538),
        (23, 0.448),
        (35, 0.448),
    ] {
        assert!((survival_at(&found, week) - expected).abs() < 5e-4, "week {week}");
    }
    assert!((found.mass_above_last() - 0.448).abs() < 5e-4);
    assert!(
        survival_at(&found, 36) <= 0.0,
        "past the last fee the estimate is the least that the data allow"
    );
    assert!(found.estimate_at(nanomina(36)).high > 0.448, "and the band leaves it open");
    // Greenwood's standard error at week 23 is 0.135; the band must be of that order.
    let band = found.estimate_at(nanomina(23));
    let width = (band.high - band.low) / (2.0 * 1.645);
    assert!((0.11..0.17).contains(&width), "half-width in standard errors {width}");
}

#[test]
fn exact_data_give_the_weighted_share() {
    let prices = [0, 0, 0, 1, 8, 8, 10, 1_000_000, 1_000_000, 250_000_000];
    let observations: Vec<Observation> = (1..)
        .zip(prices)
        .map(|(cluster, price)| Observation { weight: cluster as f64, ..exact(price, cluster) })
        .collect();
    let found = estimate(&observations, &nonparametric_settings());
    for fee in [0, 1, 7, 8, 9, 10, 999_999, 1_000_000, 249_999_999, 250_000_000, 1_000_000_000] {
        let above: f64 = (1..)
            .zip(prices)
            .filter(|(_, price)| *price > fee)
            .map(|(weight, _)| f64::from(weight))
            .sum();
        assert!((survival_at(&found, fee) - above / 55.0).abs() < 1e-12, "at {fee}");
    }
    assert!((found.zero_share() - 6.0 / 55.0).abs() < 1e-12);
    assert_eq!(found.quantile(0.0), Some(nanomina(0)));
    assert_eq!(found.quantile(0.5), Some(nanomina(10)));
    assert_eq!(found.quantile(0.51), Some(nanomina(1_000_000)));
    assert_eq!(found.quantile(1.0), Some(nanomina(250_000_000)));
    assert_eq!(found.quantile(f64::NAN), None);
    assert_eq!(found.atoms().count(), 6);
    assert_eq!(found.samples(), 10);
}

#[test]
fn of_clusters_of_equal_shares_the_variance_is_that_of_the_cluster_means() {
    // Ten blocks of 40 works, half of them all free and half all priced: worth ten trials, not four
    // hundred.
    let alike: Vec<Observation> = (0..10)
        .flat_map(|block| std::iter::repeat_n(exact(if block % 2 == 0 { 0 } else { 5 }, block), 40))
        .collect();
    // Ten blocks of 40 works, each half free: what clusters agree on is known better.
    let mixed: Vec<Observation> = (0..10)
        .flat_map(|block| (0..40).map(move |work| exact(if work % 2 == 0 { 0 } else { 5 }, block)))
        .collect();
    let width = |observations: &[Observation]| {
        let point = estimate(observations, &nonparametric_settings()).estimate_at(nanomina(0));
        assert!((point.estimate - 0.5).abs() < 1e-12);
        point.high - point.low
    };
    let (alike, mixed) = (width(&alike), width(&mixed));
    assert!((0.45..0.60).contains(&alike), "{alike}");
    assert!((0.10..0.25).contains(&mixed), "{mixed}");
}

#[test]
fn without_exception_the_rule_of_three_holds_on_clusters() {
    let free: Vec<Observation> =
        (0..30).flat_map(|block| std::iter::repeat_n(exact(0, block), 128)).collect();
    let point = estimate(&free, &nonparametric_settings()).estimate_at(nanomina(0));
    assert!(point.estimate <= 0.0 && point.low <= 0.0);
    let three = 1.0 - 0.05_f64.powf(1.0 / 30.0);
    assert!((point.high - three).abs() < 1e-9, "{} is not {three}", point.high);
    let sold: Vec<Observation> =
        (0..30).flat_map(|block| std::iter::repeat_n(above(7, block), 128)).collect();
    let found = estimate(&sold, &nonparametric_settings());
    let point = found.estimate_at(nanomina(7));
    assert!((point.estimate - 1.0).abs() < 1e-12 && (point.low - (1.0 - three)).abs() < 1e-9);
    assert!((found.mass_above_last() - 1.0).abs() < 1e-12);
    assert_eq!(found.quantile(0.5), None);
    let open = found.estimate_at(nanomina(8));
    assert!(open.estimate <= 0.0 && open.low <= 0.0 && open.high >= 1.0);
}

#[test]
fn inside_an_innermost_interval_the_estimate_is_the_least_and_the_band_has_both() {
    let found = estimate(
        &(0..20).flat_map(|block| [exact(5, block), between(10, 100, block)]).collect::<Vec<_>>(),
        &nonparametric_settings(),
    );
    assert!((survival_at(&found, 10) - 0.5).abs() < 1e-12);
    let inside = found.estimate_at(nanomina(50));
    assert!(inside.estimate <= 0.0 && inside.low <= 0.0);
    assert!(inside.high >= 0.5);
}

#[test]
fn standing_offers_alone_say_only_where_the_price_is_not() {
    let found =
        estimate(&(0..9).map(|at| at_most(100, at)).collect::<Vec<_>>(), &nonparametric_settings());
    let under = found.estimate_at(nanomina(99));
    assert!(under.low <= 0.0 && under.high >= 1.0);
    assert!(found.estimate_at(nanomina(100)).high < 0.4);
}

#[test]
fn nothing_observed_is_the_widest_band() {
    let found = estimate(&[], &EstimatorSettings::default());
    assert_eq!(found.method(), Method::None);
    for fee in [0, 1, u64::MAX / 2] {
        assert_eq!(
            found.estimate_at(nanomina(fee)),
            PointEstimate { estimate: 0.0, low: 0.0, high: 1.0 }
        );
    }
    assert_eq!((found.quantile(0.5), found.atoms().count(), found.samples()), (None, 0, 0));
}

#[test]
fn few_samples_are_fitted_by_the_model_and_many_outweigh_its_prior() {
    let few = [exact(0, 1), exact(1_000_000, 2)];
    let found =
        estimate(&few, &EstimatorSettings { min_samples: 5.0, ..EstimatorSettings::default() });
    assert!(
        matches!(found.method(), Method::Parametric { converged: true, .. }),
        "{:?}",
        found.method()
    );
    assert!((0.3..0.7).contains(&found.zero_share()));
    assert!(survival_at(&found, 100_000) > 0.3);
    let point = found.estimate_at(nanomina(100_000));
    assert!(point.high - point.low > 0.5, "two samples say little: {point:?}");
    let many: Vec<Observation> = (0..2_000)
        .map(|at| match at % 10 {
            0..4 => exact(0, at),
            4 | 5 => exact(8 + at % 5, at),
            6 => above(500_000, at),
            _ => exact(1_000_000 + 1_000 * at, at),
        })
        .collect();
    let fitted =
        estimate(&many, &EstimatorSettings { min_samples: 1e9, ..EstimatorSettings::default() });
    assert!(
        matches!(fitted.method(), Method::Parametric { converged: true, .. }),
        "{:?}",
        fitted.method()
    );
    for (fee, expected) in [(0, 0.6), (100, 0.4), (400_000, 0.4), (1_000_000_000, 0.0)] {
        assert!(
            (survival_at(&fitted, fee) - expected).abs() < 0.03,
            "at {fee}: {}",
            survival_at(&fitted, fee)
        );
    }
    let median = fitted.quantile(0.5).unwrap().get();
    assert!((5..20).contains(&median), "{median}");
    assert!(survival_at(&fitted, median) <= 0.5 && survival_at(&fitted, median - 1) > 0.5);
}

/// All that the model gives to what was seen is less than can be divided by.
#[test]
fn a_belief_out_of_reach_of_what_was_seen_stays_a_belief() {
    let mut settings =
        EstimatorSettings { min_samples: 1e9, level: 0.5, ..EstimatorSettings::default() };
    let tiny = 1.658_481_459_889_2e-38;
    settings.prior.priced.median = tiny;
    settings.prior.dust.deviation = tiny;
    settings.prior.strength = tiny;
    settings.prior.free_share = 0.75;
    let found = estimate(&[Observation { weight: 0.1, ..exact(1, 0) }], &settings);
    assert!(matches!(found.method(), Method::Parametric { .. }), "{:?}", found.method());
    assert!((0.0..=1.0).contains(&survival_at(&found, 1)), "{}", survival_at(&found, 1));
}
