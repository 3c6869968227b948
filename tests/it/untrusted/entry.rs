//! What must hold of text from outside, whatever it is: one function for each kind. The fuzz
//! targets in `fuzz/` and the tests beside this file call the same functions.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use snarkfee_client::{Answered, Exchange, decode};
use snarkfee_config::Source;
use snarkfee_core::{
    cost::CostModel,
    cycle::{Context, CycleState},
    fault::Fault,
    market::{Book, ChainLook, ConsensusSlot, DaemonStatus, Look, PoolMetrics, SyncState},
    metrics_text::{Exposition, Histogram, MAX_FAMILIES, MAX_SAMPLES},
    policy::{Action, BlockProduction, Mode, Outcome, Params, Pricing, Ruling, Safety, Worker},
    units::{Nanomina, PublicKey},
};

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

/// Gives a few bytes at a time.
struct Trickle<'a>(&'a [u8]);

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let few = into.len().min(7);
        self.0.read(&mut into[..few])
    }
}

/// A fault that people and a log can bear.
fn named(fault: &Fault) {
    let told = fault.to_string();
    assert!(!told.is_empty() && told.chars().count() < 600, "{} characters", told.chars().count());
    assert!(!told.chars().any(char::is_control), "{told:?}");
}

/// A look that the journal can keep, and a decision that stays within its bounds, twice in a row.
fn looked_at(look: &Look) {
    let kept = serde_json::to_string(look).expect("a look that can be written down");
    assert_eq!(serde_json::from_str::<Look>(&kept).expect("a look that can be read back"), *look);
    let params = Params {
        pricing: Pricing { confirm: 1, min_samples: 1, ..Pricing::default() },
        worker: Worker { key: Some(us()), ..Worker::default() },
        block_production: BlockProduction::default(),
        safety: Safety::default(),
    };
    let cost = CostModel::PerWork(Nanomina::ONE);
    let context =
        Context { mode: Mode::Live, params: &params, cost: &cost, quotes: Default::default() };
    let mut state = CycleState::default();
    for _ in 0..2 {
        let (_, Ruling { decision, .. }) = state.conclude(look.at, look, &context);
        let bounds = params.pricing.floor..=params.pricing.ceiling.max(Nanomina::ONE_MINA);
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
