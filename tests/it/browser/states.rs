//! Four states of the page in every appearance: complete, without errors, accessible, without foreign
//! requests, and in agreement with the API.

use serde_json::Value;

use super::{
    chromium::{Appearance, Chromium},
    demo_service::DemoService,
};
use crate::prometheus::server::until;

/// What a page shows, read in one go.
const READ: &str = "
    const text = selector => document.querySelector(selector)?.innerText ?? null;
    return {
        values: [...document.querySelectorAll('main data')].map(data => Number(data.value)),
        headline: text('.headline'),
        lamp: text('h2 .lamp'),
        banners: [...document.querySelectorAll('main .banner')].map(banner => banner.innerText),
        charts: document.querySelectorAll('figure svg').length,
        empty: [...document.querySelectorAll('figure .empty')].map(empty => empty.innerText),
        rows: document.querySelectorAll('.log tbody tr').length,
        wider: [...document.querySelectorAll('body *')].filter(element => !element.closest('.scroll, .hidden, .skip, svg')
            && element.getBoundingClientRect().right > document.scrollingElement.clientWidth + 1).map(element => element.outerHTML.slice(0, 120)),
        width: document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth,
        small: [...document.querySelectorAll('main a')].filter(link => link.getBoundingClientRect().height < 24)
            .map(link => link.outerHTML.slice(0, 120)),
    };";

/// A state of the daemon.
struct ExpectedPage {
    name: &'static str,
    lamp: &'static str,
    /// What must be in the headline and in a banner.
    headline: &'static str,
    banner: Option<&'static str>,
}

/// Opens the page in every appearance and compares it with the status.
async fn assert_page_matches(chromium: &Chromium, service: &DemoService, state: &ExpectedPage) {
    for appearance in Appearance::ALL {
        let name = format!("{}-{}", state.name, appearance.name());
        chromium.set(appearance).await;
        // The page that is open may be of another service, and refreshes itself.
        chromium.open("about:blank").await;
        chromium.requests().await;
        chromium.complaints().await;
        // The market goes on: page and status are held against each other where no look came
        // between them.
        let (status, page) = until("a page and a status of the same look", async || {
            let before = service.status().await;
            chromium.open(&service.url()).await;
            let page = chromium.run(READ).await;
            let after = service.status().await;
            (before["last_decision"] == after["last_decision"]).then_some((after, page))
        })
        .await;
        assert_same_numbers(&name, &status, &page);
        assert_eq!(page["lamp"], state.lamp, "{name}");
        assert!(page["headline"].as_str().unwrap().contains(state.headline), "{name}: {page}");
        let banners = page["banners"].as_array().unwrap();
        match state.banner {
            Some(banner) => {
                assert!(
                    banners.iter().any(|shown| shown.as_str().unwrap().contains(banner)),
                    "{name}: {page}"
                )
            }
            None => assert!(banners.is_empty(), "{name}: {page}"),
        }
        assert!(page["rows"].as_u64().unwrap() >= 1, "{name}: {page}");
        assert_eq!(page["wider"], Value::Array(Vec::new()), "{name}: nothing sticks out");
        assert_eq!(page["width"], 0, "{name}: nothing is to be scrolled sideways");
        assert_eq!(page["small"], Value::Array(Vec::new()), "{name}: links can be hit by a finger");
        chromium.picture(&name).await;
        let origin = service.url();
        let requests = chromium.requests().await;
        let foreign: Vec<_> = requests.iter().filter(|url| !url.starts_with(&origin)).collect();
        assert!(foreign.is_empty() && !requests.is_empty(), "{name}: {foreign:?}");
        if let Some(barriers) = chromium.barriers().await {
            assert!(barriers.is_empty(), "{name}: {}", barriers.join("\n"));
        }
        let complaints = chromium.complaints().await;
        assert!(complaints.is_empty(), "{name}: {complaints:?}");
    }
}

fn assert_same_numbers(name: &str, status: &Value, page: &Value) {
    let shown: Vec<f64> =
        page["values"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
    for key in [
        "fee_mina",
        "target_fee_mina",
        "expected_profit_mina_per_hour",
        "sale_probability",
        "cost_per_work_mina",
        "earned_mina",
    ] {
        let Some(value) = status[key].as_f64() else { continue };
        assert!(
            shown.iter().any(|shown| (shown - value).abs() <= value.abs() * 1e-12),
            "{name}: {key} {value} among {shown:?}"
        );
    }
    let headline = status["explanation"]["headline"].as_str();
    assert!(
        headline.is_none_or(|headline| page["headline"] == headline),
        "{name}: {headline:?} {}",
        page["headline"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_what_the_api_says_in_every_state_and_appearance() {
    let Some(chromium) = Chromium::start().await else { return };
    let service = DemoService::open("scarce", "live").await;
    service
        .wait_for_status("sales", |status| {
            status["worker_enabled"] == true && status["earned_mina"].as_f64() > Some(0.1)
        })
        .await;
    let earning = ExpectedPage { name: "earning", lamp: "on", headline: "on since", banner: None };
    assert_page_matches(&chromium, &service, &earning).await;

    service.pause().await;
    service.wait_for_status("the pause", |status| status["paused"] == true).await;
    let paused =
        ExpectedPage { name: "paused", lamp: "paused", headline: "paused", banner: Some("PAUSED") };
    assert_page_matches(&chromium, &service, &paused).await;
    service.end().await;

    let service = DemoService::open("surplus", "live").await;
    service.wait_for_status("the end of work", |status| status["worker_enabled"] == false).await;
    let off = ExpectedPage { name: "off", lamp: "off", headline: "off since", banner: None };
    assert_page_matches(&chromium, &service, &off).await;

    // The page keeps itself current without losing what is read, and says so when it cannot.
    chromium.open(&service.url()).await;
    let renewed = "const done = arguments[0], before = document.querySelector('#state time').dateTime; window.kept = 1; \
                   new MutationObserver((_, observer) => { if (document.querySelector('#state time').dateTime !== before) \
                   { observer.disconnect(); done(window.kept); } }).observe(document.body, {childList: true, subtree: true});";
    assert_eq!(chromium.wait_for(renewed).await, 1);

    service.server.faults().set_down(true);
    service.wait_for_status("silence", |status| status["breaker"] == "open").await;
    let down = ExpectedPage {
        name: "down",
        lamp: "in trouble",
        headline: "not reachable",
        banner: Some("BREAKER OPEN"),
    };
    assert_page_matches(&chromium, &service, &down).await;

    let stale = "const done = arguments[0], banner = document.getElementById('stale'); const check = () => \
                 banner.hidden || done(banner.innerText); new MutationObserver(check).observe(banner, {attributes: true}); check();";
    chromium.open(&service.url()).await;
    service.end().await;
    assert!(
        chromium.wait_for(stale).await.as_str().unwrap().to_lowercase().contains("not current")
    );
    chromium.picture("gone").await;

    let service = DemoService::open("regime-switch", "dry-run").await;
    service.wait_for_status("a decision", |status| !status["last_decision"].is_null()).await;
    chromium.set(Appearance::ALL[0]).await;
    chromium.open(&service.url()).await;
    let page = chromium.run(READ).await;
    assert!(page["banners"].to_string().contains("DRY RUN"), "{page}");
    chromium.picture("dry-run").await;
    service.end().await;
}
