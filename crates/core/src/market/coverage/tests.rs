use proptest::prelude::*;

use super::*;
use crate::{
    fixtures::{fee, key, open_work, time},
    market::look::OpenWork,
};

fn absorb(coverage: &mut BookCoverage, at: Timestamp, works: &[OpenWork]) {
    coverage.record_offers(at, &OffersByOwner::split(works, |prover| *prover == key("us")));
}

fn share(coverage: &BookCoverage, asked: u64) -> f64 {
    coverage.profile().unwrap().startable_share(fee(asked))
}

#[test]
fn the_share_counts_works_without_or_above_an_offer() {
    let mut coverage = BookCoverage::default();
    assert_eq!(coverage.profile(), None);
    let open = [None, Some((0, "free")), Some((10, "them")), Some((20, "them"))];
    let works: Vec<OpenWork> = (0..).zip(open).map(|(id, offer)| open_work(id, offer)).collect();
    absorb(&mut coverage, time(0), &works);
    for (asked, expected) in [(0, 0.75), (9, 0.75), (10, 0.5), (19, 0.5), (20, 0.25), (1_000, 0.25)]
    {
        assert!(
            (share(&coverage, asked) - expected).abs() < 1e-12,
            "a tie is not assigned: {asked}"
        );
    }
}

#[test]
fn hidden_offers_behind_our_own_are_distributed_like_visible_ones() {
    let mut coverage = BookCoverage::default();
    let open = [
        None,
        Some((10, "them")),
        Some((20, "them")),
        Some((5, "us")),
        Some((5, "us")),
        Some((0, "free")),
    ];
    let works: Vec<OpenWork> = (0..).zip(open).map(|(id, offer)| open_work(id, offer)).collect();
    absorb(&mut coverage, time(0), &works);
    assert!((share(&coverage, 5) - 5.0 / 6.0).abs() < 1e-12);
    assert!((share(&coverage, 1) - 5.0 / 6.0).abs() < 1e-12);
    let above_ten = (2.0 + 2.0 * 2.0 / 3.0) / 6.0;
    assert!(
        (share(&coverage, 10) - above_ten).abs() < 1e-12,
        "of three works above 5, two are above 10"
    );
}

#[test]
fn a_burst_without_proofs_moves_the_average_a_little() {
    let mut coverage = BookCoverage::default();
    let covered: Vec<OpenWork> = (0..10).map(|id| open_work(id, Some((0, "free")))).collect();
    for minute in 0..240 {
        absorb(&mut coverage, time(minute * 60), &covered);
    }
    let fresh: Vec<OpenWork> = (0..10).map(|id| open_work(id, None)).collect();
    absorb(&mut coverage, time(240 * 60), &fresh);
    assert!((0.0..0.03).contains(&share(&coverage, 5)));
    for minute in 241..480 {
        absorb(&mut coverage, time(minute * 60), &fresh);
    }
    assert!(share(&coverage, 5) > 0.9, "after four half-lives the new state prevails");
}

#[test]
fn memory_is_bounded() {
    let mut coverage = BookCoverage::default();
    for look in 0..4 {
        let works: Vec<OpenWork> = (0..5_000_i64)
            .map(|id| open_work(id, Some((u64::try_from(look * 5_000 + id).unwrap(), "them"))))
            .collect();
        absorb(&mut coverage, time(look * 60), &works);
    }
    assert!(coverage.others.len() <= MOST_FEES);
}

proptest! {
    #[test]
    fn shares_are_shares_and_fall_with_the_fee(
        looks in prop::collection::vec(
            (0_i64..20_000, prop::collection::vec((prop::option::of(0_u64..50), any::<bool>()), 0..30)),
            1..10,
        ),
    ) {
        let mut coverage = BookCoverage::default();
        let mut at = 0;
        for (gap, book) in looks {
            at += gap;
            let standing = |(asked, own): (Option<u64>, bool)| asked.map(|asked| (asked, if own { "us" } else { "them" }));
            let works: Vec<OpenWork> = (0..).zip(book).map(|(id, offer)| open_work(id, standing(offer))).collect();
            absorb(&mut coverage, time(at), &works);
        }
        if let Some(profile) = coverage.profile() {
            let shares: Vec<f64> = (0..60).map(|asked| profile.startable_share(fee(asked))).collect();
            prop_assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
            prop_assert!(shares.windows(2).all(|pair| pair[0] >= pair[1] - 1e-9), "{shares:?}");
        }
        let text = serde_json::to_string(&coverage).unwrap();
        prop_assert_eq!(serde_json::from_str::<BookCoverage>(&text).unwrap(), coverage);
    }
}
