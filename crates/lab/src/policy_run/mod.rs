//! One policy on the daemon of one market: the whole control loop, or a script.
//!
//! Not here: the markets themselves (`market_sim`, `backtest`) and policies compared with each
//! other (`tournament`).

mod controlled;
mod history;
mod market;
mod port;
mod profits;
mod run;
mod script;
mod spec;

pub use history::RunHistory;
pub(crate) use market::DEFAULT_FEE;
pub use market::{Market, WorkerTotals};
pub use port::MarketPort;
pub(crate) use profits::{RegimeProfits, sum_profits};
pub(crate) use run::{PolicyRun, RunSummary};
pub use spec::{PolicyCount, PolicySpec, UnknownPolicyError};
