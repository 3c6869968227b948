//! Records of every shape, written and read back.

use proptest::prelude::*;
use snarkfee_core::{
    cost::{CostEstimate, CostSource, Expense},
    fault::{Fault, JournalClass, JournalDoubt, JournalFault},
    fixtures::{self, every_reason},
    market::{
        Book, BookOrder, ChainLook, Effort, FeeHistogram, LedgerAccount, Look, MarketSource,
        PoolMetrics, SyncState,
    },
    policy::{
        Appraisal, DaemonSettings, Forecast, HoldState, Outcome, Overtaken, Pause, Role, Target,
        Wanted, Withdrawal,
    },
    units::{Energy, FeeRate, Nanomina},
};

use super::*;
use crate::packing::{Packer, unpack};

fn any_fault() -> BoxedStrategy<Fault> {
    prop_oneof![
        any::<String>().prop_map(|cause| Fault::Unreachable { cause }),
        any::<Duration>().prop_map(|limit| Fault::TimedOut { limit }),
        any::<String>().prop_map(|cause| Fault::Truncated { cause }),
        (any::<u16>(), any::<String>())
            .prop_map(|(status, body)| Fault::HttpStatus { status, body }),
        any::<u64>().prop_map(|limit| Fault::Oversized { limit }),
        any::<String>().prop_map(|cause| Fault::Malformed { cause }),
        any::<String>().prop_map(|message| Fault::Refused { message }),
        any::<String>().prop_map(|missing| Fault::Unsupported { missing }),
        any::<String>().prop_map(|cause| Fault::NotScraped { cause }),
        (any::<String>(), any::<String>())
            .prop_map(|(field, value)| Fault::InvalidValue { field, value }),
    ]
    // Unboxed, what is made of it outgrows the stack of a test.
    .boxed()
}

fn any_fee() -> impl Strategy<Value = Nanomina> {
    (0..=Nanomina::MAX.get()).prop_map(fee)
}

fn any_float() -> impl Strategy<Value = f64> {
    prop_oneof![prop::num::f64::NORMAL, prop::num::f64::ZERO, prop::num::f64::SUBNORMAL, 0.0..1.0]
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    (-62_135_596_800_i64..=253_370_764_799, 0..1_000_000_000_i32)
        .prop_map(|(s, n)| Timestamp::new(s, n).unwrap())
}

fn any_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        Just(Action::Hold),
        Just(Action::SwitchOff),
        any_fee().prop_map(|fee| Action::SetFee { fee }),
        any_fee().prop_map(|fee| Action::Park { fee }),
        any_fee().prop_map(|fee| Action::SwitchOn { key: key("us"), fee }),
    ]
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Held),
        Just(Outcome::DryRun),
        Just(Outcome::Confirmed),
        (prop::option::of(any_fault()), prop::option::of((any_fee(), any_fee()))).prop_map(
            |(unread, overtook)| {
                let settings = |fee| DaemonSettings { worker: None, fee };
                let overtook = overtook.map(|(found, left)| Overtaken {
                    found: settings(found),
                    left: settings(left),
                });
                Outcome::Applied { unread, overtook }
            }
        ),
        (any_fault(), prop::option::of(any_fee())).prop_map(|(fault, fee)| Outcome::Rejected {
            fault,
            reached: fee.map(|fee| DaemonSettings { worker: None, fee }),
        }),
        (any_withdrawal(), prop::option::of(any_fee())).prop_map(|(by, fee)| Outcome::Withdrawn {
            by,
            reached: fee.map(|fee| DaemonSettings { worker: None, fee }),
        }),
        any_fee()
            .prop_map(|fee| Outcome::Ineffective { shown: DaemonSettings { worker: None, fee } }),
        any_fault().prop_map(|fault| Outcome::Unknown { fault }),
    ]
}

fn any_withdrawal() -> impl Strategy<Value = Withdrawal> {
    let fault = JournalFault { class: JournalClass::Locked, cause: "locked".into() };
    prop_oneof![
        prop::option::of(any_time()).prop_map(|until| Withdrawal::Paused { until }),
        Just(Withdrawal::Reloaded),
        Just(Withdrawal::Stale { age: Duration::from_secs(301), limit: Duration::from_secs(300) }),
        Just(Withdrawal::OrdersUnread { fault }),
    ]
}

fn any_forecast() -> impl Strategy<Value = Forecast> {
    let floats = (any_float(), any_float(), any_float(), any_float(), any_float());
    (any_fee(), floats, any::<[i64; 3]>()).prop_map(
        |(fee, (sale_probability, uncorrected, low, high, works_per_hour), rates)| {
            let [idle_cost, profit, cautious_profit] = rates.map(FeeRate::new);
            Forecast {
                fee,
                sale_probability,
                uncorrected,
                low,
                high,
                works_per_hour,
                idle_cost,
                profit,
                cautious_profit,
            }
        },
    )
}

fn any_decision() -> impl Strategy<Value = Decision> {
    let target = (any::<bool>(), any_fee()).prop_map(|(enabled, fee)| Target { enabled, fee });
    let curve = prop::collection::vec(any_forecast(), 0..5);
    let appraisal = (any_fee(), any_forecast(), any_forecast(), curve).prop_map(
        |(cost, best, current, curve)| Appraisal {
            cost,
            best,
            current,
            curve,
            ..sample::record().decision.appraisal.unwrap()
        },
    );
    let reason = prop::sample::select(every_reason());
    (any_action(), reason, prop::option::of(target), prop::option::of(appraisal)).prop_map(
        |(action, reason, target, appraisal)| Decision { action, reason, target, appraisal },
    )
}

fn perhaps<T: std::fmt::Debug + Clone + 'static>(
    part: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Option<Result<T, Fault>>> {
    prop_oneof![
        Just(None),
        part.prop_map(|part| Some(Ok(part))),
        any_fault().prop_map(|fault| Some(Err(fault)))
    ]
}

fn any_look() -> impl Strategy<Value = Look> {
    let sync = prop_oneof![Just(SyncState::Synced), any::<String>().prop_map(SyncState::Other)];
    let status = (any_fee(), any::<bool>(), sync, any::<u64>(), prop::option::of(any_time()))
        .prop_map(|(fee, on, sync, uptime, next)| snarkfee_core::market::DaemonStatus {
            fee,
            worker: on.then(|| key("us")),
            sync,
            uptime: Duration::from_secs(uptime),
            own_slots: next.into_iter().collect(),
            ..fixtures::status(0)
        });
    let status = prop_oneof![status.prop_map(Ok), any_fault().prop_map(Err)];
    let sales = prop::collection::vec((any::<i64>(), 0..1_u64 << 62, Just("them")), 0..4);
    let chain =
        sales.prop_map(|sales| ChainLook { blocks: vec![fixtures::block(1, "hash", 0, &sales)] });
    let book = prop::collection::vec(
        (any::<i64>(), prop::option::of((0..1_u64 << 62, Just("them")))),
        0..4,
    );
    let order = prop::sample::select(vec![BookOrder::Purchase, BookOrder::Unknown]);
    let book = (book, order).prop_map(|(works, order)| Book {
        order,
        works: works.into_iter().map(|(id, standing)| fixtures::open_work(id, standing)).collect(),
    });
    let metrics =
        (prop::collection::vec(any_float(), 0..4), any_float(), prop::option::of(any_float()))
            .prop_map(|(bounds, sum, pool_size)| PoolMetrics {
                fees: Some(FeeHistogram { cumulative: bounds.clone(), bounds, sum }),
                pool_size,
                ..PoolMetrics::default()
            });
    let uptime = prop::option::of(any::<u32>().prop_map(|s| Duration::from_secs(s.into())));
    let market_read =
        prop::option::of((any_time(), uptime.clone()).prop_map(|(at, uptime)| MarketSource {
            by: main(),
            at,
            uptime,
        }));
    let kept_book = (prop::option::of(any_time()), uptime);
    (
        any_time(),
        status,
        (market_read, kept_book),
        perhaps(chain),
        perhaps(book),
        perhaps(metrics),
        perhaps(prop::sample::select(vec![
            LedgerAccount::Missing,
            LedgerAccount::Open,
            LedgerAccount::with_demands(true, false),
        ])),
    )
        .prop_map(|(at, status, reading, chain, book, metrics, account)| {
            let (market_read, (kept_book, book_took)) = reading;
            Look {
                at,
                clock_set: None,
                machine: None,
                status,
                market_read,
                chain,
                book,
                kept_book,
                book_took,
                metrics,
                account,
            }
        })
}

fn any_wanted() -> impl Strategy<Value = Option<Wanted>> {
    let since = prop::option::of(any_time());
    let wanted =
        |(on, fee, since): (bool, _, _)| Wanted { worker: on.then(|| key("us")), fee, since };
    prop::option::of((any::<bool>(), any_fee(), since).prop_map(wanted))
}

fn any_record() -> impl Strategy<Value = Record> {
    let paused = prop::option::of(prop::option::of(any_time()));
    let doubt = prop::option::of(prop::sample::select(JournalDoubt::ALL.to_vec()));
    let hold = (paused, any::<bool>(), doubt).prop_map(|(paused, breaker_open, journal_doubt)| {
        HoldState { paused: paused.map(|until| Pause { until }), breaker_open, journal_doubt }
    });
    let role = prop::sample::select(vec![Role::Unsure, Role::Worker, Role::Coordinator]);
    let mode = prop::sample::select(vec![Mode::Live, Mode::DryRun]);
    let market = prop::option::of(Just(sample::record().market.unwrap()));
    let told = (
        prop::option::of(any_fee()),
        prop::option::of(any_float()),
        prop::option::of(any::<String>()),
        market,
        any_spending(),
        any_wanted(),
    );
    (
        any_look(),
        any_decision(),
        any_outcome(),
        hold,
        role,
        mode,
        any::<u32>(),
        any::<Duration>(),
        told,
    )
        .prop_map(
            |(
                look,
                decision,
                outcome,
                hold,
                role,
                mode,
                sequence,
                took,
                (cost, prediction_error, era, market, (effort, expense, cost_estimate), wanted),
            )| Record {
                daemon: main(),
                sequence: sequence.into(),
                at: look.at,
                mode,
                hold,
                era,
                role,
                look,
                market,
                sellers: Vec::new(),
                decision,
                outcome,
                wanted,
                money: sample::record().money.filter(|_| sequence % 2 == 0),
                cost,
                cost_estimate,
                effort,
                expense,
                prediction_error,
                took,
            },
        )
}

fn any_spending() -> impl Strategy<Value = (Effort, Option<Expense>, Option<CostEstimate>)> {
    let effort = (any::<u64>(), any::<Duration>(), any::<Option<Duration>>(), any::<Duration>())
        .prop_map(|(made, on, proving, idle)| Effort { made, on, proving, idle });
    let energy = Energy::of("350 W".parse().unwrap(), Duration::from_secs(60));
    let expense = (any_fee(), prop::option::of(Just(energy)))
        .prop_map(|(amount, energy)| Expense { amount, energy });
    let cost = (any_fee(), any_fee()).prop_map(|(low, high)| CostEstimate {
        high,
        source: CostSource::BusyTime,
        ..CostEstimate::set(low)
    });
    (effort, prop::option::of(expense), prop::option::of(cost))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_record_reads_back_as_it_was_written(record in any_record()) {
        let bytes = Packer::default().pack("a record", &record).unwrap();
        let read: Record = unpack("a record", &bytes).unwrap();
        prop_assert_eq!(read, record);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_record_can_be_taken_down(records in prop::collection::vec(any_record(), 1..20)) {
        let folder = folder();
        let mut store = Store::open(folder.path(), Duration::MAX, time(0)).unwrap();
        for record in &records {
            store.record_look(&entry(record.clone())).unwrap();
        }
        let mut read = Vec::new();
        let each = |moment: crate::RecordedLook| {
            read.push(moment.record);
            Ok::<_, crate::JournalError>(())
        };
        crate::JournalReader::open(folder.path()).unwrap().for_each_look(&Default::default(), each).unwrap();
        prop_assert_eq!(read, records);
    }
}

#[test]
fn texts_that_do_not_shrink_are_packed_whole_one_after_the_other() {
    use rand::{Rng, SeedableRng};
    let mut packer = Packer::default();
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    for length in [1 << 20, 0, 3, 16 << 10, 16_383] {
        let mut bytes = vec![0_u8; length];
        random.fill_bytes(&mut bytes);
        let packed = packer.pack("bytes", &bytes).unwrap();
        assert_eq!(unpack::<Vec<u8>>("bytes", &packed).unwrap(), bytes, "{length}");
    }
}

#[test]
fn an_infinite_gauge_reads_back_as_unknown() {
    let mut record = record(time(0));
    let metrics = PoolMetrics { pool_size: Some(f64::INFINITY), ..PoolMetrics::default() };
    record.look.metrics = Some(Ok(metrics.clone()));
    let read: Record =
        unpack("a record", &Packer::default().pack("a record", &record).unwrap()).unwrap();
    assert_eq!(read.look.metrics, Some(Ok(PoolMetrics { pool_size: None, ..metrics })));
}
