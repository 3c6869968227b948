//! What a fleet costs: the service, as a process of its own, looks after many simulated daemons
//! over loopback; its CPU time, resident memory, open files and journal are printed as it goes,
//! with the looks that were taken and those that a daemon still waits for although its longest wait
//! is over.
//!
//! `SOAK_DAEMONS` (1000), `SOAK_INTERVAL` (60, in seconds) and `SOAK_MINUTES` set the scale. Left
//! out of `cargo bench` unless the last is set. Each simulated daemon listens at two ports: a
//! thousand need `ulimit -n 4096`.

use std::{
    error::Error,
    fmt::Write as _,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use snarkfee_clock::{Clock, Stopwatch};
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, SimDaemonServer},
    market_sim::{World, library},
};
use tokio_util::sync::CancellationToken;

type Anything<T> = Result<T, Box<dyn Error>>;

const SAMPLES: u32 = 12;
/// Of an interval: waits differ by a tenth (`controller/runner.rs`).
const LONGEST_WAIT: f64 = 1.1;
/// Seconds between the first looks of two daemons (`service/daemons.rs`).
const APART: f64 = 0.02;
/// Seconds that the looks of an interval may take together.
const GRACE: f64 = 3.0;

fn main() -> Anything<()> {
    let Some(minutes) = setting("SOAK_MINUTES") else { return Ok(()) };
    let daemons = setting("SOAK_DAEMONS").unwrap_or(1_000);
    let interval = setting("SOAK_INTERVAL").unwrap_or(60);
    tokio::runtime::Runtime::new()?.block_on(soak(
        daemons,
        interval,
        Duration::from_secs(60) * minutes,
    ))
}

fn setting(name: &str) -> Option<u32> {
    std::env::var(name).ok()?.parse().ok()
}

/// All daemons of one network, each on ports of its own.
async fn fleet(count: u32, stop: &CancellationToken) -> Anything<Vec<SimDaemonServer>> {
    let scenario = library::scenario("scarce")?;
    let clock = Clock::system();
    let world = Arc::new(Mutex::new(World::new(&scenario, 1, clock.now())));
    let port = "127.0.0.1:0".parse()?;
    let mut served = Vec::new();
    for _ in 0..count {
        served.push(
            SimDaemonServer::bind(
                port,
                port,
                world.clone(),
                clock,
                DaemonSimOptions::default(),
                stop,
            )
            .await?,
        );
    }
    Ok(served)
}

fn config(
    folder: &Path,
    page: &str,
    interval: u32,
    served: &[SimDaemonServer],
) -> Anything<String> {
    let mut text = format!(
        "[controller]\ninterval = \"{interval}s\"\nlisten = \"{page}\"\nstate_dir = {:?}\n",
        folder.join("state")
    );
    for (index, daemon) in served.iter().enumerate() {
        write!(
            text,
            "[daemons.d{index}]\ngraphql_url = \"{}\"\nmetrics_url = \"{}\"\nworker_key = \"{}\"\ncost.per_work = \"0.0001 MINA\"\n",
            daemon.graphql_url(),
            daemon.metrics_url(),
            World::operator_key()
        )?;
    }
    Ok(text)
}

/// The service's process; ended with this one.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Service {
    /// CPU time used, in seconds.
    fn cpu(&self) -> Anything<f64> {
        const TICKS_A_SECOND: f64 = 100.0;
        let text = fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        let (_, fields) = text.rsplit_once(')').ok_or("no stat")?;
        let ticks = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(str::parse::<f64>)
            .sum::<Result<f64, _>>()?;
        Ok(ticks / TICKS_A_SECOND)
    }

    /// Resident memory, in MiB.
    fn memory(&self) -> Anything<f64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }

    fn files(&self) -> Anything<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.0.id()))?.count())
    }
}

fn size(folder: &Path) -> f64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| Some(file.metadata().ok()?.len())).sum::<u64>() as f64
        / f64::from(1 << 20)
}

/// A counter of each daemon.
async fn counted(page: &str, name: &str) -> Anything<Vec<f64>> {
    let url = format!("http://{page}/metrics").parse()?;
    let text =
        String::from_utf8(snarkfee_client::fetch(&url, Duration::from_secs(30), 64 << 20).await?)?;
    let values =
        text.lines().filter(|line| line.starts_with(name)).filter_map(|line| line.rsplit_once(' '));
    Ok(values.filter_map(|(_, value)| value.parse().ok()).collect())
}

async fn soak(count: u32, interval: u32, time: Duration) -> Anything<()> {
    let stop = CancellationToken::new();
    let served = fleet(count, &stop).await?;
    let folder = tempfile::tempdir()?;
    let page = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let file = folder.path().join("soak.toml");
    fs::write(&file, config(folder.path(), &page, interval, &served)?)?;
    let log = fs::File::create(folder.path().join("log"))?;
    let service = Command::new(env!("CARGO_BIN_EXE_snarkfee"))
        .args(["run", "--log-level", "warn", "-c"])
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    let service = Service(service);
    println!(
        "{count} daemons, a look every {interval} s, from {}",
        Clock::system().now().strftime("%H:%M:%S")
    );
    println!(
        "{:>8} {:>8} {:>9} {:>6} {:>11} {:>8} {:>8}",
        "seconds", "cpu %", "rss MiB", "files", "journal MiB", "looks", "missed"
    );
    let (began, mut before) = (Stopwatch::start(), (0.0, 0.0));
    for sample in 1..=SAMPLES {
        tokio::time::sleep((time * sample / SAMPLES).saturating_sub(began.elapsed())).await;
        let (passed, cpu) = (began.elapsed().as_secs_f64(), service.cpu()?);
        let share = 100.0 * (cpu - before.1) / (passed - before.0);
        before = (passed, cpu);
        let looks = counted(&page, "snarkfee_tick_seconds_count").await?;
        let since_last_start = (passed - GRACE - APART * f64::from(count)).max(0.0);
        // The first look comes at once.
        let due = 1.0 + (since_last_start / (f64::from(interval) * LONGEST_WAIT)).floor();
        let missed: f64 = looks.iter().map(|looks| (due - looks).max(0.0)).sum::<f64>()
            + due * (f64::from(count) - looks.len() as f64);
        let looks: f64 = looks.iter().sum();
        let (memory, files, journal) =
            (service.memory()?, service.files()?, size(&folder.path().join("state")));
        println!(
            "{passed:>8.0} {share:>8.1} {memory:>9.1} {files:>6} {journal:>11.1} {looks:>8.0} {missed:>8.0}"
        );
    }
    let complaints = fs::read_to_string(folder.path().join("log"))?;
    println!("{} lines of warnings and errors", complaints.lines().count());
    complaints.lines().take(5).for_each(|line| println!("{line}"));
    Ok(())
}
