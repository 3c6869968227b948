//! What to do about each kind of fault: the advice fits the party that failed.

use std::{sync::Arc, time::Duration};

use snarkfee_config::MetricsSource;
use snarkfee_core::fault::Fault;

use super::{Check, Examination, Verdict, setup};

/// The advice of a check that failed.
#[track_caller]
fn advice(check: Check, change: impl FnOnce(&mut Examination)) -> String {
    let report = setup(change);
    let finding = report.findings.iter().find(|finding| finding.check == check).unwrap();
    assert_eq!(finding.verdict, Verdict::Fail, "{finding:?}");
    finding.fix.clone().unwrap()
}

#[test]
fn a_certificate_is_judged_by_what_is_wrong_with_it() {
    for (cause, https, expected) in [
        ("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", true, "CA:FALSE"),
        ("invalid peer certificate: UnknownIssuer", true, "SSL_CERT_FILE"),
        ("invalid peer certificate: Expired", true, "renew"),
        ("invalid peer certificate: NotValidYet", true, "clock"),
        (
            "invalid peer certificate: certificate not valid for name NotValidForName",
            true,
            "host name",
        ),
        ("received corrupt message of type InvalidContentType", true, "http://"),
        ("tcp connect error: Connection refused (os error 111)", false, "--rest-port"),
        ("dns error: failed to lookup address information", false, "host name"),
        ("connection reset by peer", false, "8302"),
    ] {
        let told = advice(Check::Reachability, |found| {
            let examined = &mut found.daemons[0];
            let scheme = if https { "https" } else { "http" };
            examined.daemon.graphql_url = format!("{scheme}://h/graphql").parse().unwrap();
            let record = Arc::make_mut(examined.look.as_mut().unwrap());
            record.look.status = Err(Fault::Unreachable { cause: cause.to_owned() });
        });
        assert!(told.contains(expected), "{cause}: {told}");
        let elsewhere = told.contains("SSL_CERT_FILE");
        assert_eq!(elsewhere, expected == "SSL_CERT_FILE", "{cause}: {told}");
    }
}

#[test]
fn a_prometheus_server_is_not_blamed_for_the_selector_nor_the_other_way_round() {
    let status = |status: u16, body: &str| Fault::HttpStatus { status, body: body.to_owned() };
    for (fault, expected) in [
        (status(422, "expanding series: context deadline exceeded"), "no fault of the selector"),
        (status(503, "query timed out in expression evaluation"), "no fault of the selector"),
        (status(400, "parse error: unexpected character"), "correct `selector`"),
        (status(401, "no org id"), "credentials in url"),
        (status(403, ""), "credentials in url"),
        (status(404, "page not found"), "without /api/v1"),
        (status(429, "slow down"), "limits requests"),
        (status(502, "bad gateway"), "log of the server"),
        (Fault::Malformed { cause: "HTML, not the answer: <html>".into() }, "login"),
        (Fault::Malformed { cause: "the server answered with a matrix".into() }, "/api/v1"),
        (
            Fault::InvalidValue { field: "snark_fee".into(), value: "a count is not whole".into() },
            "series",
        ),
        (Fault::NotScraped { cause: "picks no target".into() }, "Targets"),
        (Fault::Unreachable { cause: "refused".into() }, "start the server"),
        (Fault::TimedOut { limit: Duration::from_secs(30) }, "load of the server"),
    ] {
        let told = advice(Check::Metrics, |found| {
            let examined = &mut found.daemons[0];
            examined.daemon.metrics = Some(MetricsSource::Prometheus {
                url: "http://127.0.0.1:9090/".parse().unwrap(),
                selector: "instance=\"mina-1:10000\"".to_owned(),
            });
            examined.scrape = Some(Err(fault.clone()));
        });
        assert!(told.contains(expected), "{fault}: {told}");
        let starts = told.contains("start the server");
        assert_eq!(starts, expected == "start the server", "{fault}: {told}");
    }
}
