//! `snarkfee estimate`: the market of one look.

mod fees;
mod table;

use std::{io::Write, path::Path};

use snarkfee_charts as charts;

use super::{
    Failure,
    args::Estimate,
    document,
    look::{all_seen, chosen, look_at, settings},
};
use crate::{service::Glance, telemetry::MarketDocument};

/// Looks, prints, and draws where asked to. Nothing is sent but questions.
pub(super) async fn run(options: Estimate) -> Result<(), Failure> {
    let daemons = chosen(settings(&options.config, "estimate")?, options.daemon.as_deref())?;
    if options.plot.is_some() && daemons.len() > 1 {
        return Err(Failure::usage(PlotOfMany));
    }
    let glances = look_at(&daemons).await?;
    {
        let mut out = std::io::stdout().lock();
        if options.json {
            let documents: Vec<MarketDocument> = glances.iter().map(of_glance).collect();
            document::write_each(&mut out, &documents)?;
        } else {
            for (place, (glance, daemon)) in glances.iter().zip(&daemons).enumerate() {
                let between = if place == 0 { "" } else { "\n" };
                write!(out, "{between}{}", table::table(glance, &daemon.params.pricing))?;
            }
        }
    }
    all_seen(&glances)?;
    match (&options.plot, glances.first()) {
        (Some(file), Some(glance)) => plot(file, glance),
        _ => Ok(()),
    }
}

/// One drawing shows one market.
#[derive(Debug, thiserror::Error)]
#[error("--plot draws one market; say which with --daemon")]
struct PlotOfMany;

fn of_glance(glance: &Glance) -> MarketDocument {
    MarketDocument::with_forecasts(&glance.record, glance.appraisal.as_ref().ok())
}

fn plot(file: &Path, glance: &Glance) -> Result<(), Failure> {
    let record = &glance.record;
    let appraisal = match &glance.appraisal {
        Ok(appraisal) => appraisal,
        Err(reason) => return Err(Failure::running(anyhow::anyhow!("nothing to draw: {reason}"))),
    };
    let title = format!("{}, {}", record.daemon, record.at.strftime("%-d %B %Y %H:%M UTC"));
    let drawing = charts::market(&glance.view, appraisal, &title).ok_or_else(|| {
        Failure::running(anyhow::anyhow!("the market could not be drawn; the log says why"))
    })?;
    let written = std::fs::write(file, drawing);
    written.map_err(|error| {
        Failure::running(anyhow::Error::new(error).context(format!("--plot {}", file.display())))
    })
}
