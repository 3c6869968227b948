use serde_json::{Value, json};

use super::*;

const LIMIT: Duration = Duration::from_secs(300);

fn series(name: &str, le: Option<&str>, value: &str) -> Value {
    let mut metric = json!({"__name__": name, "instance": "mina-1:10000", "job": "mina"});
    if let Some(le) = le {
        metric["le"] = le.into();
    }
    json!({"metric": metric, "value": [1000.5, value]})
}

fn page() -> Vec<Value> {
    vec![
        series("up", None, "1"),
        series("Coda_Snark_work_snark_fee_bucket", Some("+Inf"), "3"),
        series("Coda_Snark_work_snark_fee_bucket", Some("1."), "1"),
        series("Coda_Snark_work_snark_fee_bucket", Some("0."), "1"),
        series("Coda_Snark_work_snark_fee_count", None, "3"),
        series("Coda_Snark_work_snark_fee_sum", None, "1500000000"),
        series("Coda_Snark_work_snark_pool_size", None, "4111"),
        series("Coda_Cryptography_snark_work_merge_time_sec_sum", None, "400"),
        series("Coda_Cryptography_snark_work_merge_time_sec_count", None, "10"),
        series("Coda_Cryptography_snark_work_nonzkapp_base_time_sec", None, "300"),
        series("Coda_Cryptography_snark_work_nonzkapp_base_submissions", None, "12"),
        json!({"metric": {"__name__": OLDEST}, "value": [1000.5, "990.25"]}),
    ]
}

fn answer(result: impl Into<Value>) -> Result<Scrape, Fault> {
    let body = json!({"status": "success", "data": {"resultType": "vector", "result": Into::<Value>::into(result)}});
    read(body.to_string().as_bytes(), LIMIT)
}

#[test]
fn an_answer_reads_as_the_daemons_own_page_would() {
    let through = answer(page()).unwrap();
    let direct = scrape::read(
            b"#TYPE Coda_Snark_work_snark_fee histogram\nCoda_Snark_work_snark_fee_sum 1.5e+09\n\
              Coda_Snark_work_snark_fee_count 3\nCoda_Snark_work_snark_fee_bucket{le=\"+Inf\"} 3\n\
              Coda_Snark_work_snark_fee_bucket{le=\"1.\"} 1\nCoda_Snark_work_snark_fee_bucket{le=\"0.\"} 1\n\
              Coda_Snark_work_snark_pool_size 4111\n\
              #TYPE Coda_Cryptography_snark_work_merge_time_sec histogram\n\
              Coda_Cryptography_snark_work_merge_time_sec_sum 400\n\
              Coda_Cryptography_snark_work_merge_time_sec_count 10\n\
              Coda_Cryptography_snark_work_nonzkapp_base_time_sec 300\n\
              Coda_Cryptography_snark_work_nonzkapp_base_submissions 12\n",
        );
    let found = (through.metrics.prover_seconds, through.metrics.prover_jobs);
    assert_eq!(found, (Some(700.0), Some(22.0)));
    assert_eq!(through.metrics, direct.unwrap().metrics);
    assert_eq!(through.sampled, Some(Duration::from_millis(10_250)));
}

#[test]
fn the_time_of_base_proofs_is_a_histogram_up_to_1_4() {
    let mut page = page();
    page.retain(|series| !series["metric"]["__name__"].to_string().contains("nonzkapp"));
    for (suffix, value) in [("sum", "0"), ("count", "0")] {
        let name = format!("Coda_Cryptography_snark_work_base_time_sec_{suffix}");
        page.push(series(&name, None, value));
    }
    let metrics = answer(page).unwrap().metrics;
    assert_eq!(metrics.delivery_unit, Some(snarkfee_core::market::DeliveryUnit::Bundle));
    assert_eq!((metrics.prover_seconds, metrics.prover_jobs), (Some(400.0), Some(10.0)));
}

#[test]
fn what_is_not_current_or_not_of_one_daemon_is_not_taken() {
    let cause = |result: Vec<Value>| match answer(result) {
        Err(Fault::NotScraped { cause }) => cause,
        other => panic!("{other:?}"),
    };
    assert!(cause(vec![]).contains("no target"));
    assert!(cause(vec![series("up", None, "0")]).contains("cannot scrape"));
    assert!(cause(vec![series("up", None, "1")]).contains("no metrics of snark work"));
    let mut old = page();
    old.last_mut().unwrap()["value"][1] = "699".into();
    assert_eq!(cause(old), "its samples are 5m1s old, allowed are 5m");
    let mut two = page();
    two[6]["metric"]["instance"] = "mina-2:10000".into();
    assert!(cause(two).contains("several targets"));
    let labelled = |replica: &'static str| {
        page().into_iter().map(move |mut series| {
            if series["metric"]["__name__"] != OLDEST {
                series["metric"]["prometheus_replica"] = replica.into();
            }
            series
        })
    };
    let pair = cause(labelled("a").chain(labelled("b")).collect());
    assert!(pair.contains("add prometheus_replica=\"a\" to selector"), "{pair}");
}

#[test]
fn other_makes_of_server_are_understood_or_named() {
    // Thanos and VictoriaMetrics drop the name that the query gives.
    let mut nameless = page();
    nameless.last_mut().unwrap()["metric"] = json!({});
    assert_eq!(answer(nameless).unwrap().sampled, Some(Duration::from_millis(10_250)));
    let mut nan = page();
    for series in [4, 6] {
        nan[series]["value"][1] = "NaN".into();
    }
    let fault = answer(nan).unwrap_err();
    assert!(fault.to_string().contains("snark_fee: a count is not a whole number"), "{fault}");
    let login = read(b"\n<!doctype html><title>Grafana</title>", LIMIT).unwrap_err();
    assert!(login.to_string().contains("HTML"), "{login}");
}

#[test]
fn what_is_no_answer_to_the_question_is_malformed() {
    let mut no_time = page();
    no_time.pop();
    assert_eq!(answer(no_time).unwrap_err().code(), "malformed");
    let mut hostile = page();
    hostile[6]["value"][1] = "1\nCoda_Snark_work_snark_work_assigned_rpc 7".into();
    assert_eq!(answer(hostile).unwrap().metrics.assigned_to_own, None);
    let mut unbounded = page();
    unbounded[2]["metric"]["le"] = "\"} 9\n".into();
    assert_eq!(answer(unbounded).unwrap_err().code(), "malformed");
    for body in
        ["", "<html>", "[]", r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#]
    {
        assert_eq!(read(body.as_bytes(), LIMIT).unwrap_err().code(), "malformed", "{body}");
    }
    let many = vec![series("up", None, "1"); MOST_SERIES + 1];
    assert_eq!(answer(many).unwrap_err().code(), "oversized");
}

#[test]
fn the_question_keeps_path_and_credentials_of_the_server() {
    let server = Url::parse("https://me:secret@example.org/prometheus/").unwrap();
    let url = query_url(&server, "instance=\"a b\", job=~\"m.*\",");
    assert_eq!((url.path(), url.password()), ("/prometheus/api/v1/query", Some("secret")));
    let (name, query) = url.query_pairs().next().unwrap();
    assert_eq!(name, "query");
    assert!(query.starts_with("{__name__=~\"up|(Coda_|Mina_)("), "{query}");
    assert!(query.contains(",instance=\"a b\", job=~\"m.*\"} or label_replace("), "{query}");
}
