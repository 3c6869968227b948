//! `snarkfee store`.

use std::io::Write;

use snarkfee_clock::Clock;
use snarkfee_config::Source;
use snarkfee_journal::{StoreAdmin, StoreStatus};

use super::{
    args::{StoreArgs, StoreCommand},
    exit::Failure,
    open_journal::store_address,
    table::{Align, render_table},
};

/// Carries out what is asked of the store.
pub(super) async fn run(options: StoreArgs) -> Result<(), Failure> {
    let source = Source::new(Some(options.config.find()?), std::env::vars_os());
    let settings = source.load().map_err(Failure::config)?;
    let address = store_address(&settings.store).map_err(Failure::config)?.ok_or_else(|| {
        Failure::running(anyhow::anyhow!(
            "the journal is a file in {}: store.url names no store",
            settings.controller.state_dir.display()
        ))
    })?;
    let mut store = StoreAdmin::connect(&address).await.map_err(Failure::journal)?;
    let mut out = std::io::stdout().lock();
    match options.command {
        StoreCommand::Status => {
            print_status(&store.status().await.map_err(Failure::journal)?, &mut out)
        }
        StoreCommand::Migrate => {
            let layout = store.migrate().await.map_err(Failure::journal)?;
            Ok(writeln!(out, "{address} has layout {}", layout.version)?)
        }
        StoreCommand::Copy { from } => {
            let folder = from.unwrap_or_else(|| settings.controller.state_dir.clone());
            let copied = store.copy_from(&folder, Clock::wall()).await.map_err(Failure::journal)?;
            for (table, rows) in copied.0 {
                writeln!(out, "{table}: {rows}")?;
            }
            Ok(())
        }
    }
}

fn print_status(status: &StoreStatus, out: &mut impl Write) -> Result<(), Failure> {
    let StoreStatus { layout, known, replicas, leases } = status;
    match layout.version {
        0 => writeln!(out, "layout: none; a start of the service, or `store migrate`, makes it")?,
        version => writeln!(out, "layout: {version} (this version knows {known})")?,
    }
    let header = ["replica", "site", "version"].map(str::to_owned);
    let rows = std::iter::once(header).chain(replicas.iter().cloned());
    write!(out, "{}", render_table([Align::Left; 3], rows))?;
    let header = ["daemon", "worked by"].map(str::to_owned);
    let worked = |(daemon, holder): &(String, Option<String>)| {
        [daemon.clone(), holder.clone().unwrap_or_else(|| "nobody".to_owned())]
    };
    let rows = std::iter::once(header).chain(leases.iter().map(worked));
    Ok(write!(out, "{}", render_table([Align::Left; 2], rows))?)
}
