mod coverage;
mod invariants;
mod known;

use super::*;

fn nanomina(amount: u64) -> Nanomina {
    Nanomina::try_new(amount).unwrap()
}

fn exact(price: u64, cluster: u64) -> Observation {
    Observation { censoring: Censoring::Exact(nanomina(price)), weight: 1.0, cluster }
}

fn above(price: u64, cluster: u64) -> Observation {
    Observation { censoring: Censoring::Above(nanomina(price)), weight: 1.0, cluster }
}

fn at_most(price: u64, cluster: u64) -> Observation {
    Observation { censoring: Censoring::AtMost(nanomina(price)), weight: 1.0, cluster }
}

fn between(above: u64, at_most: u64, cluster: u64) -> Observation {
    let censoring =
        Censoring::Between { above: Some(nanomina(above)), at_most: Some(nanomina(at_most)) };
    Observation { censoring, weight: 1.0, cluster }
}

/// Nonparametric from the first sample on.
fn nonparametric_settings() -> EstimatorSettings {
    EstimatorSettings { min_samples: 0.0, ..EstimatorSettings::default() }
}

fn survival_at(found: &Survival, fee: u64) -> f64 {
    found.estimate_at(nanomina(fee)).estimate
}
