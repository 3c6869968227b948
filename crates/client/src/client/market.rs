//! Reading blocks and order book: from the daemon, or from another of the fleet that just did.

use std::{sync::PoisonError, time::Duration};

use jiff::Timestamp;
use snarkfee_core::{
    fault::Fault,
    market::{Book, ChainLook, DaemonStatus, MarketRequest, MarketSource},
    port::LookPlan,
};

use super::{DaemonClient, encode_request};
use crate::{
    answers::{
        self, MAX_BLOCKS, MarketAnswer,
        operations::{self, market_blocks, market_coda, market_pool, market_range},
    },
    fleet::{Member, ReadingNeeds, SharedReading},
    schema::{Capability, MarketOperation},
};

/// Blocks and book as a look shows them.
#[derive(Default)]
pub(super) struct MarketReading {
    pub(super) read: Option<MarketSource>,
    pub(super) chain: Option<Result<ChainLook, Fault>>,
    pub(super) book: Option<Result<Book, Fault>>,
    pub(super) kept_book: Option<Timestamp>,
    pub(super) book_took: Option<Duration>,
}

impl MarketReading {
    /// What another daemon read; its book where none of `kept` counts.
    fn shared(shared: SharedReading, kept: Option<Timestamp>) -> Self {
        let book = shared.book.map(Ok);
        let kept_book = kept.filter(|_| book.is_none());
        let (read, chain) = (Some(shared.reading), Some(Ok(shared.chain)));
        Self { read, chain, book, kept_book, ..Self::default() }
    }

    fn failed(has_chain: bool, fault: Fault) -> Self {
        let chain = has_chain.then(|| Err(fault.clone()));
        Self { chain, book: Some(Err(fault)), ..Self::default() }
    }
}

impl DaemonClient {
    /// What the plan asks of blocks and book, as another daemon of the fleet just read them or from
    /// this one.
    pub(super) async fn read_market(
        &self,
        at: Timestamp,
        status: &DaemonStatus,
        plan: &LookPlan,
    ) -> MarketReading {
        let request = plan.request(status);
        if let MarketRequest::Nothing(kept) = request {
            return MarketReading { kept_book: Some(kept), ..MarketReading::default() };
        }
        let found = match self.capabilities().await {
            Ok(found) => found,
            Err(fault) => return MarketReading::failed(true, fault),
        };
        let has_chain = found.has(Capability::BestChain);
        let Some(operation) = found.market_operation() else {
            return MarketReading::failed(
                has_chain,
                Fault::Unsupported { missing: "snarkPool".to_owned() },
            );
        };
        let in_order = operation == MarketOperation::Range;
        let (blocks, kept) = (plan.blocks, request.kept());
        let shared = |member: &Member| {
            if plan.own_market {
                return None;
            }
            let (now, book) = (self.clock.now(), kept.is_none());
            member
                .find_reading(&ReadingNeeds { now, status, blocks, book, in_order })
                .map(|shared| MarketReading::shared(shared, kept))
        };
        let mut turn = None;
        if let Some(member) = &self.member {
            if let Some(market) = shared(member) {
                return market;
            }
            turn = member.acquire_turn().await;
            if let Some(market) = shared(member) {
                return market;
            }
        }
        let reading = match kept {
            Some(kept) => {
                let chain = match has_chain {
                    true => Some(self.ask_blocks(at, status, blocks).await),
                    false => None,
                };
                MarketReading { chain, kept_book: Some(kept), ..MarketReading::default() }
            }
            None => self.ask_whole(at, status, operation, blocks).await,
        };
        drop(turn);
        reading
    }

    async fn ask_whole(
        &self,
        at: Timestamp,
        status: &DaemonStatus,
        operation: MarketOperation,
        blocks: u32,
    ) -> MarketReading {
        let began = self.clock.now();
        let answer = self.ask_market(operation, blocks).await;
        let took = Duration::try_from(self.clock.now().duration_since(began)).unwrap_or_default();
        match answer {
            Ok((chain, book)) => {
                if let (Some(member), Some(chain)) = (&self.member, &chain) {
                    member.share_reading(at, status.uptime, chain, Some(&book));
                }
                MarketReading {
                    chain: chain.map(Ok),
                    book: Some(Ok(book)),
                    book_took: Some(took),
                    ..MarketReading::default()
                }
            }
            Err(fault) => MarketReading::failed(operation != MarketOperation::Coda, fault),
        }
    }

    async fn ask_market(
        &self,
        operation: MarketOperation,
        blocks: u32,
    ) -> Result<MarketAnswer, Fault> {
        let blocks = i64::from(blocks.min(MAX_BLOCKS));
        let request = match operation {
            MarketOperation::Range => {
                encode_request::<operations::MarketRange>(market_range::Variables { blocks })
            }
            MarketOperation::Pool => {
                encode_request::<operations::MarketPool>(market_pool::Variables { blocks })
            }
            MarketOperation::Coda => {
                encode_request::<operations::MarketCoda>(market_coda::Variables)
            }
        };
        Ok(self
            .ask(operation.name(), request?, |answer| {
                let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
                answers::market(operation, answer, &mut keys)
            })
            .await?)
    }

    async fn ask_blocks(
        &self,
        at: Timestamp,
        status: &DaemonStatus,
        blocks: u32,
    ) -> Result<ChainLook, Fault> {
        let blocks = i64::from(blocks.min(MAX_BLOCKS));
        let request =
            encode_request::<operations::MarketBlocks>(market_blocks::Variables { blocks });
        let chain = self
            .ask("market_blocks", request?, |answer| {
                let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
                answers::blocks(answer, &mut keys)
            })
            .await?;
        if let Some(member) = &self.member {
            member.share_reading(at, status.uptime, &chain, None);
        }
        Ok(chain)
    }
}
