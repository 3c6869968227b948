#![expect(clippy::float_cmp, reason = "the figures are exact")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use snarkfee_core::{
    account::{DryRunTally, Work},
    cost::CostEstimate,
    fixtures::sample::record,
    policy::{Action, Reason},
    record::Pause,
};

use super::*;

/// Series by name and sorted labels, read as OpenMetrics prescribes for the types in use.
fn series(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with("# EOF\n"));
    assert_eq!(text.matches("# EOF").count(), 1);
    let mut kind: Option<(String, String)> = None;
    let mut seen = BTreeSet::new();
    let mut all = BTreeMap::new();
    for line in text.lines().take_while(|line| *line != "# EOF") {
        assert_eq!(line.trim(), line);
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, of) = rest.split_once(' ').unwrap();
            assert!(seen.insert(name.to_owned()), "{name} is described twice");
            kind = Some((name.to_owned(), of.to_owned()));
        } else if let Some(rest) = line.strip_prefix("# HELP ") {
            assert!(rest.split_once(' ').is_some_and(|(_, help)| help.ends_with('.')), "{line}");
        } else if let Some(rest) = line.strip_prefix("# UNIT ") {
            let (name, unit) = rest.split_once(' ').unwrap();
            assert_eq!(kind.as_ref().unwrap().0, name);
            assert!(name.ends_with(&format!("_{unit}")), "{line}");
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let value: f64 = value.parse().unwrap();
            assert!(!value.is_nan(), "{line}");
            let bare = name.split('{').next().unwrap();
            let (family, of) = kind.clone().unwrap();
            let suffix = bare
                .strip_prefix(&family)
                .unwrap_or_else(|| panic!("{bare} stands under {family}"));
            let allowed: &[&str] = match of.as_str() {
                "counter" => &["_total"],
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            assert!(allowed.contains(&suffix), "{line} in a {of}");
            assert!(all.insert(name.to_owned(), value).is_none(), "{name} stands twice");
        }
    }
    all
}

fn at(record: &Record) -> Timestamp {
    record.at
}

fn scrape(metrics: &Metrics, now: Timestamp) -> BTreeMap<String, f64> {
    series(&metrics.render(now, Exposition::OpenMetrics))
}

/// Names without the `_total` of counters; process metrics are those of Linux.
const CONTRACT: [&str; 56] = [
    "process_cpu_seconds counter {}",
    "process_open_fds gauge {}",
    "process_resident_memory_bytes gauge {}",
    "process_start_time_seconds gauge {}",
    "snarkfee_actions counter {action,daemon,outcome}",
    "snarkfee_asked_profit_mina_per_hour gauge {daemon}",
    "snarkfee_build_info gauge {version}",
    "snarkfee_config_reload_failures counter {}",
    "snarkfee_cost_mina counter {daemon}",
    "snarkfee_cost_per_work_limit_mina gauge {daemon,limit}",
    "snarkfee_cost_per_work_mina gauge {daemon}",
    "snarkfee_cost_source gauge {daemon,source}",
    "snarkfee_counterfactual_profit_mina counter {daemon}",
    "snarkfee_daemon_fee_mina gauge {daemon}",
    "snarkfee_daemon_info gauge {daemon,era,role,selection}",
    "snarkfee_daemon_request_seconds histogram {daemon,le,operation}",
    "snarkfee_daemon_requests counter {daemon,operation,outcome}",
    "snarkfee_decisions counter {action,daemon,reason}",
    "snarkfee_earned_mina counter {daemon}",
    "snarkfee_energy_saved_kwh counter {daemon}",
    "snarkfee_expected_profit_mina_per_hour gauge {daemon}",
    "snarkfee_foregone_profit_mina counter {daemon}",
    "snarkfee_histogram_resolves_prices gauge {daemon}",
    "snarkfee_journal_doubt gauge {daemon}",
    "snarkfee_journal_failures counter {class,daemon}",
    "snarkfee_lease_held gauge {daemon}",
    "snarkfee_lease_transitions counter {}",
    "snarkfee_log_lines_lost counter {}",
    "snarkfee_market_fee_mina gauge {daemon,quantile}",
    "snarkfee_market_price_mina gauge {daemon,q}",
    "snarkfee_market_samples gauge {daemon}",
    "snarkfee_market_zero_fee_ratio gauge {daemon}",
    "snarkfee_mode gauge {daemon,mode}",
    "snarkfee_observation_age_seconds gauge {daemon,source}",
    "snarkfee_observation_timestamp_seconds gauge {daemon,source}",
    "snarkfee_open_works gauge {daemon}",
    "snarkfee_prediction_error gauge {daemon}",
    "snarkfee_price_buckets_usable gauge {daemon}",
    "snarkfee_sale_probability gauge {daemon}",
    "snarkfee_sellers gauge {daemon,kind}",
    "snarkfee_share_sold_predicted gauge {daemon,fee_from_mina}",
    "snarkfee_share_sold_realised gauge {daemon,fee_from_mina}",
    "snarkfee_store_errors counter {class}",
    "snarkfee_store_request_seconds histogram {le,operation}",
    "snarkfee_target_fee_mina gauge {daemon}",
    "snarkfee_tick_seconds histogram {daemon,le}",
    "snarkfee_uncovered_works gauge {daemon}",
    "snarkfee_wanted_fee_mina gauge {daemon}",
    "snarkfee_wanted_timestamp_seconds gauge {daemon}",
    "snarkfee_worker_enabled gauge {daemon}",
    "snarkfee_worker_wanted gauge {daemon}",
    "snarkfee_works_bought_per_hour gauge {daemon}",
    "snarkfee_works_bought_per_hour_limit gauge {daemon,limit}",
    "snarkfee_works_decided gauge {daemon,fee_from_mina}",
    "snarkfee_works_made counter {daemon}",
    "snarkfee_works_sold counter {daemon}",
];

/// Everything that can have a series has one.
fn filled() -> Metrics {
    let metrics = Metrics::new();
    let record = record();
    metrics.record_look(&record);
    metrics.count_request(&record.daemon, "status", None, Duration::from_millis(30));
    metrics.record_price_read(&record.daemon, record.at);
    metrics.count_reload_failure();
    let tenancy = Tenancy { held: [record.daemon.clone()].into(), ..Tenancy::default() };
    metrics.show_leases([&record.daemon].into_iter(), &tenancy, Duration::from_millis(3));
    metrics.count_store_failure(snarkfee_core::fault::JournalClass::Unreachable);
    metrics.count_journal_failure(&record.daemon, snarkfee_core::fault::JournalClass::Full);
    metrics
}

#[test]
fn every_family_has_the_name_type_and_labels_of_the_contract() {
    let text = filled().render(at(&record()), Exposition::OpenMetrics);
    series(&text);
    let mut families: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some((name, of)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            current = name.to_owned();
            families.insert(current.clone(), (of.to_owned(), BTreeSet::new()));
        } else if let Some((_, labels)) = line.split_once('{') {
            let names = labels
                .split("\",")
                .filter_map(|label| label.split_once('='))
                .map(|(name, _)| name.to_owned());
            families.get_mut(&current).unwrap().1.extend(names);
        }
    }
    let listed: Vec<String> = families
        .iter()
        .map(|(name, (of, labels))| {
            let labels: Vec<_> = labels.iter().map(String::as_str).collect();
            format!("{name} {of} {{{}}}", labels.join(","))
        })
        .collect();
    let here = |line: &&str| cfg!(target_os = "linux") || !line.starts_with("process_");
    assert_eq!(listed, CONTRACT.into_iter().filter(here).collect::<Vec<_>>());
}

#[test]
fn the_figures_are_those_of_the_record() {
    let record = record();
    let shown = scrape(&filled(), record.at.checked_add(90.seconds()).unwrap());
    let get = |name: &str| shown.get(name).copied().unwrap_or_else(|| panic!("{name} is missing"));
    for (name, value) in [
        ("snarkfee_daemon_fee_mina{daemon=\"main\"}", 0.0012),
        ("snarkfee_target_fee_mina{daemon=\"main\"}", 0.0012),
        ("snarkfee_worker_enabled{daemon=\"main\"}", 1.0),
        ("snarkfee_mode{daemon=\"main\",mode=\"live\"}", 1.0),
        ("snarkfee_mode{daemon=\"main\",mode=\"dry_run\"}", 0.0),
        ("snarkfee_mode{daemon=\"main\",mode=\"paused\"}", 0.0),
        ("snarkfee_expected_profit_mina_per_hour{daemon=\"main\"}", 0.021),
        ("snarkfee_market_price_mina{daemon=\"main\",q=\"0.75\"}", 0.0025),
        ("snarkfee_market_fee_mina{daemon=\"main\",quantile=\"0.75\"}", 0.0025),
        ("snarkfee_price_buckets_usable{daemon=\"main\"}", 0.0),
        ("snarkfee_histogram_resolves_prices{daemon=\"main\"}", 0.0),
        ("snarkfee_works_bought_per_hour_limit{daemon=\"main\",limit=\"low\"}", 362.5),
        ("snarkfee_share_sold_predicted{daemon=\"main\",fee_from_mina=\"0.001\"}", 0.45),
        ("snarkfee_share_sold_realised{daemon=\"main\",fee_from_mina=\"0.001\"}", 0.40625),
        ("snarkfee_works_decided{daemon=\"main\",fee_from_mina=\"0.0005\"}", 20.0),
        ("snarkfee_works_sold_total{daemon=\"main\"}", 37.0),
        ("snarkfee_earned_mina_total{daemon=\"main\"}", 0.0444),
        ("snarkfee_cost_mina_total{daemon=\"main\"}", 0.036),
        ("snarkfee_observation_age_seconds{daemon=\"main\",source=\"graphql\"}", 90.0),
        ("snarkfee_decisions_total{daemon=\"main\",action=\"set_fee\",reason=\"price_move\"}", 1.0),
        ("snarkfee_actions_total{daemon=\"main\",action=\"set_fee\",outcome=\"confirmed\"}", 1.0),
        (
            "snarkfee_daemon_requests_total{daemon=\"main\",operation=\"status\",outcome=\"ok\"}",
            1.0,
        ),
        ("snarkfee_tick_seconds_count{daemon=\"main\"}", 1.0),
        ("snarkfee_config_reload_failures_total", 1.0),
        ("snarkfee_journal_failures_total{daemon=\"main\",class=\"full\"}", 1.0),
    ] {
        assert!((get(name) - value).abs() < 1e-12, "{name} is {}", get(name));
    }
}

#[test]
fn open_works_of_a_book_that_was_not_read_are_not_none() {
    let metrics = filled();
    let mut unread = record();
    unread.look.book = Some(Err(Fault::TimedOut { limit: Duration::from_secs(1) }));
    metrics.record_look(&unread);
    let shown = scrape(&metrics, unread.at);
    let of_book = |name: &&String| name.contains("open_works") || name.contains("uncovered_works");
    assert_eq!(shown.keys().find(of_book), None);
}

#[test]
fn a_kept_book_shows_its_numbers_and_when_it_was_read() {
    let metrics = filled();
    let read = record();
    let mut later = record();
    later.at = read.at.checked_add(60.seconds()).unwrap();
    later.look.at = later.at;
    (later.look.chain, later.look.book, later.look.kept_book) = (None, None, Some(read.at));
    later.market.as_mut().unwrap().book_read = Some(read.at);
    metrics.record_look(&later);
    let shown = scrape(&metrics, later.at);
    let seconds = |at: Timestamp| at.as_millisecond() as f64 / 1000.0;
    for (source, at) in [("status", later.at), ("chain", read.at), ("book", read.at)] {
        let name = "snarkfee_observation_timestamp_seconds{daemon=\"main\",source=\"SOURCE\"}";
        assert_eq!(shown[&name.replace("SOURCE", source)], seconds(at), "{source}");
    }
    assert!(shown.keys().any(|name| name.starts_with("snarkfee_open_works")));
}

#[test]
fn a_value_that_is_no_longer_known_loses_its_series() {
    let metrics = filled();
    let mut lost = record();
    lost.at = lost.at.checked_add(60.seconds()).unwrap();
    lost.look.status = Err(Fault::Unreachable { cause: "refused".into() });
    lost.look.metrics = Some(Err(Fault::Unreachable { cause: "refused".into() }));
    lost.market = None;
    lost.cost = None;
    lost.prediction_error = None;
    lost.decision.target = None;
    lost.decision.appraisal = None;
    lost.decision.action = Action::Hold;
    lost.decision.reason = Reason::BreakerOpen { failures: 5 };
    lost.outcome = Outcome::Held;
    lost.hold.breaker_open = true;
    lost.hold.paused = Some(Pause { until: None });
    metrics.record_look(&lost);
    let shown = scrape(&metrics, lost.at);
    for family in [
        "snarkfee_daemon_fee_mina",
        "snarkfee_target_fee_mina",
        "snarkfee_worker_",
        "snarkfee_cost_per_work_mina",
        "snarkfee_expected_profit",
        "snarkfee_sale_probability",
        "snarkfee_market_",
        "snarkfee_works_bought_per_hour",
        "snarkfee_open_works",
        "snarkfee_uncovered_works",
        "snarkfee_sellers",
        "snarkfee_price_buckets_usable",
        "snarkfee_prediction_error",
        "snarkfee_share_sold",
        "snarkfee_works_decided",
    ] {
        assert!(!shown.keys().any(|name| name.starts_with(family)), "{family} is still there");
    }
    assert_eq!(shown["snarkfee_works_sold_total{daemon=\"main\"}"], 37.0, "counters stay");
    assert_eq!(shown["snarkfee_observation_age_seconds{daemon=\"main\",source=\"graphql\"}"], 60.0);
    assert_eq!(shown["snarkfee_mode{daemon=\"main\",mode=\"breaker_open\"}"], 1.0);
    assert_eq!(shown["snarkfee_mode{daemon=\"main\",mode=\"paused\"}"], 1.0);
    assert!(
        !shown.contains_key(
            "snarkfee_actions_total{daemon=\"main\",action=\"hold\",outcome=\"held\"}"
        )
    );
}

#[test]
fn a_band_without_works_of_the_window_loses_its_series_and_the_others_keep_theirs() {
    let metrics = filled();
    let mut later = record();
    later.market.as_mut().unwrap().own_sales_by_fee.remove(0);
    metrics.record_look(&later);
    let shown = scrape(&metrics, later.at);
    let bands = |family: &str| {
        let of = shown.keys().filter(|name| name.starts_with(family));
        of.map(|name| name.contains("fee_from_mina=\"0.001\"")).collect::<Vec<_>>()
    };
    for family in
        ["snarkfee_share_sold_predicted", "snarkfee_share_sold_realised", "snarkfee_works_decided"]
    {
        assert_eq!(bands(family), [true], "{family}");
    }
}

#[test]
fn counters_follow_the_account_and_never_fall() {
    let metrics = Metrics::new();
    for (sold, earned, shown) in
        [(10.0, 100, [10.0, 100e-9]), (12.0, 120, [12.0, 120e-9]), (9.0, 90, [12.0, 120e-9])]
    {
        let mut record = record();
        let all = &mut record.money.as_mut().unwrap().all;
        (all.real.sold, all.real.earned) = (sold, Nanomina::try_new(earned).unwrap());
        all.foregone = Nanomina::try_new(500).unwrap();
        let imagined = Work { earned: Nanomina::try_new(70).unwrap(), ..Work::default() };
        all.dry_run = Some(DryRunTally { imagined, real: Work::default() });
        metrics.record_look(&record);
        let found = scrape(&metrics, record.at);
        let of = |name: &str| found[&format!("snarkfee_{name}_total{{daemon=\"main\"}}")];
        assert_eq!([of("works_sold"), of("earned_mina")], shown);
        assert_eq!((of("works_made"), of("cost_mina")), (90.0, 0.036));
        assert_eq!(of("foregone_profit_mina"), 500e-9);
        assert_eq!((of("counterfactual_profit_mina"), of("energy_saved_kwh")), (70e-9, 0.0));
    }
}

#[test]
fn a_cost_is_shown_with_its_range_and_its_source() {
    let metrics = Metrics::new();
    let mut record = record();
    let amount = |cost| Nanomina::try_new(cost).unwrap();
    record.cost_estimate = Some(CostEstimate {
        low: amount(1),
        high: amount(9),
        source: CostSource::ProverTime,
        ..CostEstimate::set(amount(4))
    });
    metrics.record_look(&record);
    let shown = scrape(&metrics, record.at);
    for (series, value) in [
        ("cost_per_work_limit_mina{daemon=\"main\",limit=\"low\"}", 1e-9),
        ("cost_per_work_limit_mina{daemon=\"main\",limit=\"high\"}", 9e-9),
        ("cost_source{daemon=\"main\",source=\"prover_time\"}", 1.0),
        ("cost_source{daemon=\"main\",source=\"prior\"}", 0.0),
    ] {
        assert_eq!(shown[&format!("snarkfee_{series}")], value, "{series}");
    }
}

#[test]
fn a_forgotten_daemon_keeps_only_counters_and_histograms() {
    let metrics = filled();
    metrics.forget(&record().daemon);
    let text = metrics.render(at(&record()), Exposition::OpenMetrics);
    let mut of = "";
    for line in text.lines() {
        if let Some((_, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            of = if kind == "gauge" { "gauge" } else { "" };
        } else if of == "gauge" {
            assert!(!line.contains("daemon="), "{line}");
        }
    }
}

#[test]
fn the_classic_format_is_understood_by_a_foreign_parser() {
    let text = filled().render(at(&record()), Exposition::Classic);
    let lines = text.lines().map(|line| Ok(line.to_owned()));
    let parsed = prometheus_parse::Scrape::parse(lines).unwrap();
    let sold =
        parsed.samples.iter().find(|sample| sample.metric == "snarkfee_works_sold_total").unwrap();
    assert_eq!(sold.value, prometheus_parse::Value::Counter(37.0));
    assert!(parsed.docs.contains_key("snarkfee_works_sold_total"));
    assert!(!text.contains("# EOF") && !text.contains("# UNIT"));
}
