//! The text of `GET /metrics`, in the dialect of the daemon: no space after `#`, six digits,
//! histograms from the highest bucket down.
//!
//! Names, help texts and the dialect are those of Mina `mina_metrics.ml` (1.0.0 to 3.0.3) and
//! `coda_metrics.ml` (January 2020). The prefix is `Coda_` in all of them. Fees are in nanomina; the
//! build of 2020 counts whole coins.

mod prover_time;

use std::fmt::Write;

use super::{
    era::{
        Era,
        Era::{Berkeley30, Coda2020, Mainnet10, Mainnet12, Mainnet14},
    },
    format_g::format_g,
    view::DaemonView,
};

/// The daemon's answer to every request but `GET /metrics`, with status 400.
pub(super) const BAD_REQUEST: &str = "Bad request";

/// The content type of the page.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4";

/// Times are shown as seconds since 2021-01-01T00:00:00Z (Mina `mina_metrics.ml`,
/// `time_offset_sec`).
const TIME_OFFSET_SECONDS: f64 = 1_609_459_200.0;

struct MetricFamily {
    name: &'static str,
    help: &'static str,
    value: MetricValue,
}

enum MetricValue {
    Counter(f64),
    Gauge(f64),
    Histogram {
        sum: f64,
        count: f64,
        /// Upper bound and cumulative count, ascending, without the infinite one.
        buckets: Vec<(f64, f64)>,
    },
}

/// The families of one era.
struct Families<'a> {
    era: Era,
    view: &'a DaemonView,
    found: Vec<MetricFamily>,
}

impl Families<'_> {
    fn add(
        &mut self,
        eras: impl std::ops::RangeBounds<Era>,
        name: &'static str,
        help: &'static str,
        value: MetricValue,
    ) {
        if eras.contains(&self.era) {
            self.found.push(MetricFamily { name, help, value });
        }
    }

    fn gauge(
        &mut self,
        eras: impl std::ops::RangeBounds<Era>,
        name: &'static str,
        help: &'static str,
        value: f64,
    ) {
        self.add(eras, name, help, MetricValue::Gauge(value));
    }

    fn counter(
        &mut self,
        eras: impl std::ops::RangeBounds<Era>,
        name: &'static str,
        help: &'static str,
        value: u64,
    ) {
        self.add(eras, name, help, MetricValue::Counter(float(value)));
    }
}

/// The daemon keeps every metric in a float.
fn float(value: u64) -> f64 {
    value as f64
}

/// The whole page. `libp2p` adds the metrics of the networking helper, in the dialect of Go's client.
pub(super) fn render_page(view: &DaemonView, libp2p: bool) -> String {
    let mut families = Families { era: view.era, view, found: Vec::new() };
    add_snark_work(&mut families);
    prover_time::add_prover_time(&mut families);
    add_scan_state(&mut families);
    add_frontier(&mut families);
    add_process(&mut families);
    families.found.sort_by_key(|family| family.name);
    let mut text = String::new();
    for family in &families.found {
        write_family(&mut text, family);
    }
    if libp2p && view.era >= Mainnet10 {
        text.push('\n');
        text.push_str(LIBP2P);
    }
    text
}

fn write_family(text: &mut String, MetricFamily { name, help, value }: &MetricFamily) {
    let kind = match value {
        MetricValue::Counter(_) => "counter",
        MetricValue::Gauge(_) => "gauge",
        MetricValue::Histogram { .. } => "histogram",
    };
    let mut line = |line: std::fmt::Arguments<'_>| {
        // Writing to a String cannot fail.
        let _ = text.write_fmt(line);
        text.push('\n');
    };
    line(format_args!("#HELP Coda_{name} {help}"));
    line(format_args!("#TYPE Coda_{name} {kind}"));
    match value {
        MetricValue::Counter(value) | MetricValue::Gauge(value) => {
            line(format_args!("Coda_{name} {}", format_g(*value)))
        }
        MetricValue::Histogram { sum, count, buckets } => {
            line(format_args!("Coda_{name}_sum {}", format_g(*sum)));
            line(format_args!("Coda_{name}_count {}", format_g(*count)));
            line(format_args!("Coda_{name}_bucket{{le=\"+Inf\"}} {}", format_g(*count)));
            for (bound, cumulative) in buckets.iter().rev() {
                line(format_args!(
                    "Coda_{name}_bucket{{le=\"{}\"}} {}",
                    format_g(*bound),
                    format_g(*cumulative)
                ));
            }
        }
    }
}

fn add_snark_work(families: &mut Families<'_>) {
    let counters = &families.view.snapshot.counters;
    let (completed, assigned, timed_out) =
        (counters.completed, counters.assigned, counters.timed_out);
    let fees = &counters.fees_added;
    let histogram = MetricValue::Histogram {
        sum: fees.sum as f64,
        count: float(fees.count),
        buckets: (0_u32..)
            .zip(fees.cumulative)
            .map(|(bound, count)| (f64::from(bound), float(count)))
            .collect(),
    };
    let received = fees.count.saturating_sub(completed);
    let (pool, pending) = families.view.pool_sizes();
    families.add(.., "Snark_work_snark_fee", "A histogram for snark fees", histogram);
    families.gauge(
        ..,
        "Snark_work_snark_pool_size",
        "# of completed snark work bundles in the snark pool",
        float(pool),
    );
    families.gauge(
        ..,
        "Snark_work_pending_snark_work",
        "total # of snark work bundles that are yet to be generated",
        // The daemon updates it only when an own worker delivers.
        if completed == 0 { 0.0 } else { float(pending) },
    );
    families.counter(
        ..,
        "Snark_work_completed_snark_work_received_rpc",
        "# of completed snark work bundles received via rpc",
        completed,
    );
    families.counter(
        ..=Mainnet12,
        "Snark_work_completed_snark_work_received_gossip",
        "# of completed snark work bundles received from peers",
        received,
    );
    families.counter(
        ..,
        "Snark_work_snark_work_assigned_rpc",
        "# of snark work bundles assigned via rpc",
        assigned,
    );
    families.counter(
        ..,
        "Snark_work_snark_work_timed_out_rpc",
        "# of snark work bundles sent via rpc that did not complete within the value of the daemon flag \
         work-reassignment-wait",
        timed_out,
    );
    families.counter(
        Berkeley30..,
        "Snark_work_snark_work_failed_rpc",
        "# of snark work bundles that failed on the worker side",
        0,
    );
    families.gauge(
        Mainnet14..,
        "Network_snark_pool_diff_received",
        "# of snark pool diffs received",
        float(fees.count),
    );
    families.gauge(
        Mainnet14..,
        "Network_snark_pool_diff_broadcasted",
        "# of snark pool diffs broadcasted",
        float(completed),
    );
}

/// What the newest block bought, and what remains to be bought.
fn add_scan_state(families: &mut Families<'_>) {
    let counters = &families.view.snapshot.counters;
    let (snark_fees, transaction_fees, purchased) = (
        float(counters.snark_fees_in_last_block),
        float(counters.transaction_fees_in_last_block),
        float(counters.purchased_in_last_block),
    );
    let required = families.view.snapshot.open.len() as f64;
    families.gauge(.., "Scan_state_snark_fees_per_block", "Total snark fee per block", snark_fees);
    families.gauge(
        ..,
        "Scan_state_transaction_fees_per_block",
        "Total transaction fee per block",
        transaction_fees,
    );
    families.gauge(
        ..,
        "Scan_state_purchased_snark_work_per_block",
        "# of snark work bundles purchased per block",
        purchased,
    );
    families.gauge(
        ..,
        "Scan_state_snark_work_required",
        "# of snark work bundles in the scan state that are yet to be done/purchased",
        required,
    );
}

fn add_frontier(families: &mut Families<'_>) {
    let view = families.view;
    let status = &view.snapshot.status;
    let tip = view.best_tip();
    let height = f64::from(status.height.unwrap_or(0));
    families.gauge(
        ..,
        "Transition_frontier_max_blocklength_observed",
        "max blocklength observed by the system",
        f64::from(status.highest_received),
    );
    families.gauge(
        Mainnet10..,
        "Transition_frontier_max_unvalidated_blocklength_observed",
        "max unvalidated blocklength observed by the system",
        f64::from(status.highest_received),
    );
    families.gauge(
        Mainnet12..,
        "Transition_frontier_best_tip_block_height",
        "Block height of current best tip",
        height,
    );
    families.gauge(
        ..,
        "Transition_frontier_slot_fill_rate",
        "number of blocks / total slots since genesis",
        height / float(status.now.global_slot),
    );
    families.gauge(
        ..,
        "Transition_frontier_active_breadcrumbs",
        "current # of breadcrumbs in the transition frontier",
        if view.is_bootstrapping() { 0.0 } else { view.chain.len() as f64 },
    );
    families.gauge(
        Mainnet10..,
        "Transition_frontier_best_tip_slot_time_sec",
        "slot time (in unix epoch sec) of most recent best tip",
        tip.map_or(0.0, |tip| tip.at.as_millisecond() as f64 / 1000.0 - TIME_OFFSET_SECONDS),
    );
    families.gauge(
        ..,
        "Transition_frontier_tps_30min",
        "moving average for transaction per second, the rolling interval is set to 30 min",
        0.0,
    );
    // Averages over no observation: zero divided by zero.
    families.gauge(
        ..,
        "Block_latency_gossip_slots",
        "average delay, in slots, after which produced blocks are received",
        f64::NAN,
    );
    families.gauge(
        ..,
        "Block_latency_inclusion_time",
        "average delay, in seconds, after which produced blocks are included into our frontier",
        f64::NAN,
    );
    families.counter(
        ..,
        "Block_producer_blocks_produced",
        "blocks produced and submitted by the daemon",
        view.snapshot.counters.blocks_produced,
    );
}

fn add_process(families: &mut Families<'_>) {
    let status = &families.view.snapshot.status;
    let (peers, uptime) =
        (f64::from(status.peers.unwrap_or(0)), status.uptime.as_secs_f64() * 1000.0);
    families.gauge(.., "Network_peers", "# of peers seen through gossip net", peers);
    families.gauge(.., "Trust_system_banned_peers", "# of banned ip addresses", 0.0);
    families.add(
        ..,
        "Runtime_process_uptime_ms_total",
        "Total time the process has been running for in milliseconds.",
        MetricValue::Counter(uptime),
    );
    let empty = || MetricValue::Histogram {
        sum: 0.0,
        count: 0.0,
        buckets: (0..7).map(|power| (0.5 * f64::from(1_u32 << power), 0.0)).collect(),
    };
    families.add(.., "Runtime_long_async_cycle", "A histogram for long async cycles", empty());
    families.add(.., "Runtime_long_async_job", "A histogram for long async jobs", empty());
    families.gauge(
        ..=Coda2020,
        "Bootstrap_bootstrap_time_ms",
        "time elapsed while bootstrapping",
        // The sampled testnet daemon needed six minutes.
        377_529.0,
    );
}

/// Metrics of the networking helper's Go client, the part that every Go program has.
const LIBP2P: &str = "\
# HELP go_gc_duration_seconds A summary of the pause duration of garbage collection cycles.
# TYPE go_gc_duration_seconds summary
go_gc_duration_seconds{quantile=\"0\"} 2.1875e-05
go_gc_duration_seconds{quantile=\"1\"} 0.000153417
go_gc_duration_seconds_sum 0.004283962
go_gc_duration_seconds_count 73
# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 412
# HELP go_info Information about the Go environment.
# TYPE go_info gauge
go_info{version=\"go1.18.10\"} 1
# HELP process_open_fds Number of open file descriptors.
# TYPE process_open_fds gauge
process_open_fds 189
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon_sim::fixed::FixedDaemon;

    #[test]
    fn histograms_descend_from_infinity() {
        let text = render_page(&FixedDaemon::default().view(Era::Mesa40), false);
        let from = text.find("#HELP Coda_Snark_work_snark_fee ").unwrap();
        let histogram: Vec<&str> = text[from..].lines().take(15).collect();
        assert_eq!(
            histogram,
            [
                "#HELP Coda_Snark_work_snark_fee A histogram for snark fees",
                "#TYPE Coda_Snark_work_snark_fee histogram",
                "Coda_Snark_work_snark_fee_sum 2.001e+09",
                "Coda_Snark_work_snark_fee_count 4",
                "Coda_Snark_work_snark_fee_bucket{le=\"+Inf\"} 4",
                "Coda_Snark_work_snark_fee_bucket{le=\"9\"} 2",
                "Coda_Snark_work_snark_fee_bucket{le=\"8\"} 2",
                "Coda_Snark_work_snark_fee_bucket{le=\"7\"} 2",
                "Coda_Snark_work_snark_fee_bucket{le=\"6\"} 2",
                "Coda_Snark_work_snark_fee_bucket{le=\"5\"} 2",
                "Coda_Snark_work_snark_fee_bucket{le=\"4\"} 2",
                "Coda_Snark_work_snark_fee_bucket{le=\"3\"} 2",
                "Coda_Snark_work_snark_fee_bucket{le=\"2\"} 1",
                "Coda_Snark_work_snark_fee_bucket{le=\"1\"} 1",
                "Coda_Snark_work_snark_fee_bucket{le=\"0\"} 1",
            ]
        );
    }

    #[test]
    fn families_are_sorted_and_belong_to_their_era() {
        for era in Era::ALL {
            let text = render_page(&FixedDaemon::default().view(era), true);
            let names: Vec<&str> = text
                .lines()
                .filter_map(|line| line.strip_prefix("#TYPE ")?.split_once(' '))
                .map(|(name, _)| name)
                .collect();
            assert!(names.is_sorted() && names.len() > 20, "{era}");
            assert_eq!(
                names.contains(&"Coda_Transition_frontier_best_tip_block_height"),
                era >= Era::Mainnet12
            );
            assert_eq!(text.contains("# HELP go_goroutines"), era >= Era::Mainnet10);
            assert!(text.contains("\nCoda_Block_latency_gossip_slots Nan\n"));
            assert!(text.contains("\nCoda_Runtime_process_uptime_ms_total 1.73959e+08\n"));
            assert!(text.contains("\nCoda_Snark_work_snark_work_assigned_rpc 12\n"));
        }
    }

    #[test]
    fn a_daemon_without_a_frontier_serves_a_page() {
        let text = render_page(&FixedDaemon::bootstrapping().view(Era::Mesa40), false);
        assert!(text.contains("\nCoda_Transition_frontier_best_tip_block_height 0\n"));
    }
}
