//! What must hold of text from outside, whatever it is: one function for each kind. The fuzz
//! targets in `fuzz/` and the tests beside this file call the same functions.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use snarkfee::{
    telemetry::{Liveness, Metrics, StatusBoard},
    web::{AdminAccess, ServerLimits, WebState, serve_stream},
};
use snarkfee_client::{Answered, Exchange, decode, read_list, read_quote};
use snarkfee_clock::Clock;
use snarkfee_config::Source;
use snarkfee_core::{
    control::OperatorCommand,
    cost::{CostModel, EnergySource, PriceSource},
    cycle::{Context, CycleState},
    fault::Fault,
    ledger::PersistedState,
    market::{Book, ChainLook, ConsensusSlot, DaemonStatus, Look, PoolMetrics, SyncState},
    metrics_text::{Exposition, Histogram, MAX_FAMILIES, MAX_SAMPLES},
    policy::{Action, BlockProduction, Mode, Outcome, Params, Pricing, Ruling, Safety, Worker},
    units::{Currency, DaemonId, Nanomina, PublicKey},
};
use snarkfee_journal::{RowContent, RowText};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Text of a `/metrics` page.
pub(crate) fn metrics_text(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let exposition = Exposition::parse(text);
        assert!(
            exposition.sample_count() <= MAX_SAMPLES
                && exposition.families().count() <= MAX_FAMILIES
        );
        for family in exposition.families() {
            let Ok(histogram) = Histogram::from_family(&family) else { continue };
            let increment = histogram.increment_since(&histogram);
            assert!(increment.restart.is_none(), "a page that continues itself");
            assert!(increment.added.total() <= 0.0, "nothing is added to itself");
            let _ = histogram.resolution(Some(1e6)).code();
        }
    }
    match decode(Exchange::Metrics, 200, data.to_vec()) {
        Ok(Answered::Metrics(metrics)) => {
            let counts = [metrics.pool_size, metrics.completed_by_own, metrics.assigned_to_own];
            assert!(
                counts.into_iter().flatten().all(|count| count.is_finite() && count >= 0.0),
                "{metrics:?}"
            );
            assert!(
                metrics.fees.as_ref().is_none_or(|fees| fees.to_histogram().is_some()),
                "{metrics:?}"
            );
            looked_at(&Look { metrics: Some(Ok(metrics)), ..quiet() });
        }
        Ok(other) => unreachable!("{other:?}"),
        Err(fault) => named(&fault),
    }
}

/// An answer of the GraphQL endpoint. The first byte chooses what was asked, the second the HTTP
/// status, the rest is the body.
pub(crate) fn graphql(data: &[u8]) {
    const STATUSES: [u16; 4] = [200, 400, 404, 500];
    let [exchange, status, body @ ..] = data else { return };
    let exchange = Exchange::ALL[usize::from(*exchange) % Exchange::ALL.len()];
    let http = STATUSES[usize::from(*status) % STATUSES.len()];
    match decode(exchange, http, body.to_vec()) {
        Ok(answered) => {
            assert_eq!(http, 200, "{answered:?}");
            match answered {
                Answered::Status(status) => looked_at(&Look { status: Ok(*status), ..quiet() }),
                Answered::Blocks(chain) => looked_at(&Look { chain: Some(Ok(chain)), ..quiet() }),
                Answered::Market(chain, book) => {
                    looked_at(&Look { chain: chain.map(Ok), book: Some(Ok(book)), ..quiet() })
                }
                Answered::Account(exists) => {
                    looked_at(&Look { account: Some(Ok(exists)), ..quiet() })
                }
                Answered::Schema(found) => drop(found.era()),
                Answered::Done(_) => {}
                Answered::Metrics(metrics) => {
                    looked_at(&Look { metrics: Some(Ok(metrics)), ..quiet() })
                }
            }
        }
        Err(fault) => named(&fault),
    }
}

/// A configuration file.
pub(crate) fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // What names a file is read from the disk, which is not what is looked at here.
    if text.contains("_file") {
        return;
    }
    let source = Source::new(None, []).with_time_zone(TimeZone::UTC);
    match source.load_text(text) {
        Ok(settings) => {
            let effective = settings.effective();
            let again = source.load_text(&effective);
            let again = again.unwrap_or_else(|errors| panic!("{errors}\n{effective}"));
            // Credentials in addresses are hidden, and so do not come back.
            if !effective.contains('@') {
                assert_eq!(again, settings, "{effective}");
            }
        }
        Err(errors) => {
            let told = errors.to_string();
            assert!(
                !told.is_empty() && told.lines().all(|line| line.starts_with("config")),
                "{told}"
            );
        }
    }
}

/// A file with a precomputed block.
pub(crate) fn precomputed(data: &[u8]) {
    let whole = snarkfee_lab::precomputed::read_block(data);
    let in_pieces = snarkfee_lab::precomputed::read_block(Trickle(data));
    assert_eq!(
        whole.as_ref().ok(),
        in_pieces.as_ref().ok(),
        "it does not matter how the bytes come"
    );
    match whole {
        // A work is written in more than twenty bytes, whatever it says.
        Ok(block) => assert!(block.works.len() * 20 < data.len(), "{} works", block.works.len()),
        Err(defect) => assert!(!defect.to_string().is_empty()),
    }
}

/// The text of a row of the journal. The first byte chooses of which kind.
pub(crate) fn journal(data: &[u8]) {
    let [kind, text @ ..] = data else { return };
    let kind = RowText::ALL[usize::from(*kind) % RowText::ALL.len()];
    let Ok(text) = std::str::from_utf8(text) else { return };
    match kind.read(text) {
        Ok(RowContent::State(state)) => decided(&quiet(), CycleState::restored(*state)),
        Ok(RowContent::Look(record, memory)) => {
            assert!(!record.decision.reason.to_string().is_empty());
            let state = PersistedState { memory: *memory, ..PersistedState::default() };
            decided(&record.look, CycleState::restored(state));
        }
        Ok(RowContent::Other) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A document with a price of MINA, or after an odd first byte with prices of electricity.
pub(crate) fn price(data: &[u8]) {
    let [kind, body @ ..] = data else { return };
    let now = Timestamp::from_second(1_790_000_000).expect("a time");
    let url = || "http://127.0.0.1/".parse().expect("an address");
    let hour = Duration::from_secs(3_600);
    if kind % 2 == 0 {
        let single = PriceSource::single(
            url(),
            "/price".to_owned(),
            Currency::try_new("USD").expect("a currency"),
            hour,
        );
        let time_pointer = (kind % 4 == 0).then(|| "/at".to_owned());
        let feed = PriceSource { time_pointer, ..single };
        match read_quote(body, &feed, now) {
            Ok(quote) => {
                assert!(feed.bounds.is_none_or(|bounds| bounds.contains(quote.price)));
                assert!(quote.at <= now && now.duration_since(quote.at).unsigned_abs() <= hour);
            }
            Err(fault) => named(&fault),
        }
        return;
    }
    let source = EnergySource {
        url: url(),
        pointer: (kind % 4 == 1).then(|| "/data".to_owned()),
        price_key: None,
        unit: "1 EUR/kWh".parse().expect("a price"),
        surcharge: None,
        max_age: hour,
    };
    match read_list(body, &source, now) {
        Ok(list) => {
            if let Some(quote) = list.quote(now) {
                assert!(quote.from <= now && now < quote.to, "{quote:?}");
            }
        }
        Err(fault) => named(&fault),
    }
}

/// What a client sends to the page and the admin API on one connection.
pub(crate) fn admin(data: &[u8]) {
    const TOKEN: &str = "0123456789abcdef";
    const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);
    let (sender, mut commands) = tokio::sync::mpsc::channel(64);
    let main = DaemonId::try_new("main").expect("a name");
    let now = Timestamp::from_second(1_790_000_000).expect("a time");
    let admin = AdminAccess::try_new(&TOKEN.to_owned().into(), Arc::new(sender)).expect("a token");
    let state = WebState {
        board: Arc::new(StatusBoard::new(Mode::DryRun, [main.clone()])),
        metrics: Arc::new(Metrics::new()),
        liveness: Arc::new(Liveness::default()),
        clock: Clock::accelerated(now, 1e-6),
        hosts: Arc::from([]),
        admin: Some(Arc::new(admin)),
        archive: None,
        interval: Duration::from_secs(60),
        refresh: Duration::from_secs(10),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let answer = runtime.expect("a runtime").block_on(async {
        let (mut client, server) = tokio::io::duplex(1 << 20);
        client.write_all(data).await.expect("room");
        client.shutdown().await.expect("an end");
        let mut answer = Vec::new();
        let serving = serve_stream(server, state, ServerLimits::default());
        let (_, read) = tokio::join!(serving, client.read_to_end(&mut answer));
        read.expect("an answer or none");
        answer
    });
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "{answer:?}");
    while let Ok(command) = commands.try_recv() {
        assert!(contains(data, TOKEN.as_bytes()), "an order without the token: {command:?}");
        assert!(command.concerns(&main), "{command:?}");
        if let OperatorCommand::Pause { until: Some(until), .. } = command {
            let lasting = until.duration_since(now);
            assert!(lasting.is_positive() && lasting <= LONGEST + SignedDuration::from_mins(1));
        }
    }
}

fn contains(data: &[u8], wanted: &[u8]) -> bool {
    data.windows(wanted.len()).any(|piece| piece == wanted)
}

/// Gives a few bytes at a time.
struct Trickle<'a>(&'a [u8]);

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let few = into.len().min(7);
        std::io::Read::read(&mut self.0, &mut into[..few])
    }
}

/// A fault that people and a log can bear.
fn named(fault: &Fault) {
    let told = fault.to_string();
    assert!(!told.is_empty() && told.chars().count() < 600, "{} characters", told.chars().count());
    assert!(!told.chars().any(char::is_control), "{told:?}");
}

/// A look that the journal can keep, and decisions on it.
fn looked_at(look: &Look) {
    let kept = serde_json::to_string(look).expect("a look that can be written down");
    assert_eq!(serde_json::from_str::<Look>(&kept).expect("a look that can be read back"), *look);
    decided(look, CycleState::default());
}

/// Decisions that stay within their bounds, twice in a row.
fn decided(look: &Look, mut state: CycleState) {
    let params = Params {
        pricing: Pricing { confirm: 1, min_samples: 1, ..Pricing::default() },
        worker: Worker { key: Some(us()), ..Worker::default() },
        block_production: BlockProduction::default(),
        safety: Safety::default(),
    };
    let cost = CostModel::PerWork(Nanomina::ONE);
    let context =
        Context { mode: Mode::Live, params: &params, cost: &cost, quotes: Default::default() };
    for _ in 0..2 {
        let (_, Ruling { decision, .. }) = state.conclude(look.at, look, &context);
        let bounds = Nanomina::ZERO..=Nanomina::ONE_MINA;
        if let Action::SetFee { fee } | Action::SwitchOn { fee, .. } | Action::Park { fee } =
            &decision.action
        {
            assert!(bounds.contains(fee), "{fee}");
        }
        assert!(!decision.reason.to_string().is_empty());
        let outcome = if decision.action == Action::Hold {
            Outcome::Held
        } else {
            Outcome::Applied { unread: None, overtook: None }
        };
        state.settle(look.at, look, &decision, &outcome, &params);
    }
}

fn us() -> PublicKey {
    PublicKey::try_new("B62qpLeuZDL7PxNsCqsJwWFPAmnixi5ay8Kz9NcNGBQU8jK19VpJQaY").expect("a key")
}

/// A synced daemon with nothing going on.
fn quiet() -> Look {
    let now = ConsensusSlot {
        global_slot: 602,
        starts: Timestamp::from_second(1_617_151_500).expect("a time"),
    };
    let status = DaemonStatus {
        worker: Some(us()),
        fee: Nanomina::ONE_MINA,
        sync: SyncState::Synced,
        height: Some(7),
        highest_received: 7,
        uptime: Duration::from_secs(86_400),
        peers: Some(5),
        commit: "6965b50".to_owned(),
        state_hash: None,
        best_tip: Some(now),
        now,
        slot_duration: Duration::from_secs(180),
        own_slots: Default::default(),
        produces_blocks: false,
        exact_pool: None,
        read_only: false,
        simulated_speed: None,
    };
    Look {
        at: now.starts,
        clock_set: None,
        machine: None,
        status: Ok(status),
        market_read: None,
        chain: Some(Ok(ChainLook::default())),
        book: Some(Ok(Book {
            order: snarkfee_core::market::BookOrder::Unknown,
            works: Vec::new().into(),
        })),
        kept_book: None,
        book_took: None,
        metrics: Some(Ok(PoolMetrics::default())),
        account: None,
    }
}
