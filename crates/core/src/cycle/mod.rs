//! One look at one daemon: conclude, decide, act, settle.

mod actuate;
mod plan;
mod state;

pub use actuate::{actuate, apply, find_out};
pub use plan::{OnExit, Plan};
pub use state::{Conclusion, Context, State};
