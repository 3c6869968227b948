use super::*;

const DAEMON_BOUNDS: [f64; 10] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];

/// A histogram with the daemon's bounds: free, then at most 9, then the rest.
fn daemon(free: f64, low: f64, above: f64) -> Resolution {
    let mut cumulative = vec![free + low; DAEMON_BOUNDS.len() + 1];
    cumulative[0] = free;
    cumulative[DAEMON_BOUNDS.len()] = free + low + above;
    Histogram::try_new(DAEMON_BOUNDS.to_vec(), cumulative, 0.0).unwrap().resolution(None)
}

#[test]
fn nothing_observed_or_nothing_priced_is_said() {
    assert_eq!(daemon(0.0, 0.0, 0.0), Resolution::Empty);
    assert_eq!(daemon(98_000.0, 0.0, 0.0), Resolution::OnlyFree { observations: 98_000.0 });
}

#[test]
fn prices_beyond_the_bounds_cannot_be_resolved() {
    let expected = |priced, share| Resolution::CannotResolve {
        priced,
        share_above_last_bound: share,
        last_bound: Some(9.0),
    };
    assert_eq!(daemon(98_000.0, 100.0, 1900.0), expected(2000.0, 0.95));
    assert_eq!(daemon(0.0, 0.0, 500.0), expected(500.0, 1.0));
    assert_eq!(daemon(0.0, 89.0, 11.0), expected(100.0, 0.11));
}

#[test]
fn prices_among_the_bounds_resolve() {
    let expected = Resolution::Resolves {
        priced: 100.0,
        share_above_last_bound: 0.1,
        median: Bracket { above: Some(0.0), up_to: 1.0 },
    };
    assert_eq!(daemon(5.0, 90.0, 10.0), expected);
    let spread =
        Histogram::try_new(vec![0.0, 1.0, 20.0, 500.0], vec![40.0, 50.0, 139.0, 140.0, 140.0], 0.0)
            .unwrap();
    let expected = Resolution::Resolves {
        priced: 100.0,
        share_above_last_bound: 0.0,
        median: Bracket { above: Some(1.0), up_to: 20.0 },
    };
    assert_eq!(spread.resolution(None), expected);
}

#[test]
fn the_verdict_does_not_depend_on_the_unit() {
    let scaled = |unit: f64| {
        let bounds = DAEMON_BOUNDS.map(|bound| bound * unit).to_vec();
        let counts = vec![3.0, 10.0, 10.0, 12.0, 12.0, 12.0, 12.0, 12.0, 12.0, 12.0, 13.0];
        Histogram::try_new(bounds, counts, 0.0).unwrap().resolution(None)
    };
    let share = |resolution| match resolution {
        Resolution::Resolves { priced, share_above_last_bound, median } => {
            (priced, share_above_last_bound, median.up_to)
        }
        other => panic!("{other:?}"),
    };
    let ((priced, above, up_to), (priced_nano, above_nano, up_to_nano)) =
        (share(scaled(1.0)), share(scaled(1e9)));
    assert_eq!((priced, above, up_to * 1e9), (priced_nano, above_nano, up_to_nano));
}

#[test]
fn without_a_bound_above_zero_nothing_is_resolved() {
    for bounds in [vec![], vec![0.0], vec![-1.0, 0.0]] {
        let mut counts = vec![0.0; bounds.len()];
        counts.push(7.0);
        let expected = Resolution::CannotResolve {
            priced: 7.0,
            share_above_last_bound: 1.0,
            last_bound: None,
        };
        assert_eq!(Histogram::try_new(bounds, counts, 0.0).unwrap().resolution(None), expected);
    }
}

#[test]
fn without_a_bound_at_zero_free_work_counts_as_priced() {
    let sample = Histogram::try_new(vec![9.0], vec![5512.0, 5512.0], 5933.0).unwrap();
    let expected = Resolution::Resolves {
        priced: 5512.0,
        share_above_last_bound: 0.0,
        median: Bracket { above: None, up_to: 9.0 },
    };
    assert_eq!(sample.resolution(None), expected);
}

#[test]
fn a_known_price_must_lie_among_the_bounds() {
    let few = Histogram::try_new(vec![0.0, 9.0], vec![0.0, 3.0, 3.0], 3.0).unwrap();
    let out = Resolution::OutOfReach { fee_scale: 1e8, last_bound: 9.0 };
    assert_eq!(few.resolution(Some(1e8)), out);
    assert!(few.resolution(Some(9.0)).is_resolved());
    assert!(few.resolution(Some(f64::NAN)).is_resolved());
    assert_eq!(serde_json::to_value(out).unwrap()["code"], out.code());
}
