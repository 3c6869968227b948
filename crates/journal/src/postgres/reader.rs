//! Reads the journal in a shared store, a page at a time, from code that may block.
//!
//! Invariants: no statement reads more than a page, so none runs into the server's limits and none
//! keeps what replicas write from being cleaned up.

use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use jiff::Timestamp;
use snarkfee_core::{account::Account, ledger::PersistedState, units::DaemonId};
use tokio_postgres::Row;

use super::{
    connection::{Sessions, StoreAddress, StoreClient, connection},
    failure::StoreFailure,
    layout,
};
use crate::{
    daemons::decode_account,
    error::JournalError,
    looks::{LookBody, SettingsRow},
    markets::{MARKET, StoredMarket},
    packing::{from_json, unpack},
    recorded_look::{Columns, KnownUnits, LookFilter, LookSummary, RecordedLook, read_summary},
    snapshots::decode_snapshot,
};

/// Rows of one page of summaries.
const SUMMARIES: i64 = 2_000;
/// Rows of one page of looks, each of some kilobytes to some hundred.
const LOOKS: i64 = 100;
/// Rows on their way to whoever reads.
const AHEAD: usize = 64;
/// Markets in memory: the looks of a fleet show the same ones.
const CACHED: usize = 8;

/// A shared store open for reading.
#[derive(Clone, Debug)]
pub(crate) struct SharedReader {
    address: StoreAddress,
}

/// What is read next: looks after this number.
#[derive(Clone)]
struct Page {
    after: i64,
    since: i64,
    until: i64,
    daemon: Option<String>,
}

impl SharedReader {
    /// Opens a store whose layout this version knows.
    pub(crate) fn open(address: StoreAddress) -> Result<Self, JournalError> {
        let reader = Self { address };
        reader.read(|client, rows| async move {
            let checked = layout::read(&client).await.and_then(layout::StoreLayout::check);
            let _ = rows.send(checked);
        })?;
        Ok(reader)
    }

    pub(crate) fn accounts(&self) -> Result<Vec<(DaemonId, Account)>, JournalError> {
        self.read(|client, rows| async move {
            let _ = rows.send(read_accounts(&client).await);
        })
    }

    pub(crate) fn for_each_summary<E: From<JournalError>>(
        &self,
        filter: &LookFilter,
        each: impl FnMut(LookSummary) -> Result<(), E>,
    ) -> Result<(), E> {
        let page = Page::first(filter);
        self.stream(each, |client, rows| async move {
            if let Err(error) = send_summaries(&client, page, &rows).await {
                let _ = rows.send(Err(error));
            }
        })
    }

    pub(crate) fn for_each_look<E: From<JournalError>>(
        &self,
        filter: &LookFilter,
        each: impl FnMut(RecordedLook) -> Result<(), E>,
    ) -> Result<(), E> {
        let page = Page::first(filter);
        self.stream(each, |client, rows| async move {
            if let Err(error) = send_looks(&client, page, &rows).await {
                let _ = rows.send(Err(error));
            }
        })
    }

    /// Hands on one after the other what `work` sends, until one of both ends.
    fn stream<T: Send + 'static, E: From<JournalError>, F>(
        &self,
        mut each: impl FnMut(T) -> Result<(), E>,
        work: impl FnOnce(StoreClient, SyncSender<Result<T, JournalError>>) -> F + Send + 'static,
    ) -> Result<(), E>
    where
        F: Future<Output = ()>,
    {
        self.begin(work)?.iter().try_for_each(|row| each(row?))
    }

    /// The one value that `work` sends.
    fn read<T: Send + 'static, F>(
        &self,
        work: impl FnOnce(StoreClient, SyncSender<Result<T, JournalError>>) -> F + Send + 'static,
    ) -> Result<T, JournalError>
    where
        F: Future<Output = ()>,
    {
        self.begin(work)?.recv().unwrap_or(Err(JournalError::NoConnection {
            source: "the thread that reads has ended".into(),
        }))
    }

    /// Works on a thread with a runtime of its own: the caller may be within another one.
    fn begin<T: Send + 'static, F>(
        &self,
        work: impl FnOnce(StoreClient, SyncSender<Result<T, JournalError>>) -> F + Send + 'static,
    ) -> Result<Receiver<Result<T, JournalError>>, JournalError>
    where
        F: Future<Output = ()>,
    {
        let (rows, read) = sync_channel(AHEAD);
        let address = self.address.clone();
        let run = move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => {
                    let _ = rows.send(Err(JournalError::Thread(error)));
                    return;
                }
            };
            runtime.block_on(async {
                let doing = "connecting to the store";
                let connected = match address.pool(&Sessions::default()) {
                    Ok(pool) => connection(&pool).await.map_err(|failed| failed.into_error(doing)),
                    Err(error) => Err(error),
                };
                match connected {
                    Ok(client) => work(client, rows).await,
                    Err(error) => {
                        let _ = rows.send(Err(error));
                    }
                }
            });
        };
        let thread = thread::Builder::new().name("store reader".to_owned()).spawn(run);
        thread.map(|_detached| read).map_err(JournalError::Thread)
    }
}

impl Page {
    fn first(filter: &LookFilter) -> Self {
        Self {
            after: i64::MIN,
            since: filter.since.map_or(i64::MIN, Timestamp::as_microsecond),
            until: filter.until.map_or(i64::MAX, Timestamp::as_microsecond),
            daemon: filter.daemon.as_ref().map(|daemon| daemon.as_str().to_owned()),
        }
    }

    async fn read(
        &self,
        client: &StoreClient,
        query: &'static str,
        rows: i64,
    ) -> Result<Vec<Row>, StoreFailure> {
        let statement = client.prepare_cached(query).await?;
        let Self { after, since, until, daemon } = self;
        Ok(client.query(&statement, &[after, since, until, daemon, &rows]).await?)
    }
}

async fn send_summaries(
    client: &StoreClient,
    mut page: Page,
    rows: &SyncSender<Result<LookSummary, JournalError>>,
) -> Result<(), JournalError> {
    let failed = |failure: StoreFailure| failure.into_error("reading looks");
    let query = "SELECT at, daemon, mode, action, reason, text, outcome, fee, enabled, target_fee,
         target_enabled, sale_probability, expected_profit, cost, id, run FROM looks
         WHERE id > $1 AND at >= $2 AND at < $3 AND ($4::TEXT IS NULL OR daemon = $4)
         ORDER BY id LIMIT $5";
    let mut units = KnownUnits::default();
    loop {
        let read = page.read(client, query, SUMMARIES).await.map_err(failed)?;
        let Some(last) = read.last() else { return Ok(()) };
        page.after = last.try_get(14).map_err(StoreFailure::Sql).map_err(failed)?;
        for row in read {
            let mut summary = read_summary(&row).map_err(StoreFailure::Sql).map_err(failed)?;
            let run: i64 = row.try_get(15).map_err(StoreFailure::Sql).map_err(failed)?;
            summary.fee_unit = match units.find(&summary.daemon, run) {
                Some(unit) => unit,
                None => {
                    let id: i64 = row.try_get(14).map_err(StoreFailure::Sql).map_err(failed)?;
                    let body = read_body(client, id).await.map_err(failed)?;
                    units.learn(&summary.daemon, run, &body)?
                }
            };
            if rows.send(Ok(summary)).is_err() {
                return Ok(());
            }
        }
    }
}

async fn read_body(client: &StoreClient, look: i64) -> Result<Vec<u8>, StoreFailure> {
    let query = "SELECT body FROM looks WHERE id = $1";
    let statement = client.prepare_cached(query).await?;
    Ok(client.query_one(&statement, &[&look]).await?.try_get(0)?)
}

async fn send_looks(
    client: &StoreClient,
    mut page: Page,
    rows: &SyncSender<Result<RecordedLook, JournalError>>,
) -> Result<(), JournalError> {
    let failed = |failure: StoreFailure| failure.into_error("reading looks");
    let query = "SELECT looks.body, looks.run, settings.json, looks.market, origins.body,
         origins.market, looks.id
         FROM looks JOIN settings ON settings.id = looks.settings
         LEFT JOIN origins ON origins.look = looks.id
         WHERE looks.id > $1 AND looks.at >= $2 AND looks.at < $3
         AND ($4::TEXT IS NULL OR looks.daemon = $4) ORDER BY looks.id LIMIT $5";
    let mut markets = Vec::new();
    loop {
        let read = page.read(client, query, LOOKS).await.map_err(failed)?;
        let Some(last) = read.last() else { return Ok(()) };
        page.after = last.try_get(6).map_err(StoreFailure::Sql).map_err(failed)?;
        for row in read {
            let columns = LookRow::read(&row).map_err(StoreFailure::Sql).map_err(failed)?;
            let look = columns.decode(client, &mut markets).await?;
            if rows.send(Ok(look)).is_err() {
                return Ok(());
            }
        }
    }
}

struct LookRow {
    body: Vec<u8>,
    run: i64,
    settings: String,
    market: Option<i64>,
    origin: Option<Vec<u8>>,
    origin_market: Option<i64>,
}

impl LookRow {
    fn read(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            body: row.try_get(0)?,
            run: row.try_get(1)?,
            settings: row.try_get(2)?,
            market: row.try_get(3)?,
            origin: row.try_get(4)?,
            origin_market: row.try_get(5)?,
        })
    }

    async fn decode(
        self,
        client: &StoreClient,
        markets: &mut Vec<(i64, StoredMarket)>,
    ) -> Result<RecordedLook, JournalError> {
        let LookBody { mut record, inputs, memory } = unpack("a look", &self.body)?;
        if let Some(id) = self.market {
            read_market(client, id, markets).await?.put_into(&mut record.look);
        }
        let snapshot = match self.origin {
            Some(body) => Some(decode_origin(client, &body, self.origin_market, markets).await?),
            None => None,
        };
        let SettingsRow { params, .. } = from_json("settings", &self.settings)?;
        Ok(RecordedLook { record, inputs, params, memory, snapshot, run: self.run })
    }
}

async fn decode_origin(
    client: &StoreClient,
    body: &[u8],
    market: Option<i64>,
    markets: &mut Vec<(i64, StoredMarket)>,
) -> Result<PersistedState, JournalError> {
    let market = match market {
        Some(id) => Some(read_market(client, id, markets).await?),
        None => None,
    };
    decode_snapshot(body, market)
}

async fn read_market(
    client: &StoreClient,
    id: i64,
    markets: &mut Vec<(i64, StoredMarket)>,
) -> Result<StoredMarket, JournalError> {
    if let Some((_, market)) = markets.iter().find(|(known, _)| *known == id) {
        return Ok(market.clone());
    }
    let failed = |error| StoreFailure::Sql(error).into_error("reading a market");
    let query = "SELECT body FROM markets WHERE id = $1";
    let statement = client.prepare_cached(query).await.map_err(failed)?;
    let row = client.query_one(&statement, &[&id]).await.map_err(failed)?;
    let body: Vec<u8> = row.try_get(0).map_err(failed)?;
    let market: StoredMarket = unpack(MARKET, &body)?;
    if markets.len() >= CACHED {
        markets.remove(0);
    }
    markets.push((id, market.clone()));
    Ok(market)
}

async fn read_accounts(client: &StoreClient) -> Result<Vec<(DaemonId, Account)>, JournalError> {
    let failed = |error| StoreFailure::Sql(error).into_error("reading the accounts of daemons");
    let query = "SELECT daemon, rest FROM daemons WHERE rest IS NOT NULL ORDER BY daemon";
    let mut accounts = Vec::new();
    for row in client.query(query, &[]).await.map_err(failed)? {
        let rest: Vec<u8> = row.try_get(1).map_err(failed)?;
        let account = decode_account(&rest)?;
        if let Ok(daemon) = DaemonId::try_new(row.try_get(0).map_err(failed)?) {
            accounts.push((daemon, account));
        }
    }
    Ok(accounts)
}

impl Columns for Row {
    type Error = tokio_postgres::Error;

    fn number(&self, index: usize) -> Result<Option<i64>, Self::Error> {
        self.try_get(index)
    }

    fn text(&self, index: usize) -> Result<String, Self::Error> {
        self.try_get(index)
    }

    fn flag(&self, index: usize) -> Result<Option<bool>, Self::Error> {
        self.try_get(index)
    }

    fn real(&self, index: usize) -> Result<Option<f64>, Self::Error> {
        self.try_get(index)
    }
}
