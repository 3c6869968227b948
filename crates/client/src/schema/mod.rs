//! What a daemon's schema offers, which era it is of, and which operations follow from that.

mod capabilities;
mod era;

pub(crate) use capabilities::INTROSPECTION;
pub use capabilities::{Capabilities, Capability, Introspection, MarketOperation, StatusOperation};
pub use era::Era;
