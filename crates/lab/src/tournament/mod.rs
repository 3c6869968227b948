//! Policies side by side in the same simulated markets: same seeds, same competitors, same draws.

mod hindsight;
mod report;
mod run;
mod seeded_market;

pub use report::{Spread, TournamentReport, TournamentRow};
pub use run::Tournament;
