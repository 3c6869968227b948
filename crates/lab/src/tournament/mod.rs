//! Policies side by side in the same simulated markets: same seeds, same competitors, same draws;
//! or together in one market (`together`).

mod estimate;
mod ex_ante;
mod hindsight;
mod measure;
mod open_price_score;
mod report;
mod run;
mod seeded_market;
mod setup;
mod summary;
mod together;

pub use estimate::{SeedMean, SeedTotal};
pub use measure::PolicyMeasure;
pub use report::{
    ExAnteReport, FeeChoice, PairedDifference, RegimeRow, Spread, TournamentReport, TournamentRow,
};
pub use setup::Tournament;
pub use together::{HerdReport, MarketReport, OperatorRow, Together, TogetherReport};
