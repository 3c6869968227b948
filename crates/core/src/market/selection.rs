//! How a daemon selects the works that it hands to its workers, and what shows it.
//!
//! The daemon does not tell its `--work-selection`. What it hands out does: a work that our own
//! provers just made lies, in order of purchase, before all works that they could still be handed
//! if the first is taken, and anywhere among them if a random one is.

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use super::look::OpenWork;
use crate::units::{Nanomina, WorkId};

/// `--work-selection` (Mina `work_selector`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SelectionMethod {
    /// A random work, the default of the daemon.
    #[default]
    Rand,
    /// The first work in order of purchase.
    Seq,
    /// Works in order from a random place, since 3.0.2. The place is drawn again whenever others
    /// proved or bought a work meanwhile (`random_offset.ml`), so that each work is as likely to be
    /// handed out as with `rand`.
    Roffset,
}

impl SelectionMethod {
    /// Every method.
    pub const ALL: [Self; 3] = [Self::Rand, Self::Seq, Self::Roffset];

    /// The value of the daemon's flag.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Rand => "rand",
            Self::Seq => "seq",
            Self::Roffset => "roffset",
        }
    }
}

/// What the operator says about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// Found out from what is handed out; `rand` until known.
    #[default]
    Auto,
    /// The daemon's flag.
    Given(SelectionMethod),
}

impl Selection {
    /// Every setting.
    pub const ALL: [Self; 4] = [
        Self::Auto,
        Self::Given(SelectionMethod::Rand),
        Self::Given(SelectionMethod::Seq),
        Self::Given(SelectionMethod::Roffset),
    ];

    /// The name used in the configuration.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Given(method) => method.code(),
        }
    }
}

/// Where in the order of purchase our own works newly appear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SelectionEvidence {
    /// Works judged, the older ones for less.
    works: f64,
    /// Sum of their places among the works that could be handed out, each in 0..1.
    places: f64,
}

impl SelectionEvidence {
    /// Works before anything is concluded. Among so many random places the mean is below
    /// [`SelectionEvidence::FIRST`] once in 20,000 cases.
    const ENOUGH: f64 = 20.0;
    /// A mean place before which the first work must be what is handed out. At random it is 0.5.
    const FIRST: f64 = 0.25;
    /// What is kept of the older works when one is added: about a hundred count.
    const KEEP: f64 = 0.99;
    /// Works that could be handed out below which a place says nothing.
    const FEWEST_OPEN: usize = 8;

    /// Adds the works `made` since the look before. `book` is in order of purchase; `asked` is our
    /// fee.
    pub(super) fn record_look(&mut self, book: &[OpenWork], asked: Nanomina, made: &[WorkId]) {
        if made.is_empty() {
            return;
        }
        let made: HashSet<WorkId> = made.iter().copied().collect();
        let mut open = 0_usize;
        let mut before: Vec<usize> = Vec::new();
        for OpenWork { work, standing } in book {
            match standing {
                // What was in hand when the fee was changed still comes at the old one.
                Some(offer) if offer.fee == asked && made.contains(work) => before.push(open),
                Some(offer) if offer.fee <= asked => {}
                Some(_) | None => open += 1,
            }
        }
        if open < Self::FEWEST_OPEN {
            return;
        }
        for before in before {
            self.works = self.works * Self::KEEP + 1.0;
            self.places = self.places * Self::KEEP + (before as f64 + 0.5) / (open as f64 + 1.0);
        }
    }

    /// The method that fits; `None` while too little was seen. `roffset` passes for `rand`, which
    /// it equals in what it hands out.
    pub(super) fn method(&self) -> Option<SelectionMethod> {
        (self.works >= Self::ENOUGH).then(|| {
            let first = self.places / self.works < Self::FIRST;
            if first { SelectionMethod::Seq } else { SelectionMethod::Rand }
        })
    }
}

#[cfg(test)]
mod tests;
