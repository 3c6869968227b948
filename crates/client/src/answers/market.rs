//! From the answers about chain and works to a [`ChainLook`] and a [`snarkfee_core::market::Book`].
//!
//! The lists are read by visitors of their own: a pool of tens of thousands of entries is turned
//! into works as it is read, without a list of what it says in between.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor},
};
use snarkfee_core::{fault::Fault, market::ChainLook};

use super::{
    MarketAnswer,
    blocks::Blocks,
    book, chain,
    keys::KeyInterner,
    list::{Entries, List, ListReader},
    works::{Pending, Pool, Range},
};
use crate::schema::MarketOperation;

/// The lists of a market answer, whichever it has.
#[derive(Default)]
pub(super) struct MarketLists {
    best_chain: Option<List<Blocks>>,
    snark_pool: Option<List<Pool>>,
    pending_snark_work: Option<List<Pending>>,
    snark_work_range: Option<List<Range>>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    BestChain,
    SnarkPool,
    PendingSnarkWork,
    SnarkWorkRange,
    #[serde(other)]
    Other,
}

/// Reads the data of a market answer; an error is one of form.
pub(super) struct MarketReader<'k>(pub(super) &'k mut KeyInterner);

impl<'de> DeserializeSeed<'de> for MarketReader<'_> {
    type Value = MarketLists;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<MarketLists, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for MarketReader<'_> {
    type Value = MarketLists;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("chain and works")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<MarketLists, A::Error> {
        let Self(keys) = self;
        let mut lists = MarketLists::default();
        while let Some(field) = fields.next_key()? {
            match field {
                Field::BestChain => {
                    read_list::<Blocks, _>(&mut lists.best_chain, "bestChain", keys, &mut fields)
                }
                Field::SnarkPool => {
                    read_list::<Pool, _>(&mut lists.snark_pool, "snarkPool", keys, &mut fields)
                }
                Field::PendingSnarkWork => {
                    let (list, name) = (&mut lists.pending_snark_work, "pendingSnarkWork");
                    read_list::<Pending, _>(list, name, keys, &mut fields)
                }
                Field::SnarkWorkRange => {
                    let (list, name) = (&mut lists.snark_work_range, "snarkWorkRange");
                    read_list::<Range, _>(list, name, keys, &mut fields)
                }
                Field::Other => fields.next_value::<IgnoredAny>().map(drop),
            }?;
        }
        Ok(lists)
    }
}

fn read_list<'de, E: Entries, A: MapAccess<'de>>(
    list: &mut Option<List<E>>,
    name: &'static str,
    keys: &mut KeyInterner,
    fields: &mut A,
) -> Result<(), A::Error> {
    match list.replace(fields.next_value_seed(ListReader::<E>::new(keys))?) {
        None => Ok(()),
        Some(_) => Err(A::Error::duplicate_field(name)),
    }
}

/// What the lists of an operation's answer say.
pub(super) fn conclude(
    operation: MarketOperation,
    lists: MarketLists,
) -> Result<MarketAnswer, Fault> {
    let MarketLists { best_chain, snark_pool, pending_snark_work, snark_work_range } = lists;
    match operation {
        MarketOperation::Range => range(best_chain, required(snark_work_range, "snarkWorkRange")?),
        MarketOperation::Pool | MarketOperation::Coda => {
            let pool = required(snark_pool, "snarkPool")?;
            let pending = required(pending_snark_work, "pendingSnarkWork")?;
            match operation {
                MarketOperation::Coda => coda(pool, pending),
                _ => joined(best_chain, pool, pending),
            }
        }
    }
}

/// What the list of blocks says.
pub(super) fn conclude_blocks(lists: MarketLists) -> Result<ChainLook, Fault> {
    assemble(lists.best_chain)
}

fn required<T>(list: Option<T>, name: &'static str) -> Result<T, Fault> {
    list.ok_or_else(|| Fault::Malformed { cause: format!("missing field `{name}`") })
}

fn range(blocks: Option<List<Blocks>>, listed: List<Range>) -> Result<MarketAnswer, Fault> {
    let chain = assemble(blocks)?;
    let book = book::from_range(listed?, &chain);
    Ok((Some(chain), book))
}

fn joined(
    blocks: Option<List<Blocks>>,
    pool: List<Pool>,
    pending: List<Pending>,
) -> Result<MarketAnswer, Fault> {
    let chain = assemble(blocks)?;
    let book = book::from_pool(pool?, pending?, &chain);
    Ok((Some(chain), book))
}

/// Without blocks, works already bought stay in the book until the daemon drops them.
fn coda(pool: List<Pool>, pending: List<Pending>) -> Result<MarketAnswer, Fault> {
    Ok((None, book::from_pool(pool?, pending?, &ChainLook::default())))
}

fn assemble(blocks: Option<List<Blocks>>) -> Result<ChainLook, Fault> {
    let missing = || Err(Fault::Refused { message: "bestChain is missing".to_owned() });
    blocks.unwrap_or_else(missing).map(chain::assemble)
}

#[cfg(test)]
mod tests;
