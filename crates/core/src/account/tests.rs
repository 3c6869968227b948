#![expect(clippy::float_cmp, reason = "counts are exact")]

use super::*;
use crate::{
    cost::{CostInputs, CostModel, Quotes},
    fixtures::{self, block, fee, key, time},
    market::{MarketHistory, MarketView, Pace, PacePrior, ViewSettings},
};

const DAY: i64 = 24 * 3_600;

/// A market in which 60 works an hour sell at 5,000,000, and a worker with a pace of 30.
fn with_hindsight<T>(purchases: &[u64], hours: i64, ask: impl FnOnce(Hindsight<'_>) -> T) -> T {
    let sales: Vec<(i64, u64, &str)> = (0..60).map(|id| (id, 5_000_000, "them")).collect();
    let look = fixtures::look(3_600, vec![block(1, "b", 0, &sales)], Vec::new());
    let mut history = MarketHistory::default();
    history.absorb_look(&look, |_| false, None);
    let settings = ViewSettings {
        window: std::time::Duration::from_secs(86_400),
        half_life: std::time::Duration::from_secs(21_600),
        min_samples: 1,
        works_per_hour: Some(30.0),
        level: Nanomina::ZERO,
        selection: crate::market::Selection::Given(crate::market::SelectionMethod::Rand),
    };
    let view = MarketView::new(&history, &look, &settings, |prover| *prover == key("us"));
    let cost = CostModel::PerWork(fee(1_000));
    let pace = Pace::unmeasured(PacePrior::default());
    let inputs = CostInputs { at: time(0), pace, quotes: Quotes::default() };
    let purchases: Vec<Purchase> =
        purchases.iter().map(|limit| Purchase { limit: fee(*limit) }).collect();
    ask(Hindsight {
        purchases: &purchases,
        since: time(0),
        last_block: Some(time(hours * 3_600)),
        view: &view,
        cost: &cost,
        inputs: &inputs,
    })
}

fn nothing_bought<T>(ask: impl FnOnce(Hindsight<'_>) -> T) -> T {
    with_hindsight(&[], 1, |hindsight| ask(Hindsight { last_block: None, ..hindsight }))
}

fn sales(works: u64, found: u64, earned: u64) -> OwnSales {
    OwnSales { works, found, earned: fee(earned) }
}

fn made(works: f64, cost: u64) -> Work {
    Work { made: works, cost: fee(cost), ..Work::default() }
}

/// A look at `seconds` at a worker that asks 7, with these works made and sold so far.
fn entry(seconds: i64, work: Work, sales: OwnSales, hindsight: Hindsight<'_>) -> Entry<'_> {
    Entry {
        at: time(seconds),
        asks: Some(fee(7)),
        imagined: None,
        best: Some(fee(7)),
        work,
        uncosted: 0,
        sales,
        hindsight,
    }
}

fn begun() -> Account {
    let mut account = Account::default();
    account.begin(time(0), fee(7), sales(270, 0, 1_000));
    account
}

#[test]
fn everything_begins_at_the_same_instant_and_what_was_before_is_no_part_of_it() {
    let mut account = Account::default();
    nothing_bought(|known| account.add(&entry(0, made(9.0, 9), sales(270, 0, 1_000), known)));
    assert_eq!(account.report(time(0)), None, "it has not begun");
    account.begin(time(0), fee(7), sales(270, 0, 1_000));
    account.begin(time(60), fee(8), sales(999, 0, 9_999));
    nothing_bought(|known| account.add(&entry(60, made(2.0, 30), sales(275, 3, 1_035), known)));
    let money = account.report(time(60)).unwrap();
    let real = Work { made: 2.0, sold: 5.0, earned: fee(35), cost: fee(30), energy: None };
    assert_eq!((money.since, money.all.real, money.all.sold_found), (time(0), real, 3));
    assert_eq!(money.all.real.profit(), 5);
    assert_eq!(money.all.gain_on_always_on(), 0, "it is on at the fee that was found");
}

#[test]
fn days_are_those_of_utc_and_bounded() {
    let mut account = begun();
    for day in 0..40_i64 {
        let sold = sales(271 + day.unsigned_abs(), 0, 1_010 + 10 * day.unsigned_abs());
        nothing_bought(|known| account.add(&entry(day * DAY, made(1.0, 4), sold, known)));
    }
    let money = account.report(time(39 * DAY)).unwrap();
    let counts = [money.today, money.week, money.month, money.all].map(|tally| tally.real.made);
    assert_eq!(counts, [1.0, 7.0, 30.0, 40.0]);
    assert_eq!(money.all.real.earned, fee(400));
    assert_eq!(account.days().count(), MAX_DAYS);
    let later = account.report(time(40 * DAY)).unwrap();
    assert_eq!((later.today.real.made, later.week.real.made), (0.0, 6.0));
}

#[test]
fn a_stored_account_goes_on_as_if_it_had_not_been() {
    let mut account = begun();
    nothing_bought(|known| account.add(&entry(60, made(2.0, 30), sales(275, 3, 1_035), known)));
    let text = serde_json::to_string(&account).unwrap();
    let mut again: Account = serde_json::from_str(&text).unwrap();
    for account in [&mut account, &mut again] {
        account.begin(time(99), fee(1), sales(0, 0, 0));
        nothing_bought(|known| {
            account.add(&entry(120, made(1.0, 15), sales(276, 3, 1_042), known));
        });
    }
    assert_eq!(account, again);
    assert_eq!(again.report(time(120)).unwrap().all.real.sold, 6.0);
}

#[test]
fn a_worker_that_was_off_or_asked_too_much_missed_what_others_sold() {
    let bought = [5_000_000; 60];
    let missed = |asks: Option<u64>, best: u64| {
        with_hindsight(&bought, 1, |hindsight| {
            let mut account = begun();
            let asks = asks.map(fee);
            let look = entry(3_600, Work::default(), sales(270, 0, 1_000), hindsight);
            account.add(&Entry { asks, best: Some(fee(best)), ..look });
            account.report(time(3_600)).unwrap().all.foregone.get()
        })
    };
    let off = missed(None, 4_999_999);
    // 30 works an hour, all of which sell at 4,999,999 and cost 1,000.
    assert!((140_000_000..=150_000_000).contains(&off), "{off}");
    assert_eq!(missed(Some(100_000_000), 4_999_999), off, "too much is as good as off");
    assert_eq!(missed(Some(4_999_999), 4_999_999), 0);
    assert_eq!(missed(Some(7), 4_999_999), 0, "who asks less sells");
    assert_eq!(missed(None, 5_000_000), 0, "nothing sold for more than that");
}

#[test]
fn a_dry_run_is_accounted_for_beside_what_was_done() {
    let dry = |imagined: Option<u64>| {
        with_hindsight(&[5_000_000; 60], 1, |hindsight| {
            let mut account = begun();
            let look = entry(3_600, made(4.0, 4_000), sales(271, 0, 1_007), hindsight);
            account.add(&Entry { imagined: Some(imagined.map(fee)), ..look });
            account.report(time(3_600)).unwrap().all.dry_run.unwrap()
        })
    };
    let same = dry(Some(7));
    assert_eq!((same.imagined, same.real.sold), (same.real, 1.0), "what the daemon has");
    assert_eq!(dry(None).imagined, Work::default());
    let better = dry(Some(4_999_999));
    assert!((29.0..=30.5).contains(&better.imagined.made), "{better:?}");
    assert!(better.imagined.profit() > 20_000 * better.real.profit().abs().max(1) / 1_000);
    assert_eq!(better.real.profit(), 7 - 4_000);
}

#[test]
fn without_a_sale_at_the_fee_works_cost_all_the_same() {
    let work = with_hindsight(&[0; 60], 1, |hindsight| hindsight.at_fee(fee(5)));
    assert!(work.sold < 1e-9 && work.earned == Nanomina::ZERO, "{work:?}");
    let none = nothing_bought(|hindsight| hindsight.at_fee(fee(5)));
    assert_eq!(none, Work::default());
}
