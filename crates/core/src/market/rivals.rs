//! What others offered on open works that we may undercut, before we did.
//!
//! A look's book is kept as it is, shared with everyone who read it, and gone through when one of
//! its works turns out to be ours: that is rare, and the book is long.

use std::{collections::BTreeMap, sync::Arc};

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    look::{Offer, OpenWork},
    pairs,
};
use crate::units::{Nanomina, PublicKey, WorkId};

/// The offers of others as the last look showed them.
#[derive(Clone, Debug)]
pub(super) enum Rivals {
    /// As an earlier run left them.
    Listed(BTreeMap<WorkId, Nanomina>),
    /// On the works of a book.
    Shown {
        works: Arc<[OpenWork]>,
        /// Only what asks more may be undercut.
        asked: Nanomina,
        /// Who of the book's provers is not someone else.
        own: Vec<PublicKey>,
    },
}

impl Default for Rivals {
    fn default() -> Self {
        Self::Listed(BTreeMap::new())
    }
}

impl Rivals {
    /// Offers on these works that ask more than we do; none while nothing is asked.
    pub(super) fn shown(
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

    /// What others offered on those of the given works that they had an offer on.
    pub(super) fn among(&self, wanted: &HashSet<WorkId>) -> HashMap<WorkId, Nanomina> {
        if wanted.is_empty() {
            return HashMap::new();
        }
        self.offers(|work| wanted.contains(work))
    }

    fn offers<C: FromIterator<(WorkId, Nanomina)>>(&self, wanted: impl Fn(&WorkId) -> bool) -> C {
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
        pairs::serialize(&self.offers(|_| true), serializer)
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
    fn dearer_offers_of_others_are_told_before_and_after_a_restart() {
        let works = [
            (1, Some((10, "them"))),
            (2, Some((6, "them"))),
            (3, Some((9, "us"))),
            (4, None),
            (5, Some((7, "them"))),
        ];
        let works: Arc<[OpenWork]> =
            works.into_iter().map(|(id, standing)| open_work(id, standing)).collect();
        let rivals = Rivals::shown(&works, Some(fee(6)), vec![key("us")]);
        let read: Rivals = serde_json::from_str(&serde_json::to_string(&rivals).unwrap()).unwrap();
        for rivals in [rivals, read] {
            let found = rivals.among(&(1..5).map(WorkId::one).collect());
            assert_eq!(found, HashMap::from_iter([(WorkId::one(1), fee(10))]));
            assert!(rivals.among(&HashSet::new()).is_empty());
        }
        assert!(
            Rivals::shown(&works, None, Vec::new())
                .among(&(1..5).map(WorkId::one).collect())
                .is_empty()
        );
    }
}
