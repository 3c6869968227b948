//! What the answer to each operation says.
//!
//! Invariants: `errors` are looked at before data; a list beyond its limit is refused; a value that cannot be true names its
//! field.
//!
//! Not here: how an answer is got (`client`, `http`).

use reqwest::StatusCode;

use super::{
    capabilities::{MarketOperation, StatusOperation},
    envelope,
    http::{Answer, Failure},
    market_answer,
    operations::account,
    scrape, status,
};
use crate::{
    fault::Fault,
    market::{Book, ChainLook, PoolMetrics, Status},
};

/// What an answer about the market says: the chain is `None` where the era has no `bestChain`.
pub type MarketAnswer = (Option<ChainLook>, Book);

/// Reads the body that answers a status operation.
///
/// # Errors
///
/// What keeps it from being read, as the service would report it.
pub fn read_status(operation: StatusOperation, body: Vec<u8>) -> Result<Status, Fault> {
    Ok(self::status(operation, successful(body))?)
}

/// Reads the body that answers a market operation.
///
/// # Errors
///
/// What keeps it from being read, as the service would report it.
pub fn read_market(operation: MarketOperation, body: Vec<u8>) -> Result<MarketAnswer, Fault> {
    Ok(market(operation, successful(body))?)
}

/// Reads the text of the metrics endpoint.
///
/// # Errors
///
/// What keeps it from being read, as the service would report it.
pub fn read_metrics(text: Vec<u8>) -> Result<PoolMetrics, Fault> {
    Ok(scrape::read(successful(text))?)
}

fn successful(body: Vec<u8>) -> Answer {
    Answer { status: StatusCode::OK, body }
}

pub(super) fn status(operation: StatusOperation, answer: Answer) -> Result<Status, Failure> {
    match operation {
        StatusOperation::Metrics => status::with_metrics(envelope::open(answer)?),
        StatusOperation::Plain => status::plain(envelope::open(answer)?),
        StatusOperation::Coda => status::coda(envelope::open(answer)?),
    }
    .map_err(Failure::unclear)
}

pub(super) fn market(operation: MarketOperation, answer: Answer) -> Result<MarketAnswer, Failure> {
    match operation {
        MarketOperation::Range => market_answer::range(envelope::open(answer)?),
        MarketOperation::Pool => market_answer::pool(envelope::open(answer)?),
        MarketOperation::Coda => market_answer::coda(envelope::open(answer)?),
    }
    .map_err(Failure::unclear)
}

/// Whether there is an account. Daemons of before 1.0.0 answer with one in any case, without a nonce where there is none (Mina
/// `graphql.ml`, `Partial_account`).
pub(super) fn account(answer: Answer) -> Result<bool, Failure> {
    let data: account::ResponseData = envelope::open(answer)?;
    Ok(data.account.is_some_and(|account| account.nonce.is_some()))
}

/// That the mutation was taken.
pub(super) fn taken<Q: graphql_client::GraphQLQuery>(answer: Answer) -> Result<(), Failure>
where
    Q::ResponseData: serde::de::DeserializeOwned,
{
    envelope::open::<Q::ResponseData>(answer).map(|_last| ())
}
