//! `snarkfee history`: decisions and their outcomes, from the journal.

use std::io::{self, BufWriter, Write};

use snarkfee_clock::Clock;
use snarkfee_journal::{JournalError, JournalReader, LookFilter, LookSummary};

use super::{
    Failure,
    args::{History, Shape},
    state,
};

/// Why a listing broke off.
enum Broken {
    Journal(JournalError),
    Output(io::Error),
}

impl From<JournalError> for Broken {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Prints the decisions, the oldest first.
pub(super) fn show(options: &History) -> Result<(), Failure> {
    let place = state::find(options.config.as_deref(), options.daemon.as_deref())?;
    let archive = JournalReader::open(&place.folder).map_err(Failure::journal)?;
    let since = Clock::wall().checked_sub(options.since).ok();
    let filter = LookFilter { since, until: None, daemon: place.daemon };
    let mut out = BufWriter::new(io::stdout().lock());
    let printed = match options.shape() {
        Shape::Json => json(&archive, &filter, &mut out),
        Shape::Csv => csv(&archive, &filter, &mut out),
        Shape::Text => text(&archive, &filter, &mut out),
    };
    match printed.and_then(|()| Ok(out.flush()?)) {
        Ok(()) => Ok(()),
        // Whoever reads has seen enough.
        Err(Broken::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(Broken::Output(error)) => Err(error.into()),
        Err(Broken::Journal(error)) => Err(Failure::journal(error)),
    }
}

fn json(archive: &JournalReader, filter: &LookFilter, out: &mut impl Write) -> Result<(), Broken> {
    write!(out, "{{\"decisions\":[")?;
    let mut before = "\n";
    archive.for_each_summary(filter, |row| -> Result<(), Broken> {
        write!(out, "{before}")?;
        before = ",\n";
        Ok(serde_json::to_writer(&mut *out, &row).map_err(io::Error::from)?)
    })?;
    Ok(writeln!(out, "\n]}}")?)
}

fn csv(archive: &JournalReader, filter: &LookFilter, out: &mut impl Write) -> Result<(), Broken> {
    writeln!(
        out,
        "at,daemon,mode,action,reason,outcome,fee_mina,enabled,target_fee_mina,wanted,sale_probability,\
         expected_profit_mina_per_hour,cost_mina,text"
    )?;
    archive.for_each_summary(filter, |row| {
        let LookSummary { at, daemon, mode, action, reason, outcome, .. } = &row;
        write!(out, "{at},{},{mode},{action},{reason},{outcome}", quoted(daemon))?;
        let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let flag = |value: Option<bool>| value.map(|value| value.to_string()).unwrap_or_default();
        let rest = [
            number(row.fee_mina),
            flag(row.enabled),
            number(row.target_fee_mina),
            flag(row.wanted),
            number(row.sale_probability),
            number(row.expected_profit_mina_per_hour),
            number(row.cost_mina),
            quoted(&row.text),
        ];
        Ok(writeln!(out, ",{}", rest.join(","))?)
    })
}

/// A field as RFC 4180 writes it.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// For people: looks that followed one another with the same decision are one line.
fn text(archive: &JournalReader, filter: &LookFilter, out: &mut impl Write) -> Result<(), Broken> {
    let mut run: Vec<Run> = Vec::new();
    let mut any = false;
    archive.for_each_summary(filter, |row| -> Result<(), Broken> {
        any = true;
        match run.iter_mut().find(|run| run.last.daemon == row.daemon) {
            Some(run) if run.goes_on(&row) => run.add(row),
            Some(run) => std::mem::replace(run, Run::of(row)).print(out)?,
            None => run.push(Run::of(row)),
        }
        Ok(())
    })?;
    for run in run {
        run.print(out)?;
    }
    if !any {
        writeln!(out, "no decisions in this time")?;
    }
    Ok(())
}

/// Looks at one daemon that followed one another with the same decision.
struct Run {
    since: String,
    last: LookSummary,
    looks: u64,
}

impl Run {
    fn of(row: LookSummary) -> Self {
        Self { since: moment(&row), last: row, looks: 1 }
    }

    fn goes_on(&self, row: &LookSummary) -> bool {
        let what = |row: &LookSummary| {
            (row.action.clone(), row.reason.clone(), row.outcome.clone(), row.mode.clone())
        };
        row.action == "hold" && what(&self.last) == what(row)
    }

    fn add(&mut self, row: LookSummary) {
        self.last = row;
        self.looks += 1;
    }

    fn print(self, out: &mut impl Write) -> io::Result<()> {
        let Self { since, last, looks } = self;
        let fee = last.fee_mina.map(|fee| format!("{fee} MINA")).unwrap_or_else(|| "-".to_owned());
        let on = match last.enabled {
            Some(true) => "on",
            Some(false) => "off",
            None => "-",
        };
        let again = if looks > 1 {
            format!(" ({looks} looks, until {})", moment(&last))
        } else {
            String::new()
        };
        writeln!(
            out,
            "{since}  {}  {:<10} {:<9} {on:<3} {fee:<16} {}: {}{again}",
            last.daemon, last.action, last.outcome, last.reason, last.text
        )
    }
}

fn moment(row: &LookSummary) -> String {
    row.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_with_separators_are_quoted() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a, \"b\"\n"), "\"a, \"\"b\"\"\n\"");
    }
}
