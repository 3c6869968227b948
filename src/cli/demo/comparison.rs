//! What others would have earned in the market of the demo.

use std::num::NonZero;

use jiff::Timestamp;
use snarkfee_core::{cycle::BOOK_INTERVAL, market::Selection, policy::Pricing, units::Nanomina};
use snarkfee_lab::{
    market_sim::{GroundTruth, Scenario},
    policy_run::PolicySpec,
    tournament::Tournament,
};

use crate::cli::table::{Align, render_table};

/// Power of the machine behind the cost of a work in the demo.
const WATTS: f64 = 350.0;

/// A market that was watched to its end.
pub(super) struct WatchedMarket<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) seed: u64,
    pub(super) truth: &'a GroundTruth,
    /// Cost of one work.
    pub(super) cost: Nanomina,
}

/// One line of the comparison.
struct Balance {
    name: String,
    profit_mina: f64,
    prover_hours: f64,
}

impl WatchedMarket<'_> {
    /// What the service earned and spent, and what workers that never stop would have, in the same
    /// market from the same moment.
    pub(super) fn compare(&self) -> String {
        let own = &self.truth.own;
        let spent = u128::from(own.made + own.lost) * u128::from(self.cost.get());
        let ours = Balance {
            name: "with snarkfee".to_owned(),
            profit_mina: (own.earned as f64 - spent as f64) / 1e9,
            prover_hours: own.busy.as_secs_f64() / 3600.0,
        };
        let fees = [Nanomina::ONE_MINA.get() / 10, 0].map(Nanomina::try_new);
        let policies = fees.into_iter().flatten().map(PolicySpec::AlwaysOn).collect();
        let tournament = Tournament {
            scenario: self.scenario.clone(),
            policies,
            seeds: vec![self.seed],
            slots: self.truth.slots,
            start: Timestamp::UNIX_EPOCH,
            cost: self.cost,
            book_interval: BOOK_INTERVAL,
            pricing: Pricing::default(),
            selection: Selection::Auto,
            hindsight: false,
        };
        let (report, _) = tournament.run(NonZero::<usize>::MIN, &|_| ());
        let others = report.policies.into_iter().map(|row| Balance {
            name: row.policy,
            profit_mina: row.profit_mina.median,
            prover_hours: row.prover_hours,
        });
        print_balances(std::iter::once(ours).chain(others))
    }
}

fn print_balances(balances: impl Iterator<Item = Balance>) -> String {
    let rows = balances.map(|balance| {
        let energy = balance.prover_hours * WATTS / 1000.0;
        [
            balance.name,
            // Adding zero makes a negative zero a plain one.
            format!("{:.4} MINA", balance.profit_mina + 0.0),
            format!("{energy:.2} kWh"),
        ]
    });
    let header = ["", "profit", "energy"].map(str::to_owned);
    render_table([Align::Left, Align::Right, Align::Right], std::iter::once(header).chain(rows))
}
