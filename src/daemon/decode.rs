//! An answer read as the client reads it, without a daemon that gave it.
//!
//! Invariants: the same functions as the client's; no answer ends in anything but a value or a [`Fault`].

use reqwest::StatusCode;

use super::{
    Capabilities, Introspection,
    client::account_exists,
    envelope::open,
    http::Answer,
    market_answer,
    operations::{
        account, market_coda, market_pool, market_range, set_snark_work_fee, set_snark_worker, status, status_coda,
        status_metrics, unset_snark_worker,
    },
    scrape, status as daemon_status,
};
use crate::{
    fault::Fault,
    market::{Book, ChainLook, PoolMetrics, Status},
};

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// The schema.
    Introspection,
    /// The state, as from 1.0.0.
    Status,
    /// The state with exact pool gauges, as from 3.0.0.
    StatusMetrics,
    /// The state, as in 2020.
    StatusCoda,
    /// Blocks and the open works in purchase order.
    MarketRange,
    /// Blocks, the pool and the pending works.
    MarketPool,
    /// The pool and the pending works.
    MarketCoda,
    /// A ledger account.
    Account,
    /// A new fee.
    SetFee,
    /// A new worker key.
    SwitchOn,
    /// No worker key.
    SwitchOff,
    /// The metrics text.
    Metrics,
}

impl Exchange {
    /// Every exchange.
    pub const ALL: [Self; 12] = [
        Self::Introspection,
        Self::Status,
        Self::StatusMetrics,
        Self::StatusCoda,
        Self::MarketRange,
        Self::MarketPool,
        Self::MarketCoda,
        Self::Account,
        Self::SetFee,
        Self::SwitchOn,
        Self::SwitchOff,
        Self::Metrics,
    ];
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// What the schema offers.
    Schema(Capabilities),
    /// What the daemon is and does.
    Status(Box<Status>),
    /// The blocks, where the era has them, and the works still to be bought.
    Market(Option<ChainLook>, Book),
    /// Whether there is an account.
    Account(bool),
    /// The mutation was carried out.
    Done,
    /// What the metrics text says.
    Metrics(PoolMetrics),
}

/// Reads the answer with this HTTP status and body.
///
/// # Errors
///
/// What is wrong with it.
pub fn decode(exchange: Exchange, status: u16, body: &[u8]) -> Result<Answered, Fault> {
    let status = StatusCode::from_u16(status)
        .map_err(|_| Fault::InvalidValue { field: "HTTP status".to_owned(), value: status.to_string() })?;
    let answer = Answer { status, body: body.to_vec() };
    let state = |status: Result<Status, Fault>| Ok(Answered::Status(Box::new(status?)));
    let market = |(chain, book)| Answered::Market(chain, book);
    match exchange {
        Exchange::Introspection => {
            let schema = open::<Introspection>(answer)?;
            Ok(Answered::Schema(Capabilities::from_introspection(&schema)))
        }
        Exchange::Status => state(daemon_status::plain(open::<status::ResponseData>(answer)?)),
        Exchange::StatusMetrics => state(daemon_status::with_metrics(open::<status_metrics::ResponseData>(answer)?)),
        Exchange::StatusCoda => state(daemon_status::coda(open::<status_coda::ResponseData>(answer)?)),
        Exchange::MarketRange => Ok(market(market_answer::range(open::<market_range::ResponseData>(answer)?)?)),
        Exchange::MarketPool => Ok(market(market_answer::pool(open::<market_pool::ResponseData>(answer)?)?)),
        Exchange::MarketCoda => Ok(market(market_answer::coda(open::<market_coda::ResponseData>(answer)?)?)),
        Exchange::Account => Ok(Answered::Account(account_exists(&open::<account::ResponseData>(answer)?))),
        Exchange::SetFee => Ok(open::<set_snark_work_fee::ResponseData>(answer).map(|_before| Answered::Done)?),
        Exchange::SwitchOn => Ok(open::<set_snark_worker::ResponseData>(answer).map(|_before| Answered::Done)?),
        Exchange::SwitchOff => Ok(open::<unset_snark_worker::ResponseData>(answer).map(|_before| Answered::Done)?),
        Exchange::Metrics => Ok(Answered::Metrics(scrape::read(answer)?)),
    }
}
