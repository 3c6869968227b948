//! What a daemon can be set to, and the ways from one setting to another.

use serde::{Deserialize, Serialize};

use crate::{
    market::DaemonStatus,
    units::{FeeUnit, Nanomina, PublicKey},
};

/// What an operator can set on a daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonSettings {
    /// The key snark work is done for.
    pub worker: Option<PublicKey>,
    /// The fee asked.
    pub fee: Nanomina,
}

impl From<&DaemonStatus> for DaemonSettings {
    fn from(status: &DaemonStatus) -> Self {
        Self { worker: status.worker.clone(), fee: status.fee }
    }
}

impl DaemonSettings {
    /// The settings that an action leads to.
    pub fn after(&self, action: &Action) -> Self {
        match action {
            Action::Hold => self.clone(),
            Action::SetFee { fee } | Action::Park { fee } => Self { fee: *fee, ..self.clone() },
            Action::SwitchOn { key, fee } => Self { worker: Some(key.clone()), fee: *fee },
            Action::SwitchOff => Self { worker: None, ..self.clone() },
        }
    }

    /// The settings that carrying out an action passes through, the first and the last included.
    pub fn passed_through(&self, action: &Action) -> Vec<Self> {
        let mut settings = self.clone();
        let mut passed = vec![settings.clone()];
        for mutation in Mutation::plan(self, action) {
            settings.apply(&mutation);
            passed.push(settings.clone());
        }
        passed
    }

    /// The settings for people: `0.1 MINA, worker on`.
    pub fn show(&self, unit: FeeUnit) -> String {
        let worker = if self.worker.is_some() { "on" } else { "off" };
        format!("{}, worker {worker}", unit.show(self.fee))
    }

    /// Makes a mutation's change.
    pub fn apply(&mut self, mutation: &Mutation) {
        match mutation {
            Mutation::SetFee { fee } => self.fee = *fee,
            Mutation::SwitchOn { key } => self.worker = Some(key.clone()),
            Mutation::SwitchOff => self.worker = None,
        }
    }

    /// Whether these settings, read back, show that a mutation was applied.
    pub fn shows(&self, mutation: &Mutation) -> bool {
        let mut applied = self.clone();
        applied.apply(mutation);
        applied == *self
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Nothing.
    Hold,
    /// Ask another fee.
    SetFee {
        /// The fee.
        fee: Nanomina,
    },
    /// Start proving. The fee is set first, so that no work is taken at the old one.
    SwitchOn {
        /// The key to prove for.
        key: PublicKey,
        /// The fee to ask.
        fee: Nanomina,
    },
    /// Stop proving.
    SwitchOff,
    /// Ask a fee that nobody pays, where the key cannot be taken away.
    Park {
        /// The fee.
        fee: Nanomina,
    },
}

impl Action {
    /// The stable code: metric label, log field, API value.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::SetFee { .. } => "set_fee",
            Self::SwitchOn { .. } => "switch_on",
            Self::SwitchOff => "switch_off",
            Self::Park { .. } => "park",
        }
    }

    /// The action for people, as an order: `set fee to 0.1 MINA`.
    pub fn show(&self, unit: FeeUnit) -> String {
        match self {
            Self::Hold => "hold".to_owned(),
            Self::SetFee { fee } => format!("set fee to {}", unit.show(*fee)),
            Self::SwitchOn { fee, .. } => format!("switch on at {}", unit.show(*fee)),
            Self::SwitchOff => "switch off".to_owned(),
            Self::Park { fee } => format!("park at {}", unit.show(*fee)),
        }
    }

    /// Every code.
    pub const CODES: [&'static str; 5] = ["hold", "set_fee", "switch_on", "switch_off", "park"];

    /// The codes of those that change a daemon.
    pub const CHANGES: [&'static str; 4] = ["set_fee", "switch_on", "switch_off", "park"];
}

/// A change of the daemon's settings. No variant could switch work off by leaving something out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mutation", rename_all = "snake_case")]
pub enum Mutation {
    /// `setSnarkWorkFee`.
    SetFee {
        /// The fee for every work handed out from then on.
        fee: Nanomina,
    },
    /// `setSnarkWorker` with a key.
    SwitchOn {
        /// The key to prove for.
        key: PublicKey,
    },
    /// `setSnarkWorker` with an explicit null.
    SwitchOff,
}

impl Mutation {
    /// What an action needs to have sent, in an order in which stopping halfway is harmless: a
    /// worker is never on at a fee that is not meant for it.
    pub fn plan(from: &DaemonSettings, action: &Action) -> Vec<Self> {
        let fee_change = |fee| (from.fee != fee).then_some(Self::SetFee { fee });
        match action {
            Action::Hold => Vec::new(),
            Action::SetFee { fee } | Action::Park { fee } => fee_change(*fee).into_iter().collect(),
            Action::SwitchOn { key, fee } => {
                fee_change(*fee).into_iter().chain([Self::SwitchOn { key: key.clone() }]).collect()
            }
            Action::SwitchOff => vec![Self::SwitchOff],
        }
    }
}
