//! Where policies are tried: simulated markets, a simulated daemon over HTTP, recorded data.

pub mod backtest;
pub mod daemon_sim;
pub mod market_sim;
mod parallel;
pub mod policy_run;
pub mod precomputed;
pub mod report;
pub mod tournament;
