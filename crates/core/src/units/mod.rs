//! Quantities and names that all layers share, each with a type of its own.
//!
//! Invariants: money is an integer of nanomina with checked or saturating arithmetic; text in human
//! units is parsed exactly, never through a float.
//!
//! Not here: statistics, and anything specific to the daemon.

pub mod duration;

mod bytes;
mod decimal;
mod endpoint;
mod energy;
mod energy_price;
mod fee_limit;
mod fee_unit;
mod fiat;
mod figures;
mod identity;
mod money;
mod power;
mod quantity;
mod secrecy;
#[cfg(test)]
mod tests;
mod work_rate;

pub use bytes::Bytes;
pub use endpoint::{Destination, Endpoint, InvalidEndpoint};
pub use energy::Energy;
pub use energy_price::{EnergyPrice, WrittenEnergyPrice};
pub use fee_limit::FeeLimit;
pub use fee_unit::FeeUnit;
pub use fiat::{Currency, Fiat, HourlyPrice};
pub use figures::{decimals, four_digits, percent, signed_decimals};
pub use identity::{DaemonId, InvalidName, PublicKey, WorkId};
pub use money::{AmountTooLarge, FeeRate, NANOMINA_PER_MINA, Nanomina};
pub use power::Power;
pub use quantity::{Quantity, QuantityError, QuantityProblem};
pub use secrecy::{hide_private_keys, is_private_key};
pub use work_rate::WorkRate;
