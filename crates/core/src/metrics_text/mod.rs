//! Parses the Prometheus text exposition of a Mina daemon, and judges what its histograms show.
//!
//! One scrape mixes two dialects. The daemon writes `#HELP` and `#TYPE` without a space, joins
//! labels with a comma and a space, prints numbers with `%g` (six significant digits, `Nan`), and
//! lists the buckets of a histogram after its sum and count, from infinity downwards (Mina
//! `mina_metrics.ml`, module `TextFormat`). With `--libp2p-metrics-port` it appends the text of its
//! libp2p helper, an ordinary Go exposition. Both are supported, along with the timestamps,
//! exemplars and `# EOF` that a proxy in between may add.
//!
//! Invariants:
//! - a line that cannot be read is counted as one [`Defect`] and affects no other line;
//! - a value that is not a number is a defect, never zero;
//! - everything borrows from the text, and work and memory are linear in its length.
//!
//! Not here: fetching the text and limiting its size, which the caller does; what prices mean for a
//! fee.

mod defect;
mod exposition;
mod family;
mod histogram;
mod increment;
mod line;
mod resolution;

pub use defect::{Defect, DefectKind, MAX_KEPT_DEFECTS};
pub use exposition::{DAEMON_PREFIXES, Exposition, MAX_FAMILIES, MAX_SAMPLES};
pub use family::{Family, Label, MetricKind, Sample};
pub use histogram::{Bucket, Histogram, HistogramDefect};
pub use increment::{Increment, Restart};
pub use line::{MAX_LABELS, MAX_NAME_BYTES};
pub use resolution::{Bracket, MAX_SHARE_ABOVE, Resolution};
