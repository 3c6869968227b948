//! The table of a fleet.

use snarkfee_core::{
    fault::Fault,
    record::{Record, Role},
};

use super::test_server::{TestServer, name, record};
use snarkfee::web::ServerLimits;

/// The record of a daemon that cannot be read.
fn unread(daemon: &str) -> Record {
    let mut record = Record { daemon: name(daemon), ..record() };
    record.look.status = Err(Fault::Unreachable { cause: "refused".into() });
    record
}

/// Twelve workers, `w3` in trouble; `w5` is a coordinator.
pub(crate) async fn open_fleet() -> TestServer {
    let names: Vec<String> = (1..=12).map(|number| format!("w{number}")).collect();
    let daemons: Vec<&str> = names.iter().map(String::as_str).collect();
    let site = TestServer::open(&daemons, false, ServerLimits::default()).await;
    for daemon in daemons {
        let mut record = Record { daemon: name(daemon), ..record() };
        if daemon == "w5" {
            record.role = Role::Coordinator;
            record.look.status.as_mut().unwrap().worker = None;
        }
        site.publish(if daemon == "w3" { unread(daemon) } else { record });
    }
    site
}

/// The daemons that a page lists, in its order.
fn listed(page: &str) -> Vec<&str> {
    let links = page.split("<th scope=\"row\"><a href=\"/?daemon=").skip(1);
    links.map(|rest| rest.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn trouble_comes_first_then_names_in_the_order_of_their_numbers() {
    let site = open_fleet().await;
    let page = site.get("/").await.text().await.unwrap();
    let order = ["w3", "w1", "w2", "w4", "w6", "w7", "w8", "w9", "w10", "w11", "w12", "w5"];
    assert_eq!(listed(&page), order);
    assert!(page.contains("1 in trouble, 10 on, 1 coordinating"), "in words");
    assert!(page.contains("<title>") && page.contains("1 of 12 in trouble"));
    assert!(page.contains("All 12"), "totals");
    let page = site.get("/?sort=name").await.text().await.unwrap();
    assert_eq!(listed(&page)[..3], ["w1", "w2", "w3"]);
    assert!(page.contains("aria-sort=\"ascending\""));
    let page = site.get("/?show=trouble").await.text().await.unwrap();
    assert_eq!(listed(&page), ["w3"]);
    for order in ["fee", "expected", "today", "month", "total", "age"] {
        let page = site.get(&format!("/?sort={order}")).await.text().await.unwrap();
        assert_eq!(listed(&page).len(), 12, "{order}");
    }
    let one = site.get("/?daemon=w5").await.text().await.unwrap();
    assert!(one.contains("coordinating") && one.contains("All 12 daemons"));
}

#[tokio::test]
async fn a_thousand_daemons_are_one_page_of_bounded_size() {
    let names: Vec<String> = (0..1_000).map(|number| format!("worker-{number}")).collect();
    let daemons: Vec<&str> = names.iter().map(String::as_str).collect();
    let site = TestServer::open(&daemons, false, ServerLimits::default()).await;
    for daemon in &daemons {
        site.publish(Record { daemon: name(daemon), ..record() });
    }
    let page = site.get("/").await.text().await.unwrap();
    assert_eq!(listed(&page).len(), 1_000);
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
}
