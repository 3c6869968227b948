//! What is written to a shared store, each thing in one transaction that may be tried again.
//!
//! Invariants: a job that was carried out although its answer was lost is not carried out twice: it
//! finds its own row by run and request; nothing is written about a daemon but by the replica that
//! holds its lease.

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use snarkfee_core::{
    control::OperatorCommand,
    ledger::{IntentId, IntentOutcome, MEMORY_FORMAT, OrderId},
    units::DaemonId,
};
use tokio_postgres::types::ToSql;

use super::failure::StoreFailure;
use crate::{
    daemons::EncodedState,
    error::JournalError,
    looks::LookColumns,
    markets::{MarketLocation, PreparedMarket},
    orders::encode_command,
    snapshots::StateSnapshot,
};

/// Something written in one transaction.
pub(crate) trait StoreJob: Sync {
    /// What it gives.
    type Output: Send;

    /// What it does, for messages.
    const DOING: &'static str;

    /// Does it within a transaction, which the caller commits.
    fn run(
        &self,
        transaction: &Transaction<'_>,
    ) -> impl Future<Output = Result<Self::Output, StoreFailure>> + Send;
}

/// Number of a job within a run: with that of the run, the only one of its kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestId {
    pub(crate) run: i64,
    pub(crate) request: i64,
}

/// The lease under which something is written.
#[derive(Clone, Debug)]
pub(crate) struct Fence {
    pub(crate) daemon: DaemonId,
    pub(crate) holder: String,
    pub(crate) token: i64,
}

impl Fence {
    /// Refuses where the lease is another's by now, and keeps it from changing hands until the
    /// transaction ends.
    async fn pass(&self, transaction: &Transaction<'_>) -> Result<(), StoreFailure> {
        let held = query_opt(
            transaction,
            "SELECT 1 FROM leases WHERE daemon = $1 AND holder = $2 AND token = $3 FOR UPDATE",
            &[&self.daemon.as_str(), &self.holder, &self.token],
        )
        .await?;
        match held {
            Some(_) => Ok(()),
            None => Err(JournalError::NotHeld { daemon: self.daemon.clone() }.into()),
        }
    }
}

/// Records an order.
pub(crate) struct RecordOrder<'a> {
    pub(crate) id: RequestId,
    pub(crate) at: Timestamp,
    pub(crate) command: &'a OperatorCommand,
}

impl StoreJob for RecordOrder<'_> {
    type Output = OrderId;

    const DOING: &'static str = "recording an order";

    async fn run(&self, transaction: &Transaction<'_>) -> Result<OrderId, StoreFailure> {
        let RequestId { run, request } = self.id;
        let mine = "SELECT id FROM orders WHERE run = $1 AND request = $2";
        if let Some(row) = query_opt(transaction, mine, &[&run, &request]).await? {
            return Ok(OrderId(row.try_get(0)?));
        }
        // The row is locked until the end, so numbers can be read in the order in which they grow.
        let next = "UPDATE counters SET value = value + 1 WHERE name = 'orders' RETURNING value";
        let id: i64 = query_one(transaction, next, &[]).await?.try_get(0)?;
        let (verb, daemon, until) = encode_command(self.command);
        execute(
            transaction,
            "INSERT INTO orders (id, run, request, at, daemon, verb, until)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[
                &id,
                &run,
                &request,
                &self.at.as_microsecond(),
                &daemon.map(DaemonId::as_str),
                &verb,
                &until,
            ],
        )
        .await?;
        Ok(OrderId(id))
    }
}

/// Records what is about to be done, and the memory that counts if nothing further is heard.
pub(crate) struct RecordIntent<'a> {
    pub(crate) id: RequestId,
    pub(crate) fence: Fence,
    pub(crate) at: Timestamp,
    pub(crate) mode: &'static str,
    pub(crate) before: String,
    pub(crate) action: String,
    pub(crate) reason: &'static str,
    pub(crate) memory: String,
    pub(crate) ended: &'a [(IntentId, IntentOutcome)],
}

impl StoreJob for RecordIntent<'_> {
    type Output = IntentId;

    const DOING: &'static str = "recording an intent";

    async fn run(&self, transaction: &Transaction<'_>) -> Result<IntentId, StoreFailure> {
        let RequestId { run, request } = self.id;
        self.fence.pass(transaction).await?;
        let mine = "SELECT id FROM intents WHERE run = $1 AND request = $2";
        if let Some(row) = query_opt(transaction, mine, &[&run, &request]).await? {
            return Ok(IntentId(row.try_get(0)?));
        }
        end_intents(transaction, self.ended, self.at).await?;
        let daemon = self.fence.daemon.as_str();
        let at = self.at.as_microsecond();
        let row = query_one(
            transaction,
            "INSERT INTO intents (run, request, daemon, at, mode, settings_before, action, reason)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
            &[&run, &request, &daemon, &at, &self.mode, &self.before, &self.action, &self.reason],
        )
        .await?;
        execute(
            transaction,
            "INSERT INTO daemons (daemon, at, memory, format) VALUES ($1, $2, $3, $4)
             ON CONFLICT (daemon) DO UPDATE SET at = excluded.at, memory = excluded.memory,
             format = excluded.format",
            &[&daemon, &at, &self.memory, &MEMORY_FORMAT],
        )
        .await?;
        Ok(IntentId(row.try_get(0)?))
    }
}

/// Records a look, what came of it, and the state after it.
pub(crate) struct RecordLook<'a> {
    pub(crate) id: RequestId,
    pub(crate) fence: Fence,
    pub(crate) at: Timestamp,
    pub(crate) columns: LookColumns<'a>,
    pub(crate) settings: String,
    pub(crate) body: Vec<u8>,
    pub(crate) market: Option<PreparedMarket>,
    pub(crate) snapshot: Option<StateSnapshot>,
    pub(crate) state: EncodedState,
    pub(crate) orders_seen: OrderId,
    pub(crate) ended: &'a [(IntentId, IntentOutcome)],
}

/// Where the markets of a look and of its snapshot are stored.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StoredMarkets {
    pub(crate) shown: Option<i64>,
    pub(crate) remembered: Option<i64>,
}

impl StoreJob for RecordLook<'_> {
    type Output = StoredMarkets;

    const DOING: &'static str = "recording a look";

    async fn run(&self, transaction: &Transaction<'_>) -> Result<StoredMarkets, StoreFailure> {
        let RequestId { run, request } = self.id;
        self.fence.pass(transaction).await?;
        let mine = "SELECT 1 FROM looks WHERE run = $1 AND request = $2";
        if query_opt(transaction, mine, &[&run, &request]).await?.is_some() {
            return Ok(StoredMarkets::default());
        }
        let settings = intern_settings(transaction, &self.settings).await?;
        let shown = insert_market(transaction, self.market.as_ref()).await?;
        let columns = &self.columns;
        let row = query_one(
            transaction,
            "INSERT INTO looks (run, request, daemon, sequence, at, mode, action, reason, text,
             outcome, fee, enabled, target_fee, target_enabled, sale_probability, expected_profit,
             cost, settings, body, market)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
             $18, $19, $20) RETURNING id",
            &[
                &run,
                &request,
                &columns.daemon,
                &columns.sequence,
                &columns.at,
                &columns.mode,
                &columns.action,
                &columns.reason,
                &without_nul(&columns.text),
                &columns.outcome,
                &columns.fee,
                &columns.enabled,
                &columns.target_fee,
                &columns.target_enabled,
                &columns.sale_probability,
                &columns.expected_profit,
                &columns.cost,
                &settings,
                &self.body,
                &shown,
            ],
        )
        .await?;
        let look: i64 = row.try_get(0)?;
        let remembered = match &self.snapshot {
            Some(snapshot) => insert_snapshot(transaction, look, snapshot).await?,
            None => None,
        };
        let state = StateRow { fence: &self.fence, at: self.at, state: &self.state };
        state.upsert(transaction, Some(self.orders_seen)).await?;
        end_intents(transaction, self.ended, self.at).await?;
        execute(
            transaction,
            "UPDATE intents SET ending = 'not_sent', ended_at = $3
             WHERE daemon = $1 AND run = $2 AND ending IS NULL",
            &[&columns.daemon, &run, &columns.at],
        )
        .await?;
        Ok(StoredMarkets { shown, remembered })
    }
}

/// Records the state of a daemon that is left.
pub(crate) struct SaveState {
    pub(crate) fence: Fence,
    pub(crate) at: Timestamp,
    pub(crate) state: EncodedState,
}

impl StoreJob for SaveState {
    type Output = ();

    const DOING: &'static str = "recording the state of a daemon";

    async fn run(&self, transaction: &Transaction<'_>) -> Result<(), StoreFailure> {
        self.fence.pass(transaction).await?;
        let state = StateRow { fence: &self.fence, at: self.at, state: &self.state };
        state.upsert(transaction, None).await
    }
}

struct StateRow<'a> {
    fence: &'a Fence,
    at: Timestamp,
    state: &'a EncodedState,
}

impl StateRow<'_> {
    /// Writes the state, and the last order that was obeyed where that is known.
    async fn upsert(
        &self,
        transaction: &Transaction<'_>,
        orders_seen: Option<OrderId>,
    ) -> Result<(), StoreFailure> {
        let EncodedState { memory, rest } = self.state;
        execute(
            transaction,
            "INSERT INTO daemons (daemon, at, memory, rest, format, orders_seen)
             VALUES ($1, $2, $3, $4, $5, COALESCE($6::BIGINT, 0))
             ON CONFLICT (daemon) DO UPDATE SET at = excluded.at, memory = excluded.memory,
             rest = excluded.rest, format = excluded.format,
             orders_seen = COALESCE($6::BIGINT, daemons.orders_seen)",
            &[
                &self.fence.daemon.as_str(),
                &self.at.as_microsecond(),
                memory,
                rest,
                &MEMORY_FORMAT,
                &orders_seen.map(|seen| seen.0),
            ],
        )
        .await?;
        Ok(())
    }
}

async fn intern_settings(
    transaction: &Transaction<'_>,
    settings: &str,
) -> Result<i64, StoreFailure> {
    let find = "SELECT id FROM settings WHERE json = $1";
    if let Some(row) = query_opt(transaction, find, &[&settings]).await? {
        return Ok(row.try_get(0)?);
    }
    let row = query_one(
        transaction,
        "INSERT INTO settings (json) VALUES ($1)
         ON CONFLICT (json) DO UPDATE SET json = excluded.json RETURNING id",
        &[&settings],
    )
    .await?;
    Ok(row.try_get(0)?)
}

async fn insert_market(
    transaction: &Transaction<'_>,
    market: Option<&PreparedMarket>,
) -> Result<Option<i64>, StoreFailure> {
    match market.map(PreparedMarket::place) {
        None => Ok(None),
        Some(MarketLocation::Known(id)) => Ok(Some(*id)),
        Some(MarketLocation::New(body)) => {
            let insert = "INSERT INTO markets (body) VALUES ($1) RETURNING id";
            Ok(Some(query_one(transaction, insert, &[body]).await?.try_get(0)?))
        }
    }
}

async fn insert_snapshot(
    transaction: &Transaction<'_>,
    look: i64,
    snapshot: &StateSnapshot,
) -> Result<Option<i64>, StoreFailure> {
    let market = insert_market(transaction, snapshot.market()).await?;
    execute(
        transaction,
        "INSERT INTO origins (look, body, market) VALUES ($1, $2, $3)",
        &[&look, &snapshot.body(), &market],
    )
    .await?;
    Ok(market)
}

async fn end_intents(
    transaction: &Transaction<'_>,
    ended: &[(IntentId, IntentOutcome)],
    at: Timestamp,
) -> Result<(), StoreFailure> {
    for (id, outcome) in ended {
        execute(
            transaction,
            "UPDATE intents SET ending = $2, ended_at = $3 WHERE id = $1 AND ending IS NULL",
            &[&id.0, &outcome.code(), &at.as_microsecond()],
        )
        .await?;
    }
    Ok(())
}

/// PostgreSQL stores no NUL in text; a daemon's message may hold one.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

async fn query_opt(
    transaction: &Transaction<'_>,
    query: &'static str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<Option<tokio_postgres::Row>, StoreFailure> {
    let statement = transaction.prepare_cached(query).await?;
    Ok(transaction.query_opt(&statement, values).await?)
}

async fn query_one(
    transaction: &Transaction<'_>,
    query: &'static str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<tokio_postgres::Row, StoreFailure> {
    let statement = transaction.prepare_cached(query).await?;
    Ok(transaction.query_one(&statement, values).await?)
}

async fn execute(
    transaction: &Transaction<'_>,
    query: &'static str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<u64, StoreFailure> {
    let statement = transaction.prepare_cached(query).await?;
    Ok(transaction.execute(&statement, values).await?)
}
