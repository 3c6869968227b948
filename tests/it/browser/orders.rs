//! Pause and resume from the page, and a fleet, in a browser.

use super::{
    chromium::{Appearance, Chromium},
    demo_service::{DemoService, TOKEN},
};
use crate::web::fleet::open_fleet;

/// Sends the order that the page offers with a token, and hands over what the page answers.
fn order_with(token: &str) -> String {
    format!(
        "const done = arguments[0], form = document.querySelector('#orders form');
         document.querySelector('#orders').open = true;
         form.elements.token.value = '{token}';
         const answer = form.querySelector('.answer');
         new MutationObserver(() => answer.textContent.startsWith('Sending') || done(answer.textContent))
             .observe(answer, {{childList: true, characterData: true, subtree: true}});
         form.requestSubmit(form.querySelector('button'));"
    )
}

/// What a page could have kept of a token.
const KEPT: &str = "return [location.href, document.cookie, JSON.stringify(localStorage), \
                    JSON.stringify(sessionStorage), document.querySelector('#orders input').value];";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_pauses_and_resumes_with_the_token_alone() {
    let Some(chromium) = Chromium::start().await else { return };
    let service = DemoService::open("scarce", "live").await;
    service.wait_for_status("a look", |status| !status["last_decision"].is_null()).await;
    chromium.set(Appearance::ALL[0]).await;
    chromium.open(&service.url()).await;
    let refused = chromium.wait_for(&order_with("not-the-token-of-it")).await;
    assert_eq!(refused, "the admin token is missing or wrong");
    assert_eq!(service.status().await["paused"], false);
    chromium.complaints().await;

    let taken = chromium.wait_for(&order_with(TOKEN)).await;
    assert!(taken.as_str().unwrap().starts_with("Paused."), "{taken}");
    service.wait_for_status("the pause", |status| status["paused"] == true).await;
    let kept = chromium.run(KEPT).await;
    assert!(!kept.to_string().contains(TOKEN), "{kept}");

    chromium.open(&service.url()).await;
    let taken = chromium.wait_for(&order_with(TOKEN)).await;
    assert!(taken.as_str().unwrap().starts_with("Resumed."), "{taken}");
    service.wait_for_status("the end of the pause", |status| status["paused"] == false).await;
    assert!(chromium.complaints().await.is_empty());
    service.end().await;
}

#[tokio::test]
async fn a_fleet_fits_every_appearance_and_is_filtered_by_typing() {
    let Some(chromium) = Chromium::start().await else { return };
    let site = open_fleet().await;
    for appearance in Appearance::ALL {
        let name = format!("fleet-{}", appearance.name());
        chromium.set(appearance).await;
        chromium.open(&site.url("/")).await;
        let wider =
            "return document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth;";
        assert_eq!(chromium.run(wider).await, 0, "{name}");
        chromium.picture(&name).await;
        if let Some(barriers) = chromium.barriers().await {
            assert!(barriers.is_empty(), "{name}: {}", barriers.join("\n"));
        }
        let complaints = chromium.complaints().await;
        assert!(complaints.is_empty(), "{name}: {complaints:?}");
    }
    let filtered = "const find = document.querySelector('#find input'); find.value = 'w1'; \
        find.dispatchEvent(new InputEvent('input', {bubbles: true})); \
        return [...document.querySelectorAll('#daemons tbody tr')].filter(row => !row.hidden).length;";
    assert_eq!(chromium.run(filtered).await, 4, "w1, w10, w11, w12");
}
