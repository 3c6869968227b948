//! Which replica works which daemon.

use std::time::Duration;

use snarkfee_core::{
    fault::JournalClass,
    fixtures::time,
    leases::{FleetLeases, SEND_SHARE, Tenancy},
    ledger::{Ledger, OrderId},
};
use snarkfee_journal::SharedJournal;

use crate::{
    entries::{LEASE, Uptime, claims, config, daemon, entry, intent, names, record, replica},
    postgres_server::PostgresServer,
};

const ROUND: Duration = Duration::from_secs(10);

/// Several rounds, until nothing moves any more; what each then holds.
async fn settle<const N: usize>(replicas: [&SharedJournal; N], fleet: &[&str]) -> [Tenancy; N] {
    let mut held = replicas.map(|_| Tenancy::default());
    for _ in 0..4 {
        for (replica, held) in replicas.iter().zip(&mut held) {
            *held = replica.renew(&claims(fleet)).await.unwrap();
            replica.release(&held.surplus, false).await.unwrap();
        }
    }
    held
}

#[tokio::test]
async fn replicas_share_the_fleet_and_a_new_one_takes_its_part() {
    let Some(server) = PostgresServer::start() else { return };
    let uptime = Uptime::default();
    let fleet = ["a", "b", "c", "d", "e", "f"];
    let one = replica(&server.url(), "one", &uptime).await;
    let [alone] = settle([&one], &fleet).await;
    assert_eq!(names(&alone.held), fleet);
    let two = replica(&server.url(), "two", &uptime).await;
    let three = replica(&server.url(), "three", &uptime).await;
    let [first, second, third] = settle([&one, &two, &three], &fleet).await;
    assert_eq!([&first, &second, &third].map(|part| part.held.len()), [2, 2, 2]);
    let all = &(&first.held | &second.held) | &third.held;
    assert_eq!(names(&all), fleet, "each is worked by one");
    assert_eq!(first.transitions, 6 + 4);
}

#[tokio::test]
async fn a_daemon_is_worked_from_its_site() {
    let Some(server) = PostgresServer::start() else { return };
    let uptime = Uptime::default();
    let site = |host: &str, site: &str| {
        SharedJournal::open(config(&server.url(), host, site, &uptime), time(0))
    };
    let (fra, ams) = (site("one", "fra").await.unwrap(), site("two", "ams").await.unwrap());
    let mut fleet = claims(&["a", "b", "c", "d"]);
    for claim in &mut fleet {
        "ams".clone_into(&mut claim.site);
    }
    assert_eq!(fra.renew(&fleet).await.unwrap().held.len(), 4, "nobody is at their site");
    ams.renew(&fleet).await.unwrap();
    let surplus = fra.renew(&fleet).await.unwrap().surplus;
    assert_eq!(surplus.len(), 4);
    fra.release(&surplus, false).await.unwrap();
    assert_eq!(ams.renew(&fleet).await.unwrap().held.len(), 4);
}

#[tokio::test]
async fn nothing_is_written_or_sent_by_a_replica_whose_lease_ended() {
    let Some(server) = PostgresServer::start() else { return };
    let (stopped, running) = (Uptime::default(), Uptime::default());
    let (main, fleet) = (daemon("main"), claims(&["main"]));
    let one = replica(&server.url(), "one", &stopped).await;
    one.renew(&fleet).await.unwrap();
    one.load_orders(&main, OrderId::default()).await.unwrap();
    // So little is left that a mutation might outlast it.
    stopped.pass(LEASE - LEASE / SEND_SHARE);
    let fault = one.load_orders(&main, OrderId::default()).await.unwrap_err();
    assert_eq!(fault.class, JournalClass::NotHeld);
    one.record_look(entry(record(time(0)))).await.unwrap();
    stopped.pass(LEASE);
    let faults = [
        one.record_look(entry(record(time(60)))).await.unwrap_err(),
        one.record_intent(intent(time(60))).await.unwrap_err(),
        one.restore(&main).await.unwrap_err(),
    ];
    assert_eq!(faults.map(|fault| fault.class), [JournalClass::NotHeld; 3]);
    let two = replica(&server.url(), "two", &running).await;
    assert_eq!(names(&two.renew(&fleet).await.unwrap().held), [""; 0]);
}

/// A replica that believes that its lease lasts, by a clock that stands still, is stopped by the
/// store itself.
#[tokio::test]
async fn a_lease_that_another_took_lets_nothing_be_written() {
    let Some(server) = PostgresServer::start() else { return };
    let (standing, running) = (Uptime::default(), Uptime::default());
    let fleet = claims(&["main"]);
    let one = replica(&server.url(), "one", &standing).await;
    one.renew(&fleet).await.unwrap();
    server.sql("UPDATE leases SET expires_at = now() - INTERVAL '1 second'; DELETE FROM replicas");
    let two = replica(&server.url(), "two", &running).await;
    for _ in 0..LEASE.as_secs() / ROUND.as_secs() {
        assert!(two.renew(&fleet).await.unwrap().held.is_empty(), "it may be renewed yet");
        running.pass(ROUND);
    }
    assert_eq!(names(&two.renew(&fleet).await.unwrap().held), ["main"]);
    for fault in [
        one.record_intent(intent(time(60))).await.unwrap_err(),
        one.record_look(entry(record(time(60)))).await.unwrap_err(),
    ] {
        assert_eq!(fault.class, JournalClass::NotHeld, "{fault}");
    }
    two.record_intent(intent(time(60))).await.unwrap();
    assert!(one.renew(&fleet).await.unwrap().held.is_empty());
}

/// The clock of the server says that a lease ended, or a standby knows nothing of its last renewal:
/// whoever wants it waits for a whole lease by its own clock, from the last broken session on.
#[tokio::test]
async fn neither_a_servers_clock_nor_a_standby_hands_out_a_lease_too_early() {
    let Some(mut server) = PostgresServer::start() else { return };
    let uptime = Uptime::default();
    let fleet = claims(&["main"]);
    let one = replica(&server.url(), "one", &uptime).await;
    let two = replica(&server.url(), "two", &uptime).await;
    one.renew(&fleet).await.unwrap();
    let jump = "UPDATE leases SET expires_at = now() - INTERVAL '1 hour';
                DELETE FROM replicas WHERE name LIKE 'one%'";
    for _ in 0..8 {
        server.sql(jump);
        assert!(two.renew(&fleet).await.unwrap().held.is_empty());
        uptime.pass(ROUND);
    }
    server.kill();
    two.renew(&fleet).await.unwrap_err();
    server.run();
    for _ in 0..9 {
        server.sql(jump);
        assert!(two.renew(&fleet).await.unwrap().held.is_empty());
        uptime.pass(ROUND);
    }
    server.sql(jump);
    assert_eq!(names(&two.renew(&fleet).await.unwrap().held), ["main"]);
}

/// A server that was restarted between two rounds, whose end no request saw, may be a standby: what
/// was seen before it counts no more.
#[tokio::test]
async fn a_session_that_was_replaced_unnoticed_hands_out_nothing_too_early() {
    let Some(mut server) = PostgresServer::start() else { return };
    let uptime = Uptime::default();
    let fleet = claims(&["main"]);
    let one = replica(&server.url(), "one", &uptime).await;
    let two = replica(&server.url(), "two", &uptime).await;
    one.renew(&fleet).await.unwrap();
    let expire = "UPDATE leases SET expires_at = now() - INTERVAL '1 hour';
                  DELETE FROM replicas WHERE name LIKE 'one%'";
    for _ in 0..9 {
        server.sql(expire);
        assert!(two.renew(&fleet).await.unwrap().held.is_empty());
        uptime.pass(ROUND);
    }
    server.kill();
    server.run();
    for _ in 0..9 {
        server.sql(expire);
        assert!(two.renew(&fleet).await.unwrap().held.is_empty());
        uptime.pass(ROUND);
    }
    server.sql(expire);
    assert_eq!(names(&two.renew(&fleet).await.unwrap().held), ["main"]);
}
