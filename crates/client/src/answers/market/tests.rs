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

fn read_text(
    operation: MarketOperation,
    data: &str,
) -> Result<Result<MarketAnswer, Fault>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(data);
    let lists = MarketReader(&mut KeyInterner::default()).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(conclude(operation, lists))
}

fn read_pool(data: &Value) -> Result<MarketAnswer, Fault> {
    read_text(MarketOperation::Pool, &data.to_string()).unwrap()
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
        read_text(MarketOperation::Range, &data).unwrap()
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
    assert_eq!(read_pool(&data).unwrap_err(), Fault::Oversized { limit: u64::from(MAX_BLOCKS) });
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
    let read = |text: &str| read_text(MarketOperation::Pool, text);
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
        let malformed = match read(&good.replace(from, to)) {
            Ok(read) => read.is_err_and(|fault| fault.code() == "malformed"),
            Err(_) => true,
        };
        assert!(good.contains(from) && malformed, "{to}");
    }
}

#[test]
fn a_work_reads_alike_however_it_is_printed() {
    let read = |work: &str| {
        let text = format!(r#"{{"bestChain":[],"snarkPool":[{work}],"pendingSnarkWork":[]}}"#);
        let (_, book) = read_text(MarketOperation::Pool, &text).unwrap().unwrap();
        book.works.first().cloned()
    };
    let printed = read(r#"{"workIds":[-5,6],"fee":"7","prover":"B62q"}"#).unwrap();
    assert_eq!(printed.work, WorkId::two(-5, 6));
    let offer = printed.standing.as_ref().unwrap();
    assert_eq!((offer.fee.get(), offer.prover.as_str()), (7, "B62q"));
    for other in [
        r#" { "workIds" : [ -5 , 6 ] , "fee" : "7" , "prover" : "B62q" } "#,
        r#"{"prover":"B62q","fee":"7","workIds":[-5,6]}"#,
        r#"{"workIds":["-5","6"],"fee":7,"prover":"B62\u0071"}"#,
        r#"{"workIds":[-5,6],"more":[{}],"fee":"\u0037","prover":"B62q"}"#,
    ] {
        assert_eq!(read(other).as_ref(), Some(&printed), "{other}");
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
    let key = prop_oneof![9 => Just(json!(KEY)), 1 => proptest::sample::select(odd_keys.to_vec())];
    let work = (ids, fee, key).prop_map(|(ids, fee, key)| [ids.into(), fee, key]);
    proptest::collection::vec(work, 0..4)
}

/// A list of objects with these fields in this order, as a daemon prints it but for `gap`.
fn printed<const N: usize>(names: [&str; N], entries: &[[Value; N]], gap: &str) -> String {
    let fields = |values: &[Value; N]| {
        let fields = names.iter().zip(values).map(|(name, value)| format!("\"{name}\":{value}"));
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
        if read_text(MarketOperation::Pool, &text).is_ok() {
            prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
        }
    }
}
