//! Works as the daemon lists them: in its pool, in its blocks, unproved, and in the order of
//! purchase.

use std::marker::PhantomData;

use serde::Deserialize;
use serde_json::Error;
use snarkfee_core::{
    fault::Fault,
    market::{Offer, OpenWork, Sale},
    units::WorkId,
};

use super::{
    ids::BundleIds,
    keys::KeyInterner,
    list::Entries,
    scalars::{Scalar, invalid},
};

/// Works one block can buy; the scan state takes at most 128 bundles a block (mainnet constants,
/// 1.x and 3.x).
pub(super) const MAX_WORKS: usize = 1_000;
/// Entries of the pool, of the pending works, and of the range.
const MAX_ENTRIES: usize = 200_000;

/// The fields of a proved work by the names that faults give them.
pub(super) struct ProofFields {
    ids: &'static str,
    fee: &'static str,
    prover: &'static str,
}

impl ProofFields {
    fn read(
        &self,
        ids: BundleIds,
        fee: &Scalar<'_>,
        prover: &Scalar<'_>,
        keys: &mut KeyInterner,
    ) -> Result<(WorkId, Offer), Fault> {
        let work = ids.work(self.ids)?;
        Ok((work, Offer { fee: fee.amount(self.fee)?, prover: keys.key(prover, self.prover)? }))
    }
}

/// A `CompletedWork`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CompletedWork<'a> {
    work_ids: BundleIds,
    #[serde(borrow)]
    fee: Scalar<'a>,
    #[serde(borrow)]
    prover: Scalar<'a>,
}

/// What a proved work becomes.
pub(super) trait FromProof {
    /// Most works of a list.
    const LIMIT: usize;
    /// What faults call the fields.
    const FIELDS: ProofFields;

    fn from_proof(work: WorkId, offer: Offer) -> Self;
}

impl FromProof for OpenWork {
    const LIMIT: usize = MAX_ENTRIES;
    const FIELDS: ProofFields =
        ProofFields { ids: "snarkPool.workIds", fee: "snarkPool.fee", prover: "snarkPool.prover" };

    fn from_proof(work: WorkId, offer: Offer) -> Self {
        Self { work, standing: Some(offer) }
    }
}

impl FromProof for Sale {
    const LIMIT: usize = MAX_WORKS;
    const FIELDS: ProofFields = ProofFields {
        ids: "bestChain.snarkJobs.workIds",
        fee: "bestChain.snarkJobs.fee",
        prover: "bestChain.snarkJobs.prover",
    };

    fn from_proof(work: WorkId, Offer { fee, prover }: Offer) -> Self {
        Self { work, fee, prover }
    }
}

/// A list of `CompletedWork`.
pub(super) struct Completed<T>(PhantomData<T>);

/// `snarkPool`.
pub(super) type Pool = Completed<OpenWork>;
/// `snarkJobs` of a block.
pub(super) type Sales = Completed<Sale>;

impl<T: FromProof> Entries for Completed<T> {
    type Printed<'de> = CompletedWork<'de>;
    type Value = T;

    const LIMIT: usize = T::LIMIT;

    fn read(
        CompletedWork { work_ids, fee, prover }: CompletedWork<'_>,
        keys: &mut KeyInterner,
    ) -> Result<Result<T, Fault>, Error> {
        let proof = T::FIELDS.read(work_ids, &fee, &prover, keys);
        Ok(proof.map(|(work, offer)| T::from_proof(work, offer)))
    }
}

/// `pendingSnarkWork`.
pub(super) struct Pending;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PendingWork {
    #[serde(deserialize_with = "BundleIds::read_list::<Statement<'_>, _>")]
    work_bundle: BundleIds,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement<'a> {
    #[serde(borrow)]
    work_id: Scalar<'a>,
}

impl<'a> From<Statement<'a>> for Scalar<'a> {
    fn from(statement: Statement<'a>) -> Self {
        statement.work_id
    }
}

impl Entries for Pending {
    type Printed<'de> = PendingWork;
    type Value = WorkId;

    const LIMIT: usize = MAX_ENTRIES;

    fn read(
        PendingWork { work_bundle }: PendingWork,
        _keys: &mut KeyInterner,
    ) -> Result<Result<WorkId, Fault>, Error> {
        Ok(work_bundle.work("pendingSnarkWork.workBundle"))
    }
}

/// `snarkWorkRange`.
pub(super) struct Range;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PendingSpec<'a> {
    #[serde(borrow)]
    work_bundle_spec: BundleSpec<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BundleSpec<'a> {
    work_ids: BundleIds,
    #[serde(borrow)]
    snark_fee: Option<Scalar<'a>>,
    #[serde(borrow)]
    snark_prover_key: Option<Scalar<'a>>,
}

const RANGE: ProofFields = ProofFields {
    ids: "snarkWorkRange.workIds",
    fee: "snarkWorkRange.snarkFee",
    prover: "snarkWorkRange.snarkProverKey",
};

impl BundleSpec<'_> {
    fn open_work(self, keys: &mut KeyInterner) -> Result<OpenWork, Fault> {
        match (self.snark_fee, self.snark_prover_key) {
            (Some(fee), Some(prover)) => {
                let (work, offer) = RANGE.read(self.work_ids, &fee, &prover, keys)?;
                Ok(OpenWork { work, standing: Some(offer) })
            }
            (None, None) => Ok(OpenWork { work: self.work_ids.work(RANGE.ids)?, standing: None }),
            (Some(_), None) => Err(invalid(RANGE.prover, "null beside a fee")),
            (None, Some(_)) => Err(invalid(RANGE.fee, "null beside a prover")),
        }
    }
}

impl Entries for Range {
    type Printed<'de> = PendingSpec<'de>;
    type Value = OpenWork;

    const LIMIT: usize = MAX_ENTRIES;

    fn read(
        PendingSpec { work_bundle_spec }: PendingSpec<'_>,
        keys: &mut KeyInterner,
    ) -> Result<Result<OpenWork, Fault>, Error> {
        Ok(work_bundle_spec.open_work(keys))
    }
}
