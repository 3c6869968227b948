//! Verdicts on invented facts, for what a simulated daemon does not show.

mod advice;

use std::sync::Arc;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use snarkfee_client::{PriceReading, Scrape};
use snarkfee_config::{Controller, Daemon, MetricsSource, Settings};
use snarkfee_core::{
    cost::{
        CostEstimate, CostModel, CostParts, CostSource, CostUnknown, MinaPrice, PriceSource,
        Throughput,
    },
    fault::Fault,
    market::{DaemonStatus, FeeHistogram, LedgerAccount, PacePrior, SyncState},
    policy::Reason,
    record::Record,
    units::{Currency, DaemonId, Nanomina},
};

use super::super::{
    check::{Check, CheckReport, Verdict},
    examination::{ControllerProcess, DaemonExamination, Examination, Machine},
};

/// A setup with which nothing is wrong, but for what `change` does to it.
fn setup(change: impl FnOnce(&mut Examination)) -> CheckReport {
    let record: Record = snarkfee_core::fixtures::sample::record();
    let mut daemon = Daemon::new(
        DaemonId::try_new("main").unwrap(),
        "http://127.0.0.1:3085/graphql".parse().unwrap(),
    );
    daemon.metrics = Some(MetricsSource::Direct("http://127.0.0.1:10000/metrics".parse().unwrap()));
    daemon.params.worker.key = record.look.status.as_ref().unwrap().worker.clone();
    let metrics = record.look.metrics.clone().unwrap().unwrap();
    let at = record.look.status.as_ref().unwrap().now.starts;
    let examined = DaemonExamination {
        asked: at,
        answered: at,
        schema: Some(snarkfee_client::Capabilities::plain()),
        acceleration: None,
        scrape: Some(Ok(Scrape { metrics, prefix: "Coda_", families: 40, sampled: None })),
        price: None,
        energy: None,
        cost: Ok(CostEstimate::set(Nanomina::ONE_MINA)),
        external_change: None,
        look: Ok(Arc::new(record)),
        daemon: daemon.clone(),
    };
    let settings = Settings::new(Controller::in_dir("state".into()), vec![daemon]);
    let mut examination =
        Examination { settings, machine: Machine::default(), daemons: vec![examined] };
    change(&mut examination);
    super::judge(&examination)
}

fn status(examination: &mut Examination) -> &mut DaemonStatus {
    Arc::make_mut(examination.daemons[0].look.as_mut().unwrap()).look.status.as_mut().unwrap()
}

#[track_caller]
fn says(report: &CheckReport, check: Check, verdict: Verdict, detail: &str) {
    let finding = report.findings.iter().find(|finding| finding.check == check).unwrap();
    assert_eq!(finding.verdict, verdict, "{finding:?}");
    assert!(finding.detail.contains(detail), "{finding:?}");
    assert_eq!(finding.fix.is_some(), verdict != Verdict::Ok, "{finding:?}");
}

#[test]
fn a_clock_is_wrong_by_what_no_delay_explains() {
    let moved = |by: i64, took: i64| {
        setup(|found| {
            let slot = status(found).slot_duration;
            let starts = status(found).now.starts;
            let examined = &mut found.daemons[0];
            examined.asked = starts + SignedDuration::from_secs(by);
            examined.answered = examined.asked + SignedDuration::from_secs(took);
            assert_eq!(slot, Duration::from_secs(180), "the fixture's");
        })
    };
    says(&moved(0, 0), Check::Clock, Verdict::Ok, "slot");
    says(&moved(184, 1), Check::Clock, Verdict::Ok, "slot");
    says(&moved(240, 1), Check::Clock, Verdict::Fail, "at least 1m ahead");
    says(&moved(-60, 1), Check::Clock, Verdict::Fail, "at least 59s behind");
    says(&moved(-60, 61), Check::Clock, Verdict::Ok, "slot");
}

/// A producer with a block in so many minutes, and what a look decides on it.
fn producing(minutes: i64, decided: impl FnOnce(Timestamp) -> Option<Reason>) -> CheckReport {
    setup(|found| {
        let at = found.daemons[0].answered + SignedDuration::from_mins(minutes);
        status(found).produces_blocks = true;
        status(found).own_slots = [at].into_iter().collect();
        if let Some(reason) = decided(at) {
            Arc::make_mut(found.daemons[0].look.as_mut().unwrap()).decision.reason = reason;
        }
    })
}

#[test]
fn an_own_block_is_reported_as_the_service_treats_it() {
    let ahead = |slot| Some(Reason::OwnBlockAhead { slot, begun: false });
    let begun = |slot| Some(Reason::OwnBlockAhead { slot, begun: true });
    let unsynced = |_| Some(Reason::Unsynced { state: SyncState::Catchup });
    let (check, warn) = (Check::OwnSlot, Verdict::Warn);
    says(&producing(3, ahead), check, warn, "in 3m: the worker is off");
    says(&producing(-1, begun), check, warn, "in the making");
    says(
        &producing(3, unsynced),
        check,
        warn,
        "does not make room for it: the daemon is not synced",
    );
    says(&producing(90, |_| None), check, Verdict::Ok, "in 1h30m");
    let behind = setup(|found| {
        status(found).sync = SyncState::Catchup;
        let slot = found.daemons[0].answered + SignedDuration::from_mins(3);
        let look = Arc::make_mut(found.daemons[0].look.as_mut().unwrap());
        look.decision.reason = Reason::OwnBlockAhead { slot, begun: false };
    });
    says(&behind, Check::Sync, Verdict::Fail, "not synced");
    let unguarded = setup(|found| {
        status(found).produces_blocks = true;
        found.daemons[0].daemon.params.block_production.enabled = false;
    });
    says(&unguarded, check, warn, "enabled = false");
    let short = setup(|found| {
        let slot = found.daemons[0].answered + SignedDuration::from_secs(4);
        status(found).produces_blocks = true;
        status(found).own_slots = [slot].into_iter().collect();
        status(found).slot_duration = Duration::from_secs(2);
        let look = Arc::make_mut(found.daemons[0].look.as_mut().unwrap());
        look.decision.reason = Reason::OwnBlockAhead { slot, begun: false };
    });
    says(&short, check, warn, "it will never be on");
}

#[test]
fn an_account_that_refuses_fees_is_no_account_to_work_for() {
    let report = setup(|found| {
        let look = Arc::make_mut(found.daemons[0].look.as_mut().unwrap());
        look.look.account = Some(Ok(LedgerAccount::with_demands(false, true)));
    });
    for check in [Check::Account, Check::Permissions] {
        let why = "its account demands authorization to receive: no pool takes its work";
        says(&report, check, Verdict::Fail, why);
    }
}

const FEED: &str = "https://feed.example.org/?key=hunter2";

/// A rented machine, with the price of MINA from a feed.
fn quoted_cost() -> CostModel {
    let usd = "0.40 USD/h".parse().unwrap();
    let feed = PriceSource::single(
        FEED.parse().unwrap(),
        "/mina/usd".to_owned(),
        Currency::try_new("USD").unwrap(),
        Duration::from_secs(3600),
    );
    let price = MinaPrice::Quoted(feed);
    CostParts::try_new(None, Some(usd), price, Throughput::Measured(PacePrior::default()))
        .unwrap()
        .into()
}

#[test]
fn an_unknown_cost_says_how_to_provide_it() {
    let cost = |cost: Result<u64, CostUnknown>, metrics: bool| {
        setup(|found| {
            let examined = &mut found.daemons[0];
            examined.daemon.cost = quoted_cost();
            examined.cost = cost.map(|cost| CostEstimate::set(Nanomina::try_new(cost).unwrap()));
            let fault = Fault::TimedOut { limit: Duration::from_secs(10) };
            let failed = vec![(FEED.parse().unwrap(), fault)];
            examined.price = Some(PriceReading { quote: None, read: 0, needed: 1, failed });
            if !metrics {
                examined.daemon.metrics = None;
                examined.scrape = None;
            }
        })
    };
    says(&cost(Ok(400_000), true), Check::Cost, Verdict::Ok, "0.0004 MINA");
    says(&cost(Ok(0), true), Check::Cost, Verdict::Warn, "nothing");
    says(
        &cost(Err(CostUnknown::NotConfigured), true),
        Check::Cost,
        Verdict::Warn,
        "no cost is configured",
    );
    says(
        &cost(Err(CostUnknown::NoPrice), true),
        Check::Cost,
        Verdict::Fail,
        "no answer within 10s",
    );
    says(&cost(Err(CostUnknown::PriceOfNothing), true), Check::Cost, Verdict::Fail, "zero");
    says(&cost(Ok(1), false), Check::Metrics, Verdict::Warn, "none are configured");
}

#[test]
fn a_cost_that_nobody_measured_has_a_range_and_says_so() {
    let report = setup(|found| {
        let amount = |cost| Nanomina::try_new(cost).unwrap();
        let measured = CostEstimate {
            low: amount(100_000),
            high: amount(1_600_000),
            source: CostSource::Prior,
            ..CostEstimate::set(amount(400_000))
        };
        found.daemons[0].cost = Ok(measured);
    });
    let range = "0.0001 MINA to 0.0016 MINA with probability 80 %, not measured yet (prior)";
    says(&report, Check::Cost, Verdict::Ok, range);
}

#[test]
fn signs_of_other_controllers_are_reported_and_nothing_else() {
    says(&setup(|_| {}), Check::OtherController, Verdict::Ok, "no signs");
    let running = |found: &mut Examination| {
        found.machine.controllers =
            vec![ControllerProcess { id: 7, name: "snarkstopper.sh".to_owned() }];
    };
    says(
        &setup(running),
        Check::OtherController,
        Verdict::Warn,
        "snarkstopper.sh runs on this machine (process 7)",
    );
    let seen =
        |found: &mut Examination| found.daemons[0].external_change = Some(Timestamp::UNIX_EPOCH);
    says(&setup(seen), Check::OtherController, Verdict::Warn, "1970-01-01 00:00:00 UTC");
}

#[test]
fn a_journal_that_cannot_be_kept_is_reported() {
    let state = |change: fn(&mut Machine)| setup(|found| change(&mut found.machine));
    says(
        &state(|machine| machine.state.exists = true),
        Check::StateDir,
        Verdict::Ok,
        "can be written",
    );
    says(&state(|machine| machine.state.held_by = Some(9)), Check::Store, Verdict::Ok, "process 9");
    says(
        &state(|machine| machine.state.free = Some(1 << 20)),
        Check::StateDir,
        Verdict::Warn,
        "1 MB left",
    );
    says(
        &state(|machine| machine.state.unreadable = Some("damaged".into())),
        Check::Store,
        Verdict::Fail,
        "damaged",
    );
    let owned_by_root = |machine: &mut Machine| {
        machine.state.read_only_file = Some(("lock".into(), "Permission denied".into()));
    };
    says(&state(owned_by_root), Check::Store, Verdict::Fail, "lock in");
    let refused =
        |machine: &mut Machine| machine.state.access = Err("Read-only file system".into());
    says(&state(refused), Check::StateDir, Verdict::Fail, "Read-only file system");
}

#[test]
fn the_histogram_is_compared_with_the_price_of_the_market() {
    let fees = |cumulative: Vec<f64>| {
        setup(|found| {
            let Some(Ok(scrape)) = &mut found.daemons[0].scrape else {
                panic!("the fixture has metrics")
            };
            scrape.metrics.fees =
                Some(FeeHistogram { bounds: vec![0.0, 5.0], cumulative, sum: 0.0 });
        })
    };
    says(&fees(vec![9.0, 9.0, 9.0]), Check::Histogram, Verdict::Ok, "free");
    says(&fees(vec![0.0, 0.0, 0.0]), Check::Histogram, Verdict::Ok, "empty");
    says(&fees(vec![1.0, 1.0, 9.0]), Check::Histogram, Verdict::Ok, "last bound of 5");
    says(&fees(vec![0.0, 9.0, 9.0]), Check::Histogram, Verdict::Ok, "median price");
}

/// What the service would hold for is said by the check that answers for it, even where nothing
/// that was read shows it.
#[test]
fn every_reason_to_hold_is_a_finding_of_its_check() {
    for reason in snarkfee_core::fixtures::every_reason() {
        let text = reason.to_string();
        let report = setup(|found| {
            Arc::make_mut(found.daemons[0].look.as_mut().unwrap()).decision.reason = reason.clone();
        });
        let Some((check, least)) = super::hold::answers_for(&reason) else {
            assert_eq!(report.count(Verdict::Fail), 0, "{reason:?}: {report:?}");
            continue;
        };
        if check == Check::Store {
            continue;
        }
        let finding = report.findings.iter().find(|finding| finding.check == check).unwrap();
        assert!(finding.verdict >= least, "{text}: {finding:?}");
        assert!(finding.fix.is_some());
    }
}

#[test]
fn a_market_that_cannot_be_read_names_its_cause_once() {
    let limit = Duration::from_secs(30);
    for (fault, fix) in [
        (Fault::TimedOut { limit }, "raise timeout"),
        (Fault::Oversized { limit: 64 << 20 }, "raise max_response"),
        (Fault::HttpStatus { status: 500, body: String::new() }, "log of the daemon"),
        (Fault::HttpStatus { status: 504, body: String::new() }, "proxy"),
        (Fault::Refused { message: "bestChain is null".to_owned() }, "log of the daemon"),
        (Fault::Truncated { cause: "reset".to_owned() }, "connection ends"),
        (Fault::Malformed { cause: "no".to_owned() }, "report it"),
    ] {
        let unread = |chain: Option<&Fault>, book: Option<&Fault>| {
            setup(|found| {
                let record = Arc::make_mut(found.daemons[0].look.as_mut().unwrap());
                if let Some(fault) = chain {
                    record.look.chain = Some(Err(fault.clone()));
                }
                if let Some(fault) = book {
                    record.look.book = Some(Err(fault.clone()));
                }
            })
        };
        let both = unread(Some(&fault), Some(&fault));
        says(&both, Check::Chain, Verdict::Fail, &fault.to_string());
        says(&both, Check::Book, Verdict::Warn, "one answer");
        assert_eq!(both.count(Verdict::Fail), 1);
        let finding = both.findings.iter().find(|finding| finding.check == Check::Chain).unwrap();
        assert!(finding.fix.as_ref().unwrap().contains(fix), "{finding:?}");
        says(&unread(None, Some(&fault)), Check::Book, Verdict::Fail, &fault.to_string());
    }
}

#[test]
fn no_finding_is_longer_than_a_line() {
    let report =
        setup(|found| found.machine.state.unreadable = Some("two\nlines\u{1b}[31m".to_owned()));
    let text =
        |finding: &super::super::check::Finding| format!("{}{:?}", finding.detail, finding.fix);
    assert!(
        report.findings.iter().all(|finding| !text(finding).contains(['\n', '\u{1b}'])),
        "{report:?}"
    );
    assert_eq!(report.count(Verdict::Fail), 1);
}
