//! `snarkfee` sets the fee of Mina SNARK workers by the market and turns snark work off while it
//! does not pay.

pub mod cli;
pub mod controller;
pub mod doctor;
pub mod service;
pub mod setup;
pub mod telemetry;
pub mod web;
