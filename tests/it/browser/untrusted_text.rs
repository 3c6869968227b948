//! Markup in every string that a daemon can send, in a browser that would run it.

use snarkfee::web::ServerLimits;

use super::chromium::Chromium;
use crate::web::{
    test_server::TestServer,
    untrusted_text::{MARKUP, records_with_text},
};

/// What a browser made of a page: its elements in order, and whether anything ran.
const BUILT: &str = "return {
    elements: [...document.querySelectorAll('*')].map(element => element.tagName + [...element.attributes].map(a => a.name).sort()),
    scripts: [...document.scripts].map(script => script.getAttribute('src')),
    ran: window.ran ?? null,
    base: document.baseURI,
};";

#[tokio::test]
async fn markup_from_a_daemon_builds_nothing_and_runs_nothing() {
    let Some(chromium) = Chromium::start().await else { return };
    let mut plain = Vec::new();
    for record in records_with_text("plain words") {
        let site = TestServer::open(&["main"], false, ServerLimits::default()).await;
        site.publish(record);
        chromium.open(&site.url("/")).await;
        plain.push(chromium.run(BUILT).await["elements"].clone());
    }
    for mark in MARKUP {
        let mark = mark.replace("alert(1)", "window.ran=1");
        for (record, plain) in records_with_text(&mark).into_iter().zip(&plain) {
            let site = TestServer::open(&["main"], false, ServerLimits::default()).await;
            site.publish(record);
            chromium.requests().await;
            chromium.open(&site.url("/")).await;
            let built = chromium.run(BUILT).await;
            assert_eq!(&built["elements"], plain, "{mark}");
            assert_eq!(built["scripts"], serde_json::json!(["/app.js"]), "{mark}");
            assert!(built["ran"].is_null() && built["base"] == site.url("/"), "{mark}: {built}");
            let requests = chromium.requests().await;
            assert!(
                requests.iter().all(|url| url.starts_with(&site.url("/"))),
                "{mark}: {requests:?}"
            );
            let complaints = chromium.complaints().await;
            assert!(complaints.is_empty(), "{mark}: {complaints:?}");
        }
    }
}

/// The policy is what holds where escaping would fail: in the page's own origin nothing inline runs
/// and nothing foreign loads.
#[tokio::test]
async fn the_policy_stops_what_would_have_been_smuggled_in() {
    let Some(chromium) = Chromium::start().await else { return };
    let site = TestServer::earning().await;
    chromium.open(&site.url("/")).await;
    let smuggle = "const done = arguments[0], broken = []; \
        document.addEventListener('securitypolicyviolation', event => { broken.push(event.effectiveDirective); \
            if (broken.length === 4) done({broken: broken.sort(), ran: window.ran ?? null}); }); \
        const add = (tag, set) => { const element = document.createElement(tag); set(element); document.body.append(element); }; \
        add('script', script => script.textContent = 'window.ran = 1'); \
        add('script', script => script.src = 'http://127.0.0.1:9/x.js'); \
        add('img', image => image.src = 'http://127.0.0.1:9/x.png'); \
        add('iframe', frame => frame.src = 'http://127.0.0.1:9/');";
    let stopped = chromium.wait_for(smuggle).await;
    assert_eq!(
        stopped["broken"],
        serde_json::json!(["frame-src", "img-src", "script-src-elem", "script-src-elem"])
    );
    assert!(stopped["ran"].is_null(), "{stopped}");
}
