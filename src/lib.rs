//! `snarkfee` sets the fee of Mina SNARK workers by the market and turns snark work off while it does not pay.
//!
//! Layers, each importing only from those before it: [`units`], [`fault`], [`clock`], [`metrics_text`]; [`market`], [`cost`];
//! [`policy`]; [`daemon`], [`price`], [`precomputed`]; [`record`]; [`telemetry`], [`control`], [`charts`], [`invariants`];
//! [`journal`]; [`controller`]; [`simulate`], [`backtest`], [`simd`], [`web`], [`config`], [`report`]; [`service`]; [`doctor`];
//! [`cli`]. `tests/it/layering.rs` holds that.

pub mod backtest;
pub mod charts;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod controller;
pub mod cost;
pub mod daemon;
pub mod doctor;
pub mod fault;
pub mod invariants;
pub mod journal;
pub mod market;
pub mod metrics_text;
pub mod policy;
pub mod precomputed;
pub mod price;
pub mod record;
pub mod report;
pub mod service;
pub mod simd;
pub mod simulate;
pub mod telemetry;
pub mod units;
pub mod web;
