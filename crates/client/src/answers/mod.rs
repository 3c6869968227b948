//! What the answer to each operation says.
//!
//! Invariants: `errors` are checked before data; a list beyond its limit is refused; a value that
//! cannot be true names its field.
//!
//! Not here: how an answer is fetched (`client`, `transport`).

mod blocks;
mod book;
mod chain;
mod envelope;
mod ids;
mod keys;
mod list;
mod market;
pub(crate) mod operations;
mod scalars;
mod status;
mod works;

use std::time::Duration;

use reqwest::StatusCode;
use snarkfee_core::{
    fault::Fault,
    market::{Book, ChainLook, DaemonStatus, LedgerAccount, PoolMetrics},
    port::Replaced,
};

pub(crate) use self::{blocks::MAX_BLOCKS, keys::KeyInterner, scalars::OwnedScalar};
use self::{
    market::MarketReader,
    operations::{account, set_snark_work_fee, set_snark_worker, unset_snark_worker},
};
use crate::{
    metrics::{Scrape, prometheus, scrape},
    schema::{AccountOperation, Capabilities, Introspection, MarketOperation, StatusOperation},
    transport::{Answer, Failure},
};

/// The chain is `None` where the era has no `bestChain`.
pub(crate) type MarketAnswer = (Option<ChainLook>, Book);

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// The schema.
    Introspection,
    /// The state.
    Status(StatusOperation),
    /// Blocks alone.
    Blocks,
    /// Blocks and works.
    Market(MarketOperation),
    /// A ledger account.
    Account(AccountOperation),
    /// A new fee.
    SetFee,
    /// A new worker key.
    SwitchOn,
    /// No worker key.
    SwitchOff,
    /// The metrics text.
    Metrics,
    /// The metrics at a Prometheus server.
    Prometheus,
}

impl Exchange {
    /// Every exchange.
    pub const ALL: [Self; 15] = [
        Self::Introspection,
        Self::Status(StatusOperation::Plain),
        Self::Status(StatusOperation::Metrics),
        Self::Status(StatusOperation::Coda),
        Self::Market(MarketOperation::Range),
        Self::Market(MarketOperation::Pool),
        Self::Market(MarketOperation::Coda),
        Self::Account(AccountOperation::Plain),
        Self::Account(AccountOperation::Permissions),
        Self::SetFee,
        Self::SwitchOn,
        Self::SwitchOff,
        Self::Metrics,
        Self::Prometheus,
        Self::Blocks,
    ];
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// What the schema offers.
    Schema(Capabilities),
    /// What the daemon is and does.
    Status(Box<DaemonStatus>),
    /// The blocks.
    Blocks(ChainLook),
    /// The blocks, where the era has them, and the works still to be bought.
    Market(Option<ChainLook>, Book),
    /// The account, if there is one.
    Account(LedgerAccount),
    /// The mutation was carried out.
    Done(Replaced),
    /// What the metrics text says.
    Metrics(PoolMetrics),
}

/// Reads the answer with this HTTP status and body.
///
/// # Errors
///
/// What keeps it from being read, as the service would report it.
pub fn decode(exchange: Exchange, status: u16, body: Vec<u8>) -> Result<Answered, Fault> {
    let status = StatusCode::from_u16(status).map_err(|_| Fault::InvalidValue {
        field: "HTTP status".to_owned(),
        value: status.to_string(),
    })?;
    let answer = Answer { status, body, simulated_speed: None };
    let metrics = |answer: Answer, read: fn(&[u8]) -> Result<Scrape, Fault>| {
        read(&answer.success()?)
            .map(|scrape| Answered::Metrics(scrape.metrics))
            .map_err(Failure::unclear)
    };
    Ok(match exchange {
        Exchange::Introspection => schema(answer).map(Answered::Schema),
        Exchange::Status(operation) => {
            self::status(operation, answer).map(|status| Answered::Status(Box::new(status)))
        }
        Exchange::Blocks => blocks(answer, &mut KeyInterner::default()).map(Answered::Blocks),
        Exchange::Market(operation) => {
            let mut keys = KeyInterner::default();
            market(operation, answer, &mut keys).map(|(chain, book)| Answered::Market(chain, book))
        }
        Exchange::Account(operation) => account(operation, answer).map(Answered::Account),
        Exchange::SetFee => {
            read_mutation::<operations::SetSnarkWorkFee>(answer).map(Answered::Done)
        }
        Exchange::SwitchOn => {
            read_mutation::<operations::SetSnarkWorker>(answer).map(Answered::Done)
        }
        Exchange::SwitchOff => {
            read_mutation::<operations::UnsetSnarkWorker>(answer).map(Answered::Done)
        }
        Exchange::Metrics => metrics(answer, scrape::read),
        Exchange::Prometheus => metrics(answer, |body| prometheus::read(body, Duration::MAX)),
    }?)
}

pub(crate) fn schema(answer: Answer) -> Result<Capabilities, Failure> {
    Ok(Capabilities::from_introspection(&envelope::open::<Introspection>(answer)?))
}

pub(super) fn status(operation: StatusOperation, answer: Answer) -> Result<DaemonStatus, Failure> {
    let simulated_speed = answer.simulated_speed;
    let status = match operation {
        StatusOperation::Metrics => status::read_with_metrics(envelope::open(answer)?),
        StatusOperation::Plain => status::read_plain(envelope::open(answer)?),
        StatusOperation::Coda => status::read_coda(envelope::open(answer)?),
    };
    let status = status.map_err(Failure::unclear)?;
    Ok(DaemonStatus { simulated_speed, ..status })
}

/// Reads blocks and works; keys share their text with those that `keys` knows.
pub(crate) fn market(
    operation: MarketOperation,
    answer: Answer,
    keys: &mut KeyInterner,
) -> Result<MarketAnswer, Failure> {
    let lists = envelope::open_with(answer, MarketReader(keys))?;
    market::conclude(operation, lists).map_err(Failure::unclear)
}

/// Reads blocks alone.
pub(crate) fn blocks(answer: Answer, keys: &mut KeyInterner) -> Result<ChainLook, Failure> {
    let lists = envelope::open_with(answer, MarketReader(keys))?;
    market::conclude_blocks(lists).map_err(Failure::unclear)
}

/// The account of a key. Daemons of before 1.0.0 answer with one in any case, without a nonce where
/// there is none (Mina `graphql.ml`, `Partial_account`).
pub(crate) fn account(
    operation: AccountOperation,
    answer: Answer,
) -> Result<LedgerAccount, Failure> {
    use operations::with_permissions::account::{AccountAuthRequired, ResponseData};
    Ok(match operation {
        AccountOperation::Plain => {
            let data: account::ResponseData = envelope::open(answer)?;
            match data.account.and_then(|account| account.nonce) {
                Some(_nonce) => LedgerAccount::Open,
                None => LedgerAccount::Missing,
            }
        }
        AccountOperation::Permissions => {
            let data: ResponseData = envelope::open(answer)?;
            match data.account.filter(|account| account.nonce.is_some()) {
                Some(account) => account.permissions.map_or(LedgerAccount::Open, |permissions| {
                    let demands = |permission| !matches!(permission, AccountAuthRequired::None);
                    let (access, receive) = (permissions.access, permissions.receive);
                    LedgerAccount::with_demands(demands(access), demands(receive))
                }),
                None => LedgerAccount::Missing,
            }
        }
    })
}

/// What the answer to a mutation says that it replaced.
pub(crate) trait Replaces {
    fn replaced(self) -> Result<Replaced, Fault>;
}

impl Replaces for set_snark_work_fee::ResponseData {
    fn replaced(self) -> Result<Replaced, Fault> {
        self.set_snark_work_fee.last_fee.amount("setSnarkWorkFee.lastFee").map(Replaced::Fee)
    }
}

impl Replaces for set_snark_worker::ResponseData {
    fn replaced(self) -> Result<Replaced, Fault> {
        replaced_worker(self.set_snark_worker.last_snark_worker)
    }
}

impl Replaces for unset_snark_worker::ResponseData {
    fn replaced(self) -> Result<Replaced, Fault> {
        replaced_worker(self.set_snark_worker.last_snark_worker)
    }
}

fn replaced_worker(last: Option<OwnedScalar>) -> Result<Replaced, Fault> {
    last.map(|last| last.key("setSnarkWorker.lastSnarkWorker")).transpose().map(Replaced::Worker)
}

/// That the mutation was taken, and what it replaced. An answer that cannot be understood leaves
/// open what happened.
pub(crate) fn read_mutation<Q: graphql_client::GraphQLQuery>(
    answer: Answer,
) -> Result<Replaced, Failure>
where
    Q::ResponseData: serde::de::DeserializeOwned + Replaces,
{
    envelope::open::<Q::ResponseData>(answer)?.replaced().map_err(Failure::unclear)
}
