use std::sync::Arc;

use super::*;
use crate::fixtures::{block, fee, key, open_work, time};

/// Works, each with the fee and prover of its offer.
type Works = Vec<(i64, Option<(u64, &'static str)>)>;

fn book(works: &Works) -> Vec<OpenWork> {
    works.iter().map(|(id, standing)| open_work(*id, *standing)).collect()
}

fn is_us(prover: &PublicKey) -> bool {
    *prover == key("us")
}

fn seller(roster: &SellerRoster, name: &str) -> SellerSummary {
    let all = roster.summaries(|_| false);
    all.into_iter().find(|seller| seller.prover == key(name)).unwrap()
}

/// Adds a book every three minutes in which each seller newly offers some of 200 works, as long as
/// `offers` says how many at a fee.
fn follow(roster: &mut SellerRoster, from: i64, offers: &[Vec<(u64, &'static str, usize)>]) -> i64 {
    let mut works: Works = (0..200).map(|id| (from * 1_000 + id, None)).collect();
    let mut before = book(&works);
    roster.record_book(time(from), None, &before, is_us);
    let mut now = from;
    for of_window in offers {
        now += 180;
        for (asked, name, count) in of_window {
            let open = works.iter_mut().filter(|(_, standing)| standing.is_none());
            open.take(*count).for_each(|(_, standing)| *standing = Some((*asked, name)));
        }
        let next = book(&works);
        roster.record_book(time(now), Some(&before), &next, is_us);
        before = next;
    }
    now
}

#[test]
fn a_busy_seller_has_its_pace_and_kind() {
    let mut roster = SellerRoster::default();
    follow(&mut roster, 0, &vec![vec![(0, "free", 6), (5_000, "dear", 2), (9, "us", 4)]; 12]);
    assert_eq!(roster.summaries(|_| false).len(), 2, "our own works are no competition");
    let (free, dear) = (seller(&roster, "free"), seller(&roster, "dear"));
    assert_eq!((free.kind, dear.kind), (SellerKind::Free, SellerKind::Fixed));
    assert!((free.works_per_hour - 120.0).abs() < 8.0, "{free:?}");
    assert!((dear.works_per_hour - 40.0).abs() < 8.0, "{dear:?}");
    assert_eq!(dear.usual_fee(), Some(fee(5_000)));
    assert_eq!(dear.fees, [(fee(5_000), 1.0)]);
    assert!(dear.online > 0.99);
}

#[test]
fn silence_counts_only_while_there_is_something_to_do() {
    let mut roster = SellerRoster::default();
    let end = follow(&mut roster, 0, &vec![vec![(0, "free", 4), (50, "them", 4)]; 10]);
    let mut idle = roster.clone();
    // Everything is offered for nothing: no work is open to either.
    let works: Vec<OpenWork> = (0..200).map(|id| open_work(id, Some((0, "other")))).collect();
    idle.record_book(time(end), None, &works, is_us);
    for step in 1..20 {
        idle.record_book(time(end + 180 * step), Some(&works), &works, is_us);
    }
    assert!(seller(&idle, "them").is_online());
    follow(&mut roster, end, &vec![vec![(0, "free", 4)]; 10]);
    assert_eq!(seller(&roster, "them").kind, SellerKind::Gone);
    assert!(seller(&roster, "free").is_online());
    let pace = seller(&roster, "them").works_per_hour;
    follow(&mut roster, end + 9_000, &vec![vec![(0, "free", 4), (50, "them", 4)]; 2]);
    let back = seller(&roster, "them");
    assert!(back.is_online() && (back.works_per_hour - pace).abs() < 0.2 * pace, "{back:?}");
}

#[test]
fn sales_give_fees_and_shares_and_count_once() {
    let chain: Vec<Arc<Block>> = vec![
        block(1, "a", 0, &[(1, 7, "them"), (2, 7, "them"), (3, 9, "us")]),
        block(2, "b", 180, &[(4, 2_000_000, "them"), (5, 0, "free")]),
    ];
    let mut roster = SellerRoster::default();
    for now in [200, 260] {
        roster.record_sales(time(now), chain.iter().map(|block| &**block), is_us);
    }
    let them = seller(&roster, "them");
    assert_eq!(them.kind, SellerKind::Dust);
    assert!((them.share_of_sales - 0.6).abs() < 0.01, "{them:?}");
    assert_eq!((them.since, them.last_seen), (time(0), time(180)));
}

#[test]
fn a_flood_of_keys_leaves_the_sellers_that_matter() {
    let mut roster = SellerRoster::default();
    let end = follow(&mut roster, 0, &vec![vec![(0, "free", 4)]; 8]);
    let names: Vec<&'static str> = (0..500)
        .map(|number| {
            &*Box::leak(format!("key{}", number + 1_000).replace('0', "x").into_boxed_str())
        })
        .collect();
    let flood = |name: &&'static str| (3, *name, 1);
    follow(
        &mut roster,
        end,
        &names.chunks(100).map(|of| of.iter().map(flood).collect()).collect::<Vec<_>>(),
    );
    let all = roster.summaries(|_| false);
    assert!(all.len() <= MOST_SELLERS);
    assert!(all.iter().any(|seller| seller.prover == key("free")));
    let text = serde_json::to_string(&roster).unwrap();
    assert!(text.len() < 30_000, "{}", text.len());
    assert_eq!(serde_json::from_str::<SellerRoster>(&text).unwrap(), roster);
}

#[test]
fn new_offers_are_found_in_any_order_of_the_book() {
    let works: Works =
        vec![(1, None), (2, Some((5, "a"))), (3, Some((9, "b"))), (4, Some((7, "c")))];
    let before = book(&works);
    let later: Works =
        vec![(2, Some((5, "a"))), (3, Some((8, "a"))), (4, Some((7, "c"))), (9, Some((1, "d")))];
    let mut shuffled = book(&later);
    for _ in 0..2 {
        let mut found: Vec<u64> =
            find_new_offers(&before, &shuffled).map(|offer| offer.fee.get()).collect();
        found.sort_unstable();
        assert_eq!(found, [1, 8]);
        shuffled.reverse();
    }
    assert_eq!(find_new_offers(&[], &before).count(), 3);
}
