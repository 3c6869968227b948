//! The text of one scrape, parsed.

use std::collections::HashMap;

use super::{
    defect::{Defect, DefectKind, Defects},
    family::{Family, FamilyEntry, Label, SampleRow},
    line::Line,
};

/// Most samples read from one text: far more than a daemon with its libp2p section prints.
pub const MAX_SAMPLES: usize = 200_000;

/// Most families read from one text.
pub const MAX_FAMILIES: usize = 20_000;

/// The prefixes of a daemon's metric names. All known eras print `Coda_` (Mina
/// `prometheus_metrics/namespace.ml`), except for the times spent in threads: these have `Mina_`.
pub const DAEMON_PREFIXES: [&str; 2] = ["Coda_", "Mina_"];

/// A parsed scrape, which borrows from the text.
#[derive(Clone, Debug, Default)]
pub struct Exposition<'a> {
    families: Vec<FamilyEntry<'a>>,
    by_name: HashMap<&'a str, usize>,
    /// Grouped by family.
    rows: Vec<SampleRow<'a>>,
    labels: Vec<Label<'a>>,
    defects: Defects,
}

impl<'a> Exposition<'a> {
    /// Parses any text. Lines that cannot be read are in [`defects`](Self::defects).
    pub fn parse(text: &'a str) -> Self {
        let mut builder = ExpositionBuilder::new(text.len());
        let mut number = 0_u32;
        for line in text.lines() {
            number = number.saturating_add(1);
            let labels_before = builder.exposition.labels.len();
            if let Err(kind) = builder.add_line(line) {
                builder.exposition.labels.truncate(labels_before);
                builder.exposition.defects.add(number, kind);
            }
        }
        builder.finish()
    }

    /// The families in the order of their first line.
    pub fn families(&self) -> impl ExactSizeIterator<Item = Family<'_, 'a>> {
        self.families.iter().map(|entry| self.view(entry))
    }

    /// The family of this full name, which for a histogram or summary has no suffix.
    pub fn family(&self, name: &str) -> Option<Family<'_, 'a>> {
        self.by_name
            .get(name)
            .and_then(|&index| self.families.get(index))
            .map(|entry| self.view(entry))
    }

    /// The daemon's family of this name without its prefix: the first of [`DAEMON_PREFIXES`] for
    /// which there are samples.
    pub fn daemon_family(&self, name: &str) -> Option<Family<'_, 'a>> {
        DAEMON_PREFIXES
            .iter()
            .filter_map(|prefix| self.family(&[prefix, name].concat()))
            .find(|family| !family.rows.is_empty())
    }

    /// The value of one of the daemon's plain counters or gauges, named without its prefix:
    /// `Snark_work_snark_pool_size`.
    ///
    /// `None` also if the daemon prints `Nan` or an infinity: its moving averages are 0/0 until data
    /// arrives. Values above 999,999 are rounded to six digits.
    pub fn daemon_value(&self, name: &str) -> Option<f64> {
        self.daemon_family(name)?.value().filter(|value| value.is_finite())
    }

    /// Samples read.
    pub fn sample_count(&self) -> usize {
        self.rows.len()
    }

    /// The first lines that could not be used, at most
    /// [`MAX_KEPT_DEFECTS`](super::MAX_KEPT_DEFECTS).
    pub fn defects(&self) -> &[Defect] {
        self.defects.kept()
    }

    /// How many lines could not be used.
    pub fn defect_count(&self) -> u32 {
        self.defects.count()
    }

    fn view<'e>(&'e self, entry: &'e FamilyEntry<'a>) -> Family<'e, 'a> {
        let rows = self.rows.get(entry.rows.clone()).unwrap_or_default();
        Family { entry, rows, labels: &self.labels }
    }
}

/// An exposition under construction, line by line.
struct ExpositionBuilder<'a> {
    exposition: Exposition<'a>,
    /// The family of the latest line that named one.
    current: usize,
    /// Whether the samples of some family are not contiguous.
    scattered: bool,
}

impl<'a> ExpositionBuilder<'a> {
    fn new(bytes: usize) -> Self {
        // A sample with its share of the comments takes about 80 bytes.
        let rows = Vec::with_capacity((bytes / 80).min(MAX_SAMPLES));
        Self {
            exposition: Exposition { rows, ..Exposition::default() },
            current: 0,
            scattered: false,
        }
    }

    fn add_line(&mut self, line: &'a str) -> Result<(), DefectKind> {
        let labels_before = self.exposition.labels.len();
        match Line::parse(line, &mut self.exposition.labels)? {
            Line::Nothing => Ok(()),
            Line::Help { name, text } => {
                self.current = self.find_or_add_family(name)?;
                if let Some(entry) = self.exposition.families.get_mut(self.current) {
                    entry.help.get_or_insert(text);
                }
                Ok(())
            }
            Line::Type { name, kind } => {
                self.current = self.find_or_add_family(name)?;
                match self.exposition.families.get_mut(self.current) {
                    Some(entry) => entry.set_kind(kind),
                    None => Ok(()),
                }
            }
            Line::Sample { name, value, timestamp } => {
                if self.exposition.rows.len() == MAX_SAMPLES {
                    return Err(DefectKind::TooManySamples);
                }
                let family = self.family_of_sample(name)?;
                self.current = family;
                let at = self.exposition.rows.len();
                if let Some(FamilyEntry { rows, .. }) = self.exposition.families.get_mut(family) {
                    if rows.start == rows.end {
                        rows.start = at;
                    } else if rows.end != at {
                        self.scattered = true;
                    }
                    rows.end = at + 1;
                }
                let labels = labels_before..self.exposition.labels.len();
                self.exposition.rows.push(SampleRow { name, family, labels, value, timestamp });
                Ok(())
            }
        }
    }

    /// The family a sample belongs to: the one of the lines around it, else the one of its full
    /// name, else one of its name without suffix, else a new one.
    fn family_of_sample(&mut self, name: &'a str) -> Result<usize, DefectKind> {
        let families = &self.exposition.families;
        if families.get(self.current).is_some_and(|entry| entry.owns(name)) {
            return Ok(self.current);
        }
        if let Some(&family) = self.exposition.by_name.get(name) {
            return Ok(family);
        }
        if let Some(&family) =
            name.rsplit_once('_').and_then(|(stem, _)| self.exposition.by_name.get(stem))
            && families.get(family).is_some_and(|entry| entry.owns(name))
        {
            return Ok(family);
        }
        self.find_or_add_family(name)
    }

    /// The index of the family of this name, which is added if there is none.
    fn find_or_add_family(&mut self, name: &'a str) -> Result<usize, DefectKind> {
        let Exposition { families, by_name, .. } = &mut self.exposition;
        if families.get(self.current).is_some_and(|entry| entry.name == name) {
            return Ok(self.current);
        }
        if let Some(&family) = by_name.get(name) {
            return Ok(family);
        }
        if families.len() == MAX_FAMILIES {
            return Err(DefectKind::TooManyFamilies);
        }
        families.push(FamilyEntry::new(name));
        by_name.insert(name, families.len() - 1);
        Ok(families.len() - 1)
    }

    fn finish(mut self) -> Exposition<'a> {
        if self.scattered {
            let Exposition { families, rows, .. } = &mut self.exposition;
            rows.sort_by_key(|row| row.family);
            let mut start = 0;
            for group in rows.chunk_by(|one, other| one.family == other.family) {
                if let Some(entry) = group.first().and_then(|row| families.get_mut(row.family)) {
                    entry.rows = start..start + group.len();
                }
                start += group.len();
            }
        }
        self.exposition
    }
}

#[cfg(test)]
mod tests;
