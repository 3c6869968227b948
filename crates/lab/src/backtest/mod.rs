//! Policies on recorded data: what they would have decided and earned on real blocks or on the
//! service's own journal, whether the code still reproduces the journal's decisions, and which
//! settings earn most.
//!
//! Invariants: a policy sees no block before its time. Every policy has a state and a daemon of its
//! own, which the recorded worker does not affect. Results depend on data and settings alone, not on
//! the number of threads.
//!
//! Assumptions (`docs/tuning.md` explains them): others would have asked the same fees. A work that
//! another prover sold for C would have been ours at a fee below C; ties are lost. A work is
//! assigned before it is known what others will ask for it.
//!
//! Not here: the policies' runs and their scores (`policy_run`), files and formats (`precomputed`,
//! `journal`).

mod blocks;
mod journal;
mod recorded;
mod replay;
mod report;
mod settings;
mod tune;

pub use blocks::backtest_blocks;
pub use journal::backtest_journal;
pub use replay::{Difference, Replay, replay_decisions};
pub use report::{BacktestReport, BacktestRow, DataStretch};
pub use settings::BacktestSettings;
pub use tune::{Comparison, Execution, SettingFinding, TuningData, TuningReport, tune};
