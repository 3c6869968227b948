//! Text of rows as tests and fuzz targets give it, read as the journal reads its own.

use snarkfee_core::{
    ledger::{MEMORY_FORMAT, PersistedState},
    policy::{Action, DaemonSettings, ImaginedSettings, Memory},
    record::Record,
};

use crate::{
    daemons::{ColdState, decode_memory},
    error::JournalError,
    looks::{LookBody, SettingsRow},
    markets::StoredMarket,
    orders::OrderRow,
    packing::{from_json, from_json_exactly},
};

/// A kind of text within a row, uncompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowText {
    /// What a daemon's policy remembers.
    Memory,
    /// The same, of an earlier version.
    EarlierMemory,
    /// What else is kept of a daemon.
    Rest,
    /// Everything that decisions depend on.
    Snapshot,
    /// A look.
    Look,
    /// Blocks and open works.
    Market,
    /// What was about to be done.
    Action,
    /// What a daemon was set to.
    Settings,
    /// What a daemon would be set to, in dry-run.
    Imagined,
    /// The operator's settings of a look.
    Params,
    /// The end of a pause.
    PauseEnd,
}

/// What was read, where decisions depend on it.
#[derive(Debug)]
pub enum RowContent {
    /// What outlives the process.
    State(Box<PersistedState>),
    /// A look that was decided on, and what was remembered afterwards.
    Look(Box<Record>, Box<Memory>),
    /// Anything else.
    Other,
}

impl RowText {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Memory,
        Self::EarlierMemory,
        Self::Rest,
        Self::Snapshot,
        Self::Look,
        Self::Market,
        Self::Action,
        Self::Settings,
        Self::Imagined,
        Self::Params,
        Self::PauseEnd,
    ];

    /// Reads a text of this kind.
    ///
    /// # Errors
    ///
    /// Where it is none.
    pub fn read(self, text: &str) -> Result<RowContent, JournalError> {
        const WHAT: &str = "the text of a row";
        let remembered = |memory| {
            let state = PersistedState { memory, ..PersistedState::default() };
            RowContent::State(Box::new(state))
        };
        let other = |()| RowContent::Other;
        match self {
            Self::Memory => decode_memory(text, MEMORY_FORMAT).map(remembered),
            Self::EarlierMemory => decode_memory(text, MEMORY_FORMAT - 1).map(remembered),
            Self::Rest => {
                let cold: ColdState = from_json(WHAT, text)?;
                Ok(RowContent::State(Box::new(cold.with_memory(Memory::default()))))
            }
            Self::Snapshot => from_json(WHAT, text).map(|state| RowContent::State(Box::new(state))),
            Self::Look => from_json(WHAT, text).map(|LookBody { record, memory, .. }| {
                RowContent::Look(Box::new(record), Box::new(memory))
            }),
            Self::Market => {
                let market: StoredMarket = from_json(WHAT, text)?;
                let mut state = PersistedState::default();
                market.put_into_history(&mut state.history);
                Ok(RowContent::State(Box::new(state)))
            }
            Self::Action => from_json_exactly::<Action>(WHAT, text).map(drop).map(other),
            Self::Settings => from_json_exactly::<DaemonSettings>(WHAT, text).map(drop).map(other),
            Self::Imagined => {
                from_json_exactly::<ImaginedSettings>(WHAT, text).map(drop).map(other)
            }
            Self::Params => from_json::<SettingsRow>(WHAT, text).map(drop).map(other),
            Self::PauseEnd => OrderRow::pause(text).decode().map(drop).map(other),
        }
    }
}
