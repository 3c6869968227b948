//! How far the prices that the known sellers make are trusted beside those estimated from sales.
//!
//! Both say with which probability a work that nobody has proved goes at which price. Once it is
//! bought, each scores the natural logarithm of the probability that it gave to the price (a proper
//! score: Good 1952, "Rational decisions"). The two are averaged with their posterior weights, as
//! if one of them were true (Raftery et al. 1997, "Bayesian model averaging"), where works of one
//! purchase count as few and older scores fade. They are not asked about the works at the head of
//! the book alone: those say what is bought next, and little of what is open to us.
//!
//! Invariants: bounded and deterministic; the weight lies in (0, 1).

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{calibration::band_floor, look::OpenWork};
use crate::units::{Nanomina, WorkId};

/// Shortest time between two questions, in seconds.
const QUESTION_EVERY: i64 = 15 * 60;
/// Most questions that wait for an answer: three hours of them, longer than between two purchases.
const MOST_QUESTIONS: usize = 12;
/// Most works in a question.
const MOST_WORKS: usize = 32;
/// Works that together count as one independent answer.
const CLUSTERED: f64 = 16.0;
/// Age at which an answer counts half, in hours.
const HALF_LIFE: f64 = 3.0;
/// The most that all answers together count for, in nats.
const MOST: f64 = 4.0;
/// Probability that is spread over all bands of prices: nothing is impossible.
const SPREAD: f64 = 0.01;
/// The bands of prices: 0, and 1, 2, 5, 10 .. nanomina up to a MINA and more.
const BANDS: usize = 29;

/// How far the sellers' prices are trusted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PriceTrust {
    questions: VecDeque<PriceQuestion>,
    /// The log of the odds that the sellers' prices are right and the others are not.
    log_odds: f64,
    /// When the answers were last discounted.
    answered: Option<Timestamp>,
}

/// What both said of some works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct PriceQuestion {
    at: Timestamp,
    /// In ascending order.
    works: Vec<WorkId>,
    /// By band, how much more the log of the sellers' probability is.
    advantage: Vec<f64>,
}

impl PriceTrust {
    /// The weight of the sellers' prices.
    pub(super) fn weight(&self) -> f64 {
        1.0 / (1.0 + (-self.log_odds).exp())
    }

    /// Whether it is time for a question.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let last = self.questions.back();
        last.is_none_or(|last| now.duration_since(last.at).as_secs().abs() >= QUESTION_EVERY)
    }

    /// Asks about the works in a book that nobody has proved. `by_sellers` and `by_sales` give P(C >
    /// price) of such a work.
    pub(super) fn ask(
        &mut self,
        now: Timestamp,
        book: &[OpenWork],
        by_sellers: impl Fn(Nanomina) -> f64,
        by_sales: impl Fn(Nanomina) -> f64,
    ) {
        let unproved = || book.iter().filter(|open| open.standing.is_none());
        let every = (unproved().count() / MOST_WORKS).max(1);
        let picked = unproved().step_by(every).take(MOST_WORKS);
        let mut works: Vec<WorkId> = picked.map(|open| open.work).collect();
        if works.is_empty() {
            return;
        }
        works.sort_unstable();
        let (sellers, sales) = (log_shares(by_sellers), log_shares(by_sales));
        let advantage = sellers.iter().zip(&sales).map(|(one, other)| one - other).collect();
        self.questions.push_back(PriceQuestion { at: now, works, advantage });
        while self.questions.len() > MOST_QUESTIONS {
            self.questions.pop_front();
        }
    }

    /// Adds that works were bought, each at a price at which others would have sold it.
    pub(super) fn answer(
        &mut self,
        now: Timestamp,
        bought: impl Iterator<Item = (WorkId, Nanomina)>,
    ) {
        let since = self.answered.replace(now).unwrap_or(now);
        let hours = now.duration_since(since).as_secs_f64().max(0.0) / 3600.0;
        self.log_odds *= (-hours / HALF_LIFE).exp2();
        for (work, price) in bought {
            let band = band_of(price);
            for question in &mut self.questions {
                if let Ok(place) = question.works.binary_search(&work) {
                    question.works.remove(place);
                    let advantage = question.advantage.get(band).copied().unwrap_or_default();
                    self.log_odds += advantage / CLUSTERED;
                }
            }
        }
        self.log_odds = self.log_odds.clamp(-MOST, MOST);
    }
}

/// The lowest price of each band but the first, ascending.
fn band_starts() -> impl Iterator<Item = Nanomina> {
    let starts = (0..10).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)));
    starts.take(BANDS - 1).filter_map(|price| Nanomina::try_new(price).ok())
}

fn band_of(price: Nanomina) -> usize {
    let floor = band_floor(price);
    band_starts().take_while(|start| *start <= floor).count()
}

/// The log of the probability of each band.
fn log_shares(above: impl Fn(Nanomina) -> f64) -> Vec<f64> {
    let mut left = 1.0_f64;
    let beyond = band_starts().map(|start| above(start.saturating_sub(Nanomina::ONE)));
    let shares = beyond.chain([0.0]).map(|beyond| {
        let beyond = beyond.clamp(0.0, left);
        let share = std::mem::replace(&mut left, beyond) - beyond;
        ((1.0 - SPREAD) * share + SPREAD / BANDS as f64).ln()
    });
    shares.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{fee, open_work, time};

    fn asked(by_sellers: f64, by_sales: f64) -> PriceTrust {
        let mut trust = PriceTrust::default();
        let book: Vec<OpenWork> = (0..100).map(|id| open_work(id, None)).collect();
        trust.ask(time(0), &book, |_| by_sellers, |_| by_sales);
        trust
    }

    fn bought_at(price: u64) -> impl Iterator<Item = (WorkId, Nanomina)> {
        (0..100).map(move |id| (WorkId::one(id), fee(price)))
    }

    #[test]
    fn who_predicts_better_gains_weight_and_loses_it_with_time() {
        let mut trust = asked(0.1, 0.9);
        assert!((trust.weight() - 0.5).abs() < 1e-12 && !trust.is_due(time(60)));
        trust.answer(time(3_600), bought_at(0));
        let sure = trust.weight();
        assert!(sure > 0.9, "{sure}");
        trust.answer(time(3_601), bought_at(0));
        assert!((trust.weight() - sure).abs() < 1e-3, "a work counts once");
        trust.answer(time(60 * 3_600), std::iter::empty());
        assert!(trust.weight() < 0.51);
        let mut wrong = asked(0.9, 0.1);
        wrong.answer(time(3_600), bought_at(0));
        assert!(wrong.weight() < 0.1);
    }

    #[test]
    fn probabilities_of_bands_sum_to_one() {
        for above in [0.0, 0.3, 1.0] {
            let shares = log_shares(|_| above);
            assert_eq!(shares.len(), BANDS);
            assert!((shares.iter().map(|log| log.exp()).sum::<f64>() - 1.0).abs() < 1e-9);
        }
        assert_eq!((band_of(fee(0)), band_of(fee(1)), band_of(Nanomina::MAX)), (0, 1, BANDS - 1));
    }

    #[test]
    fn questions_are_bounded() {
        let mut trust = PriceTrust::default();
        let book: Vec<OpenWork> = (0..5_000).map(|id| open_work(id, None)).collect();
        for step in 0..50 {
            trust.ask(time(step * QUESTION_EVERY), &book, |_| 0.1, |_| 0.2);
        }
        assert_eq!(trust.questions.len(), MOST_QUESTIONS);
        assert!(trust.questions.iter().all(|question| question.works.len() <= MOST_WORKS));
    }
}
