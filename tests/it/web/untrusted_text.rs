//! Markup in every string that a daemon can send changes nothing.

use snarkfee::web::ServerLimits;
use snarkfee_core::{
    fault::Fault,
    market::SyncState,
    policy::{Action, Reason},
    record::{Outcome, Record},
};

use super::test_server::{TestServer, record};

pub(crate) const MARKUP: [&str; 5] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "]]></svg><!--",
    "&lt;b&gt;\u{202e}</title><base href=//evil>",
];

pub(crate) fn records_with_text(mark: &str) -> Vec<Record> {
    let fault = |message: &str| Fault::Refused { message: message.to_owned() };
    let mut strings = record();
    strings.era = Some(mark.to_owned());
    {
        let status = strings.look.status.as_mut().unwrap();
        status.commit = mark.to_owned();
        status.state_hash = Some(mark.to_owned());
        status.sync = SyncState::Other(mark.to_owned());
    }
    strings.market.as_mut().unwrap().method = mark.to_owned();
    strings.look.chain = Some(Err(Fault::Malformed { cause: mark.to_owned() }));
    strings.look.book =
        Some(Err(Fault::InvalidValue { field: mark.to_owned(), value: mark.to_owned() }));
    strings.look.metrics = Some(Err(Fault::HttpStatus { status: 500, body: mark.to_owned() }));
    strings.look.account = Some(Err(Fault::Unsupported { missing: mark.to_owned() }));
    strings.decision.reason = Reason::Unsynced { state: SyncState::Other(mark.to_owned()) };
    strings.outcome = Outcome::Rejected { fault: fault(mark), reached: None };

    let mut silent = strings.clone();
    silent.look.status = Err(fault(mark));
    silent.decision.action = Action::Hold;
    silent.decision.reason = Reason::StatusFault { fault: fault(mark) };
    silent.outcome = Outcome::Unknown { fault: Fault::Truncated { cause: mark.to_owned() } };
    vec![strings, silent]
}

/// Tags and attributes of a page, its text left out.
fn skeleton(page: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    for piece in page.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').expect("every tag closes");
        // Numbers differ by time and text by what is said; the name tells what a browser would
        // build.
        tags.push(tag.split([' ', '\n']).next().unwrap_or_default());
    }
    tags
}

#[tokio::test]
async fn a_page_built_from_markup_has_the_same_tags_as_one_built_from_words() {
    let mut plain = Vec::new();
    for record in records_with_text("plain words") {
        let site = TestServer::open(&["main"], false, ServerLimits::default()).await;
        site.publish(record);
        plain.push(site.get("/").await.text().await.unwrap());
    }
    for mark in MARKUP {
        for (record, plain) in records_with_text(mark).into_iter().zip(&plain) {
            let site = TestServer::open(&["main"], false, ServerLimits::default()).await;
            site.publish(record);
            let page = site.get("/").await.text().await.unwrap();
            assert_eq!(skeleton(&page), skeleton(plain), "{mark}");
            // An apostrophe is harmless: the template writes every attribute in double quotes.
            assert!(!mark.contains(['<', '"']) || !page.contains(mark), "{mark}");

            for path in ["status", "decisions", "market", "sellers"] {
                let path = format!("/api/v1/{path}");
                let response = site.get(&path).await;
                assert_eq!(response.headers()["content-type"], "application/json");
                assert_eq!(response.headers()["x-content-type-options"], "nosniff");
                let text = response.text().await.unwrap();
                assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{path}");
            }
            let metrics = site.get("/metrics").await.text().await.unwrap();
            assert!(
                !metrics.contains("alert") && !metrics.contains("evil"),
                "no label comes from a daemon's text"
            );
        }
    }
}

#[tokio::test]
async fn long_text_is_cut() {
    let site = TestServer::open(&["main"], false, ServerLimits::default()).await;
    let long = "x".repeat(1_000_000);
    for record in records_with_text(&long) {
        site.publish(record);
    }
    for path in ["/", "/api/v1/status", "/api/v1/decisions"] {
        let text = site.get(path).await.text().await.unwrap();
        assert!(text.len() < 200_000, "{path} has {} bytes", text.len());
    }
}
