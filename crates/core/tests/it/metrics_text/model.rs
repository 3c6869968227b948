//! Expositions to print: a model that shares no code with the reader, and a printer for each
//! dialect.

use std::fmt::Write as _;

use proptest::{collection::vec, prelude::*, sample::Index};
use snarkfee_core::metrics_text::MetricKind;

#[derive(Clone, Debug)]
pub(super) struct ModelFamily {
    pub(super) name: String,
    pub(super) kind: MetricKind,
    pub(super) help: String,
    pub(super) samples: Vec<ModelSample>,
}

#[derive(Clone, Debug)]
pub(super) struct ModelSample {
    pub(super) suffix: &'static str,
    pub(super) labels: Vec<(String, String)>,
    pub(super) value: f64,
    pub(super) timestamp: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Dialect {
    /// `#HELP`, `%g`, labels joined by a comma and a space.
    Daemon,
    /// `# HELP`, shortest exact numbers, labels joined by a comma.
    Go,
}

impl Dialect {
    pub(super) fn number(self, value: f64) -> String {
        match self {
            _ if value.is_infinite() => if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
            Self::Daemon if value.is_nan() => "Nan".to_owned(),
            Self::Daemon => percent_g(value),
            Self::Go if value.abs() >= 1e21 => format!("{value:e}"),
            Self::Go => value.to_string(),
        }
    }

    pub(super) fn print(self, families: &[ModelFamily]) -> String {
        let (hash, comma) = match self {
            Self::Daemon => ("#", ", "),
            Self::Go => ("# ", ","),
        };
        let mut text = String::new();
        for family in families {
            let help = family.help.replace('\\', "\\\\").replace('\n', "\\n");
            writeln!(text, "{hash}HELP {} {help}", family.name).unwrap();
            writeln!(text, "{hash}TYPE {} {}", family.name, family.kind.as_str()).unwrap();
            for sample in &family.samples {
                write!(text, "{}{}", family.name, sample.suffix).unwrap();
                if !sample.labels.is_empty() {
                    let escaped = |value: &str| {
                        value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
                    };
                    let label =
                        |(name, value): &(String, String)| format!("{name}=\"{}\"", escaped(value));
                    write!(
                        text,
                        "{{{}}}",
                        sample.labels.iter().map(label).collect::<Vec<_>>().join(comma)
                    )
                    .unwrap();
                }
                write!(text, " {}", self.number(sample.value)).unwrap();
                match sample.timestamp {
                    Some(timestamp) => writeln!(text, " {timestamp}").unwrap(),
                    None => text.push('\n'),
                }
            }
        }
        text
    }
}

/// C's `%g`: six significant digits, no trailing zeros, an exponent below 1e-4 and from 1e6.
pub(super) fn percent_g(value: f64) -> String {
    let scientific = format!("{value:.5e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap();
    let exponent: i32 = exponent.parse().unwrap();
    let bare = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..6).contains(&exponent) {
        bare(&format!("{value:.*}", usize::try_from(5 - exponent).unwrap()))
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", bare(mantissa), exponent.abs())
    }
}

#[test]
fn the_printer_prints_as_c_does() {
    for (value, text) in [
        (0.0, "0"),
        (5512.0, "5512"),
        (999_999.0, "999999"),
        (1e6, "1e+06"),
        (173_959_123.0, "1.73959e+08"),
        (0.5, "0.5"),
        (-0.000_1, "-0.0001"),
        (0.000_012_345_67, "1.23457e-05"),
        (999_999.7, "1e+06"),
        (1e100, "1e+100"),
        (100_000.0, "100000"),
    ] {
        assert_eq!(percent_g(value), text);
    }
}

/// What names, labels and help texts may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alphabet {
    name_tail: &'static str,
    label_value: &'static str,
    help: &'static str,
}

/// Everything the format allows.
pub(super) const FULL: Alphabet = Alphabet {
    name_tail: "(_[a-zA-Z0-9_:]{0,12}|_total|_bucket|_sum|_count)?",
    label_value: "([\\PC]|[\\\\\"\n{}, =#]){0,12}",
    help: "([!-~][\\PC\\\\\n]{0,20})?",
};

/// What the `prometheus-parse` crate can read: it splits labels at every comma and `=`, ends them
/// at the first `}`, and leaves escapes in place.
pub(super) const PLAIN: Alphabet = Alphabet {
    name_tail: "(_[a-zA-Z0-9_]{0,12})?",
    label_value: "[a-zA-Z0-9 ./:;()#-]{0,12}",
    help: "[a-z][a-z #:]{0,20}[a-z]",
};

pub(super) fn families(alphabet: Alphabet) -> impl Strategy<Value = Vec<ModelFamily>> {
    let family = (alphabet.name_tail, alphabet.help).prop_flat_map(move |(tail, help)| {
        let kinds = prop_oneof![
            3 => plain_samples(alphabet),
            1 => histogram_samples(),
            1 => summary_samples(),
        ];
        kinds.prop_map(move |(kind, samples)| (tail.clone(), help.clone(), kind, samples))
    });
    vec(family, 0..12).prop_map(|families| {
        let numbered = families.into_iter().enumerate();
        // The number keeps names apart, also from each other's names with a suffix.
        numbered
            .map(|(n, (tail, help, kind, samples))| ModelFamily {
                name: format!("m{n}x{tail}"),
                kind,
                help,
                samples,
            })
            .collect()
    })
}

fn plain_samples(alphabet: Alphabet) -> impl Strategy<Value = (MetricKind, Vec<ModelSample>)> {
    let kind =
        prop_oneof![Just(MetricKind::Counter), Just(MetricKind::Gauge), Just(MetricKind::Untyped)];
    let label = ("[a-zA-Z_][a-zA-Z0-9_]{0,8}", alphabet.label_value);
    let labels = vec(label, 0..4).prop_map(|mut labels| {
        labels.sort();
        labels.dedup_by(|one, other| one.0 == other.0);
        labels
    });
    let timestamp = proptest::option::weighted(0.2, -1_000_000_000_000_i64..2_000_000_000_000);
    let sample = (labels, value(), timestamp).prop_map(|(labels, value, timestamp)| ModelSample {
        suffix: "",
        labels,
        value,
        timestamp,
    });
    (kind, vec(sample, 0..5))
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => (0_u32..2_000_000).prop_map(f64::from),
        3 => proptest::num::f64::ANY,
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(-0.0)],
    ]
}

fn summary_samples() -> impl Strategy<Value = (MetricKind, Vec<ModelSample>)> {
    (vec(value(), 1..4), value(), 0_u32..100_000).prop_map(|(quantiles, sum, count)| {
        let mut samples: Vec<_> = (quantiles.into_iter().enumerate())
            .map(|(n, value)| labelled("", "quantile", format!("0.{n}"), value))
            .collect();
        samples.push(bare("_sum", sum));
        samples.push(bare("_count", f64::from(count)));
        (MetricKind::Summary, samples)
    })
}

fn histogram_samples() -> impl Strategy<Value = (MetricKind, Vec<ModelSample>)> {
    (buckets(100_000), any::<bool>()).prop_map(|(buckets, descending)| {
        (
            MetricKind::Histogram,
            if descending {
                buckets.descending(Dialect::Go)
            } else {
                buckets.ascending(Dialect::Go)
            },
        )
    })
}

/// A histogram before it is printed: the observations in each bucket alone, the bucket of infinity
/// last.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    pub(super) bounds: Vec<f64>,
    pub(super) counts: Vec<u64>,
    pub(super) sum: f64,
}

pub(super) fn buckets(most: u64) -> impl Strategy<Value = Buckets> {
    let bounds = vec(-3_i32..40, 0..12).prop_map(|mut bounds| {
        bounds.sort_unstable();
        bounds.dedup();
        bounds.into_iter().map(|bound| f64::from(bound) / 2.0).collect::<Vec<_>>()
    });
    (bounds, 0_u32..1_000_000).prop_flat_map(move |(bounds, sum)| {
        let counts = vec(prop_oneof![1 => Just(0), 2 => 0..=most], bounds.len() + 1);
        counts.prop_map(move |counts| Buckets {
            bounds: bounds.clone(),
            counts,
            sum: f64::from(sum),
        })
    })
}

impl Buckets {
    pub(super) fn cumulative(&self) -> Vec<f64> {
        let mut total = 0;
        let running = self.counts.iter().map(|count| {
            total += count;
            total as f64
        });
        running.collect()
    }

    pub(super) fn total(&self) -> f64 {
        self.counts.iter().sum::<u64>() as f64
    }

    fn bucket_samples(&self, dialect: Dialect) -> Vec<ModelSample> {
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        bounds
            .zip(self.cumulative())
            .map(|(bound, count)| labelled("_bucket", "le", dialect.number(bound), count))
            .collect()
    }

    /// As Go prints it.
    pub(super) fn ascending(&self, dialect: Dialect) -> Vec<ModelSample> {
        let mut samples = self.bucket_samples(dialect);
        samples.push(bare("_sum", self.sum));
        samples.push(bare("_count", self.total()));
        samples
    }

    /// As the daemon prints it.
    pub(super) fn descending(&self, dialect: Dialect) -> Vec<ModelSample> {
        let mut samples = self.ascending(dialect);
        samples.reverse();
        samples.swap(0, 1);
        samples
    }

    /// The text of a family `h` in the daemon's dialect.
    pub(super) fn print(&self, samples: Vec<ModelSample>) -> String {
        let family = ModelFamily {
            name: "h".to_owned(),
            kind: MetricKind::Histogram,
            help: "h".to_owned(),
            samples,
        };
        Dialect::Daemon.print(&[family])
    }
}

fn bare(suffix: &'static str, value: f64) -> ModelSample {
    ModelSample { suffix, labels: Vec::new(), value, timestamp: None }
}

fn labelled(suffix: &'static str, label: &str, of: String, value: f64) -> ModelSample {
    ModelSample { suffix, labels: vec![(label.to_owned(), of)], value, timestamp: None }
}

/// A change to a text that damages it.
#[derive(Clone, Debug)]
pub(super) enum Damage {
    Replace(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index),
    Cut(Index),
}

pub(super) fn damage() -> impl Strategy<Value = Damage> {
    let special = prop_oneof![
        Just(b'\n'),
        Just(b'\r'),
        Just(b'"'),
        Just(b'\\'),
        Just(b'{'),
        Just(b'}'),
        Just(b','),
        Just(b'='),
        Just(b'#'),
        Just(b' '),
        any::<u8>(),
    ];
    prop_oneof![
        4 => (any::<Index>(), special.clone()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        4 => (any::<Index>(), vec(special, 1..4)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        4 => any::<Index>().prop_map(Damage::Remove),
        1 => any::<Index>().prop_map(Damage::Cut),
    ]
}

impl Damage {
    pub(super) fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Replace(at, byte) => *at.get_mut(bytes) = *byte,
            Self::Insert(at, inserted) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, inserted.iter().copied());
            }
            Self::Remove(at) => {
                bytes.remove(at.index(bytes.len()));
            }
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
        }
    }
}
