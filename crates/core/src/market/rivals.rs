//! What others offered on open works before we undercut them.
//!
//! The book of a look is long and rarely needed, so it is kept as shared, and searched only when
//! one of its works turns out to be ours.

use std::{collections::BTreeMap, sync::Arc};

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    look::{Offer, OpenWork},
    pairs,
};
use crate::units::{Nanomina, PublicKey, WorkId};

/// The offers of others in the last look.
#[derive(Clone, Debug)]
pub(super) enum Rivals {
    /// Read back from a saved state.
    Listed(BTreeMap<WorkId, Nanomina>),
    /// To be looked up in the book.
    Shown {
        works: Arc<[OpenWork]>,
        /// Our fee: only higher offers can be undercut.
        asked: Nanomina,
        /// Our own provers among those in the book.
        own: Vec<PublicKey>,
    },
}

impl Default for Rivals {
    fn default() -> Self {
        Self::Listed(BTreeMap::new())
    }
}

impl Rivals {
    /// Keeps the offers above our fee, `asked`; none while our worker is off.
    pub(super) fn from_book(
        works: &Arc<[OpenWork]>,
        asked: Option<Nanomina>,
        own: Vec<PublicKey>,
    ) -> Self {
        asked.map_or_else(Self::default, |asked| Self::Shown {
            works: Arc::clone(works),
            asked,
            own,
        })
    }

    /// The fee that others offered on each of the given works, where there was such an offer.
    pub(super) fn offers_on(&self, wanted: &HashSet<WorkId>) -> HashMap<WorkId, Nanomina> {
        if wanted.is_empty() {
            return HashMap::new();
        }
        self.collect_offers(|work| wanted.contains(work))
    }

    fn collect_offers<C: FromIterator<(WorkId, Nanomina)>>(
        &self,
        wanted: impl Fn(&WorkId) -> bool,
    ) -> C {
        match self {
            Self::Listed(offers) => offers
                .iter()
                .filter(|(work, _)| wanted(work))
                .map(|(work, fee)| (*work, *fee))
                .collect(),
            Self::Shown { works, asked, own } => {
                let offers = works.iter().filter(|open| wanted(&open.work));
                let undercut = offers.filter_map(|OpenWork { work, standing }| {
                    let Offer { fee, prover } = standing.as_ref()?;
                    (fee > asked && !own.contains(prover)).then_some((*work, *fee))
                });
                undercut.collect()
            }
        }
    }
}

impl Serialize for Rivals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        pairs::serialize(&self.collect_offers(|_| true), serializer)
    }
}

impl<'de> Deserialize<'de> for Rivals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        pairs::deserialize(deserializer).map(Self::Listed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{fee, key, open_work};

    #[test]
    fn higher_offers_of_others_are_known_before_and_after_a_restart() {
        let works = [
            (1, Some((10, "them"))),
            (2, Some((6, "them"))),
            (3, Some((9, "us"))),
            (4, None),
            (5, Some((7, "them"))),
        ];
        let works: Arc<[OpenWork]> =
            works.into_iter().map(|(id, standing)| open_work(id, standing)).collect();
        let rivals = Rivals::from_book(&works, Some(fee(6)), vec![key("us")]);
        let read: Rivals = serde_json::from_str(&serde_json::to_string(&rivals).unwrap()).unwrap();
        for rivals in [rivals, read] {
            let found = rivals.offers_on(&(1..5).map(WorkId::one).collect());
            assert_eq!(found, HashMap::from_iter([(WorkId::one(1), fee(10))]));
            assert!(rivals.offers_on(&HashSet::new()).is_empty());
        }
        assert!(
            Rivals::from_book(&works, None, Vec::new())
                .offers_on(&(1..5).map(WorkId::one).collect())
                .is_empty()
        );
    }
}
