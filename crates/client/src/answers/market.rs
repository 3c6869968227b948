//! From the answers about chain and works to a [`ChainLook`] and a [`snarkfee_core::market::Book`].
//!
//! They are gone through by hand, unlike the small answers: a pool of tens of thousands of entries
//! is turned into works as it is read, without a list of what it says in between. Daemons print an
//! entry with nothing between its fields and these in the order asked for; that is read byte for
//! byte, and whatever is printed otherwise field by field, with the same meaning.

use serde_json::Error;
use snarkfee_core::{fault::Fault, market::ChainLook};

use super::{
    MarketAnswer,
    blocks::Blocks,
    book, chain,
    cursor::{Cursor, once, there},
    list::{List, list},
    works::{Pending, Pool, Range},
};

/// The data of `market_pool.graphql`, and without blocks of `market_coda.graphql`.
pub(super) struct PoolData {
    best_chain: Option<List<Blocks>>,
    snark_pool: List<Pool>,
    pending_snark_work: List<Pending>,
}

/// The data of `market_range.graphql`.
pub(super) struct RangeData {
    best_chain: Option<List<Blocks>>,
    snark_work_range: List<Range>,
}

impl PoolData {
    /// Reads it.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Error> {
        let (mut best_chain, mut snark_pool, mut pending_snark_work) = (None, None, None);
        cursor.object(|cursor, name| match name {
            "bestChain" => once(&mut best_chain, name, blocks(cursor)?),
            "snarkPool" => once(&mut snark_pool, name, list::<Pool>(cursor)?),
            "pendingSnarkWork" => once(&mut pending_snark_work, name, list::<Pending>(cursor)?),
            _ => cursor.skip(),
        })?;
        Ok(Self {
            best_chain: best_chain.flatten(),
            snark_pool: there(snark_pool, "snarkPool")?,
            pending_snark_work: there(pending_snark_work, "pendingSnarkWork")?,
        })
    }
}

impl RangeData {
    /// Reads it.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Error> {
        let (mut best_chain, mut snark_work_range) = (None, None);
        cursor.object(|cursor, name| match name {
            "bestChain" => once(&mut best_chain, name, blocks(cursor)?),
            "snarkWorkRange" => once(&mut snark_work_range, name, list::<Range>(cursor)?),
            _ => cursor.skip(),
        })?;
        let snark_work_range = there(snark_work_range, "snarkWorkRange")?;
        Ok(Self { best_chain: best_chain.flatten(), snark_work_range })
    }
}

/// The chain of a daemon without a best tip is null.
fn blocks(cursor: &mut Cursor<'_>) -> Result<Option<List<Blocks>>, Error> {
    if cursor.null() { Ok(None) } else { list::<Blocks>(cursor).map(Some) }
}

/// Reads `market_range.graphql`.
pub(super) fn range(data: RangeData) -> Result<MarketAnswer, Fault> {
    let chain = assembled(data.best_chain)?;
    let book = book::from_range(data.snark_work_range?, &chain);
    Ok((Some(chain), book))
}

/// Reads `market_pool.graphql`.
pub(super) fn pool(data: PoolData) -> Result<MarketAnswer, Fault> {
    let chain = assembled(data.best_chain)?;
    let book = book::from_pool(data.snark_pool?, data.pending_snark_work?, &chain);
    Ok((Some(chain), book))
}

/// Reads `market_coda.graphql`. Without blocks, works already bought stay in the book until the
/// daemon drops them.
pub(super) fn coda(data: PoolData) -> Result<MarketAnswer, Fault> {
    Ok((None, book::from_pool(data.snark_pool?, data.pending_snark_work?, &ChainLook::default())))
}

fn assembled(blocks: Option<List<Blocks>>) -> Result<ChainLook, Fault> {
    let blocks =
        blocks.ok_or_else(|| Fault::Refused { message: "bestChain is null".to_owned() })?;
    Ok(chain::assemble(blocks?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::answers::{blocks::MAX_BLOCKS, works::MAX_WORKS};
    use snarkfee_core::{market::BookOrder, units::WorkId};

    const KEY: &str = "B62qpLeuZDL7PxNsCqsJwWFPAmnixi5ay8Kz9NcNGBQU8jK19VpJQaY";

    fn block(height: u32, works: &[Value]) -> Value {
        json!({"stateHash": format!("3N{height}"), "snarkJobs": works, "protocolState": {
            "blockchainState": {"date": "1617151320000"}, "consensusState": {"blockHeight": height.to_string()}}})
    }

    fn work_of(id: i64, fee: &str) -> Value {
        json!({"workIds": [id], "fee": fee, "prover": KEY})
    }

    fn read_pool(data: &Value) -> Result<MarketAnswer, Fault> {
        pool(PoolData::read(&mut Cursor::new(&data.to_string())).unwrap())
    }

    #[test]
    fn pool_and_chain_are_read_together() {
        let data = json!({
            "bestChain": [block(7, &[work_of(1, "5")]), block(8, &[])],
            "snarkPool": [work_of(1, "5"), work_of(2, "6")],
            "pendingSnarkWork": [{"workBundle": [{"workId": 3}, {"workId": 4}]}],
        });
        let (chain, book) = read_pool(&data).unwrap();
        let chain = chain.unwrap();
        assert_eq!(chain.blocks.iter().map(|block| block.height).collect::<Vec<_>>(), [7, 8]);
        assert_eq!(chain.blocks[0].works[0].fee.get(), 5);
        let works: Vec<_> = book.works.iter().map(|open| open.work).collect();
        assert_eq!(works, [WorkId::one(2), WorkId::two(3, 4)]);
    }

    #[test]
    fn the_range_has_standing_proofs_and_gaps() {
        let entry = |id: i64, fee: Value, key: Value| json!({"workBundleSpec": {"workIds": [id], "snarkFee": fee, "snarkProverKey": key}});
        let read = |entries: &[Value]| {
            let data = json!({"bestChain": [block(8, &[])], "snarkWorkRange": entries}).to_string();
            range(RangeData::read(&mut Cursor::new(&data)).unwrap())
        };
        let (_, book) =
            read(&[entry(1, Value::Null, Value::Null), entry(2, json!("9"), json!(KEY))]).unwrap();
        assert_eq!(book.order, BookOrder::Purchase);
        assert_eq!(book.works[0].standing, None);
        assert_eq!(book.works[1].standing.as_ref().unwrap().fee.get(), 9);
        assert_eq!(read(&[entry(1, json!("9"), Value::Null)]).unwrap_err().code(), "invalid_value");
        assert_eq!(read(&[entry(1, Value::Null, json!(KEY))]).unwrap_err().code(), "invalid_value");
    }

    #[test]
    fn values_that_cannot_be_true_name_their_field() {
        let good = json!({"bestChain": [block(7, &[work_of(1, "5")])], "snarkPool": [work_of(1, "5")],
            "pendingSnarkWork": [{"workBundle": [{"workId": 3}]}]});
        for (pointer, value, field) in [
            ("/snarkPool/0/fee", json!("-1"), "snarkPool.fee"),
            ("/snarkPool/0/workIds", json!([]), "snarkPool.workIds"),
            ("/snarkPool/0/prover", json!("<b>"), "snarkPool.prover"),
            ("/bestChain/0/snarkJobs/0/fee", json!("1.5"), "bestChain.snarkJobs.fee"),
            (
                "/bestChain/0/protocolState/consensusState/blockHeight",
                json!("-7"),
                "bestChain.blockHeight",
            ),
            ("/bestChain/0/protocolState/blockchainState/date", json!("today"), "bestChain.date"),
            ("/pendingSnarkWork/0/workBundle", json!([]), "pendingSnarkWork.workBundle"),
        ] {
            let mut data = good.clone();
            *data.pointer_mut(pointer).unwrap() = value;
            let fault = read_pool(&data).unwrap_err();
            assert!(
                matches!(&fault, Fault::InvalidValue { field: named, .. } if named == field),
                "{fault}"
            );
        }
    }

    #[test]
    fn lists_beyond_their_limits_are_oversized() {
        let data = json!({"bestChain": vec![block(7, &[]); MAX_BLOCKS as usize + 1], "snarkPool": [],
            "pendingSnarkWork": []});
        assert_eq!(
            read_pool(&data).unwrap_err(),
            Fault::Oversized { limit: u64::from(MAX_BLOCKS) }
        );
        let data = json!({"bestChain": [block(7, &vec![work_of(1, "1"); MAX_WORKS + 1])], "snarkPool": [],
            "pendingSnarkWork": []});
        assert_eq!(read_pool(&data).unwrap_err(), Fault::Oversized { limit: MAX_WORKS as u64 });
    }

    #[test]
    fn a_daemon_without_a_tip_has_no_chain_and_no_book() {
        let data = json!({"bestChain": null, "snarkPool": [], "pendingSnarkWork": []});
        assert_eq!(read_pool(&data).unwrap_err().code(), "refused");
    }

    #[test]
    fn fields_are_there_once_whatever_stands_beside_them() {
        let (work, job) = (work_of(1, "5").to_string(), block(7, &[]).to_string());
        let good = format!(
            r#"{{"bestChain":[{job}],"snarkPool":[{work}],"pendingSnarkWork":[{{"workBundle":[{{"workId":3}}]}}]}}"#
        );
        let read = |text: &str| PoolData::read(&mut Cursor::new(text)).map(pool);
        let expected = read(&good).unwrap().unwrap();
        for (from, to) in [
            ("\"snarkPool\"", "\"more\":[{}],\"snarkPool\""),
            ("\"snarkJobs\"", "\"more\":{\"snarkJobs\":1},\"snarkJobs\""),
            ("\"workBundle\"", "\"more\":null,\"workBundle\""),
        ] {
            assert_eq!(read(&good.replace(from, to)).unwrap().unwrap(), expected, "{to}");
        }
        for (from, to) in [
            ("\"snarkPool\"", "\"snarkPool\":[],\"snarkPool\""),
            ("\"bestChain\"", "\"bestChain\":null,\"bestChain\""),
            ("\"snarkJobs\"", "\"snarkJobs\":[],\"snarkJobs\""),
            ("\"stateHash\"", "\"stateHash\":\"a\",\"stateHash\""),
            ("\"pendingSnarkWork\"", "\"pending\""),
            ("\"snarkPool\"", "\"pool\""),
            ("\"snarkJobs\"", "\"jobs\""),
            ("\"stateHash\"", "\"hash\""),
            ("\"protocolState\"", "\"state\""),
        ] {
            assert!(good.contains(from) && read(&good.replace(from, to)).is_err(), "{to}");
        }
    }

    /// The values of a work's ids, fee and prover, now and then such as no daemon lists.
    fn any_works() -> impl Strategy<Value = Vec<[Value; 3]>> {
        let number = prop_oneof![3 => 0_i64..1_000, 1 => any::<i64>(), 1 => proptest::sample::select(vec![i64::MIN, i64::MAX])];
        let odd_ids = [json!("7"), json!(1.5), Value::Null];
        let id = prop_oneof![9 => number.clone().prop_map(Value::from), 1 => proptest::sample::select(odd_ids.to_vec())];
        let ids = prop_oneof![
            9 => proptest::collection::vec(id.clone(), 1..3),
            1 => proptest::collection::vec(id, 0..4),
        ];
        let odd_fees = [
            json!(5),
            json!("05"),
            json!("-0"),
            json!(" 5"),
            json!("9999999999999999999"),
            Value::Null,
        ];
        let fee = prop_oneof![
            9 => number.prop_map(|fee| json!(fee.to_string())),
            1 => proptest::sample::select(odd_fees.to_vec()),
        ];
        let odd_keys = [json!("B62q\""), json!("B62q0"), json!("\u{e9}"), json!(""), Value::Null];
        let key =
            prop_oneof![9 => Just(json!(KEY)), 1 => proptest::sample::select(odd_keys.to_vec())];
        let work = (ids, fee, key).prop_map(|(ids, fee, key)| [ids.into(), fee, key]);
        proptest::collection::vec(work, 0..4)
    }

    /// A list of objects with these fields in this order, as a daemon prints it but for `gap`.
    fn printed<const N: usize>(names: [&str; N], entries: &[[Value; N]], gap: &str) -> String {
        let fields = |values: &[Value; N]| {
            let fields =
                names.iter().zip(values).map(|(name, value)| format!("\"{name}\":{value}"));
            format!("{{{gap}{}}}", fields.collect::<Vec<_>>().join(","))
        };
        format!("[{}]", entries.iter().map(fields).collect::<Vec<_>>().join(","))
    }

    proptest! {
        #[test]
        fn a_damaged_answer_is_read_only_where_it_is_json(
            works in any_works(),
            at in any::<proptest::sample::Index>(),
            with in "[\\[\\]{}:,\"0-9a \\\\\u{1}-]?",
        ) {
            let works = printed(["workIds", "fee", "prover"], &works, "");
            let job = block(7, &[]).to_string().replace("\"snarkJobs\":[]", &format!("\"snarkJobs\":{works}"));
            let mut text = format!("{{\"bestChain\":[{job}],\"snarkPool\":{works},\"pendingSnarkWork\":[]}}");
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let at = places[at.index(places.len())];
            let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
            text.replace_range(at..end, &with);
            let mut cursor = Cursor::new(&text);
            if PoolData::read(&mut cursor).and_then(|_| cursor.end()).is_ok() {
                prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
            }
        }

        #[test]
        fn how_an_answer_is_printed_changes_nothing(sold in any_works(), listed in any_works()) {
            let pending = |gap: &str| {
                let ids = listed.iter().map(|[ids, ..]| ids.as_array().unwrap().iter().map(|id| [id.clone()]).collect());
                let bundles = ids.map(|ids: Vec<_>| format!("{{{gap}\"workBundle\":{}}}", printed(["workId"], &ids, "")));
                bundles.collect::<Vec<_>>().join(",")
            };
            let blocks = |gap: &str| {
                let jobs = printed(["workIds", "fee", "prover"], &sold, gap);
                block(7, &[]).to_string().replace("\"snarkJobs\":[]", &format!("\"snarkJobs\":{jobs}"))
            };
            let answer = |gap: &str| format!(
                "{{\"bestChain\":[{}],\"snarkPool\":{},\"pendingSnarkWork\":[{}]}}",
                blocks(gap), printed(["workIds", "fee", "prover"], &listed, gap), pending(gap),
            );
            let read = |gap| PoolData::read(&mut Cursor::new(&answer(gap))).map(pool).map_err(drop);
            prop_assert_eq!(read(""), read(" "));
            let specs = |gap: &str| {
                let spec = |work: &[Value; 3]| printed(["workIds", "snarkFee", "snarkProverKey"], std::slice::from_ref(work), gap);
                let entry = |work| format!("{{\"workBundleSpec\":{}}}", spec(work).trim_matches(['[', ']']));
                listed.iter().map(entry).collect::<Vec<_>>().join(",")
            };
            let answer = |gap: &str| format!("{{\"bestChain\":[{}],\"snarkWorkRange\":[{}]}}", blocks(gap), specs(gap));
            let read = |gap| RangeData::read(&mut Cursor::new(&answer(gap))).map(range).map_err(drop);
            prop_assert_eq!(read(""), read(" "));
        }
    }
}
