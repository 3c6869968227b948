//! Any text is read, and what was printed is read back.

use prometheus_parse::{Scrape, Value};
use std::borrow::Cow;

use proptest::{collection::vec, prelude::*};
use snarkfee_core::metrics_text::{
    Exposition, Family, Histogram, MAX_KEPT_DEFECTS, MetricKind, Sample,
};

use super::model::{Dialect, FULL, ModelFamily, PLAIN, damage, families};

/// Calls everything that an exposition offers.
fn touch(text: &str) -> Result<(), TestCaseError> {
    let read = Exposition::parse(text);
    let lines = text.lines().count();
    prop_assert!(read.sample_count() + read.defect_count() as usize <= lines);
    prop_assert!(read.defects().len() <= MAX_KEPT_DEFECTS.min(read.defect_count() as usize));
    prop_assert!(read.defects().iter().all(|defect| (1..=lines).contains(&(defect.line as usize))));
    let mut samples = 0;
    for family in read.families() {
        prop_assert_eq!(
            read.family(family.name()).map(|found| found.samples().len()),
            Some(family.samples().len())
        );
        for sample in family.samples() {
            prop_assert!(sample.name.starts_with(family.name()));
            for label in sample.labels {
                prop_assert_eq!(sample.label(label.name()), Some(label.value()));
            }
        }
        samples += family.samples().len();
        let _ = (
            family.help(),
            family.value(),
            family.kind().as_str(),
            read.daemon_value(family.name()),
        );
        if let Ok(histogram) = Histogram::from_family(&family) {
            prop_assert!(histogram.increment_since(&histogram).restart.is_none());
            let _ = (
                histogram.resolution(None),
                histogram.resolution(Some(1.0)),
                histogram.buckets().count(),
            );
        }
    }
    prop_assert_eq!(samples, read.sample_count());
    Ok(())
}

fn same(one: f64, other: f64) -> bool {
    one.to_bits() == other.to_bits() || one.is_nan() && other.is_nan()
}

fn assert_reads_back(
    family: &ModelFamily,
    read: &Family<'_, '_>,
    dialect: Dialect,
) -> Result<(), TestCaseError> {
    prop_assert_eq!((read.name(), read.kind()), (family.name.as_str(), family.kind));
    prop_assert_eq!(read.help().map(Cow::into_owned), Some(family.help.clone()));
    prop_assert_eq!(read.samples().len(), family.samples.len());
    for (sample, expected) in read.samples().zip(&family.samples) {
        prop_assert_eq!(sample.name, format!("{}{}", family.name, expected.suffix));
        let labels: Vec<_> =
            sample.labels.iter().map(|l| (l.name().to_owned(), l.value().into_owned())).collect();
        prop_assert_eq!(&labels, &expected.labels);
        prop_assert_eq!(sample.timestamp, expected.timestamp);
        let printed: f64 = match dialect {
            Dialect::Daemon => format!("{:.5e}", expected.value).parse().unwrap(),
            Dialect::Go => expected.value,
        };
        prop_assert!(same(sample.value, printed), "{} is not {}", sample.value, printed);
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in vec(any::<u8>(), 0..400)) {
        touch(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn any_text_of_the_formats_characters_is_read(text in "([a-c_]|[{}=,\"\\\\ \t\r\n#.+0-9-]|le|Inf|HELP|TYPE|histogram|_bucket){0,120}") {
        touch(&text)?;
    }

    #[test]
    fn damaged_text_is_read(families in families(FULL), daemon in any::<bool>(), damages in vec(damage(), 1..8)) {
        let dialect = if daemon { Dialect::Daemon } else { Dialect::Go };
        let mut bytes = dialect.print(&families).into_bytes();
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        touch(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn what_was_printed_is_read_back(daemons in families(FULL), split in any::<prop::sample::Index>(), blank in "\r?\n{0,2}") {
        // The libp2p section follows the daemon's after an empty line.
        let (daemon, go) = daemons.split_at(split.index(daemons.len() + 1));
        let text = [Dialect::Daemon.print(daemon), blank, Dialect::Go.print(go)].concat();
        let read = Exposition::parse(&text);
        prop_assert_eq!(read.defects(), [], "{}", text);
        prop_assert_eq!(read.families().len(), daemons.len());
        for (at, (family, read)) in daemons.iter().zip(read.families()).enumerate() {
            let dialect = if at < daemon.len() { Dialect::Daemon } else { Dialect::Go };
            assert_reads_back(family, &read, dialect)?;
        }
    }

    #[test]
    fn a_bad_line_changes_nothing_else(
        families in families(FULL),
        bad in prop_oneof![Just("..."), Just("a{b=\"c"), Just("a x"), Just("a{b=\"c\"} 1 2 3"), Just("#TYPE a"), Just("a{b=\"c\",b=\"\"} 1")],
        places in vec(any::<prop::sample::Index>(), 1..6),
    ) {
        let text = Dialect::Daemon.print(&families);
        let mut lines: Vec<&str> = text.lines().collect();
        for place in &places {
            lines.insert(place.index(lines.len() + 1), bad);
        }
        let text = lines.join("\n");
        let read = Exposition::parse(&text);
        prop_assert_eq!(read.defect_count() as usize, places.len());
        prop_assert!(read.defects().iter().all(|defect| lines[defect.line as usize - 1] == bad));
        prop_assert_eq!(read.families().len(), families.len());
        for (family, read) in families.iter().zip(read.families()) {
            assert_reads_back(family, &read, Dialect::Daemon)?;
        }
    }

    #[test]
    fn prometheus_parse_reads_the_same(families in families(PLAIN)) {
        let text = Dialect::Go.print(&families);
        let theirs = Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap();
        let ours = Exposition::parse(&text);
        for family in ours.families() {
            prop_assert_eq!(theirs.docs.get(family.name()).cloned(), family.help().map(Cow::into_owned));
        }
        let mut theirs: Vec<_> = theirs.samples.iter().map(their_record).collect();
        let mut ours: Vec<_> = ours.families().flat_map(|family| our_records(&family)).collect();
        for records in [&mut theirs, &mut ours] {
            records.sort();
        }
        prop_assert_eq!(ours, theirs);
    }
}

/// A sample in the shape of the other crate: name, labels, kind, and the points with their bound or
/// quantile.
type Record = (String, Vec<(String, String)>, &'static str, Vec<(u64, u64)>);

/// The bits of a number; all that are none have the same.
fn bits(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }
}

fn their_record(sample: &prometheus_parse::Sample) -> Record {
    let (kind, points) = match &sample.value {
        Value::Counter(value) => ("counter", vec![(0, bits(*value))]),
        Value::Gauge(value) => ("gauge", vec![(0, bits(*value))]),
        Value::Untyped(value) => ("untyped", vec![(0, bits(*value))]),
        Value::Histogram(buckets) => (
            "histogram",
            buckets.iter().map(|each| (bits(each.less_than), bits(each.count))).collect(),
        ),
        Value::Summary(quantiles) => (
            "summary",
            quantiles.iter().map(|each| (bits(each.quantile), bits(each.count))).collect(),
        ),
    };
    let mut labels: Vec<_> =
        sample.labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    labels.sort();
    (sample.metric.clone(), labels, kind, points)
}

fn our_records(family: &Family<'_, '_>) -> Vec<Record> {
    let mut records = Vec::new();
    let mut points = Vec::new();
    let parse = |text: Option<Cow<'_, str>>| bits(text.unwrap().parse().unwrap());
    let single = |sample: &Sample<'_, '_>, kind| {
        let mut labels: Vec<_> =
            sample.labels.iter().map(|l| (l.name().to_owned(), l.value().into_owned())).collect();
        labels.sort();
        (sample.name.to_owned(), labels, kind, vec![(0, bits(sample.value))])
    };
    for sample in family.samples() {
        match (family.kind(), &sample.name[family.name().len()..]) {
            (MetricKind::Histogram, "_bucket") => {
                points.push((parse(sample.label("le")), bits(sample.value)))
            }
            (MetricKind::Summary, "") => {
                points.push((parse(sample.label("quantile")), bits(sample.value)))
            }
            // The other crate knows no kind for the sum and the count.
            (MetricKind::Histogram | MetricKind::Summary, _) => {
                records.push(single(&sample, "untyped"))
            }
            (kind, _) => records.push(single(&sample, kind.as_str())),
        }
    }
    if !points.is_empty() {
        records.push((family.name().to_owned(), Vec::new(), family.kind().as_str(), points));
    }
    records
}
