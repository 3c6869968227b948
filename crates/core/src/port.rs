//! The port through which the controller sees a daemon: the live client and the in-process
//! simulation implement it.

use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    market::{DaemonStatus, KeptBook, Look, MarketRequest},
    policy::PermittedMutation,
    units::{Nanomina, PublicKey},
};

/// What a look should fetch beyond the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookPlan {
    /// How many of the newest blocks to ask for.
    pub blocks: u32,
    /// The book that still counts; `None` where one is to be read in any case.
    pub kept: Option<KeptBook>,
    /// The key whose ledger account is to be looked up in this look.
    pub account: Option<PublicKey>,
    /// Whether blocks and book must be read from this daemon, whatever others of its fleet read.
    pub own_market: bool,
}

impl LookPlan {
    /// What to ask a daemon for that shows this status.
    pub fn request(&self, status: &DaemonStatus) -> MarketRequest {
        match &self.kept {
            None => MarketRequest::Whole,
            Some(kept) if status.state_hash.as_ref() == Some(&kept.tip) => {
                MarketRequest::Nothing(kept.read)
            }
            Some(kept) => MarketRequest::Blocks(kept.read),
        }
    }
}

/// What a daemon was set to until a mutation replaced it, as its answer tells (`lastFee`,
/// `lastSnarkWorker`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// The fee.
    Fee(Nanomina),
    /// The key; `None` where the worker was off.
    Worker(Option<PublicKey>),
}

/// A mutation that was not confirmed by an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "send_error", rename_all = "snake_case")]
pub enum SendError {
    /// The daemon never got it: nothing changed.
    #[error("not sent: {0}")]
    NotSent(Fault),
    /// The daemon answered that it would not: nothing changed.
    #[error("rejected: {0}")]
    Rejected(Fault),
    /// The request went out and no usable answer came back: it may or may not have been applied.
    /// Only reading the settings tells.
    #[error("answer lost: {0}")]
    Lost(Fault),
}

/// A daemon as the controller sees it.
pub trait DaemonPort: Send + Sync {
    /// Takes one look. Never fails as a whole: each source carries its own result.
    fn look(&self, plan: &LookPlan) -> impl Future<Output = Look> + Send;

    /// Reads the status alone, to confirm a mutation.
    fn status(&self) -> impl Future<Output = Result<DaemonStatus, Fault>> + Send;

    /// Sends one permitted mutation, once.
    fn send(
        &self,
        mutation: PermittedMutation,
    ) -> impl Future<Output = Result<Replaced, SendError>> + Send;

    /// The schema era found, for people and the record; `None` before the first successful
    /// discovery.
    fn era(&self) -> Option<String>;
}
