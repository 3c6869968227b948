//! Policies side by side in the same simulated markets: same seeds, same competitors, same draws.

mod hindsight;
mod measure;
mod open_price_score;
mod report;
mod run;
mod seeded_market;

pub use measure::PolicyMeasure;
pub use report::{Spread, TournamentReport, TournamentRow};
pub use run::Tournament;
