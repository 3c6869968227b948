//! The journal in a shared store, as one replica uses it.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::Pool;
use jiff::Timestamp;
use snarkfee_core::{
    control::OperatorCommand,
    fault::JournalFault,
    fleet_share::Replica,
    leases::{Claim, FleetLeases, RENEWALS, SEND_SHARE, Tenancy},
    ledger::{
        Intent, IntentId, Ledger, LookEntry, Order, OrderId, PersistedState, Reply, RestoredState,
    },
    record::Record,
    units::DaemonId,
};

use super::{
    connection::{Sessions, StoreAddress, connection},
    failure::StoreFailure,
    jobs::{
        Fence, RecordIntent, RecordLook, RecordOrder, RequestId, SaveState, StoreJob, StoredMarkets,
    },
    layout,
    leases::{LeaseBook, LeaseRound, ReleaseLeases},
    restore::{count_under_way, load_orders, load_restored},
    retention::Expiry,
};
use crate::{
    daemons::{EncodedState, encode_memory},
    error::JournalError,
    intents::EncodedIntent,
    looks::{LookBodyRef, LookColumns, SettingsRow},
    markets::{MarketCache, PreparedMarket, StoredMarket},
    packing::{Packer, to_json},
    snapshots::StateSnapshot,
};

/// How long a caller waits for the answer.
const LIMIT: Duration = Duration::from_secs(10);
/// Attempts at one job.
const ATTEMPTS: u32 = 6;
/// Pause before the second attempt; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(25);

/// Where a replica keeps its journal, and as whom.
#[derive(Clone)]
pub struct SharedJournalConfig {
    /// The store.
    pub address: StoreAddress,
    /// How long records are kept.
    pub retention: Duration,
    /// Length of a lease.
    pub lease: Duration,
    /// Name of the machine; the run's number makes it a replica's.
    pub host: String,
    /// Where the replica runs; empty for nowhere in particular.
    pub site: String,
    /// Time since the machine booted, which nobody can set and which counts sleep.
    pub uptime: Arc<dyn Fn() -> Duration + Send + Sync>,
}

/// A journal in a shared store.
pub struct SharedJournal {
    pool: Pool,
    sessions: Sessions,
    config: SharedJournalConfig,
    run: i64,
    requests: AtomicI64,
    replica: Replica,
    encoder: Mutex<Encoder>,
    leases: Mutex<LeaseBook>,
    /// When expired rows were last deleted, by the machine's clock.
    cleaned: Mutex<Duration>,
}

#[derive(Default)]
struct Encoder {
    markets: MarketCache,
    packer: Packer,
}

impl fmt::Debug for SharedJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedJournal")
            .field("store", &self.config.address)
            .field("replica", &self.replica.name)
            .finish_non_exhaustive()
    }
}

impl SharedJournal {
    /// Connects to a store, brings it up to date, and records the start of a run.
    ///
    /// # Errors
    ///
    /// Where the store cannot be reached or used, or a later version made it unusable.
    pub async fn open(config: SharedJournalConfig, now: Timestamp) -> Result<Self, JournalError> {
        let sessions = Sessions::default();
        let pool = config.address.pool(&sessions)?;
        let begin = async {
            let connecting = |failure: StoreFailure| failure.into_error("connecting to the store");
            let mut client = connection(&pool).await.map_err(connecting)?;
            layout::migrate(&mut client).await?;
            let begin = "INSERT INTO runs (at, version, replica) VALUES ($1, $2, $3) RETURNING id";
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
                [&now.as_microsecond(), &env!("CARGO_PKG_VERSION"), &config.host];
            let row = client.query_one(begin, &values).await;
            let run = row.and_then(|row| row.try_get::<_, i64>(0));
            run.map_err(|error| StoreFailure::Sql(error).into_error("beginning a run"))
        };
        let run = within_limit(begin).await?;
        let replica = Replica { name: format!("{}-{run}", config.host), site: config.site.clone() };
        Ok(Self {
            pool,
            sessions,
            config,
            run,
            requests: AtomicI64::new(0),
            replica,
            encoder: Mutex::default(),
            leases: Mutex::default(),
            cleaned: Mutex::default(),
        })
    }

    fn uptime(&self) -> Duration {
        (self.config.uptime)()
    }

    fn lease_book(&self) -> MutexGuard<'_, LeaseBook> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn encoder(&self) -> MutexGuard<'_, Encoder> {
        self.encoder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_request(&self) -> RequestId {
        RequestId { run: self.run, request: self.requests.fetch_add(1, Ordering::Relaxed) }
    }

    /// The lease of a daemon, of which at least `margin` must be left.
    fn fence(&self, daemon: &DaemonId, margin: Duration) -> Result<Fence, JournalError> {
        let lease = self.lease_book().find(daemon, self.uptime(), margin);
        let lease = lease.ok_or_else(|| JournalError::NotHeld { daemon: daemon.clone() })?;
        let (daemon, holder) = (daemon.clone(), self.replica.name.clone());
        Ok(Fence { daemon, holder, token: lease.token })
    }

    async fn run_job<J: StoreJob>(&self, job: &J) -> Result<J::Output, JournalError> {
        within_limit(self.attempt(job)).await
    }

    async fn attempt<J: StoreJob>(&self, job: &J) -> Result<J::Output, JournalError> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..ATTEMPTS {
            match self.try_once(job).await {
                Ok(done) => return Ok(done),
                Err(failure) if failure.is_worth_repeating() => {
                    tracing::debug!(
                        doing = J::DOING,
                        class = failure.class().code(),
                        "tried again"
                    );
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2);
                }
                Err(failure) => return Err(failure.into_error(J::DOING)),
            }
        }
        self.try_once(job).await.map_err(|failure| failure.into_error(J::DOING))
    }

    async fn try_once<J: StoreJob>(&self, job: &J) -> Result<J::Output, StoreFailure> {
        let mut client = connection(&self.pool).await?;
        let transaction = client.transaction().await?;
        let output = job.run(&transaction).await?;
        transaction.commit().await?;
        Ok(output)
    }

    async fn try_restore(&self, daemon: &DaemonId) -> Result<RestoredState, JournalError> {
        self.fence(daemon, Duration::ZERO)?;
        let doing = "reading the state of a daemon";
        let client = connection(&self.pool).await.map_err(|failure| failure.into_error(doing))?;
        load_restored(&client, daemon).await
    }

    async fn try_load_orders(
        &self,
        daemon: &DaemonId,
        seen: OrderId,
    ) -> Result<Vec<Order>, JournalError> {
        let failed = |failure: StoreFailure| failure.into_error("reading orders");
        let client = connection(&self.pool).await.map_err(failed)?;
        let orders = load_orders(&client, daemon, seen).await?;
        // Asked last: what is read next may be a mutation.
        self.fence(daemon, self.config.lease / SEND_SHARE)?;
        Ok(orders)
    }

    async fn try_record_intent(&self, intent: &Intent) -> Result<IntentId, JournalError> {
        let encoded = EncodedIntent::encode(intent)?;
        let job = RecordIntent {
            id: self.next_request(),
            fence: self.fence(&intent.daemon, Duration::ZERO)?,
            at: intent.at,
            mode: intent.from.mode().as_str(),
            before: encoded.before,
            action: encoded.action,
            reason: intent.decision.reason.code(),
            memory: encode_memory(&intent.memory)?,
            ended: &intent.ended,
        };
        self.run_job(&job).await
    }

    async fn try_record_look(&self, entry: &LookEntry) -> Result<(), JournalError> {
        let id = self.next_request();
        let written = match self.write_look(id, entry).await {
            // A market that was recorded lately went with the last look that showed it.
            Err(error) if error.is_lost_reference() => {
                self.encoder().markets = MarketCache::default();
                self.write_look(id, entry).await
            }
            written => written,
        };
        if written.is_ok() {
            self.clean_up(entry.record.at).await;
        }
        written
    }

    async fn write_look(&self, id: RequestId, entry: &LookEntry) -> Result<(), JournalError> {
        let job = self.encode_look(id, entry)?;
        let StoredMarkets { shown, remembered } = self.run_job(&job).await?;
        let (market, snapshot) = (job.market, job.snapshot);
        let known = snapshot.and_then(StateSnapshot::into_market);
        let mut encoder = self.encoder();
        for (id, market) in [(shown, market), (remembered, known)] {
            if let (Some(id), Some(market)) = (id, market) {
                encoder.markets.add(id, market);
            }
        }
        Ok(())
    }

    fn encode_look<'a>(
        &self,
        id: RequestId,
        entry: &'a LookEntry,
    ) -> Result<RecordLook<'a>, JournalError> {
        let LookEntry { record, inputs, params, state, snapshot, orders_seen, ended } = entry;
        let fence = self.fence(&record.daemon, Duration::ZERO)?;
        let mut encoder = self.encoder();
        let Encoder { markets, packer } = &mut *encoder;
        let place =
            |packer: &mut Packer, reader: Option<DaemonId>, market: StoredMarket| match markets
                .find(&market)
            {
                Some(id) => Ok(PreparedMarket::known(id, reader, market)),
                None => PreparedMarket::pack(packer, reader, market),
            };
        let mut bare = Record::clone(record);
        let market = StoredMarket::take_from(&mut bare.look)
            .map(|market| {
                let reader =
                    record.look.market_read.as_ref().map_or(&record.daemon, |source| &source.by);
                place(packer, Some(reader.clone()), market)
            })
            .transpose()?;
        let body = LookBodyRef { record: &bare, inputs, memory: &state.memory };
        let body = packer.pack("a look", &body)?;
        let snapshot = snapshot
            .as_ref()
            .map(|state| {
                StateSnapshot::prepare_with(state, packer, |packer, market| {
                    place(packer, None, market)
                })
            })
            .transpose()?;
        let settings = SettingsRow { mode: record.mode, params: params.clone() };
        Ok(RecordLook {
            id,
            fence,
            at: record.at,
            columns: LookColumns::new(record),
            settings: to_json("settings", &settings)?,
            body,
            market,
            snapshot,
            state: EncodedState::encode(state.clone(), packer)?,
            orders_seen: *orders_seen,
            ended,
        })
    }

    /// Deletes some of what expired, now and then; what fails is tried again later.
    async fn clean_up(&self, now: Timestamp) {
        const PERIOD: Duration = Duration::from_secs(60);
        let uptime = self.uptime();
        {
            let mut cleaned = self.cleaned.lock().unwrap_or_else(PoisonError::into_inner);
            if *cleaned != Duration::ZERO && uptime.saturating_sub(*cleaned) < PERIOD {
                return;
            }
            *cleaned = uptime;
        }
        let cutoff = now.checked_sub(self.config.retention).unwrap_or(Timestamp::MIN);
        if let Err(error) = self.run_job(&Expiry { cutoff: cutoff.as_microsecond() }).await {
            tracing::warn!(error = %error.fault(), "expired records are still in the store");
        }
    }

    /// Waits until no replica carries out any more what a command forbids: an action recorded after
    /// the command reads it before it sends.
    async fn wait_until_ended(&self, command: &OperatorCommand) -> Result<(), JournalError> {
        const PAUSE: Duration = Duration::from_millis(50);
        let failed = |failure: StoreFailure| failure.into_error("reading intents");
        let client = connection(&self.pool).await.map_err(failed)?;
        while count_under_way(&client, command).await? > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn try_save_state(
        &self,
        daemon: &DaemonId,
        at: Timestamp,
        state: PersistedState,
    ) -> Result<(), JournalError> {
        let fence = self.fence(daemon, Duration::ZERO)?;
        let state = EncodedState::encode(state, &mut self.encoder().packer)?;
        self.run_job(&SaveState { fence, at, state }).await
    }
}

/// Gives up what takes longer than any caller waits.
async fn within_limit<T>(
    work: impl Future<Output = Result<T, JournalError>>,
) -> Result<T, JournalError> {
    tokio::time::timeout(LIMIT, work).await.unwrap_or(Err(JournalError::NoAnswer { limit: LIMIT }))
}

/// The same work with its failure as data.
async fn as_fault<T>(
    work: impl Future<Output = Result<T, JournalError>>,
) -> Result<T, JournalFault> {
    within_limit(work).await.map_err(|error| error.fault())
}

impl FleetLeases for SharedJournal {
    fn replica(&self) -> &str {
        &self.replica.name
    }

    fn round_period(&self) -> Duration {
        self.config.lease / RENEWALS
    }

    fn renew<'a>(&'a self, claims: &'a [Claim]) -> Reply<'a, Tenancy> {
        Box::pin(as_fault(async move {
            let (asked, lease) = (self.uptime(), self.config.lease);
            let round = LeaseRound::new(&self.replica, claims, lease, &self.sessions)
                .after(&self.lease_book(), asked);
            let result = self.run_job(&round).await?;
            let mut book = self.lease_book();
            book.absorb(&result, asked, lease);
            let (held, transitions) = (book.held(self.uptime()), book.transitions());
            Ok(Tenancy { held, surplus: result.surplus, transitions })
        }))
    }

    fn release<'a>(&'a self, daemons: &'a BTreeSet<DaemonId>, leaves: bool) -> Reply<'a, ()> {
        Box::pin(as_fault(async move {
            self.lease_book().drop_held(daemons);
            let daemons = daemons.iter().map(|daemon| daemon.as_str().to_owned()).collect();
            let job = ReleaseLeases { holder: &self.replica.name, daemons, leaves };
            self.run_job(&job).await
        }))
    }
}

impl Ledger for SharedJournal {
    fn restore(&self, daemon: &DaemonId) -> Reply<'_, RestoredState> {
        let daemon = daemon.clone();
        Box::pin(as_fault(async move { self.try_restore(&daemon).await }))
    }

    fn load_orders(&self, daemon: &DaemonId, seen: OrderId) -> Reply<'_, Vec<Order>> {
        let daemon = daemon.clone();
        Box::pin(as_fault(async move { self.try_load_orders(&daemon, seen).await }))
    }

    fn record_order(&self, at: Timestamp, command: OperatorCommand) -> Reply<'_, OrderId> {
        Box::pin(as_fault(async move {
            let job = RecordOrder { id: self.next_request(), at, command: &command };
            let id = self.run_job(&job).await?;
            if let OperatorCommand::Pause { .. } = command {
                self.wait_until_ended(&command).await?;
            }
            Ok(id)
        }))
    }

    fn record_intent(&self, intent: Intent) -> Reply<'_, IntentId> {
        Box::pin(as_fault(async move { self.try_record_intent(&intent).await }))
    }

    fn record_look(&self, entry: LookEntry) -> Reply<'_, ()> {
        Box::pin(as_fault(async move { self.try_record_look(&entry).await }))
    }

    fn save_state(&self, daemon: &DaemonId, at: Timestamp, state: PersistedState) -> Reply<'_, ()> {
        let daemon = daemon.clone();
        Box::pin(as_fault(async move { self.try_save_state(&daemon, at, state).await }))
    }
}
