use proptest::prelude::*;
use statrs::distribution::{ContinuousCDF, Gamma as Exact};

use super::*;

fn rate(text: &str) -> WorkRate {
    text.parse().unwrap()
}

fn pace(works: f64, hours: f64) -> Pace {
    Pace::estimate(PacePrior::default(), PaceEvidence { works, hours }, 1, PaceSource::ProverTime)
}

#[test]
fn without_evidence_the_range_is_the_prior() {
    let prior = PacePrior::try_new(rate("20"), rate("90")).unwrap();
    let pace = Pace::unmeasured(prior);
    assert!((pace.low - 20.0).abs() < 1e-9 && (pace.high - 90.0).abs() < 1e-9, "{pace:?}");
    assert!(pace.low < pace.per_prover && pace.per_prover < pace.high);
    assert_eq!((pace.source, pace.measured()), (PaceSource::Prior, None));
}

#[test]
fn evidence_outweighs_the_prior_within_a_quarter_of_an_hour() {
    let hour = pace(118.0, 1.0);
    assert!((hour.works_per_hour() / 118.0 - 1.0).abs() < 0.02, "{hour:?}");
    assert!(hour.low > 100.0 && hour.high < 135.0, "{hour:?}");
    let quarter = pace(3.0, 0.25);
    assert!((quarter.measured().unwrap() / 12.0 - 1.0).abs() < 0.35, "{quarter:?}");
    let nothing = pace(0.0, 2.0);
    assert!(nothing.measured().unwrap() < 1.0, "two busy hours without a work: {nothing:?}");
}

#[test]
fn a_prior_is_two_ascending_rates() {
    assert_eq!(PacePrior::try_new(rate("9"), rate("9")), Err(InvalidPrior::NotAscending));
    assert_eq!(PacePrior::try_new(rate("1"), rate("1001")), Err(InvalidPrior::TooWide));
    assert!(PacePrior::try_new(rate("1"), rate("1000")).is_ok());
}

proptest! {
    #[test]
    fn quantiles_are_those_of_the_gamma_distribution(works in 0.0..500.0_f64, hours in 0.01..20.0_f64) {
        let prior = PacePrior::default().to_gamma();
        let found = pace(works, hours);
        let exact = Exact::new(prior.shape + works, prior.hours + hours).unwrap();
        for (quantile, share) in [(found.low, 0.1), (found.per_prover, 0.5), (found.high, 0.9)] {
            prop_assert!((exact.cdf(quantile) - share).abs() < 0.01, "{found:?}");
        }
    }

    #[test]
    fn a_range_holds_its_estimate_whatever_the_prior(
        low in 1..1_000_000_u64,
        ratio in 1.001..999.0_f64,
        works in 0.0..10_000.0_f64,
        hours in 0.0..1_000.0_f64,
    ) {
        let high = WorkRate::measured(low as f64 * ratio).unwrap();
        let prior = PacePrior::try_new(rate(&low.to_string()), high).unwrap();
        let evidence = PaceEvidence { works, hours };
        let pace = Pace::estimate(prior, evidence, 3, PaceSource::BusyTime);
        prop_assert!(0.0 < pace.low && pace.low < pace.per_prover, "{pace:?}");
        prop_assert!(pace.per_prover < pace.high && pace.high.is_finite(), "{pace:?}");
    }
}
