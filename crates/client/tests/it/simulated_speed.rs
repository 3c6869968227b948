//! The header by which a simulated daemon says that its time passes at another speed.

use serde_json::json;
use snarkfee_clock::Clock;
use snarkfee_core::port::DaemonPort;
use snarkfee_lab::daemon_sim::DaemonSimOptions;

use crate::{
    server::{client, client_by, daemon, operation, synced},
    simulated::{serve, start, world},
};

#[tokio::test]
async fn an_accelerated_daemon_says_its_speed_and_one_of_real_time_says_nothing() {
    for (speed, shown) in [(240.0, Some(240.0)), (1.0, None)] {
        let clock = Clock::accelerated(start(), speed);
        let (_served, address) = serve(&world(1), clock, DaemonSimOptions::default()).await;
        let status = client_by(&address, Clock::system()).status().await.expect("a status");
        assert_eq!(status.simulated_speed, shown);
    }
}

#[tokio::test]
async fn only_a_finite_speed_above_zero_is_one() {
    for (header, shown) in [
        ("2.5", Some(2.5)),
        ("0", None),
        ("-1", None),
        ("inf", None),
        ("NaN", None),
        ("fast", None),
    ] {
        let mut server = daemon().await;
        operation(&mut server, "StatusMetrics")
            .with_header("snarkfee-simulated-speed", header)
            .with_body(json!({"data": synced()}).to_string())
            .create_async()
            .await;
        let status = client(&server.url()).status().await.expect("a status");
        assert_eq!(status.simulated_speed, shown, "{header}");
    }
}
