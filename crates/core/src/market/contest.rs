//! Whether other provers take works in order of purchase: what a worker that does the same is up
//! against.
//!
//! The works at the head of the book are of about the same age and wait for the same purchase. If
//! others are handed random ones, their offers lie anywhere among them. If they are handed the
//! first, the cheapest of them have covered the first works, dearer ones the next, and nobody the
//! last.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::look::OpenWork;
use crate::units::{Nanomina, PublicKey};

/// Works at the head: half a tree of mainnet.
const HEAD: usize = 64;
/// Age at which a look counts half, as for the shares of open works.
const HALF_LIFE: Duration = Duration::from_secs(3600);

/// Pairs of works at the head, by whether the first of the two is offered for less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct HeadOrder {
    last: Option<Timestamp>,
    /// Looks with pairs of different prices, discounted by age.
    looks: f64,
    /// Sum over looks of the share of pairs in which the first work is offered for less.
    ascending: f64,
}

impl HeadOrder {
    /// Adds a book in order of purchase. Works that we offer say nothing of others.
    pub(super) fn record_book(
        &mut self,
        at: Timestamp,
        book: &[OpenWork],
        owns: impl Fn(&PublicKey) -> bool,
    ) {
        let passed = self.last.replace(at).map_or(Duration::ZERO, |last| {
            Duration::try_from(at.duration_since(last)).unwrap_or(Duration::ZERO)
        });
        let keep = (-passed.as_secs_f64() / HALF_LIFE.as_secs_f64()).exp2();
        (self.looks, self.ascending) = (self.looks * keep, self.ascending * keep);
        let price = |open: &OpenWork| match &open.standing {
            Some(offer) => (!owns(&offer.prover)).then_some(offer.fee),
            None => Some(Nanomina::MAX),
        };
        let prices: Vec<Nanomina> = book.iter().take(HEAD).filter_map(price).collect();
        let (mut ascending, mut different) = (0_u32, 0_u32);
        for (place, first) in prices.iter().enumerate() {
            for later in prices.iter().skip(place + 1).filter(|later| *later != first) {
                different += 1;
                ascending += u32::from(first < later);
            }
        }
        if different > 0 {
            self.looks += 1.0;
            self.ascending += f64::from(ascending) / f64::from(different);
        }
    }

    /// How far others take works in order: 0 at random, 1 strictly the first.
    pub(super) fn in_order(&self) -> f64 {
        if self.looks <= 0.0 {
            return 0.0;
        }
        (2.0 * self.ascending / self.looks - 1.0).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{key, open_work, time};

    fn in_order(prices: impl Iterator<Item = Option<u64>>) -> f64 {
        let book: Vec<OpenWork> = (0..)
            .zip(prices)
            .map(|(id, price)| open_work(id, price.map(|price| (price, "them"))))
            .collect();
        let mut head = HeadOrder::default();
        head.record_book(time(0), &book, |prover| *prover == key("us"));
        head.in_order()
    }

    #[test]
    fn covered_first_works_show_an_order_and_mixed_ones_do_not() {
        let prefix = (0..64).map(|place| (place < 30).then_some(place / 10));
        assert!((in_order(prefix) - 1.0).abs() < 1e-12);
        assert!(in_order((0..64).map(|place| (place % 2 == 0).then_some(5))) < 0.1);
        assert!(in_order((0..64).map(|_| Some(5))).abs() < 1e-12, "one price shows nothing");
        assert!(in_order(std::iter::empty()).abs() < 1e-12);
    }

    #[test]
    fn what_was_seen_long_ago_counts_little() {
        let mut head = HeadOrder::default();
        let book = |first: Option<(u64, &str)>, last| [open_work(1, first), open_work(2, last)];
        head.record_book(time(0), &book(Some((1, "them")), None), |_| false);
        head.record_book(time(36_000), &book(None, Some((1, "them"))), |_| false);
        assert!(head.in_order() < 0.01);
    }
}
