use proptest::prelude::*;

use super::*;

fn works(looks: &[(u64, Option<u64>)]) -> u64 {
    let mut made = MadeWorks::default();
    looks.iter().map(|(seen, counted)| made.record_look(*seen, *counted, true).works).sum()
}

#[test]
fn a_work_counts_once_whichever_of_book_and_count_shows_it_first() {
    assert_eq!(works(&[(0, Some(3)), (3, Some(0))]), 3);
    assert_eq!(works(&[(3, Some(0)), (0, Some(3))]), 3);
    assert_eq!(works(&[(2, Some(3)), (1, Some(0))]), 3);
    assert_eq!(works(&[(2, None), (1, None)]), 3, "without counts");
    assert_eq!(works(&[(0, Some(5)), (3, Some(0)), (0, Some(0))]), 5, "two were undercut");
}

#[test]
fn what_two_books_do_not_show_is_lost_once() {
    let mut made = MadeWorks::default();
    let mut lost = |seen, counted, book| made.record_look(seen, Some(counted), book).lost;
    assert_eq!(lost(0, 5, true), 0, "delivered after the book was read, perhaps");
    assert_eq!(lost(0, 2, false), 0);
    assert_eq!(lost(3, 0, true), 2);
    assert_eq!((lost(2, 0, true), lost(0, 0, true)), (0, 0));
}

proptest! {
    #[test]
    fn made_are_as_many_as_were_seen_or_counted(
        looks in prop::collection::vec((0_u64..9, 0_u64..9), 0..40),
    ) {
        let mut made = MadeWorks::default();
        let (mut total, mut seen, mut counted, mut lost) = (0, 0, 0, 0);
        for (more_seen, more_counted) in looks {
            let since = made.record_look(more_seen, Some(more_counted), true);
            (total, lost) = (total + since.works, lost + since.lost);
            (seen, counted) = (seen + more_seen, counted + more_counted);
            prop_assert!(total >= seen.max(counted) && total <= seen + counted);
            prop_assert!(since.works <= more_seen.max(more_counted));
            prop_assert!(lost <= total);
        }
    }
}
