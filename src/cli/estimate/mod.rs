//! `snarkfee estimate`: the market of one look.

mod compared_fees;
mod market_text;
mod seller_table;

use std::{io::Write, path::Path};

use snarkfee_charts as charts;

use super::{
    args::EstimateArgs,
    exit::Failure,
    json,
    preview::{load_dry_run, preview_all, require_all_observed, select_daemons},
};
use crate::{service::Preview, telemetry::MarketDocument};

/// Looks, prints the market, and draws it if wanted. Only queries are sent.
pub(super) async fn run(options: EstimateArgs) -> Result<(), Failure> {
    let daemons = select_daemons(
        load_dry_run(&options.config.find()?, "estimate")?,
        options.daemon.as_deref(),
    )?;
    if options.plot.is_some() && daemons.len() > 1 {
        return Err(Failure::usage(PlotOfMany));
    }
    let previews = preview_all(&daemons).await?;
    {
        let mut out = std::io::stdout().lock();
        if options.json {
            let documents: Vec<MarketDocument> = previews.iter().map(market_document).collect();
            json::write_one_or_list(&mut out, &documents)?;
        } else {
            for (place, (preview, daemon)) in previews.iter().zip(&daemons).enumerate() {
                let between = if place == 0 { "" } else { "\n" };
                write!(
                    out,
                    "{between}{}",
                    market_text::describe_market(preview, &daemon.params.pricing)
                )?;
            }
        }
    }
    require_all_observed(&previews)?;
    match (&options.plot, previews.first()) {
        (Some(file), Some(preview)) => draw_market(file, preview),
        _ => Ok(()),
    }
}

/// `--plot` was given for several daemons.
#[derive(Debug, thiserror::Error)]
#[error("--plot draws one market; name its daemon with --daemon")]
struct PlotOfMany;

fn market_document(preview: &Preview) -> MarketDocument {
    MarketDocument::with_forecasts(&preview.record, preview.appraisal.as_ref().ok())
}

fn draw_market(file: &Path, preview: &Preview) -> Result<(), Failure> {
    let record = &preview.record;
    let appraisal = match &preview.appraisal {
        Ok(appraisal) => appraisal,
        Err(reason) => return Err(Failure::running(anyhow::anyhow!("nothing to draw: {reason}"))),
    };
    let title = format!("{}, {}", record.daemon, record.at.strftime("%-d %B %Y %H:%M UTC"));
    let drawing = charts::market(&preview.view, appraisal, &title).ok_or_else(|| {
        Failure::running(anyhow::anyhow!("the market could not be drawn; the log says why"))
    })?;
    let written = std::fs::write(file, drawing);
    written.map_err(|error| {
        Failure::running(anyhow::Error::new(error).context(format!("--plot {}", file.display())))
    })
}
