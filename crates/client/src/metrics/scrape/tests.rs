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
