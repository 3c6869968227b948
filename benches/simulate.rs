//! Time of simulated markets: a policy with all of the service's loop in it, slot by slot.

#![expect(clippy::disallowed_types, reason = "divan registers benchmarks in statics")]

use divan::{Bencher, counter::ItemsCount};
use jiff::Timestamp;
use snarkfee_core::{cycle::BOOK_INTERVAL, market::Selection, policy::Pricing, units::Nanomina};
use snarkfee_lab::{market_sim::library, tournament::Tournament};

fn main() {
    divan::main();
}

const SLOTS: u64 = 500;

/// The strategy `profit`, a look every minute; items are slots.
#[divan::bench(args = ["scarce", "regime-switch"], sample_count = 10)]
fn profit(bencher: Bencher<'_, '_>, scenario: &str) {
    let (Ok(scenario), Ok(cost)) = (library::scenario(scenario), Nanomina::try_new(100_000)) else {
        return;
    };
    let tournament = Tournament {
        scenario,
        policies: Vec::new(),
        seeds: vec![1],
        slots: SLOTS,
        start: Timestamp::UNIX_EPOCH,
        cost,
        book_interval: BOOK_INTERVAL,
        pricing: Pricing::default(),
        selection: Selection::Auto,
        hindsight: false,
    };
    bencher.counter(ItemsCount::new(SLOTS)).bench(|| tournament.profit(1, &tournament.pricing));
}
