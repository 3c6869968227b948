//! Time to read what a daemon sends: the metrics text, compared with `prometheus-parse` and a pass of
//! memchr over the same bytes; a snark pool of 50,000 entries, compared with serde_json parsing the
//! same bytes and keeping nothing.

#![expect(clippy::indexing_slicing, reason = "a benchmark of fixed data may panic")]

use std::{fmt::Write, hint::black_box, time::Duration};

use divan::{
    Bencher,
    counter::{BytesCount, ItemsCount},
};
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::de::IgnoredAny;
use snarkfee_client::{Answered, Exchange, MarketOperation, decode};
use snarkfee_core::{
    fault::Fault,
    market::{Look, MarketHistory, MarketView, Selection, ViewSettings},
    metrics_text::Exposition,
    units::{Nanomina, PublicKey},
};

fn main() {
    divan::main();
}

const BLOCKS: u32 = 290;
const ENTRIES: i64 = 50_000;
const PENDING: i64 = 5_000;
const POOL: Exchange = Exchange::Market(MarketOperation::Pool);
const SETTINGS: ViewSettings = ViewSettings {
    window: Duration::from_secs(86_400),
    half_life: Duration::from_secs(21_600),
    min_samples: 30,
    works_per_hour: Some(90.0),
    level: Nanomina::ONE,
    selection: Selection::Auto,
};

/// A page as large as that of a mainnet daemon, in the dialect that every parser reads.
fn page() -> String {
    let mut text = String::new();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for family in 0..150 {
        let name = format!("Mina_Subsystem_{}_metric_number_{family}", family % 9);
        let kind = ["counter", "gauge", "histogram"][family % 3];
        let _ = writeln!(text, "# HELP {name} What the metric of number {family} is there to tell");
        let _ = writeln!(text, "# TYPE {name} {kind}");
        if kind == "histogram" {
            for bucket in 0..20 {
                let _ = writeln!(text, "{name}_bucket{{le=\"{bucket}.5\"}} {}", bucket * 17);
            }
            let _ = writeln!(
                text,
                "{name}_bucket{{le=\"+Inf\"}} 400\n{name}_sum 12345.5\n{name}_count 400"
            );
        } else {
            let value: f64 = random.random_range(0.0..1e9);
            let _ = writeln!(text, "{name} {value}");
        }
    }
    text
}

#[divan::bench]
fn metrics_text(bencher: Bencher<'_, '_>) {
    let text = page();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| Exposition::parse(black_box(&text)).sample_count());
}

#[divan::bench]
fn metrics_text_by_prometheus_parse(bencher: Bencher<'_, '_>) {
    let text = page();
    let parse =
        |text: &str| prometheus_parse::Scrape::parse(text.lines().map(|line| Ok(line.to_owned())));
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| parse(black_box(&text)).map(|scrape| scrape.samples.len()));
}

#[divan::bench]
fn metrics_text_by_memchr(bencher: Bencher<'_, '_>) {
    let text = page();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| memchr::memchr_iter(b'\n', black_box(text.as_bytes())).count());
}

fn keys() -> Vec<String> {
    let text = |at: u32| {
        format!(
            "B62qpLeuZDL7PxNsCqsJwWFPAmnixi5ay8Kz9NcNGBQU8jK19V{:05}",
            11_111 + at % 9 + 10 * (at / 9 % 9)
        )
    };
    (0..80).map(|at| text(at).replace('0', "z")).collect()
}

fn fee(random: &mut ChaCha8Rng) -> u64 {
    match random.random_range(0..10) {
        0..4 => 0,
        4 => random.random_range(1..=10),
        5 | 6 => [50_000, 100_000, 990_000, 1_000_000][random.random_range(0..4)],
        _ => random.random_range(100_000..20_000_000),
    }
}

/// The answer to the market operation of a daemon without `snarkWorkRange`.
fn answer() -> String {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let keys = keys();
    let proved = |random: &mut ChaCha8Rng, work: i64| {
        let (fee, key) = (fee(random), &keys[random.random_range(0..keys.len())]);
        let ids = format!(
            "[{},{}]",
            1_000_000_007 * work % 2_147_483_647,
            2_000_000_011 * work % 2_147_483_647
        );
        format!("{{\"workIds\":{ids},\"fee\":\"{fee}\",\"prover\":\"{key}\"}}")
    };
    let blocks: Vec<String> = (0..BLOCKS)
        .map(|index| {
            let bought = if random.random_range(0..4) == 0 { 128 } else { random.random_range(0..16) };
            let works: Vec<_> =
                (0..bought).map(|work| proved(&mut random, i64::from(index) * 200 + work + 1)).collect();
            let (date, height) = (1_780_000_000_000 + u64::from(index) * 90_000, 480_000 + index);
            format!(
                "{{\"stateHash\":\"3NK{index}\",\"protocolState\":{{\"blockchainState\":{{\"date\":\"{date}\"}},\
                 \"consensusState\":{{\"blockHeight\":\"{height}\"}}}},\"snarkJobs\":[{}]}}",
                works.join(",")
            )
        })
        .collect();
    let pool: Vec<_> = (0..ENTRIES).map(|work| proved(&mut random, 100_000 + work)).collect();
    let pending: Vec<_> = (0..PENDING)
        .map(|work| format!("{{\"workBundle\":[{{\"workId\":{}}}]}}", 900_000_000 + work))
        .collect();
    format!(
        "{{\"data\":{{\"bestChain\":[{}],\"snarkPool\":[{}],\"pendingSnarkWork\":[{}]}}}}",
        blocks.join(","),
        pool.join(","),
        pending.join(",")
    )
}

/// The floor: serde_json parses the same bytes and keeps nothing.
#[divan::bench]
fn snark_pool_ignored(bencher: Bencher<'_, '_>) {
    let body = answer();
    bencher
        .counter(BytesCount::of_str(&body))
        .bench(|| serde_json::from_str::<IgnoredAny>(black_box(&body)).is_ok());
}

/// Decoded and joined to the works still to be bought; items are entries of the pool.
#[divan::bench]
fn snark_pool_read(bencher: Bencher<'_, '_>) {
    let body = answer().into_bytes();
    bencher
        .counter(BytesCount::of_slice(&body))
        .counter(ItemsCount::new(ENTRIES.unsigned_abs()))
        .with_inputs(|| body.clone())
        .bench_values(|body| decode(POOL, 200, body));
}

/// Decoded, joined and estimated.
#[divan::bench]
fn snark_pool_read_and_estimated(bencher: Bencher<'_, '_>) {
    let body = answer().into_bytes();
    let worker = PublicKey::try_new(&keys()[0]).ok();
    bencher.counter(BytesCount::of_slice(&body)).with_inputs(|| body.clone()).bench_values(
        |body| {
            let Ok(Answered::Market(chain, book)) = decode(POOL, 200, body) else { return false };
            let at = Timestamp::UNIX_EPOCH
                + SignedDuration::from_secs(1_780_000_000 + i64::from(BLOCKS) * 90);
            let look = Look {
                at,
                clock_set: None,
                machine: None,
                status: Err(Fault::Refused { message: String::new() }),
                market_read: None,
                chain: chain.map(Ok),
                book: Some(Ok(book)),
                kept_book: None,
                book_took: None,
                metrics: None,
                account: None,
            };
            let owns = |prover: &PublicKey| Some(prover) == worker.as_ref();
            let mut history = MarketHistory::default();
            history.absorb_look(&look, owns, None);
            MarketView::new(&history, &look, &SETTINGS, owns).knows_prices()
        },
    );
}
