//! What a shared store keeps of a daemon, read back.

use snarkfee_core::{
    control::OperatorCommand,
    ledger::{Order, OrderId, RestoredState},
    policy::Mode,
    units::DaemonId,
};
use tokio_postgres::Row;

use super::{connection::StoreClient, failure::StoreFailure};
use crate::{
    daemons::decode_state,
    error::JournalError,
    intents::decode_open_intent,
    looks::to_timestamp,
    markets::{MARKET, StoredMarket},
    orders::OrderRow,
    packing::unpack,
    snapshots::decode_snapshot,
};

/// Loads what earlier runs left of a daemon.
pub(crate) async fn load_restored(
    client: &StoreClient,
    daemon: &DaemonId,
) -> Result<RestoredState, JournalError> {
    let failed = |failure: StoreFailure| failure.into_error("reading the state of a daemon");
    let Some(row) = read_state(client, daemon).await.map_err(failed)? else {
        return Ok(RestoredState::default());
    };
    let StateColumns { memory, rest, orders_seen, format } = row;
    let mut state = decode_state(&memory, rest.as_deref(), format)?;
    let snapshot = read_snapshot(client, daemon).await.map_err(failed)?;
    match snapshot.map(|(body, market)| decode_snapshot(&body, market)).transpose() {
        Ok(snapshot) => state.history.adopt_blocks(snapshot.unwrap_or_default().history),
        // The blocks are read again from the daemon.
        Err(error) => {
            tracing::warn!(%daemon, error = &error as &dyn std::error::Error, "no snapshot");
        }
    }
    let open = read_open_intent(client, daemon).await.map_err(failed)?;
    let open_intent = open
        .map(|(id, at, [mode, from, action])| decode_open_intent(id, at, &mode, &from, &action))
        .transpose()?;
    Ok(RestoredState { state: Some(state), orders_seen: OrderId(orders_seen), open_intent })
}

struct StateColumns {
    memory: String,
    rest: Option<Vec<u8>>,
    orders_seen: i64,
    format: i64,
}

async fn read_state(
    client: &StoreClient,
    daemon: &DaemonId,
) -> Result<Option<StateColumns>, StoreFailure> {
    let read = "SELECT memory, rest, orders_seen, format FROM daemons WHERE daemon = $1";
    let statement = client.prepare_cached(read).await?;
    let columns = |row: Row| {
        Ok(StateColumns {
            memory: row.try_get(0)?,
            rest: row.try_get(1)?,
            orders_seen: row.try_get(2)?,
            format: row.try_get(3)?,
        })
    };
    client.query_opt(&statement, &[&daemon.as_str()]).await?.map(columns).transpose()
}

async fn read_snapshot(
    client: &StoreClient,
    daemon: &DaemonId,
) -> Result<Option<(Vec<u8>, Option<StoredMarket>)>, StoreFailure> {
    let read = "SELECT origins.body, markets.body FROM origins
         JOIN looks ON looks.id = origins.look
         LEFT JOIN markets ON markets.id = origins.market
         WHERE looks.daemon = $1 ORDER BY origins.look DESC LIMIT 1";
    let statement = client.prepare_cached(read).await?;
    let Some(row) = client.query_opt(&statement, &[&daemon.as_str()]).await? else {
        return Ok(None);
    };
    let market: Option<Vec<u8>> = row.try_get(1)?;
    let market = market.map(|body| unpack(MARKET, &body)).transpose()?;
    Ok(Some((row.try_get(0)?, market)))
}

async fn read_open_intent(
    client: &StoreClient,
    daemon: &DaemonId,
) -> Result<Option<(i64, i64, [String; 3])>, StoreFailure> {
    let read = "SELECT id, at, mode, settings_before, action FROM intents
         WHERE daemon = $1 AND ending IS NULL ORDER BY id DESC LIMIT 1";
    let statement = client.prepare_cached(read).await?;
    let columns = |row: Row| {
        Ok((row.try_get(0)?, row.try_get(1)?, [row.try_get(2)?, row.try_get(3)?, row.try_get(4)?]))
    };
    client.query_opt(&statement, &[&daemon.as_str()]).await?.map(columns).transpose()
}

/// Loads the orders for a daemon after `seen`, in the order in which they were given.
pub(crate) async fn load_orders(
    client: &StoreClient,
    daemon: &DaemonId,
    seen: OrderId,
) -> Result<Vec<Order>, JournalError> {
    let failed = |failure: StoreFailure| failure.into_error("reading orders");
    read_orders(client, daemon, seen)
        .await
        .map_err(failed)?
        .into_iter()
        .map(OrderRow::decode)
        .collect()
}

async fn read_orders(
    client: &StoreClient,
    daemon: &DaemonId,
    seen: OrderId,
) -> Result<Vec<OrderRow>, StoreFailure> {
    let read = "SELECT id, daemon, verb, until, doubt, at FROM orders
         WHERE id > $1 AND (daemon IS NULL OR daemon = $2) ORDER BY id";
    let statement = client.prepare_cached(read).await?;
    let rows = client.query(&statement, &[&seen.0, &daemon.as_str()]).await?;
    let order = |row: Row| {
        let named: Option<String> = row.try_get(1)?;
        Ok(OrderRow {
            id: row.try_get(0)?,
            daemon: named.map(|_| daemon.clone()),
            verb: row.try_get(2)?,
            until: row.try_get(3)?,
            doubt: row.try_get(4)?,
            at: to_timestamp(row.try_get(5)?),
        })
    };
    rows.into_iter().map(order).collect()
}

/// Counts the live actions that replicas carry out now at the daemons that a command is for.
pub(crate) async fn count_under_way(
    client: &StoreClient,
    command: &OperatorCommand,
) -> Result<usize, JournalError> {
    let failed = |error| StoreFailure::Sql(error).into_error("reading intents");
    // What a replica that ended left open is not under way: its lease is another's, or ended.
    let read = "SELECT intents.daemon FROM intents
         JOIN runs ON runs.id = intents.run
         JOIN leases ON leases.daemon = intents.daemon
         AND leases.holder = runs.replica || '-' || CAST(runs.id AS TEXT)
         AND leases.expires_at > now()
         WHERE intents.ending IS NULL AND intents.mode = $1";
    let statement = client.prepare_cached(read).await.map_err(failed)?;
    let mut under_way = 0;
    for row in client.query(&statement, &[&Mode::Live.as_str()]).await.map_err(failed)? {
        let daemon = DaemonId::try_new(row.try_get(0).map_err(failed)?);
        under_way += usize::from(daemon.is_ok_and(|daemon| command.concerns(&daemon)));
    }
    Ok(under_way)
}
