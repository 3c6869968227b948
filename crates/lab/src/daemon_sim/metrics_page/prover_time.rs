//! Time that own workers spent on the jobs of finished works.
//!
//! Names are those of Mina `mina_metrics.ml` (1.0.0 to 3.0.3) and `snark_work_lib/metrics.ml` (4.0).
//! Before 3.0 only the worker's own process counts it, so that the daemon shows none.

use super::{Families, MetricValue, float};
use crate::daemon_sim::era::Era::{Berkeley30, Mesa40};

pub(super) fn add_prover_time(families: &mut Families<'_>) {
    let proved = &families.view.snapshot.counters.proved;
    let (base, zkapp, merge, cumulative) =
        (proved.base, proved.zkapp_base, proved.merge, proved.merge_cumulative);
    let histogram = |sum: f64, count: u64, cumulative: [u64; 8]| MetricValue::Histogram {
        sum,
        count: float(count),
        buckets: (2_u32..)
            .zip(cumulative)
            .map(|(bound, count)| (f64::from(30 * bound), float(count)))
            .collect(),
    };
    let (seconds, number) = ("prover seconds of base statements", "# of base statements proved");
    let counted = [
        ("Cryptography_snark_work_base_time_sec", "Cryptography_snark_work_base_submissions", base),
        (
            "Cryptography_snark_work_nonzkapp_base_time_sec",
            "Cryptography_snark_work_nonzkapp_base_submissions",
            base,
        ),
        (
            "Cryptography_snark_work_zkapp_base_time_sec",
            "Cryptography_snark_work_zkapp_base_submissions",
            zkapp,
        ),
    ];
    let eras = [Berkeley30..=Berkeley30, Mesa40..=Mesa40, Berkeley30..=Mesa40];
    for ((time, submissions, proved), eras) in counted.into_iter().zip(eras) {
        families.add(eras.clone(), time, seconds, MetricValue::Counter(proved.seconds));
        families.counter(eras, submissions, number, proved.jobs);
    }
    families.add(
        ..Berkeley30,
        "Cryptography_snark_work_base_time_sec",
        seconds,
        histogram(0.0, 0, [0; 8]),
    );
    let merges = "Cryptography_snark_work_merge_time_sec";
    let help = "prover seconds of merges";
    families.add(..Berkeley30, merges, help, histogram(0.0, 0, [0; 8]));
    families.add(Berkeley30.., merges, help, histogram(merge.seconds, merge.jobs, cumulative));
}

#[cfg(test)]
mod tests {
    use super::super::render_page;
    use crate::daemon_sim::{era::Era, fixed::FixedDaemon};

    #[test]
    fn prover_seconds_have_the_names_of_their_era() {
        for era in Era::ALL {
            let text = render_page(&FixedDaemon::default().view(era), false);
            let has =
                |line: &str| text.contains(&format!("\nCoda_Cryptography_snark_work_{line}\n"));
            let counts = era >= Era::Berkeley30;
            assert_eq!(has("base_time_sec 90"), era == Era::Berkeley30, "{era}");
            assert_eq!(has("nonzkapp_base_submissions 3"), era == Era::Mesa40, "{era}");
            assert_eq!(has("zkapp_base_time_sec 210.5"), counts, "{era}");
            assert_eq!(has("merge_time_sec_sum 400"), counts, "{era}");
            assert_eq!(has("merge_time_sec_bucket{le=\"60\"} 7"), counts, "{era}");
            assert_eq!(has("base_time_sec_count 0"), !counts, "{era}");
        }
    }
}
