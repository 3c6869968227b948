use super::*;

const TEXT: &str = "#HELP Coda_Snark_work_snark_fee fee\n#TYPE Coda_Snark_work_snark_fee histogram\n\
        Coda_Snark_work_snark_fee_sum 1.5e+09\nCoda_Snark_work_snark_fee_count 3\n\
        Coda_Snark_work_snark_fee_bucket{le=\"+Inf\"} 3\nCoda_Snark_work_snark_fee_bucket{le=\"1.\"} 1\n\
        Coda_Snark_work_snark_fee_bucket{le=\"0.\"} 1\n\
        #TYPE Coda_Snark_work_snark_pool_size gauge\nCoda_Snark_work_snark_pool_size 4111\n\
        #TYPE Coda_Snark_work_snark_work_assigned_rpc counter\nCoda_Snark_work_snark_work_assigned_rpc 7\n";

#[test]
fn the_daemons_text_reads_as_it_says() {
    let metrics = read(TEXT.as_bytes()).unwrap();
    assert_eq!((metrics.prefix, metrics.families), ("Coda_", 3));
    let metrics = metrics.metrics;
    assert_eq!(
        metrics.fees,
        Some(FeeHistogram { bounds: vec![0.0, 1.0], cumulative: vec![1.0, 1.0, 3.0], sum: 1.5e9 })
    );
    assert_eq!(
        (metrics.pool_size, metrics.completed_by_own, metrics.assigned_to_own),
        (Some(4111.0), None, Some(7.0))
    );
}

#[test]
fn what_is_no_metrics_text_of_a_daemon_is_a_fault() {
    let code = |text: &str| read(text.as_bytes()).unwrap_err().code();
    assert_eq!(code(""), "malformed");
    assert_eq!(code("<html><body>Bad request</body></html>"), "malformed");
    assert_eq!(code("node_load1 0.4\n"), "unsupported");
    assert_eq!(code(&TEXT.replace("{le=\"1.\"} 1", "{le=\"1.\"} 9")), "invalid_value");
    for lie in ["size -1", "size Nan", "size +Inf"] {
        assert_eq!(code(&TEXT.replace("size 4111", lie)), "invalid_value", "{lie}");
    }
    assert_eq!(read(&[0xff, 0xfe]).unwrap_err().code(), "malformed");
}

#[test]
fn prover_time_is_the_sum_of_base_and_merge_proofs_in_every_era() {
    let seconds =
        |lines: &str| read([TEXT, lines].concat().as_bytes()).unwrap().metrics.prover_seconds;
    assert_eq!(seconds(""), None);
    let merges = "#TYPE Coda_Cryptography_snark_work_merge_time_sec histogram\n\
        Coda_Cryptography_snark_work_merge_time_sec_sum 400\n\
        Coda_Cryptography_snark_work_merge_time_sec_count 10\n\
        Coda_Cryptography_snark_work_merge_time_sec_bucket{le=\"+Inf\"} 10\n";
    let zkapps = "#TYPE Coda_Cryptography_snark_work_zkapp_base_time_sec counter\n\
        Coda_Cryptography_snark_work_zkapp_base_time_sec 120.5\n";
    for name in BASE_TIME {
        let base = format!("#TYPE Coda_{name} counter\nCoda_{name} 300\n");
        assert_eq!(seconds(&[&base, zkapps, merges].concat()), Some(820.5), "{name}");
        let unit = read([TEXT, &base].concat().as_bytes()).unwrap().metrics.delivery_unit;
        let partitions = name == BASE_TIME[0];
        let expected = if partitions { DeliveryUnit::Piece } else { DeliveryUnit::Bundle };
        assert_eq!(unit, Some(expected), "{name}");
    }
    assert_eq!(read(TEXT.as_bytes()).unwrap().metrics.delivery_unit, None);
    let jobs = |lines: &str| read([TEXT, lines].concat().as_bytes()).unwrap().metrics.prover_jobs;
    let counted = "#TYPE Coda_Cryptography_snark_work_zkapp_base_submissions counter\n\
        Coda_Cryptography_snark_work_zkapp_base_submissions 3\n";
    assert_eq!(jobs(merges), Some(10.0));
    assert_eq!(jobs(&[merges, zkapps].concat()), None, "time of jobs that nobody counted");
    assert_eq!(jobs(&[merges, zkapps, counted].concat()), Some(13.0));
    // 1.x: a histogram, of which the daemon sees nothing.
    let histogram = merges.replace("merge", "base").replace(" 400", " 0").replace(" 10", " 0");
    assert_eq!(seconds(&histogram), Some(0.0));
    assert_eq!(
        read([TEXT, &merges.replace(" 400", " -1")].concat().as_bytes()).unwrap_err().code(),
        "invalid_value"
    );
}
