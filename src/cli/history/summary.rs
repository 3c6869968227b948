//! `snarkfee history --summary`: money and works by day and in all, from the accounts that the
//! journal keeps. Days are those of UTC.

use std::io::Write;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;
use snarkfee_core::{
    account::{Account, Tally},
    units::{DaemonId, four_digits},
};

use super::{HistoryFormat, ListingError};
use crate::{
    cli::table::{Align, render_table, show_or_dash},
    telemetry::{TallyDocument, signed_mina, whole},
};

/// One day of a daemon's account, or all of it.
struct SummaryRow<'a> {
    daemon: &'a DaemonId,
    /// A date, or `all`.
    day: String,
    tally: Tally,
}

/// The same as it is printed as JSON.
#[derive(Serialize)]
struct SummaryDocument<'a> {
    daemon: &'a str,
    day: &'a str,
    #[serde(flatten)]
    sums: TallyDocument,
}

const HEADER: [&str; 11] = [
    "daemon",
    "day (UTC)",
    "made",
    "sold",
    "earned",
    "cost",
    "profit",
    "saved kWh",
    "saved",
    "foregone",
    "dry-run profit",
];

/// Prints the days since `since` and the whole of each account.
pub(super) fn write_summary(
    accounts: &[(DaemonId, Account)],
    since: Option<Timestamp>,
    format: HistoryFormat,
    out: &mut impl Write,
) -> Result<(), ListingError> {
    let first = since.map_or(Date::MIN, |since| since.to_zoned(TimeZone::UTC).date());
    let mut rows = Vec::new();
    for (daemon, account) in accounts {
        let day = |(date, tally): (Date, &Tally)| (date.to_string(), *tally);
        let days = account.days().filter(|(date, _)| *date >= first).map(day);
        let all = account.report(Timestamp::MAX).map(|money| {
            let since = money.since.strftime("%F %H:%M");
            (format!("all, since {since}"), money.all)
        });
        rows.extend(days.chain(all).map(|(day, tally)| SummaryRow { daemon, day, tally }));
    }
    match format {
        HistoryFormat::Json => write_json(&rows, out),
        HistoryFormat::Csv => write_csv(&rows, out),
        HistoryFormat::Text => {
            let header = HEADER.map(str::to_owned);
            let mut columns = [Align::Right; 11];
            (columns[0], columns[1]) = (Align::Left, Align::Left);
            let cells = rows.iter().map(SummaryRow::cells);
            write!(out, "{}", render_table(columns, std::iter::once(header).chain(cells)))?;
            Ok(writeln!(out, "amounts in MINA; days begin at 00:00 UTC")?)
        }
    }
}

fn write_json(rows: &[SummaryRow<'_>], out: &mut impl Write) -> Result<(), ListingError> {
    let days: Vec<_> = rows
        .iter()
        .map(|row| SummaryDocument {
            daemon: row.daemon.as_str(),
            day: &row.day,
            sums: TallyDocument::from(&row.tally),
        })
        .collect();
    let document = serde_json::json!({ "summary": days });
    serde_json::to_writer_pretty(&mut *out, &document).map_err(std::io::Error::from)?;
    Ok(writeln!(out)?)
}

fn write_csv(rows: &[SummaryRow<'_>], out: &mut impl Write) -> Result<(), ListingError> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(HEADER)?;
    for row in rows {
        csv.write_record(row.cells())?;
    }
    Ok(csv.flush()?)
}

impl SummaryRow<'_> {
    fn cells(&self) -> [String; 11] {
        let Tally { real, foregone, dry_run, .. } = &self.tally;
        let known = |mina: f64| Some(mina).filter(|_| self.tally.knows_cost());
        let imagined = dry_run.map(|dry| signed_mina(dry.imagined.profit()));
        [
            self.daemon.to_string(),
            self.day.clone(),
            whole(real.made).to_string(),
            whole(real.sold).to_string(),
            four_digits(real.earned.to_mina()),
            show_or_dash(known(real.cost.to_mina()), four_digits),
            show_or_dash(known(signed_mina(real.profit())), four_digits),
            show_or_dash(self.tally.saved_kwh(), four_digits),
            four_digits(signed_mina(self.tally.gain_on_always_on())),
            four_digits(foregone.to_mina()),
            show_or_dash(imagined, four_digits),
        ]
    }
}
