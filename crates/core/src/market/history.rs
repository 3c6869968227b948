//! What is kept of earlier looks at one daemon: the purchases on its chain, our own works, and the
//! rate of our provers.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    blocks::KnownBlocks,
    calibration::Prediction,
    contest::HeadOrder,
    cover_pace::CoverPace,
    coverage::BookCoverage,
    effort::Effort,
    known_book::{KeptBook, KnownBook},
    look::{Block, Book, BookOrder, FeeHistogram, Look},
    made::{MadeSince, MadeWorks},
    offers_by_owner::OffersByOwner,
    own::OwnWorks,
    price_model::SellerPrices,
    price_trust::PriceTrust,
    roster::{SellerRoster, SellerSummary},
    selection::{SelectionEvidence, SelectionMethod},
    supply::OwnSupply,
};
use crate::{
    metrics_text::{Histogram, Increment},
    units::{Nanomina, PublicKey},
};

/// Blocks in the daemon's transition frontier, in every era: the most that a look can get.
pub(crate) const FRONTIER: u32 = 290;

/// What is kept of earlier looks at one daemon.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MarketHistory {
    blocks: KnownBlocks,
    connected: bool,
    /// Whether the daemon lists the open works itself, so that no old purchases are needed to tell
    /// open works from bought ones.
    lists_open: bool,
    since: Option<Timestamp>,
    /// When blocks were last read.
    chain_read: Option<Timestamp>,
    /// The best tip up to which blocks are known; `None` if what was last asked for was not read.
    tip: Option<String>,
    book: Option<KnownBook>,
    own: OwnWorks,
    made: MadeWorks,
    coverage: BookCoverage,
    head: HeadOrder,
    cover_pace: CoverPace,
    supply: OwnSupply,
    selection: SelectionEvidence,
    sellers: SellerRoster,
    trust: PriceTrust,
    fees: Option<FeeHistogram>,
    fees_before: Option<FeeHistogram>,
}

impl MarketHistory {
    /// Adds a look.
    ///
    /// Returns what our provers did since the look before. `predicted` is the P(sold) last estimated
    /// for the fee that the daemon asks, to be compared with what sells.
    pub fn absorb_look(
        &mut self,
        look: &Look,
        owns: impl Fn(&PublicKey) -> bool,
        predicted: Option<Prediction>,
    ) -> Effort {
        let since = *self.since.get_or_insert(look.at);
        let blocks = match &look.chain {
            Some(Ok(chain)) => {
                self.connected = self.blocks.splice(&chain.blocks).unwrap_or(self.connected);
                self.chain_read = Some(look.at);
                chain.blocks.as_slice()
            }
            _ => &[],
        };
        if let Some(Ok(metrics)) = &look.metrics
            && metrics.fees.is_some()
        {
            self.fees_before = std::mem::replace(&mut self.fees, metrics.fees.clone());
        }
        let earlier = self.book.clone().filter(|book| book.filled);
        self.follow_book(look, &owns);
        let read = self.book.as_ref().filter(|_| matches!(look.book, Some(Ok(_))));
        let book = read.map(KnownBook::works);
        let asked = look
            .status
            .as_ref()
            .ok()
            .filter(|status| status.worker.is_some())
            .map(|status| status.fee);
        let offers = OffersByOwner::split(book.map_or(&[], |works| works), &owns);
        self.sellers.record_sales(look.at, blocks.iter().map(|block| &**block), &owns);
        if read.is_some_and(|read| read.filled) {
            self.coverage.record_offers(look.at, &offers);
            if let Some(works) = book {
                let earlier = earlier.as_ref().map(|book| &**book.works());
                self.sellers.record_book(look.at, earlier, works, &owns);
            }
            if let (Some(works), true) = (book, self.lists_open) {
                self.head.record_book(look.at, works, &owns);
            }
        }
        let seen = self.own.record_look(
            book,
            &offers,
            blocks.iter().filter(|block| block.at >= since),
            &owns,
            predicted,
            asked,
        );
        let sales = blocks.iter().flat_map(|block| &*block.works);
        let prices = sales.filter_map(|sale| {
            let price = match owns(&sale.prover) {
                true => self.own.rival_offer(sale.work)?,
                false => sale.fee,
            };
            Some((sale.work, price))
        });
        self.trust.answer(look.at, prices);
        let counts = self.supply.read_counts(look, seen.as_deref().unwrap_or_default());
        let made = seen.as_ref().map_or(MadeSince::default(), |seen| {
            if counts.restarted {
                self.made.forget_uncounted();
            }
            self.made.record_look(seen.len() as u64, counts.works, book.is_some())
        });
        self.own.record_made(
            look.at,
            made,
            predicted.filter(|of| asked.is_some_and(|fee| of.is_for(fee))),
        );
        if let (Some(works), Some(asked), Some(seen), true) = (book, asked, &seen, self.lists_open)
        {
            self.selection.record_look(works, asked, seen);
        }
        self.supply.record_look(look, book, &counts, made.works)
    }

    /// Takes in which book counts from now on.
    fn follow_book(&mut self, look: &Look, owns: impl Fn(&PublicKey) -> bool) {
        if look.book.is_some() {
            let before =
                std::mem::replace(&mut self.book, KnownBook::of_look(look, &self.coverage));
            if let (Some(before), Some(book)) = (before, &self.book)
                && before.filled
                && book.filled
            {
                let of = |book: &KnownBook| (Arc::clone(book.works()), book.read);
                let ((old, read_before), (new, read)) = (of(&before), of(book));
                self.cover_pace.compare((&old, read_before), (&new, read), owns);
            }
        } else if let (Some(Ok(chain)), Some(book)) = (&look.chain, &mut self.book) {
            book.remove_bought(&chain.blocks);
        }
        if let Some(Ok(book)) = &look.book {
            self.lists_open = book.order == BookOrder::Purchase;
        }
        if let Some(book) = self.book.as_ref().filter(|book| book.filled) {
            self.cover_pace.follow_first(book.works(), look.at);
        }
        let failed = matches!(look.chain, Some(Err(_))) || matches!(look.book, Some(Err(_)));
        if failed {
            self.tip = None;
        } else if look.chain.is_some() || look.book.is_some() {
            self.tip = look.status.as_ref().ok().and_then(|status| status.state_hash.clone());
        }
    }

    /// The book that the newest look shows: read by it, or kept by it and not too old.
    pub(super) fn book_of(&self, look: &Look) -> Option<&KnownBook> {
        let read = look.book_read()?;
        self.book.as_ref().filter(|book| book.read == read && book.counts(look.at))
    }

    /// The book with which the next look can do, at an interval of `interval` between two; `None`
    /// if it should read one.
    pub(crate) fn kept_book(&self, now: Timestamp, interval: Duration) -> Option<KeptBook> {
        let (book, tip) = (self.book.as_ref()?, self.tip.clone()?);
        (!book.is_due(now, interval)).then_some(KeptBook { read: book.read, tip })
    }

    /// Drops everything older than `oldest`. A sale from before then no longer counts if it is seen
    /// again, since nothing shows whether it was counted.
    pub(crate) fn forget_before(&mut self, oldest: Timestamp) {
        self.since = self.since.map(|since| since.max(oldest));
        self.blocks.prune(oldest);
        self.own.prune(oldest);
    }

    /// A copy of what the daemon cannot report again: our own works, totals and rate, and the
    /// averages over books. Blocks, book and histograms are left out; the next look fetches them anew.
    pub(crate) fn clone_without_market(&self) -> Self {
        let (own, coverage, supply) =
            (self.own.clone(), self.coverage.clone(), self.supply.clone());
        let (made, head, cover_pace, selection) =
            (self.made, self.head, self.cover_pace, self.selection);
        let (sellers, trust) = (self.sellers.clone(), self.trust.clone());
        Self {
            since: self.since,
            own,
            made,
            coverage,
            head,
            cover_pace,
            supply,
            selection,
            sellers,
            trust,
            ..Self::default()
        }
    }

    /// Takes over the blocks of another history; the next look fetches the newest ones anew.
    pub fn adopt_blocks(&mut self, other: Self) {
        (self.blocks, self.connected) = (other.blocks, false);
    }

    /// Takes the known blocks and the works of the book out, for storing apart from the rest.
    pub fn take_market(&mut self) -> (Vec<Arc<Block>>, Option<Book>) {
        let blocks = std::mem::take(&mut self.blocks).into_vec();
        (blocks, self.book.as_mut().map(KnownBook::take_works))
    }

    /// Puts known blocks and works back.
    pub fn put_market(&mut self, blocks: Vec<Arc<Block>>, book: Option<Book>) {
        self.blocks = KnownBlocks::new(blocks);
        if let (Some(known), Some(book)) = (&mut self.book, book) {
            known.put_works(book);
        }
    }

    /// How many of the newest blocks the next look should ask for, so that they join the known
    /// ones.
    ///
    /// If the book comes from the snark pool, this is the whole frontier: the pool keeps a bought
    /// work while it is outstanding in any block of the frontier (Mina `snark_pool_refcount.ml`),
    /// and only the block that bought it shows that it is no longer open.
    pub(crate) fn blocks_wanted(&self, now: Timestamp, slot: Option<Duration>) -> u32 {
        /// Deepest reorganisation that a short look still covers.
        const SLACK: u32 = 20;
        let (Some(last), Some(slot), true) =
            (self.chain_read, slot, self.connected && self.lists_open)
        else {
            return FRONTIER;
        };
        let missed = now.duration_since(last).as_secs_f64().max(0.0) / slot.as_secs_f64().max(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bounded by the frontier"
        )]
        let missed = missed.ceil().min(f64::from(FRONTIER)) as u32;
        (missed + SLACK).min(FRONTIER)
    }

    /// Known blocks of the best chain at or after `oldest`, oldest first.
    pub fn blocks(&self, oldest: Timestamp) -> impl Iterator<Item = &Arc<Block>> {
        self.blocks.iter().filter(move |block| block.at >= oldest)
    }

    /// Our own works and their fates.
    pub(crate) fn own(&self) -> &OwnWorks {
        &self.own
    }

    /// Which open works the daemon would assign to a worker, on average.
    pub(super) fn coverage(&self) -> &BookCoverage {
        &self.coverage
    }

    /// How fast others prove what has no proof.
    pub(super) fn cover_pace(&self) -> &CoverPace {
        &self.cover_pace
    }

    /// Whether the newest book is in order of purchase.
    pub(super) fn lists_in_order(&self) -> bool {
        self.lists_open
    }

    /// How far others take works in order of purchase.
    pub(super) fn head(&self) -> &HeadOrder {
        &self.head
    }

    /// How the daemon selects works, as far as its works show it.
    pub(super) fn selection(&self) -> Option<SelectionMethod> {
        self.selection.method()
    }

    /// The competing sellers, those with the largest share of sales first. `is_friendly` decides
    /// who is no competitor.
    pub(super) fn sellers(&self, is_friendly: impl Fn(&PublicKey) -> bool) -> Vec<SellerSummary> {
        self.sellers.summaries(is_friendly)
    }

    /// The prices that the sellers make, at so many works bought per hour; `None` while no pace is
    /// known.
    pub(super) fn seller_prices(
        &self,
        sellers: &[SellerSummary],
        demand: f64,
    ) -> Option<SellerPrices> {
        self.sellers.knows_paces().then(|| SellerPrices::new(sellers, demand)).flatten()
    }

    /// How far the prices that the sellers make are to be trusted, in [0, 1].
    pub(super) fn trust_in_sellers(&self) -> f64 {
        self.trust.weight()
    }

    /// Keeps what the two models say of the works that nobody has proved, to be compared with the
    /// prices at which they go. Each gives P(C > price) of such a work.
    pub(crate) fn keep_predictions(
        &mut self,
        look: &Look,
        [by_sellers, by_sales]: [impl Fn(Nanomina) -> f64; 2],
    ) {
        let read = self.book.as_ref().filter(|_| matches!(look.book, Some(Ok(_))));
        if let Some(book) = read.filter(|book| book.filled && self.trust.is_due(look.at)) {
            self.trust.ask(look.at, book.works(), by_sellers, by_sales);
        }
    }

    /// The rate of our provers.
    pub(crate) fn supply(&self) -> &OwnSupply {
        &self.supply
    }

    /// The newest fee histogram, counted since the daemon started.
    pub fn histogram(&self) -> Option<Histogram> {
        self.fees.as_ref().and_then(FeeHistogram::to_histogram)
    }

    /// What the fee histogram gained between the last two looks.
    pub(super) fn histogram_increment(&self) -> Option<Increment> {
        let before = self.fees_before.as_ref().and_then(FeeHistogram::to_histogram)?;
        Some(self.histogram()?.increment_since(&before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{block, look_with_chain, time};

    fn known(history: &MarketHistory) -> Vec<(u32, String)> {
        history
            .blocks(Timestamp::MIN)
            .map(|block| (block.height, block.state_hash.to_string()))
            .collect()
    }

    #[test]
    fn a_fork_replaces_the_blocks_that_it_left_behind() {
        let mut history = MarketHistory::default();
        let abandoned =
            vec![block(1, "a", 0, &[]), block(2, "b", 90, &[]), block(3, "c", 180, &[])];
        history.absorb_look(&look_with_chain(200, abandoned), |_| false, None);
        let fork = vec![block(2, "x", 100, &[]), block(3, "y", 190, &[])];
        history.absorb_look(&look_with_chain(300, fork), |_| false, None);
        assert_eq!(known(&history), [(1, "a".into()), (2, "x".into()), (3, "y".into())]);
    }

    #[test]
    fn a_gap_makes_the_next_look_ask_for_the_whole_frontier() {
        let mut history = MarketHistory::default();
        let slot = Some(Duration::from_secs(90));
        assert_eq!(history.blocks_wanted(time(0), slot), FRONTIER);
        history.absorb_look(&look_with_chain(200, vec![block(1, "a", 0, &[])]), |_| false, None);
        assert_eq!(history.blocks_wanted(time(290), slot), 21);
        history.absorb_look(&look_with_chain(300, vec![block(9, "k", 0, &[])]), |_| false, None);
        assert_eq!(history.blocks_wanted(time(390), slot), FRONTIER);
        assert_eq!(history.blocks_wanted(time(300 + 90 * 10_000), slot), FRONTIER);
    }

    #[test]
    fn a_book_from_the_pool_needs_the_whole_frontier_at_every_look() {
        let mut history = MarketHistory::default();
        let slot = Some(Duration::from_secs(90));
        let mut look = look_with_chain(200, vec![block(1, "a", 0, &[])]);
        look.book.as_mut().unwrap().as_mut().unwrap().order = BookOrder::Unknown;
        history.absorb_look(&look, |_| false, None);
        assert_eq!(history.blocks_wanted(time(290), slot), FRONTIER);
        history.absorb_look(&look_with_chain(300, vec![block(1, "a", 0, &[])]), |_| false, None);
        assert_eq!(history.blocks_wanted(time(390), slot), 21);
    }

    #[test]
    fn own_sales_count_once_across_a_restart() {
        let ours = |prover: &PublicKey| *prover == crate::fixtures::key("us");
        let chain = || vec![block(1, "a", 10, &[(1, 7, "us")]), block(2, "b", 90, &[(2, 5, "us")])];
        let mut history = MarketHistory::default();
        history.absorb_look(&look_with_chain(0, Vec::new()), ours, None);
        history.absorb_look(&look_with_chain(200, chain()), ours, None);
        let text = serde_json::to_string(&history.clone_without_market()).unwrap();
        assert!(text.len() < 1_600, "{text}");
        let mut again: MarketHistory = serde_json::from_str(&text).unwrap();
        let longer = [chain(), vec![block(3, "c", 300, &[(3, 4, "us")])]].concat();
        again.absorb_look(&look_with_chain(400, longer.clone()), ours, None);
        assert_eq!((again.own().sold(), again.own().earned().get()), (3, 16));
        again.forget_before(time(350));
        again.absorb_look(&look_with_chain(400, longer), ours, None);
        assert_eq!(again.own().sold(), 3, "sales from before are not counted again");
    }

    #[test]
    fn old_blocks_are_dropped() {
        let mut history = MarketHistory::default();
        history.absorb_look(
            &look_with_chain(200, vec![block(1, "a", 0, &[]), block(2, "b", 90, &[])]),
            |_| false,
            None,
        );
        history.forget_before(time(50));
        assert_eq!(known(&history), [(2, "b".into())]);
    }
}
