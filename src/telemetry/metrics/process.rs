//! The conventional process metrics, read from Linux' `/proc` at each scrape and absent elsewhere.

use std::{fmt, fs};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};

/// Reads the metrics of this process.
#[derive(Debug)]
pub(super) struct ProcessCollector;

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let stat =
            fs::read_to_string("/proc/self/stat").ok().and_then(|text| ProcessStat::parse(&text));
        let ticks = fs::read("/proc/self/auxv").ok().and_then(|bytes| clock_ticks(&bytes));
        let boot = fs::read_to_string("/proc/stat").ok().and_then(|text| boot_time(&text));
        if let (Some(stat), Some(ticks)) = (&stat, ticks) {
            let seconds = ConstCounter::new(stat.cpu_ticks as f64 / ticks as f64);
            seconds.encode(encoder.encode_descriptor(
                "process_cpu_seconds",
                "User and system CPU time spent.",
                None,
                seconds.metric_type(),
            )?)?;
        }
        if let (Some(stat), Some(ticks), Some(boot)) = (&stat, ticks, boot) {
            let started = boot as f64 + stat.started_ticks as f64 / ticks as f64;
            gauge(
                &mut encoder,
                "process_start_time_seconds",
                "Start time since the Unix epoch.",
                started,
            )?;
        }
        let memory =
            fs::read_to_string("/proc/self/status").ok().and_then(|text| resident_bytes(&text));
        if let Some(bytes) = memory {
            gauge(&mut encoder, "process_resident_memory_bytes", "Resident memory.", bytes as f64)?;
        }
        if let Ok(entries) = fs::read_dir("/proc/self/fd") {
            // The listing itself holds one open.
            let open = entries.count().saturating_sub(1);
            gauge(&mut encoder, "process_open_fds", "Open file descriptors.", open as f64)?;
        }
        Ok(())
    }
}

fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: f64,
) -> Result<(), fmt::Error> {
    let gauge = ConstGauge::new(value);
    gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
}

/// Two fields of `/proc/self/stat`, in clock ticks (`proc_pid_stat(5)`).
#[derive(Debug, PartialEq, Eq)]
struct ProcessStat {
    cpu_ticks: u64,
    started_ticks: u64,
}

impl ProcessStat {
    fn parse(text: &str) -> Option<Self> {
        // The program's name, in parentheses, may itself hold spaces and parentheses.
        let (_, rest) = text.rsplit_once(')')?;
        let field =
            |number: usize| rest.split_ascii_whitespace().nth(number - 3)?.parse::<u64>().ok();
        Some(Self { cpu_ticks: field(14)?.checked_add(field(15)?)?, started_ticks: field(22)? })
    }
}

/// `AT_CLKTCK` of the auxiliary vector (`getauxval(3)`): pairs of machine words, key and value.
fn clock_ticks(auxv: &[u8]) -> Option<u64> {
    const AT_CLKTCK: u64 = 17;
    const WORD: usize = size_of::<usize>();
    let word = |bytes: &[u8]| Some(usize::from_ne_bytes(bytes.try_into().ok()?) as u64);
    auxv.chunks_exact(2 * WORD).find_map(|pair| {
        let (key, value) = pair.split_at(WORD);
        (word(key)? == AT_CLKTCK).then(|| word(value)).flatten().filter(|&ticks| ticks > 0)
    })
}

/// Seconds since the Unix epoch at which the machine started.
fn boot_time(stat: &str) -> Option<u64> {
    stat.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok())
}

fn resident_bytes(status: &str) -> Option<u64> {
    let kibibytes: u64 = status.lines().find_map(|line| {
        line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB")?.trim().parse().ok()
    })?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_name_with_spaces_and_parentheses_does_not_shift_fields() {
        let text = "7 (a) b (c)) S 1 7 7 0 -1 4194304 90 0 0 0 150 50 0 0 20 0 4 0 12345 9 9 9";
        assert_eq!(
            ProcessStat::parse(text),
            Some(ProcessStat { cpu_ticks: 200, started_ticks: 12345 })
        );
        assert_eq!(ProcessStat::parse("7 (short) S 1"), None);
        assert_eq!(ProcessStat::parse(""), None);
    }

    #[test]
    fn other_files_of_proc_are_read_by_their_keys() {
        assert_eq!(boot_time("cpu 1 2\nbtime 1700000000\n"), Some(1_700_000_000));
        assert_eq!(resident_bytes("VmPeak:\t 9 kB\nVmRSS:\t    2048 kB\n"), Some(2048 * 1024));
        let mut auxv = Vec::new();
        for word in [6_usize, 4096, 17, 100, 0, 0] {
            auxv.extend_from_slice(&word.to_ne_bytes());
        }
        assert_eq!(clock_ticks(&auxv), Some(100));
        assert_eq!(clock_ticks(&auxv[..16]), None);
    }
}
