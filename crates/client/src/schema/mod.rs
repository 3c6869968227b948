//! What a daemon's schema offers, which era it is of, and which operations follow from that.

mod capabilities;
mod era;
mod operation;

pub(crate) use capabilities::INTROSPECTION;
pub use capabilities::{Capabilities, Capability, Introspection};
pub use era::Era;
pub use operation::{AccountOperation, MarketOperation, StatusOperation};
