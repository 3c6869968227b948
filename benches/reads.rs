//! Wall and CPU time of the reads of one look, without conclusions, at a running daemon.
//! benches/compare.sh compares them with the same reads by another client.
//!
//! `READS_GRAPHQL` and `READS_METRICS` are the daemon's addresses, `LOOKS` (50) the number of looks.
//! `cargo bench` skips this unless they are set.

use std::{error::Error, fs};

use snarkfee_client::{ClientConfig, DaemonClient, MetricsEndpoint};
use snarkfee_clock::{Clock, Stopwatch};
use snarkfee_core::port::{DaemonPort, LookPlan};

type AnyResult<T> = Result<T, Box<dyn Error>>;

const BLOCKS: u32 = 290;

fn main() -> AnyResult<()> {
    let (Ok(graphql), Ok(metrics)) =
        (std::env::var("READS_GRAPHQL"), std::env::var("READS_METRICS"))
    else {
        return Ok(());
    };
    let looks: u32 = std::env::var("LOOKS").map_or(Ok(50), |looks| looks.parse())?;
    let config = ClientConfig {
        graphql_url: graphql.parse()?,
        metrics: Some(MetricsEndpoint::Page(metrics.parse()?)),
        bearer: None,
        timeout: std::time::Duration::from_secs(30),
        max_response: 64 << 20,
        clock: Clock::system(),
        observer: None,
        member: None,
    };
    let client = DaemonClient::new(config)?;
    // On one thread, whose CPU time the system reports in nanoseconds.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let read = || {
        runtime.block_on(client.look(&LookPlan {
            blocks: BLOCKS,
            kept: None,
            account: None,
            own_market: false,
        }))
    };
    let first = read();
    let (Some(Ok(chain)), Some(Ok(book)), Some(Ok(_)), Ok(_)) =
        (&first.chain, &first.book, &first.metrics, &first.status)
    else {
        return Err(format!("not read in full: {first:?}").into());
    };
    let (began, used) = (Stopwatch::start(), cpu()?);
    for _ in 0..looks {
        drop(read());
    }
    let each = |seconds: f64| 1e3 * seconds / f64::from(looks);
    let (blocks, works) = (chain.blocks.len(), book.works.len());
    println!(
        "the reads of one look: {:.1} ms, CPU {:.2} ms ({works} open works, {blocks} blocks)",
        each(began.elapsed().as_secs_f64()),
        each(cpu()? - used)
    );
    Ok(())
}

/// CPU time of this thread, in seconds.
fn cpu() -> AnyResult<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split(' ').next().ok_or("no schedstat")?.parse::<f64>()? / 1e9)
}
