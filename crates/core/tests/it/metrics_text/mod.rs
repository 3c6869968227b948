//! The reader of the daemon's metrics text, through its public interface.

mod histograms;
mod model;
mod samples;
mod text;
