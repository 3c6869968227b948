//! `snarkfee history`: decisions and their outcomes, from the journal.

mod summary;

use std::io::{self, BufWriter, Write};

use snarkfee_clock::Clock;
use snarkfee_core::units::{NANOMINA_PER_MINA, Nanomina};
use snarkfee_journal::{JournalError, JournalReader, LookFilter, LookSummary};

use super::{
    args::{HistoryArgs, HistoryFormat},
    exit::Failure,
    journal_location::JournalLocation,
    table::{Align, render_table, show_or_dash},
};

/// Why a listing stopped.
enum ListingError {
    Journal(JournalError),
    Output(io::Error),
}

impl From<JournalError> for ListingError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl From<io::Error> for ListingError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<csv::Error> for ListingError {
    fn from(error: csv::Error) -> Self {
        Self::Output(error.into())
    }
}

/// Prints the decisions, oldest first.
pub(super) fn run(options: &HistoryArgs) -> Result<(), Failure> {
    let location = JournalLocation::find(&options.config, options.daemon.as_deref())?;
    location.check_name().map_err(Failure::usage)?;
    let journal = location.reader()?;
    let since = Clock::wall().checked_sub(options.since).ok();
    let filter = LookFilter { since, until: None, daemon: location.daemon };
    let mut out = BufWriter::new(io::stdout().lock());
    let printed = match options.format() {
        format if options.summary => {
            let named = filter.daemon.as_ref();
            journal.accounts().map_err(ListingError::Journal).and_then(|mut accounts| {
                accounts.retain(|(daemon, _)| named.is_none_or(|named| named == daemon));
                summary::write_summary(&accounts, filter.since, format, &mut out)
            })
        }
        HistoryFormat::Json => write_json(&journal, &filter, &mut out),
        HistoryFormat::Csv => write_csv(&journal, &filter, &mut out),
        HistoryFormat::Text => write_text(&journal, &filter, &mut out),
    };
    match printed.and_then(|()| Ok(out.flush()?)) {
        Ok(()) => Ok(()),
        // The reader, such as `head`, has enough.
        Err(ListingError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(ListingError::Output(error)) => Err(error.into()),
        Err(ListingError::Journal(error)) => Err(Failure::journal(error)),
    }
}

fn write_json(
    journal: &JournalReader,
    filter: &LookFilter,
    out: &mut impl Write,
) -> Result<(), ListingError> {
    write!(out, "{{\"decisions\":[")?;
    let mut separator = "\n";
    journal.for_each_summary(filter, |row| -> Result<(), ListingError> {
        write!(out, "{separator}")?;
        separator = ",\n";
        Ok(serde_json::to_writer(&mut *out, &row).map_err(io::Error::from)?)
    })?;
    Ok(writeln!(out, "\n]}}")?)
}

fn write_csv(
    journal: &JournalReader,
    filter: &LookFilter,
    out: &mut impl Write,
) -> Result<(), ListingError> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "at",
        "daemon",
        "mode",
        "action",
        "reason",
        "outcome",
        "fee_mina",
        "enabled",
        "target_fee_mina",
        "wanted",
        "sale_probability",
        "expected_profit_mina_per_hour",
        "cost_mina",
        "text",
    ])?;
    journal.for_each_summary(filter, |row| -> Result<(), ListingError> {
        let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let flag = |value: Option<bool>| value.map(|value| value.to_string()).unwrap_or_default();
        Ok(csv.write_record([
            row.at.to_string(),
            row.daemon,
            row.mode,
            row.action,
            row.reason,
            row.outcome,
            number(row.fee_mina),
            flag(row.enabled),
            number(row.target_fee_mina),
            flag(row.wanted),
            number(row.sale_probability),
            number(row.expected_profit_mina_per_hour),
            number(row.cost_mina),
            row.text,
        ])?)
    })?;
    Ok(csv.flush()?)
}

/// Prints a table in which consecutive holds for one reason share a line.
fn write_text(
    journal: &JournalReader,
    filter: &LookFilter,
    out: &mut impl Write,
) -> Result<(), ListingError> {
    let mut open: Vec<HistoryLine> = Vec::new();
    let mut lines: Vec<HistoryLine> = Vec::new();
    journal.for_each_summary(filter, |row| -> Result<(), ListingError> {
        match open.iter_mut().find(|line| line.last.daemon == row.daemon) {
            Some(line) if line.continues_with(&row) => line.add(row),
            Some(line) => lines.push(std::mem::replace(line, HistoryLine::new(row))),
            None => open.push(HistoryLine::new(row)),
        }
        Ok(())
    })?;
    lines.extend(open);
    if lines.is_empty() {
        return Ok(writeln!(out, "no decisions in this period; a longer one needs --since")?);
    }
    let header = ["time", "daemon", "action", "outcome", "worker", "fee", "reason"];
    let rows = lines.into_iter().map(HistoryLine::into_cells);
    let rows = std::iter::once(header.map(str::to_owned)).chain(rows);
    Ok(write!(out, "{}", render_table([Align::Left; 7], rows))?)
}

/// A decision, or consecutive holds of one daemon for one reason.
struct HistoryLine {
    since: String,
    last: LookSummary,
    looks: u64,
}

impl HistoryLine {
    fn new(row: LookSummary) -> Self {
        Self { since: show_time(&row), last: row, looks: 1 }
    }

    fn continues_with(&self, row: &LookSummary) -> bool {
        let last = &self.last;
        row.action == "hold"
            && (&last.action, &last.reason, &last.outcome, &last.mode)
                == (&row.action, &row.reason, &row.outcome, &row.mode)
    }

    fn add(&mut self, row: LookSummary) {
        self.last = row;
        self.looks += 1;
    }

    fn into_cells(self) -> [String; 7] {
        let Self { since, last, looks } = self;
        let until = show_time(&last);
        let again =
            if looks > 1 { format!(" ({looks} looks until {until})") } else { String::new() };
        let worker = show_or_dash(last.enabled, |on| if on { "on" } else { "off" }.to_owned());
        let fee = |mina: f64| Nanomina::rounded(mina * NANOMINA_PER_MINA as f64);
        let fee = show_or_dash(last.fee_mina, |mina| last.fee_unit.show(fee(mina)));
        let reason = format!("{}: {}{again}", last.reason, last.text);
        [since, last.daemon, last.action, last.outcome, worker, fee, reason]
    }
}

fn show_time(row: &LookSummary) -> String {
    row.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
