//! The names of block files.

use std::str::FromStr;

/// The parts of the name of a precomputed-block file. Old files hold neither network nor state hash
/// anywhere else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BlockName {
    /// The network, such as `mainnet`.
    pub(super) network: String,
    /// Height of the block.
    pub(super) height: u32,
    /// State hash of the block.
    pub(super) state_hash: String,
}

/// A file name in another format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name is not <network>-<height>-<state hash>.json")]
pub(super) struct BlockNameError;

impl FromStr for BlockName {
    type Err = BlockNameError;

    fn from_str(name: &str) -> Result<Self, BlockNameError> {
        let parts = name.strip_suffix(".json").and_then(|stem| stem.rsplit_once('-'));
        let (front, state_hash) = parts.ok_or(BlockNameError)?;
        let (network, height) = front.rsplit_once('-').ok_or(BlockNameError)?;
        let digits = !height.is_empty() && height.bytes().all(|byte| byte.is_ascii_digit());
        let hash =
            !state_hash.is_empty() && state_hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match height.parse() {
            Ok(height) if digits && hash && !network.is_empty() => {
                Ok(Self { network: network.to_owned(), height, state_hash: state_hash.to_owned() })
            }
            _ => Err(BlockNameError),
        }
    }
}

#[cfg(test)]
mod tests;
