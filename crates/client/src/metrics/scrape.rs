//! From the daemon's metrics text to [`PoolMetrics`].

use std::time::Duration;

use snarkfee_core::{
    fault::Fault,
    market::{DeliveryUnit, FeeHistogram, PoolMetrics},
    metrics_text::{DAEMON_PREFIXES, Exposition, Histogram},
};

pub(super) const FEES: &str = "Snark_work_snark_fee";
pub(super) const POOL_SIZE: &str = "Snark_work_snark_pool_size";
pub(super) const COMPLETED: &str = "Snark_work_completed_snark_work_received_rpc";
pub(super) const ASSIGNED: &str = "Snark_work_snark_work_assigned_rpc";
/// Prover time of base proofs but for zkApps, by the names of 4.0 and of before. A histogram up to
/// 1.4.1, a counter since (Mina `mina_metrics.ml`).
pub(super) const BASE_TIME: [&str; 2] =
    ["Cryptography_snark_work_nonzkapp_base_time_sec", "Cryptography_snark_work_base_time_sec"];
/// Prover time of base proofs of zkApps, their segments and the merges of these (from 3.0).
pub(super) const ZKAPP_TIME: &str = "Cryptography_snark_work_zkapp_base_time_sec";
/// Prover time of merge proofs, a histogram.
pub(super) const MERGE_TIME: &str = "Cryptography_snark_work_merge_time_sec";

/// Metrics as read once, and in which dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct Scrape {
    /// What is used of them.
    pub metrics: PoolMetrics,
    /// The prefix of the names of snark work metrics: `Coda_` or `Mina_`.
    pub prefix: &'static str,
    /// Families in the text.
    pub families: usize,
    /// Age of the oldest sample, where a Prometheus server had them.
    pub sampled: Option<Duration>,
}

/// Reads a metrics text.
///
/// A text without any sample is [`Fault::Malformed`], one without any of the daemon's snark work
/// metrics [`Fault::Unsupported`], one whose histogram or gauges cannot be true
/// [`Fault::InvalidValue`].
pub(crate) fn read(body: &[u8]) -> Result<Scrape, Fault> {
    let malformed = |cause: String| Fault::Malformed { cause };
    let text = std::str::from_utf8(body).map_err(|error| malformed(error.to_string()))?;
    let exposition = Exposition::parse(text);
    if exposition.sample_count() == 0 {
        return Err(malformed(format!("no metrics text: {}", Fault::excerpt(text))));
    }
    let provers = read_prover_time(&exposition)?;
    let metrics = PoolMetrics {
        fees: read_fees(&exposition)?,
        pool_size: read_count(&exposition, POOL_SIZE)?,
        completed_by_own: read_count(&exposition, COMPLETED)?,
        delivery_unit: find_delivery_unit(&exposition),
        assigned_to_own: read_count(&exposition, ASSIGNED)?,
        prover_seconds: provers.map(|provers| provers.seconds),
        prover_jobs: provers.and_then(|provers| provers.jobs),
        defects: exposition.defect_count(),
    };
    let PoolMetrics { defects, delivery_unit, prover_seconds, prover_jobs, .. } = metrics;
    let unrelated = PoolMetrics {
        defects,
        delivery_unit,
        prover_seconds,
        prover_jobs,
        ..PoolMetrics::default()
    };
    if metrics == unrelated {
        return Err(Fault::Unsupported {
            missing: "metrics of snark work in this text".to_owned(),
        });
    }
    let present = |prefix: &&str| {
        [FEES, POOL_SIZE].iter().any(|name| exposition.family(&[prefix, *name].concat()).is_some())
    };
    let prefix = DAEMON_PREFIXES.into_iter().find(present).unwrap_or(DAEMON_PREFIXES[0]);
    Ok(Scrape { metrics, prefix, families: exposition.families().len(), sampled: None })
}

fn read_fees(exposition: &Exposition<'_>) -> Result<Option<FeeHistogram>, Fault> {
    let Some(family) = exposition.daemon_family(FEES) else { return Ok(None) };
    let histogram = Histogram::from_family(&family).map_err(|defect| Fault::InvalidValue {
        field: FEES.to_owned(),
        value: defect.to_string(),
    })?;
    let (bounds, cumulative, sum) = histogram.into_parts();
    Ok(Some(FeeHistogram { bounds, cumulative, sum }))
}

/// What workers deliver: the metric of base proofs was renamed with the work partitioner.
fn find_delivery_unit(exposition: &Exposition<'_>) -> Option<DeliveryUnit> {
    let [new, old] = BASE_TIME;
    let unit = |name, unit| exposition.daemon_family(name).map(|_| unit);
    unit(new, DeliveryUnit::Piece).or_else(|| unit(old, DeliveryUnit::Bundle))
}

/// Time and jobs of the daemon's own provers.
#[derive(Clone, Copy)]
struct ProverTime {
    seconds: f64,
    /// `None` where there is time without jobs: some builds count the one and not the other (Mina
    /// `snark_work_lib/metrics.ml`, in 2025).
    jobs: Option<f64>,
}

/// Prover time of everything that the daemon counts. Since 3.0 it adds what its provers report
/// with each proof, since the work partitioner with each piece or job (Mina `mina_run.ml`,
/// `snark_work_lib/metrics.ml`); before, only the prover's process knew.
fn read_prover_time(exposition: &Exposition<'_>) -> Result<Option<ProverTime>, Fault> {
    let [new, old] = BASE_TIME;
    let base = match read_kind(exposition, new)? {
        None => read_kind(exposition, old)?,
        base => base,
    };
    let others = [read_kind(exposition, ZKAPP_TIME)?, read_kind(exposition, MERGE_TIME)?];
    let kinds = others.into_iter().flatten().chain(base);
    Ok(kinds.reduce(|sum, more| ProverTime {
        seconds: sum.seconds + more.seconds,
        jobs: sum.jobs.zip(more.jobs).map(|(sum, more)| sum + more),
    }))
}

/// One kind of proof: a histogram, or a counter of time with one of jobs beside it.
fn read_kind(exposition: &Exposition<'_>, name: &str) -> Result<Option<ProverTime>, Fault> {
    let Some(family) = exposition.daemon_family(name) else { return Ok(None) };
    let suffixed = |suffix: &str| {
        let sample = family.samples().find(|sample| sample.name.ends_with(suffix));
        sample.map(|sample| check_count(name, sample.value)).transpose()
    };
    let (seconds, jobs) = match suffixed("_sum")? {
        Some(seconds) => (Some(seconds), suffixed("_count")?),
        None => {
            let submissions = name.replace("_time_sec", "_submissions");
            (read_count(exposition, name)?, read_count(exposition, &submissions)?)
        }
    };
    Ok(seconds.map(|seconds| {
        let none_missing = |jobs: &f64| *jobs > 0.0 || seconds == 0.0;
        ProverTime { seconds, jobs: jobs.or((seconds == 0.0).then_some(0.0)).filter(none_missing) }
    }))
}

/// A count. Only the daemon's moving averages may be 0/0 (Mina `mina_metrics.ml`): a count that is
/// no number is a lie.
fn read_count(exposition: &Exposition<'_>, name: &str) -> Result<Option<f64>, Fault> {
    let value = exposition.daemon_family(name).and_then(|family| family.value());
    value.map(|value| check_count(name, value)).transpose()
}

fn check_count(name: &str, value: f64) -> Result<f64, Fault> {
    if value.is_finite() && value >= 0.0 {
        return Ok(value);
    }
    Err(Fault::InvalidValue { field: name.to_owned(), value: value.to_string() })
}

#[cfg(test)]
mod tests;
