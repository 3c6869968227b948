//! Page and API after a restart: what the journal keeps.

use std::{path::Path, sync::Arc, time::Duration};

use jiff::ToSpan;
use snarkfee_core::{
    ledger::{DecisionInputs, Ledger, LookEntry, LookPurpose, OrderId, PersistedState},
    policy::{Action, BlockProduction, Params, Pricing, Reason, Safety, Worker},
    record::{Outcome, Record},
};
use snarkfee_journal::Journal;

use super::test_server::{TestServer, record};

/// A journal with three hours of looks, one a minute, of which every 30th changed something.
async fn keep_looks(folder: &Path) -> Vec<Record> {
    let last = record();
    let journal = Journal::open(folder, Duration::from_secs(30 * 24 * 3_600), last.at).unwrap();
    let mut looks = Vec::new();
    for minute in (0_i64..180).rev() {
        let mut look =
            Record { at: last.at.checked_sub(minute.minutes()).unwrap(), ..last.clone() };
        look.sequence = (180 - minute).unsigned_abs();
        if minute % 30 != 0 {
            look.decision.action = Action::Hold;
            look.decision.reason = Reason::AtTarget;
            look.outcome = Outcome::Held;
        }
        let entry = LookEntry {
            record: Arc::new(look.clone()),
            inputs: DecisionInputs {
                decided: look.at,
                settled: look.at,
                cost: Ok(look.cost.unwrap()),
                idle_hour: snarkfee_core::units::Nanomina::ZERO,
                works_per_hour: None,
                mina_price: None,
                purpose: LookPurpose::Control,
            },
            params: Params {
                pricing: Pricing::default(),
                worker: Worker::default(),
                block_production: BlockProduction::default(),
                safety: Safety::default(),
            },
            state: PersistedState::default(),
            snapshot: None,
            orders_seen: OrderId::default(),
            ended: Vec::new(),
        };
        journal.record_look(entry).await.unwrap();
        looks.push(look);
    }
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
    looks
}

/// A page's charts, by the number of their points, and the lines of its log.
fn count(page: &str) -> (usize, usize) {
    (page.matches("<svg").count(), page.matches("<td class=\"time\">").count())
}

#[tokio::test]
async fn a_restart_changes_nothing_of_charts_and_decisions() {
    let folder = tempfile::tempdir().unwrap();
    let looks = keep_looks(folder.path()).await;
    // One that has run all along, and one that was just started.
    let old = TestServer::with_archive(&["main"], None).await;
    let new = TestServer::with_archive(&["main"], Some(folder.path())).await;
    looks.iter().for_each(|look| old.publish(look.clone()));
    new.publish(looks.last().unwrap().clone());
    for query in ["", "&action=all", "&range=hour", "&range=month&action=hold", "&action=set_fee"] {
        let path = format!("/?daemon=main{query}");
        let (before, after) = (
            old.get(&path).await.text().await.unwrap(),
            new.get(&path).await.text().await.unwrap(),
        );
        assert_eq!(count(&before), count(&after), "{path}");
        let log = |page: &str| page.split("<tbody>").last().map(str::len);
        assert_eq!(log(&before), log(&after), "{path}");
    }
    let page = new.get("/?daemon=main&action=all").await.text().await.unwrap();
    assert!(page.contains("29 times since"), "holds that repeat are one line");
    let api = "/api/v1/decisions?daemon=main&limit=1000";
    assert_eq!(old.json(api).await, new.json(api).await);
    assert_eq!(
        old.json("/api/v1/decisions?action=changes").await["decisions"].as_array().unwrap().len(),
        6
    );
    assert_eq!(
        old.json("/api/v1/decisions?action=changes").await,
        new.json("/api/v1/decisions?action=changes").await
    );
}

#[tokio::test]
async fn a_journal_that_cannot_be_read_is_said_and_the_present_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let site = TestServer::with_archive(&["main"], Some(folder.path())).await;
    site.publish(record());
    let page = site.get("/").await.text().await.unwrap();
    assert!(page.contains("The journal could not be read"), "{}", page.len());
    assert!(page.contains("the best fee"), "the last decision is in memory");
}
