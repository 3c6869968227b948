use super::*;
use crate::fixtures::{key, open_work, time};

fn owns(prover: &PublicKey) -> bool {
    *prover == key("us")
}

#[test]
fn only_what_others_proved_in_between_counts() {
    let before = [open_work(1, None), open_work(2, Some((5, "them"))), open_work(3, None)];
    let now = [
        open_work(1, Some((5, "them"))),
        open_work(2, Some((4, "them"))),
        open_work(3, Some((0, "us"))),
        open_work(4, Some((0, "them"))),
        open_work(5, None),
    ];
    let mut pace = CoverPace::default();
    assert_eq!(pace.per_hour(), None);
    pace.compare((&before, time(0)), (&now, time(360)), owns);
    assert_eq!(pace.per_hour(), Some(20.0), "works 1 and 4 in a tenth of an hour");
    pace.compare((&now, time(360)), (&now, time(960)), owns);
    assert!(pace.per_hour().unwrap() < 6.0, "ten minutes without any halve what was");
    pace.compare((&now, time(960)), (&before, time(9_600)), owns);
    assert!(pace.per_hour().unwrap() < 6.0, "books hours apart say nothing of the pace");
}

#[test]
fn the_first_unproved_work_is_timed_until_another_is_the_first() {
    let mut pace = CoverPace::default();
    let works = [open_work(1, Some((5, "them"))), open_work(2, None), open_work(3, None)];
    pace.follow_first(&works, time(0));
    pace.follow_first(&works, time(100));
    assert_eq!(pace.first_unproved_for(time(160)), Duration::from_secs(160));
    pace.follow_first(&works[2..], time(200));
    assert_eq!(pace.first_unproved_for(time(260)), Duration::from_secs(60));
    pace.follow_first(&works[..1], time(300));
    assert_eq!(pace.first_unproved_for(time(360)), Duration::ZERO);
}
