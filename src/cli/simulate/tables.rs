//! Results of simulated policies as text.

use std::io::{Result, Write};

use snarkfee_core::units::decimals;
use snarkfee_lab::tournament::{
    MarketReport, SeedMean, SeedTotal, TogetherReport, TournamentReport, TournamentRow,
};

use crate::cli::table::{Align, render_table, show_or_dash};

/// Policies that ran one after another.
pub(super) fn write_policies(out: &mut impl Write, report: &TournamentReport) -> Result<()> {
    writeln!(out, "{}: {} slots, {} seeds\n", report.scenario, report.slots, report.seeds.len())?;
    let header = [
        "policy",
        "profit MINA",
        "min",
        "max",
        "/fixed",
        "/regime",
        "/clairvoyant",
        "energy",
        "toggles/4h",
        "changes/h",
        "error",
        "violations",
    ];
    let rows = report.policies.iter().map(|row| {
        let ratio = |ratio| show_or_dash(ratio, |ratio| decimals(ratio, 3));
        [
            row.policy.to_string(),
            decimals(row.profit_mina.median, 4),
            decimals(row.profit_mina.min, 4),
            decimals(row.profit_mina.max, 4),
            ratio(row.ratio_best_fixed),
            ratio(row.ratio_best_per_regime),
            ratio(row.ratio_clairvoyant),
            decimals(row.energy_vs_always_on, 3),
            decimals(row.toggles_per_4h, 2),
            decimals(row.fee_changes_per_hour, 2),
            ratio(row.prediction_error),
            row.violations.to_string(),
        ]
    });
    write_table(out, header, rows)?;
    writeln!(
        out,
        "\nprofit is the median over the seeds; /fixed, /regime and /clairvoyant compare it with the \
         best fixed fee,\nthe best fixed fee of each regime and perfect foresight; energy with a \
         worker that is always on"
    )?;
    write_sums(out, report)
}

/// Sums over the seeds, against the best fixed fee ex ante and among the policies.
fn write_sums(out: &mut impl Write, report: &TournamentReport) -> Result<()> {
    let Some(ex_ante) = &report.ex_ante else { return Ok(()) };
    let first = report.policies.first();
    let named = first.map_or("first", |row| row.policy.as_str());
    writeln!(out, "\nsums over {} seeds, MINA ± standard error\n", report.seeds.len())?;
    let header =
        ["policy", "profit", "above ex ante", "/ex ante", "/ex ante regime", "below first"];
    let below = |row: &TournamentRow| {
        let difference = first?.against.iter().find(|other| other.policy == row.policy)?;
        Some(difference.difference_mina)
    };
    let rows = report.policies.iter().map(|row| {
        let ratio = |ratio| show_or_dash(ratio, |ratio| decimals(ratio, 3));
        [
            row.policy.clone(),
            show_total(row.profit_total_mina),
            show_or_dash(row.above_ex_ante_mina, show_total),
            ratio(row.ratio_ex_ante),
            ratio(row.ratio_ex_ante_per_regime),
            show_or_dash(below(row), show_total),
        ]
    });
    write_table(out, header, rows)?;
    writeln!(
        out,
        "\nthe best fixed fee ex ante, chosen for each seed on all others, earns {}; one for each \
         regime, or off, {};\nthe best of each seed in hindsight {}; {named} is the first: what \
         it earned beyond each other policy, paired by seed",
        show_total(ex_ante.profit_total_mina),
        show_total(ex_ante.per_regime_total_mina),
        show_or_dash(report.hindsight_profit_mina, show_total),
    )?;
    write_regimes(out, report)
}

fn write_regimes(out: &mut impl Write, report: &TournamentReport) -> Result<()> {
    let regimes = |row: &TournamentRow| row.regimes.len();
    if report.policies.first().is_none_or(|row| regimes(row) < 2) {
        return Ok(());
    }
    writeln!(out)?;
    let rows = report.policies.iter().flat_map(|row| {
        row.regimes.iter().map(|regime| {
            [
                row.policy.clone(),
                regime.regime.clone(),
                show_total(regime.profit_total_mina),
                show_or_dash(regime.ex_ante_total_mina, |profit| decimals(profit, 4)),
            ]
        })
    });
    write_table(out, ["policy", "regime", "profit", "ex ante"], rows)
}

/// Operators in one market.
pub(super) fn write_operators(out: &mut impl Write, report: &TogetherReport) -> Result<()> {
    writeln!(out, "{}: {} slots, {} seeds\n", report.scenario, report.slots, report.seeds.len())?;
    let header = [
        "operators",
        "cost MINA",
        "profit MINA",
        "alone",
        "fee MINA",
        "alone",
        "changes/h",
        "alone",
        "toggles/4h",
        "on",
        "prover h",
        "alone",
        "below cost",
        "violations",
    ];
    let rows = report.operators.iter().map(|row| {
        let fee = |fee| show_or_dash(fee, |fee| decimals(fee, 9));
        [
            format!("{} x {}", row.operators, row.policy),
            decimals(row.cost_mina, 9),
            show_mean(row.profit_mina),
            show_mean(row.profit_alone_mina),
            fee(row.settled_fee_mina),
            fee(row.settled_fee_alone_mina),
            decimals(row.fee_changes_per_hour, 3),
            decimals(row.fee_changes_alone_per_hour, 3),
            decimals(row.toggles_per_4h, 2),
            decimals(row.on_share, 3),
            decimals(row.prover_hours, 2),
            decimals(row.prover_hours_alone, 2),
            decimals(row.below_cost_share, 3),
            row.violations.to_string(),
        ]
    });
    write_table(out, header, rows)?;
    writeln!(out)?;
    let header =
        ["market", "works/h", "price MINA", "held up %", "due proved", "1 in 100", "least"];
    let row = |name: &str, market: &MarketReport| {
        [
            name.to_owned(),
            decimals(market.works_bought_per_hour, 1),
            decimals(market.price_mina, 6),
            decimals(market.held_up_blocks_percent, 2),
            decimals(market.due_proved_mean, 3),
            decimals(market.due_proved_p01, 2),
            decimals(market.due_proved_least, 2),
        ]
    };
    let rows = [row("with all of them", &report.market), row("without them", &report.without)];
    write_table(out, header, rows.into_iter())?;
    writeln!(
        out,
        "\nat most {} started and {} stopped within ten minutes; all were off in {} of the looks\n\
         profit, fee, changes and prover hours are of one operator, alone as well; held up are \
         blocks that left out\ntransactions for want of a proof; due proved is the share of works \
         with a proof at blocks that wanted them",
        report.herd.most_starting,
        report.herd.most_stopping,
        decimals(report.herd.all_off_share, 3),
    )
}

fn write_table<const N: usize>(
    out: &mut impl Write,
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<()> {
    let mut columns = [Align::Right; N];
    if let Some(first) = columns.first_mut() {
        *first = Align::Left;
    }
    let rows = std::iter::once(header.map(str::to_owned)).chain(rows);
    write!(out, "{}", render_table(columns, rows))
}

fn show_total(SeedTotal { total, standard_error }: SeedTotal) -> String {
    let error = show_or_dash(standard_error, |error| decimals(error, 4));
    format!("{} ± {error}", decimals(total, 4))
}

fn show_mean(SeedMean { mean, standard_error }: SeedMean) -> String {
    show_total(SeedTotal { total: mean, standard_error })
}
