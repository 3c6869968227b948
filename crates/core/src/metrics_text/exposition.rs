//! A whole scrape.

use std::collections::HashMap;

use super::{
    defect::{Defect, DefectKind, Defects},
    family::{Entry, Family, Label, MetricKind, Row},
    line::Line,
};

/// Most samples read from one text, far above what a daemon with its libp2p section prints.
pub const MAX_SAMPLES: usize = 200_000;

/// Most families read from one text.
pub const MAX_FAMILIES: usize = 20_000;

/// What a daemon puts before its metric names. Every era read prints `Coda_` (Mina
/// `prometheus_metrics/namespace.ml`), except for the times spent in threads, which bear `Mina_`.
pub const DAEMON_PREFIXES: [&str; 2] = ["Coda_", "Mina_"];

/// A scrape, read. Borrows from the text.
#[derive(Clone, Debug, Default)]
pub struct Exposition<'a> {
    families: Vec<Entry<'a>>,
    by_name: HashMap<&'a str, usize>,
    /// Grouped by family.
    rows: Vec<Row<'a>>,
    labels: Vec<Label<'a>>,
    defects: Defects,
}

impl<'a> Exposition<'a> {
    /// Reads a text of any content. What cannot be read is in [`defects`](Self::defects).
    pub fn parse(text: &'a str) -> Self {
        let mut reading = Reading::new(text.len());
        let mut number = 0_u32;
        for line in text.lines() {
            number = number.saturating_add(1);
            let labels_before = reading.exposition.labels.len();
            if let Err(kind) = reading.take(line) {
                reading.exposition.labels.truncate(labels_before);
                reading.exposition.defects.add(number, kind);
            }
        }
        reading.finish()
    }

    /// The families in the order of their first line.
    pub fn families(&self) -> impl ExactSizeIterator<Item = Family<'_, 'a>> {
        self.families.iter().map(|entry| self.view(entry))
    }

    /// The family of this full name. The name of a histogram or summary has no suffix.
    pub fn family(&self, name: &str) -> Option<Family<'_, 'a>> {
        self.by_name
            .get(name)
            .and_then(|&index| self.families.get(index))
            .map(|entry| self.view(entry))
    }

    /// The daemon's family of this name after either of [`DAEMON_PREFIXES`], the first that has
    /// samples.
    pub fn daemon_family(&self, name: &str) -> Option<Family<'_, 'a>> {
        DAEMON_PREFIXES
            .iter()
            .filter_map(|prefix| self.family(&[prefix, name].concat()))
            .find(|family| !family.rows.is_empty())
    }

    /// The value of one of the daemon's plain counters or gauges, named without prefix:
    /// `Snark_work_snark_pool_size`.
    ///
    /// `None` also where the daemon prints `Nan` or an infinity: its moving averages are 0/0 until
    /// data arrives. A value above 999,999 is rounded to six digits.
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

    fn view<'e>(&'e self, entry: &'e Entry<'a>) -> Family<'e, 'a> {
        Family { entry, rows: &self.rows[entry.rows.clone()], labels: &self.labels }
    }
}

/// An exposition while lines are added.
struct Reading<'a> {
    exposition: Exposition<'a>,
    /// The family of the latest line that named one.
    current: usize,
    /// Whether a family's samples were interrupted by those of another.
    scattered: bool,
}

impl<'a> Reading<'a> {
    fn new(bytes: usize) -> Self {
        // With its share of the comments a sample takes about 80 bytes; a wrong guess costs only
        // growth.
        let rows = Vec::with_capacity((bytes / 80).min(MAX_SAMPLES));
        Self {
            exposition: Exposition { rows, ..Exposition::default() },
            current: 0,
            scattered: false,
        }
    }

    fn take(&mut self, line: &'a str) -> Result<(), DefectKind> {
        let labels_before = self.exposition.labels.len();
        match Line::read(line, &mut self.exposition.labels)? {
            Line::Nothing => Ok(()),
            Line::Help { name, text } => {
                let family = self.open(name)?;
                self.current = family;
                self.exposition.families[family].help.get_or_insert(text);
                Ok(())
            }
            Line::Type { name, kind } => {
                let family = self.open(name)?;
                self.current = family;
                self.set_kind(family, kind)
            }
            Line::Sample { name, value, timestamp } => {
                if self.exposition.rows.len() == MAX_SAMPLES {
                    return Err(DefectKind::TooManySamples);
                }
                let family = self.family_of(name)?;
                self.current = family;
                let at = self.exposition.rows.len();
                let rows = &mut self.exposition.families[family].rows;
                if rows.start == rows.end {
                    rows.start = at;
                } else if rows.end != at {
                    self.scattered = true;
                }
                rows.end = at + 1;
                let labels = labels_before..self.exposition.labels.len();
                self.exposition.rows.push(Row { name, family, labels, value, timestamp });
                Ok(())
            }
        }
    }

    fn set_kind(&mut self, family: usize, kind: MetricKind) -> Result<(), DefectKind> {
        let entry = &mut self.exposition.families[family];
        match entry.kind {
            None if entry.rows.start < entry.rows.end => Err(DefectKind::LateType),
            None => {
                entry.kind = Some(kind);
                Ok(())
            }
            Some(known) if known == kind => Ok(()),
            Some(_) => Err(DefectKind::ContradictingType),
        }
    }

    /// The family a sample belongs to: the one whose lines it stands among, else the one of its
    /// full name, else one of its name without suffix, else a new one.
    fn family_of(&mut self, name: &'a str) -> Result<usize, DefectKind> {
        let families = &self.exposition.families;
        if families.get(self.current).is_some_and(|entry| entry.owns(name)) {
            return Ok(self.current);
        }
        if let Some(&family) = self.exposition.by_name.get(name) {
            return Ok(family);
        }
        if let Some(&family) =
            name.rfind('_').and_then(|end| self.exposition.by_name.get(&name[..end]))
            && families[family].owns(name)
        {
            return Ok(family);
        }
        self.open(name)
    }

    /// The family of this name, added if there is none.
    fn open(&mut self, name: &'a str) -> Result<usize, DefectKind> {
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
        families.push(Entry::new(name));
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
