//! Whether the blocks of a look have the dates of a chain.

use std::time::Duration;

use crate::{
    fault::Fault,
    market::{Block, ChainLook, DaemonStatus, Look},
};

/// A newest block so far from the best tip is no block of its chain.
const FAR: Duration = Duration::from_secs(24 * 3600);

/// A look whose blocks ascend in time and end near the best tip. Those of others are refused before
/// anything is kept of them: sales in the future would count for as long.
pub(super) fn refuse_wrong_dates(look: Look) -> Look {
    let (Ok(status), Some(Ok(chain))) = (&look.status, &look.chain) else { return look };
    let Some(wrong) = find_wrong_date(chain, status) else { return look };
    let value = format!("{} in block {}", wrong.at, wrong.height);
    let fault = Fault::InvalidValue { field: "bestChain.date".to_owned(), value };
    Look { chain: Some(Err(fault)), ..look }
}

fn find_wrong_date<'a>(chain: &'a ChainLook, status: &DaemonStatus) -> Option<&'a Block> {
    let falls = chain.blocks.windows(2).find_map(|pair| match pair {
        [older, newer] if newer.at < older.at => Some(newer),
        _ => None,
    });
    let newest = || {
        let (newest, tip) = chain.blocks.last().zip(status.best_tip)?;
        (newest.at.duration_since(tip.starts).unsigned_abs() > FAR).then_some(newest)
    };
    falls.or_else(newest).map(|block| &**block)
}

#[cfg(test)]
mod tests;
