//! Works as the daemon lists them: in its pool, in its blocks, unproved, and in the order of
//! purchase.

use std::marker::PhantomData;

use serde::Deserialize;
use serde_json::Error;
use snarkfee_core::{
    fault::Fault,
    market::{Offer, OpenWork, Sale},
    units::{Nanomina, WorkId},
};

use super::{
    cursor::{Cursor, Plain},
    ids::Ids,
    keys::Key,
    list::Entries,
    scalars::{Wire, invalid},
};

/// Works one block can buy; the scan state takes at most 128 bundles a block (mainnet constants,
/// 1.x and 3.x).
pub(super) const MAX_WORKS: usize = 1_000;
/// Entries of the pool, of the pending works, and of the range.
const MAX_ENTRIES: usize = 200_000;

/// The fields of a proved work by the names that faults give them.
struct Proved {
    ids: &'static str,
    fee: &'static str,
    prover: &'static str,
}

const STANDING: Proved = Proved {
    ids: "snarkWorkRange.workIds",
    fee: "snarkWorkRange.snarkFee",
    prover: "snarkWorkRange.snarkProverKey",
};

impl Proved {
    fn read(&self, ids: Ids, fee: &Wire, prover: Key) -> Result<(WorkId, Offer), Fault> {
        Ok((
            ids.work(self.ids)?,
            Offer { fee: fee.amount(self.fee)?, prover: prover.key(self.prover)? },
        ))
    }
}

/// A fee as text and a key, each with its quotes.
fn offer(plain: &mut Plain<'_>, between: &[u8]) -> Option<Offer> {
    plain.is(b"\"")?;
    let fee = Nanomina::try_new(plain.integer()?.try_into().ok()?).ok()?;
    plain.is(b"\"")?;
    plain.is(between)?;
    plain.is(b"\"")?;
    Some(Offer { fee, prover: Key::plainly(plain.until_quote()?)? })
}

/// A `CompletedWork`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompletedWork {
    work_ids: Ids,
    fee: Wire,
    prover: Key,
}

/// What a proved work becomes.
trait OfProof {
    /// Most works of a list.
    const LIMIT: usize;
    /// What faults call the fields.
    const FIELDS: Proved;

    fn of(work: WorkId, offer: Offer) -> Self;
}

impl OfProof for OpenWork {
    const LIMIT: usize = MAX_ENTRIES;
    const FIELDS: Proved =
        Proved { ids: "snarkPool.workIds", fee: "snarkPool.fee", prover: "snarkPool.prover" };

    fn of(work: WorkId, offer: Offer) -> Self {
        Self { work, standing: Some(offer) }
    }
}

impl OfProof for Sale {
    const LIMIT: usize = MAX_WORKS;
    const FIELDS: Proved = Proved {
        ids: "bestChain.snarkJobs.workIds",
        fee: "bestChain.snarkJobs.fee",
        prover: "bestChain.snarkJobs.prover",
    };

    fn of(work: WorkId, Offer { fee, prover }: Offer) -> Self {
        Self { work, fee, prover }
    }
}

/// A list of `CompletedWork`.
pub(super) struct Completed<T>(PhantomData<T>);

/// `snarkPool`.
pub(super) type Pool = Completed<OpenWork>;
/// `snarkJobs` of a block.
pub(super) type Sales = Completed<Sale>;

impl<T: OfProof> Entries for Completed<T> {
    type Value = T;

    const LIMIT: usize = T::LIMIT;

    fn plainly(plain: &mut Plain<'_>) -> Option<T> {
        plain.is(b"{\"workIds\":[")?;
        let work = Ids::plainly(plain, b",")?;
        plain.is(b"],\"fee\":")?;
        let offer = offer(plain, b",\"prover\":")?;
        plain.is(b"}")?;
        Some(T::of(work, offer))
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Result<T, Fault>, Error> {
        let CompletedWork { work_ids, fee, prover } = cursor.value()?;
        Ok(T::FIELDS.read(work_ids, &fee, prover).map(|(work, offer)| T::of(work, offer)))
    }
}

/// `pendingSnarkWork`.
pub(super) struct Pending;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PendingWork {
    #[serde(deserialize_with = "Ids::of_each::<Statement, _>")]
    work_bundle: Ids,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    work_id: Wire,
}

impl From<Statement> for Wire {
    fn from(statement: Statement) -> Self {
        statement.work_id
    }
}

impl Entries for Pending {
    type Value = WorkId;

    const LIMIT: usize = MAX_ENTRIES;

    fn plainly(plain: &mut Plain<'_>) -> Option<WorkId> {
        plain.is(b"{\"workBundle\":[{\"workId\":")?;
        let work = Ids::plainly(plain, b"},{\"workId\":")?;
        plain.is(b"}]}")?;
        Some(work)
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Result<WorkId, Fault>, Error> {
        let PendingWork { work_bundle } = cursor.value()?;
        Ok(work_bundle.work("pendingSnarkWork.workBundle"))
    }
}

/// `snarkWorkRange`.
pub(super) struct Range;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PendingSpec {
    work_bundle_spec: BundleSpec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BundleSpec {
    work_ids: Ids,
    snark_fee: Option<Wire>,
    snark_prover_key: Option<Key>,
}

impl BundleSpec {
    fn open_work(self) -> Result<OpenWork, Fault> {
        match (self.snark_fee, self.snark_prover_key) {
            (Some(fee), Some(prover)) => {
                let (work, offer) = STANDING.read(self.work_ids, &fee, prover)?;
                Ok(OpenWork { work, standing: Some(offer) })
            }
            (None, None) => {
                Ok(OpenWork { work: self.work_ids.work(STANDING.ids)?, standing: None })
            }
            (Some(_), None) => Err(invalid(STANDING.prover, "null beside a fee")),
            (None, Some(_)) => Err(invalid(STANDING.fee, "null beside a prover")),
        }
    }
}

impl Entries for Range {
    type Value = OpenWork;

    const LIMIT: usize = MAX_ENTRIES;

    fn plainly(plain: &mut Plain<'_>) -> Option<OpenWork> {
        plain.is(b"{\"workBundleSpec\":{\"workIds\":[")?;
        let work = Ids::plainly(plain, b",")?;
        plain.is(b"],\"snarkFee\":")?;
        let standing = match plain.is(b"null") {
            Some(()) => plain.is(b",\"snarkProverKey\":null").map(|()| None)?,
            None => Some(offer(plain, b",\"snarkProverKey\":")?),
        };
        plain.is(b"}}")?;
        Some(OpenWork { work, standing })
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Result<OpenWork, Fault>, Error> {
        let PendingSpec { work_bundle_spec } = cursor.value()?;
        Ok(work_bundle_spec.open_work())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plainly<E: Entries>(text: &str) -> Option<E::Value> {
        let mut cursor = Cursor::new(text);
        cursor.plainly(E::plainly).filter(|_| cursor.end().is_ok())
    }

    #[test]
    fn the_documents_ask_for_the_fields_in_the_order_that_is_read_byte_for_byte() {
        let squeezed = |document: &str| document.split_whitespace().collect::<Vec<_>>().join(" ");
        let pool = squeezed(include_str!("../../../../graphql/market_pool.graphql"));
        let coda = squeezed(include_str!("../../../../graphql/market_coda.graphql"));
        let range = squeezed(include_str!("../../../../graphql/market_range.graphql"));
        for document in [&pool, &range] {
            assert!(document.contains("snarkJobs { workIds fee prover }"), "{document}");
        }
        for document in [&pool, &coda] {
            assert!(document.contains("snarkPool { workIds fee prover }"), "{document}");
            assert!(document.contains("{ workBundle { workId } }"), "{document}");
        }
        assert!(
            range.contains("{ workBundleSpec { workIds snarkFee snarkProverKey } }"),
            "{range}"
        );
    }

    #[test]
    fn entries_as_daemons_print_them_are_read_byte_for_byte() {
        let pool = plainly::<Pool>(r#"{"workIds":[-5,6],"fee":"7","prover":"B62q"}"#).unwrap();
        assert_eq!((pool.work, pool.standing.unwrap().fee.get()), (WorkId::two(-5, 6), 7));
        let sale = plainly::<Sales>(r#"{"workIds":[5],"fee":"0","prover":"B62q"}"#).unwrap();
        assert_eq!(
            (sale.work, sale.fee, sale.prover.as_str()),
            (WorkId::one(5), Nanomina::ZERO, "B62q")
        );
        let pending = plainly::<Pending>(r#"{"workBundle":[{"workId":1},{"workId":-2}]}"#);
        assert_eq!(pending, Some(WorkId::two(1, -2)));
        assert_eq!(plainly::<Pending>(r#"{"workBundle":[{"workId":1}]}"#), Some(WorkId::one(1)));
        let range = plainly::<Range>(
            r#"{"workBundleSpec":{"workIds":[1,2],"snarkFee":"9","snarkProverKey":"B62q"}}"#,
        )
        .unwrap();
        assert_eq!((range.work, range.standing.unwrap().fee.get()), (WorkId::two(1, 2), 9));
        let gap = plainly::<Range>(
            r#"{"workBundleSpec":{"workIds":[1],"snarkFee":null,"snarkProverKey":null}}"#,
        );
        assert_eq!(gap, Some(OpenWork { work: WorkId::one(1), standing: None }));
    }

    #[test]
    fn other_entries_are_left_to_the_library() {
        for text in [
            r#"{"workIds":[1,2,3],"fee":"7","prover":"B62q"}"#,
            r#"{"workIds":[],"fee":"7","prover":"B62q"}"#,
            r#"{"workIds":[1], "fee":"7","prover":"B62q"}"#,
            r#"{"workIds":[1],"fee":7,"prover":"B62q"}"#,
            r#"{"workIds":[1],"fee":"-7","prover":"B62q"}"#,
            r#"{"workIds":[1],"fee":"07","prover":"B62q"}"#,
            r#"{"workIds":[1],"fee":"7","prover":"B62\u0071"}"#,
            r#"{"workIds":[1],"fee":"7","prover":""}"#,
            r#"{"workIds":[1],"fee":"7","prover":"B62q","more":1}"#,
        ] {
            assert_eq!(plainly::<Pool>(text), None, "{text}");
        }
    }
}
