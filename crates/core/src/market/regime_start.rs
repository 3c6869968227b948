//! Where the current price regime begins, in what was bought and what is due to be.

use jiff::Timestamp;

use super::{
    evidence::NEIGHBOURS,
    history::MarketHistory,
    known_book::KnownBook,
    look::OpenWork,
    regime::{self, Stretch},
};
use crate::units::Nanomina;

/// The beginning of the current price regime.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RegimeStart {
    /// When; `None` if it began before the window.
    pub(super) since: Option<Timestamp>,
    /// Due works at the head of the book that still belong to the earlier regime.
    pub(super) due_from: usize,
}

impl RegimeStart {
    /// Finds it in the sales of the window and in what is due to be bought. `level` is the price
    /// whose exceedance defines a regime.
    pub(super) fn find(
        history: &MarketHistory,
        book: Option<&KnownBook>,
        window: Timestamp,
        level: Nanomina,
    ) -> Self {
        let mut began: Vec<Timestamp> = Vec::new();
        let mut stretches: Vec<Stretch> = Vec::new();
        for block in history.blocks(window).filter(|block| !block.works.is_empty()) {
            let above = block.works.iter().filter(|sale| sale.fee > level);
            began.push(block.at);
            stretches
                .push(Stretch { works: block.works.len() as f64, above: above.count() as f64 });
        }
        // A due work without a proof sells at any fee.
        let is_above =
            |open: &&OpenWork| open.standing.as_ref().is_none_or(|offer| offer.fee > level);
        let due = book.map(KnownBook::due_works).unwrap_or_default();
        stretches.extend(due.chunks(NEIGHBOURS).map(|works| Stretch {
            works: works.len() as f64,
            above: works.iter().filter(is_above).count() as f64,
        }));
        match regime::find_regime_start(&stretches) {
            None => Self::default(),
            Some(cut) => match began.get(cut) {
                Some(at) => Self { since: Some(*at), due_from: 0 },
                None => Self {
                    since: book.map(|book| book.read),
                    due_from: (cut - began.len()) * NEIGHBOURS,
                },
            },
        }
    }
}
