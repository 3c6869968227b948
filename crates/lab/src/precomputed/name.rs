//! The names of block files.

use std::str::FromStr;

/// The parts of the name of a precomputed-block file. Old files hold neither network nor state hash
/// anywhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BlockName {
    /// The network, such as `mainnet`.
    pub(super) network: String,
    /// Height of the block, where the name tells it: those of before 2021 do not.
    pub(super) height: Option<u32>,
    /// State hash of the block.
    pub(super) state_hash: String,
}

/// A file name in another format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name is not <network>-<height>-<state hash>.json, nor without the height, nor with .gz"
)]
pub(super) struct BlockNameError;

/// How every state hash begins (Mina `base58_check_version_bytes.ml`, `state_hash`).
const HASH_BEGINS: &str = "3N";

impl FromStr for BlockName {
    type Err = BlockNameError;

    fn from_str(name: &str) -> Result<Self, BlockNameError> {
        let stem = name.strip_suffix(".gz").unwrap_or(name).strip_suffix(".json");
        let (front, state_hash) =
            stem.and_then(|stem| stem.rsplit_once('-')).ok_or(BlockNameError)?;
        let is_hash = state_hash.starts_with(HASH_BEGINS)
            && state_hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (network, height) = match front.rsplit_once('-') {
            Some((network, height)) if is_number(height) => {
                (network, Some(height.parse().map_err(|_| BlockNameError)?))
            }
            _ => (front, None),
        };
        if !is_hash || network.is_empty() {
            return Err(BlockNameError);
        }
        Ok(Self { network: network.to_owned(), height, state_hash: state_hash.to_owned() })
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
