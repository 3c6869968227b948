//! Names of provers, daemons and works.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// The error for a name that is empty, too long, or has an invalid character.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {shown:?} {problem}")]
pub struct InvalidName {
    kind: &'static str,
    shown: String,
    problem: &'static str,
}

impl InvalidName {
    fn new(kind: &'static str, text: &str, problem: &'static str) -> Self {
        Self { kind, shown: text.chars().take(60).collect(), problem }
    }
}

/// The public key of a prover or block producer, as the daemon prints it: base58check text.
///
/// Only the alphabet and length are checked: eras differ in prefix (`B62q`, in 2020 `4vsR`). A key
/// that an operator writes is also checked by [`PublicKey::is_mistyped`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey(Arc<str>);

impl PublicKey {
    /// Longest key accepted; keys of 2020 have 177 characters, later ones 55.
    const MAX_LENGTH: usize = 256;
    /// Characters of a key since 2021.
    const MODERN_LENGTH: usize = 55;
    /// The key of simulated operators. Its checksum is wrong on purpose: no account of any network
    /// can have it, so a setup that was tried out on a simulation earns for nobody by mistake.
    const SIMULATED: &str = "B62qy3gj9J5ecu1JS3BpL58pDwXnqApNXJGfszpumX6PdVPUFFsuhH1";
    /// Version byte of a compressed key.
    const COMPRESSED: u8 = 0xcb;

    /// Takes base58 text.
    ///
    /// # Errors
    ///
    /// If the text is empty, too long or not base58.
    pub fn try_new(text: &str) -> Result<Self, InvalidName> {
        let bad = |problem| Err(InvalidName::new("public key", text, problem));
        if text.is_empty() {
            return bad("is empty");
        }
        if text.len() > Self::MAX_LENGTH {
            return bad("is too long");
        }
        let base58 =
            |byte: u8| byte.is_ascii_alphanumeric() && !matches!(byte, b'0' | b'O' | b'I' | b'l');
        if !text.bytes().all(base58) {
            return bad("is not base58 text");
        }
        Ok(Self(text.into()))
    }

    /// The key of a point on the curve by its x coordinate, the lowest byte first, and the parity of
    /// y. Whether there is such a point is not checked.
    pub fn from_coordinate(x: [u8; 32], is_odd: bool) -> Self {
        // Layout of a compressed key: Mina `public_key.ml`, `base58_check.ml`.
        let mut payload = vec![Self::COMPRESSED, 1, 1];
        payload.extend(x);
        payload.push(u8::from(is_odd));
        Self(bs58::encode(payload).with_check().into_string().into())
    }

    /// The key of simulated operators, which settings may name although no network takes it.
    pub fn of_simulated_operator() -> Self {
        Self(Self::SIMULATED.into())
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it cannot be a public key of Mina: its checksum is wrong, or what it is the text of
    /// is something else (the version byte of a compressed key is 0xcb, Mina `version_bytes.ml`).
    /// The key of simulated operators is what it is meant to be.
    pub fn is_mistyped(&self) -> bool {
        if self.as_str() == Self::SIMULATED {
            return false;
        }
        let decoded = bs58::decode(self.as_str()).with_check(None).into_vec();
        let modern = self.0.len() == Self::MODERN_LENGTH;
        !decoded.is_ok_and(|bytes| !modern || bytes.first() == Some(&Self::COMPRESSED))
    }

    /// The first and last characters, for messages.
    pub fn short(&self) -> String {
        match (self.0.get(..6), self.0.get(self.0.len().saturating_sub(5)..)) {
            (Some(head), Some(tail)) if self.0.len() > 13 => format!("{head}..{tail}"),
            _ => self.0.to_string(),
        }
    }
}

/// Finds a key in a set by its text.
impl Borrow<str> for PublicKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PublicKey {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::try_new(&text)
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.0.as_ref().to_owned()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The operator's name for a daemon: the key of its table in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DaemonId(Arc<str>);

impl DaemonId {
    /// Takes 1 to 64 letters, digits, `-`, `_` or `.`.
    ///
    /// # Errors
    ///
    /// If the length is out of range or a character is not allowed.
    pub fn try_new(text: &str) -> Result<Self, InvalidName> {
        let bad = |problem| Err(InvalidName::new("daemon name", text, problem));
        if text.is_empty() || text.len() > 64 {
            return bad("must have 1 to 64 characters");
        }
        if !text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
            return bad("may hold only letters, digits, '-', '_' and '.'");
        }
        Ok(Self(text.into()))
    }

    /// The name of a daemon that exists only in an experiment.
    pub fn of_a_trial() -> Self {
        Self("trial".into())
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DaemonId {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::try_new(&text)
    }
}

impl From<DaemonId> for String {
    fn from(name: DaemonId) -> Self {
        name.0.as_ref().to_owned()
    }
}

impl fmt::Display for DaemonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A work bundle, identified by its one or two statement hashes as in the daemon's `workIds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<i64>", into = "Vec<i64>")]
pub struct WorkId {
    first: i64,
    second: Option<i64>,
}

impl WorkId {
    /// A bundle of one statement.
    pub const fn one(first: i64) -> Self {
        Self { first, second: None }
    }

    /// A bundle of two statements, in the daemon's order.
    pub const fn two(first: i64, second: i64) -> Self {
        Self { first, second: Some(second) }
    }

    /// Takes the daemon's list of one or two ids.
    ///
    /// # Errors
    ///
    /// If there are not one or two ids.
    fn try_from_ids(ids: &[i64]) -> Result<Self, InvalidName> {
        match ids {
            [first] => Ok(Self::one(*first)),
            [first, second] => Ok(Self::two(*first, *second)),
            other => Err(InvalidName::new(
                "work",
                &format!("{:?}", other.get(..4).unwrap_or(other)),
                "must have one or two ids",
            )),
        }
    }

    /// The statement hashes, one or two.
    pub fn ids(self) -> impl Iterator<Item = i64> {
        std::iter::once(self.first).chain(self.second)
    }
}

impl TryFrom<Vec<i64>> for WorkId {
    type Error = InvalidName;

    fn try_from(ids: Vec<i64>) -> Result<Self, InvalidName> {
        Self::try_from_ids(&ids)
    }
}

impl From<WorkId> for Vec<i64> {
    fn from(work: WorkId) -> Self {
        work.ids().collect()
    }
}
