use super::*;
use crate::fixtures::{block, fee, key, open_work, time};

fn ours(prover: &PublicKey) -> bool {
    *prover == key("us")
}

fn absorb(
    own: &mut OwnWorks,
    book: &[OpenWork],
    chain: &[Arc<Block>],
    predicted: Option<Prediction>,
) -> usize {
    let read: Arc<[OpenWork]> = book.into();
    let offers = OffersByOwner::split(book, ours);
    let seen = own.record_look(Some(&read), &offers, chain.iter(), ours, predicted, None);
    record_seen(own, seen)
}

/// Counts the works seen as made.
fn record_seen(own: &mut OwnWorks, seen: Option<Vec<WorkId>>) -> usize {
    let works = seen.map_or(0, |seen| seen.len());
    own.record_made(time(0), MadeSince { works: works as u64, lost: 0 }, None);
    works
}

fn predicted(probability: f64) -> Option<Prediction> {
    Some(Prediction { fee: None, corrected: probability, uncorrected: probability })
}

#[test]
fn a_sale_counts_once_however_often_its_block_is_seen() {
    let mut own = OwnWorks::default();
    let chain = [block(5, "a", 90, &[(1, 7, "us"), (2, 9, "them")])];
    for _ in 0..3 {
        absorb(&mut own, &[], &chain, predicted(0.5));
    }
    assert_eq!((own.sold(), own.earned().get()), (1, 7));
}

#[test]
fn works_bought_from_others_count_against_the_prediction() {
    let mut own = OwnWorks::default();
    let book = [open_work(1, Some((7, "us"))), open_work(2, Some((7, "us")))];
    absorb(&mut own, &book, &[], predicted(0.9));
    assert_eq!(own.calibration().error(), None);
    let chain = [block(5, "a", 90, &[(1, 7, "us"), (2, 3, "them")])];
    absorb(&mut own, &[], &chain, predicted(0.1));
    let calibration = own.calibration();
    assert_eq!((calibration.decided, calibration.sold), (2, 1));
    assert!((calibration.error().unwrap() - 0.4).abs() < 1e-12);
    assert!(calibration.factor(1.0) < 1.0);
}

#[test]
fn fates_are_counted_in_the_band_of_their_fee() {
    let mut own = OwnWorks::default();
    let book: Vec<OpenWork> = (0..40).map(|id| open_work(id, Some((7, "us")))).collect();
    absorb(&mut own, &book, &[], predicted(0.9));
    let lost: Vec<(i64, u64, &str)> = (0..40).map(|id| (id, 3, "them")).collect();
    absorb(&mut own, &[], &[block(5, "a", 90, &lost)], None);
    let bands = own.calibration_by_fee();
    assert_eq!(bands.keys().map(|from| from.get()).collect::<Vec<_>>(), [5]);
    assert_eq!(bands[&fee(5)], own.calibration());
    assert!(own.calibration().factor(1.0) < 0.4);
}

#[test]
fn each_band_has_its_own_sales_and_correction() {
    let mut own = OwnWorks::default();
    let book: Arc<[OpenWork]> =
        (0..40).map(|id| open_work(id, Some((if id < 30 { 7 } else { 20 }, "us")))).collect();
    absorb(&mut own, &book, &[], predicted(0.9));
    let fates: Vec<(i64, u64, &str)> =
        (0..40).map(|id| if id < 30 { (id, 3, "them") } else { (id, 20, "us") }).collect();
    absorb(&mut own, &[], &[block(5, "a", 90, &fates)], None);
    let [cheap, expensive] = own.sales_by_fee().try_into().unwrap();
    assert_eq!((cheap.from, cheap.decided, cheap.sold), (fee(5), 30, 0));
    assert_eq!((expensive.from, expensive.decided, expensive.sold), (fee(20), 10, 10));
    assert!((cheap.predicted - 0.9).abs() < 1e-12 && (expensive.realised() - 1.0).abs() < 1e-12);
    assert!(
        cheap.factor < own.calibration().factor(1.0)
            && own.calibration().factor(1.0) < expensive.factor
    );
}

#[test]
fn fates_are_forgotten_with_age_but_totals_are_not() {
    let mut own = OwnWorks::default();
    absorb(&mut own, &[], &[block(5, "a", 90, &[(1, 7, "us")])], None);
    own.prune(time(1_000));
    assert_eq!(own.sold(), 1);
    assert_eq!(own.calibration().decided, 0);
}

#[test]
fn made_are_works_that_newly_stand_and_those_bought_unseen() {
    let mut own = OwnWorks::default();
    let stood = [open_work(1, Some((7, "us"))), open_work(2, None), open_work(3, None)];
    assert_eq!(absorb(&mut own, &stood, &[], None), 0, "what stood before we began");
    let book = [open_work(1, Some((7, "us"))), open_work(2, Some((7, "us"))), open_work(3, None)];
    assert_eq!(absorb(&mut own, &book, &[], None), 1);
    assert_eq!(absorb(&mut own, &book, &[], None), 0);
    let bought = [block(5, "a", 90, &[(1, 7, "us"), (2, 7, "us"), (3, 9, "us"), (4, 9, "them")])];
    assert_eq!(absorb(&mut own, &[], &bought, None), 1, "work 3 was never seen in the book");
    assert_eq!(absorb(&mut own, &[], &bought, None), 0);
    assert_eq!((own.made(), own.sold()), (2, 3));
}

#[test]
fn a_work_at_another_fee_is_made_anew_unless_it_only_came_back() {
    let mut own = OwnWorks::default();
    absorb(&mut own, &[], &[], None);
    let mut made = |asked| absorb(&mut own, &[open_work(1, Some((asked, "us")))], &[], None);
    assert_eq!((made(9), made(5), made(5)), (1, 1, 0));
    // The daemon restarted: its prover asks what its flags say, until the cheaper proof is back.
    assert_eq!((made(100), made(5)), (1, 0));
}

#[test]
fn a_book_that_was_not_read_shows_nothing_and_hides_nothing() {
    let mut own = OwnWorks::default();
    let unread = |own: &mut OwnWorks, chain: &[Arc<Block>]| {
        let offers = OffersByOwner::split(&[], ours);
        let seen = own.record_look(None, &offers, chain.iter(), ours, None, None);
        record_seen(own, seen)
    };
    let bought = [block(5, "a", 90, &[(8, 7, "us")])];
    assert_eq!(unread(&mut own, &bought), 0, "it may have stood before we began");
    absorb(&mut own, &[], &[], None);
    assert_eq!(own.made(), own.sold());
    let book = [open_work(1, Some((7, "us"))), open_work(2, Some((7, "us")))];
    assert_eq!(unread(&mut own, &[]), 0);
    assert_eq!(absorb(&mut own, &book, &[], None), 2);
    let sold = [block(6, "b", 180, &[(1, 7, "us"), (3, 7, "us")])];
    assert_eq!(unread(&mut own, &sold), 1);
    assert_eq!(absorb(&mut own, &book[1..], &[], None), 0);
    assert_eq!(own.made(), 4);
}

#[test]
fn works_made_are_counted_on_after_a_restart_and_a_fork() {
    let mut own = OwnWorks::default();
    absorb(&mut own, &[], &[], None);
    let book = [open_work(1, Some((7, "us"))), open_work(2, Some((7, "us")))];
    absorb(&mut own, &book, &[block(5, "a", 90, &[(2, 7, "us")])], None);
    let text = serde_json::to_string(&own).unwrap();
    let mut own: OwnWorks = serde_json::from_str(&text).unwrap();
    assert_eq!(own.made(), 2);
    // The fork did not buy the second work, so it stands again.
    assert_eq!(absorb(&mut own, &book, &[block(5, "x", 91, &[])], None), 0);
    let more = [book[0].clone(), book[1].clone(), open_work(3, Some((7, "us")))];
    assert_eq!(absorb(&mut own, &more, &[block(6, "y", 180, &[(2, 7, "us")])], None), 1);
    assert_eq!((own.made(), own.sold()), (3, 1));
}

#[test]
fn a_prediction_counts_only_for_works_at_its_fee() {
    let mut own = OwnWorks::default();
    let of = |asked| predicted(0.5).map(|of| Prediction { fee: Some(fee(asked)), ..of });
    let book = [open_work(1, Some((7, "us"))), open_work(2, Some((9, "us")))];
    absorb(&mut own, &book, &[], of(7));
    let bought = [block(5, "a", 90, &[(1, 7, "us"), (2, 9, "us")])];
    absorb(&mut own, &[], &bought, of(7));
    assert_eq!(own.calibration().decided, 1, "the other one was in hand before the fee changed");
}

#[test]
fn works_lost_unseen_count_against_the_prediction_while_own_works_are_seen() {
    let mut own = OwnWorks::default();
    let of = predicted(0.5).map(|of| Prediction { fee: Some(fee(7)), ..of });
    absorb(&mut own, &[], &[], of);
    own.record_made(time(60), MadeSince { works: 4, lost: 2 }, of);
    assert_eq!(own.calibration().decided, 0, "the key may be another one");
    absorb(&mut own, &[open_work(1, Some((7, "us")))], &[], of);
    own.record_made(time(120), MadeSince { works: 4, lost: 2 }, of);
    assert_eq!((own.made(), own.calibration().decided, own.calibration().sold), (9, 2, 0));
    assert!((own.calibration_by_fee()[&fee(5)].error().unwrap() - 0.5).abs() < 1e-12);
}
