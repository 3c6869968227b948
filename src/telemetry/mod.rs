//! What people and machines see of a [`snarkfee_core::record::Record`]: metrics, log, JSON
//! documents, explanations, and the board that the page reads.
//!
//! Invariants: everything here follows from records alone and is owned by its creator; there are no
//! globals. Label values come from closed codes, never from a daemon's text. Money becomes a float
//! only here.
//!
//! Not here: HTTP (`web`), and what led to a record (`controller`).

mod cost;
mod document;
mod explanation;
mod headline;
mod liveness;
mod log;
mod log_queue;
mod logging;
mod metrics;
mod money_document;
mod outlook;
mod sales;
mod seller_document;
mod settings_document;
mod status_board;
mod waiting;

pub use liveness::Liveness;
pub use metrics::{Exposition, Metrics};
pub use status_board::StatusBoard;

pub(crate) use cost::CostDocument;
pub(crate) use document::{DecisionsDocument, MarketDocument, StatusDocument};
pub(crate) use explanation::{
    Explanation, ForecastArithmetic, ForecastFee, MovingCost, SelectionOutlook,
};
pub(crate) use headline::headline;
pub(crate) use log::{describe_action, log_record};
pub(crate) use log_queue::LogQueue;
pub(crate) use logging::{LogFormat, init_logging};
pub(crate) use money_document::{TallyDocument, signed_mina, whole};
pub(crate) use sales::FeeSales;
pub(crate) use seller_document::SellerDocument;
pub(crate) use status_board::DaemonOverview;
