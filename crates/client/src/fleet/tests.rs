use super::*;
use snarkfee_core::fixtures::{block, status, time};

fn member(name: &str, fleet: &Arc<Fleet>) -> Member {
    Member { daemon: DaemonId::try_new(name).unwrap(), fleet: Arc::clone(fleet) }
}

fn chain(hashes: &[&str]) -> ChainLook {
    ChainLook {
        blocks: (1..).zip(hashes).map(|(height, hash)| block(height, hash, 0, &[])).collect(),
    }
}

/// As long as the daemon of the fixtures has run.
const DAY: Duration = Duration::from_secs(86_400);

fn book(order: BookOrder) -> Option<Book> {
    Some(Book { order, works: Vec::new().into() })
}

/// At `seconds`, on the tip `hash`, in need of two blocks and of works in order.
fn asked(
    seconds: i64,
    hash: &str,
    find: impl FnOnce(&ReadingNeeds<'_>) -> Option<SharedReading>,
) -> Option<String> {
    let status = DaemonStatus { state_hash: Some(hash.to_owned()), ..status(seconds) };
    let needs =
        ReadingNeeds { now: time(seconds), status: &status, blocks: 2, book: true, in_order: true };
    find(&needs).map(|shared| shared.reading.by.to_string())
}

#[test]
fn a_reading_serves_those_who_stand_on_its_chain() {
    let fleet = Arc::default();
    let (a, b) = (member("a", &fleet), member("b", &fleet));
    a.share_reading(time(100), DAY, &chain(&["x", "y", "z"]), book(BookOrder::Purchase).as_ref());
    let half_slot = i64::try_from(status(0).slot_duration.as_secs() / 2).unwrap();
    assert_eq!(asked(100, "z", |needs| b.find_reading(needs)).as_deref(), Some("a"));
    assert_eq!(
        asked(100 + half_slot, "y", |needs| b.find_reading(needs)).as_deref(),
        Some("a"),
        "a block behind"
    );
    assert_eq!(asked(101 + half_slot, "z", |needs| b.find_reading(needs)), None, "too old");
    assert_eq!(asked(99, "z", |needs| b.find_reading(needs)), None, "a clock that was set back");
    assert_eq!(
        asked(100, "w", |needs| b.find_reading(needs)),
        None,
        "another network, or ahead of the reading"
    );
    assert_eq!(asked(100, "z", |needs| a.find_reading(needs)), None, "its own");
}

#[test]
fn a_poorer_reading_than_its_own_is_not_taken() {
    let fleet = Arc::default();
    let (a, b) = (member("a", &fleet), member("b", &fleet));
    a.share_reading(time(0), DAY, &chain(&["z"]), book(BookOrder::Purchase).as_ref());
    assert_eq!(asked(0, "z", |needs| b.find_reading(needs)), None, "too few blocks");
    a.share_reading(time(0), DAY, &chain(&["y", "z"]), book(BookOrder::Unknown).as_ref());
    assert_eq!(asked(0, "z", |needs| b.find_reading(needs)), None, "no order of purchase");
    let unordered =
        |needs: &ReadingNeeds<'_>| b.find_reading(&ReadingNeeds { in_order: false, ..*needs });
    assert_eq!(asked(0, "z", unordered).as_deref(), Some("a"));
}

#[test]
fn the_newest_readings_are_kept() {
    let fleet = Arc::default();
    for index in 0..=READINGS {
        let chain = chain(&["y", &format!("tip{index}")]);
        member(&format!("d{index}"), &fleet).share_reading(
            time(0),
            DAY,
            &chain,
            book(BookOrder::Purchase).as_ref(),
        );
    }
    let reader = member("reader", &fleet);
    assert_eq!(asked(0, "tip0", |needs| reader.find_reading(needs)), None);
    assert_eq!(asked(0, "tip1", |needs| reader.find_reading(needs)).as_deref(), Some("d1"));
}

#[test]
fn a_pool_that_may_still_be_filling_serves_only_those_that_began_as_late() {
    let fleet = Arc::default();
    let (a, b) = (member("a", &fleet), member("b", &fleet));
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let (chain, book) = (chain(&["y", "z"]), book(BookOrder::Purchase));
    let takes = |shared: u64, own: u64| {
        a.share_reading(time(0), minutes(shared), &chain, book.as_ref());
        let status =
            DaemonStatus { state_hash: Some("z".into()), uptime: minutes(own), ..status(0) };
        let needs =
            ReadingNeeds { now: time(0), status: &status, blocks: 2, book: true, in_order: true };
        b.find_reading(&needs).is_some()
    };
    assert!(!takes(5, 1_440) && !takes(5, 6));
    assert!(takes(5, 5) && takes(1_440, 5) && takes(50, 1_440));
}

#[test]
fn blocks_alone_serve_those_who_keep_their_book() {
    let fleet = Arc::default();
    let (a, b) = (member("a", &fleet), member("b", &fleet));
    a.share_reading(time(0), DAY, &chain(&["y", "z"]), None);
    assert_eq!(asked(0, "z", |needs| b.find_reading(needs)), None);
    let blocks = |needs: &ReadingNeeds<'_>| b.find_reading(&ReadingNeeds { book: false, ..*needs });
    assert_eq!(asked(0, "z", blocks).as_deref(), Some("a"));
    a.share_reading(time(0), DAY, &chain(&["y", "z"]), book(BookOrder::Purchase).as_ref());
    a.share_reading(time(0), DAY, &chain(&["y", "z"]), None);
    assert!(asked(0, "z", |needs| b.find_reading(needs)).is_some(), "the book of before stays");
}
