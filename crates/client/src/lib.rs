//! What the service reads from outside: daemons, their metrics, a Prometheus server, price feeds.

pub mod daemon;
pub mod price;
