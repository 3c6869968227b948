//! Texts as daemons printed them.

use std::path::Path;

use snarkfee_core::metrics_text::{
    Bracket, DefectKind, Exposition, Histogram, MetricKind, Resolution,
};

const WITH_LIBP2P: &str = include_str!("../../fixtures/metrics/nanomina-with-libp2p.txt");
const CUT: &str = include_str!("../../fixtures/metrics/whole-coins-cut.txt");

fn fees(read: &Exposition<'_>) -> Histogram {
    Histogram::from_family(&read.daemon_family("Snark_work_snark_fee").unwrap()).unwrap()
}

#[test]
fn a_scrape_of_both_dialects_is_read_whole() {
    let read = Exposition::parse(WITH_LIBP2P);
    assert_eq!(read.defects(), []);
    let comments =
        WITH_LIBP2P.lines().filter(|line| line.is_empty() || line.starts_with('#')).count();
    assert_eq!(read.sample_count(), WITH_LIBP2P.lines().count() - comments);
    assert_eq!(read.families().len(), WITH_LIBP2P.matches("TYPE ").count());
    assert!(
        read.families()
            .all(|family| family.kind() != MetricKind::Untyped && family.help().is_some())
    );

    assert_eq!(read.daemon_value("Snark_work_snark_pool_size"), Some(1374.0));
    assert_eq!(read.daemon_value("Snark_work_completed_snark_work_received_rpc"), Some(618.0));
    assert_eq!(read.daemon_value("Daemon_time_spent_in_thread_snark_worker_ms"), Some(8120.5));
    assert_eq!(read.daemon_value("Runtime_process_uptime_ms_total"), Some(220_331_000.0));
    assert_eq!(read.daemon_value("Transition_frontier_slot_fill_rate"), None, "it prints Nan");
    let pushes = read.family("libp2p_identify_identify_pushes_triggered_total").unwrap();
    let triggers: Vec<_> = pushes.samples().filter_map(|sample| sample.label("trigger")).collect();
    assert_eq!(triggers, ["protocols_updated", "addresses \"{a, b}\" \\ changed"]);
    let delays =
        Histogram::from_family(&read.family("libp2p_swarm_dial_ranking_delay_seconds").unwrap())
            .unwrap();
    assert_eq!(
        (delays.bounds(), delays.cumulative()),
        (&[0.001, 0.25][..], &[8.0, 19.0, 20.0][..])
    );
}

#[test]
fn fees_in_nanomina_cannot_be_told_apart() {
    let fees = fees(&Exposition::parse(WITH_LIBP2P));
    assert_eq!(fees.bounds(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
    let expected = Resolution::CannotResolve {
        priced: 2000.0,
        share_above_last_bound: 1993.0 / 2000.0,
        last_bound: Some(9.0),
    };
    assert_eq!(fees.resolution(None), expected);
}

#[test]
fn an_excerpt_is_read_around_what_was_left_out() {
    let read = Exposition::parse(CUT);
    let defects: Vec<_> = read.defects().iter().map(|defect| (defect.line, defect.kind)).collect();
    assert_eq!(defects, [(4, DefectKind::BadName), (11, DefectKind::BadName)]);
    assert_eq!(read.daemon_value("Proposer_blocks_proposed"), Some(2.0));
    assert!(fees(&read).resolution(None).is_resolved());
}

#[test]
fn the_published_sample_of_january_2020_resolves() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/samples/coda-2020-01-02_metrics-excerpts.txt"
    );
    if !Path::new(path).exists() {
        println!("skipped: ../shared is not here");
        return;
    }
    let text = std::fs::read_to_string(path).unwrap();
    let read = Exposition::parse(&text);
    assert_eq!(read.defect_count() as usize, text.lines().filter(|line| *line == "...").count());
    assert_eq!(read.daemon_value("Bootstrap_bootstrap_time_ms"), Some(377_529.0));
    assert_eq!(read.daemon_value("Runtime_process_uptime_ms_total"), Some(173_959_000.0));
    let fees = fees(&read);
    assert_eq!(
        (fees.bounds(), fees.cumulative(), fees.sum()),
        (&[9.0][..], &[5512.0, 5512.0][..], 5933.0)
    );
    let expected = Resolution::Resolves {
        priced: 5512.0,
        share_above_last_bound: 0.0,
        median: Bracket { above: None, up_to: 9.0 },
    };
    assert_eq!(fees.resolution(None), expected);
}
