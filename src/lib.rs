//! `snarkfee` sets the fee of Mina SNARK workers by the market and turns snark work off while it does not pay.
//!
//! Layers, each importing only what stands above it in this list: [`units`], [`fault`], [`clock`], [`metrics_text`]; [`market`];
//! [`policy`]; [`daemon`]; [`record`]; [`telemetry`], [`control`]; `controller`; [`simulate`], [`web`], `config`; `cli`.
//! `tests/it/layering.rs` holds that.

pub mod clock;
pub mod control;
pub mod daemon;
pub mod fault;
pub mod market;
pub mod policy;
pub mod record;
pub mod simulate;
pub mod telemetry;
pub mod units;
pub mod web;
