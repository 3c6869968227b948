//! The estimate against works bought on mainnet: how well does it predict the shares of later blocks
//! from earlier ones?

use std::{collections::BTreeMap, fs::File, io::Read, path::Path, time::Duration};

use flate2::read::GzDecoder;
use jiff::{SignedDuration, Timestamp};
use snarkfee_core::{
    market::estimate::{
        Censoring, EstimatorSettings, Method, Observation, Survival, decay, estimate,
    },
    units::Nanomina,
};

const FEES: [u64; 7] = [0, 8, 10, 10_000, 100_000, 1_000_000, 10_000_000];
const FILES: [&str; 2] = ["mainnet-2021-03", "mainnet-2021-04_2022-10"];
/// Fewest purchases before a prediction is judged.
const ENOUGH: usize = 5;

/// One block that bought works, and at what fees.
struct Purchase {
    at: Duration,
    height: u64,
    fees: Vec<Nanomina>,
}

/// How far back evidence counts, how it is discounted, and the length of the groups of purchases
/// over which predicted and realised shares are compared.
#[derive(Clone, Copy)]
struct Horizon {
    window: Duration,
    half_life: Duration,
    group: Duration,
}

const DAY: Duration = Duration::from_secs(24 * 3600);

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    GzDecoder::new(File::open(path).ok()?).read_to_string(&mut text).unwrap();
    Some(text)
}

/// Rows of a plain CSV text with the columns asked for.
fn columns<const N: usize>(text: &str, names: [&str; N]) -> Vec<[String; N]> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let places = names.map(|name| header.iter().position(|column| *column == name).unwrap());
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            places.map(|place| cells[place].to_owned())
        })
        .collect()
}

/// Canonical purchases, oldest first.
fn purchases(blocks: &str, works: &str) -> Vec<Purchase> {
    let mut fees: BTreeMap<String, Vec<Nanomina>> = BTreeMap::new();
    for [block, fee] in columns(works, ["state_hash", "fee_nanomina"]) {
        fees.entry(block).or_default().push(Nanomina::try_new(fee.parse().unwrap()).unwrap());
    }
    let mut found: Vec<Purchase> = columns(blocks, ["state_hash", "height", "timestamp_ms"])
        .into_iter()
        .filter_map(|[block, height, at]| {
            let fees = fees.remove(&block)?;
            Some(Purchase {
                at: Duration::from_millis(at.parse().unwrap()),
                height: height.parse().unwrap(),
                fees,
            })
        })
        .collect();
    found.sort_by_key(|purchase| (purchase.at, purchase.height));
    found
}

fn estimate_before(purchases: &[Purchase], now: Duration, horizon: Horizon) -> Survival {
    let observations: Vec<Observation> = purchases
        .iter()
        .filter(|purchase| now.saturating_sub(purchase.at) <= horizon.window)
        .flat_map(|purchase| {
            let weight = decay(now.saturating_sub(purchase.at), horizon.half_life);
            purchase.fees.iter().map(move |fee| Observation {
                censoring: Censoring::Exact(*fee),
                weight,
                cluster: purchase.height,
            })
        })
        .collect();
    estimate(&observations, &EstimatorSettings::default())
}

/// Predicted and realised shares of one group of purchases, weighted by works.
struct Group {
    begins: Duration,
    blocks: usize,
    works: f64,
    predicted: [f64; FEES.len()],
    realised: [f64; FEES.len()],
    /// Limits of the band, averaged as the predictions are.
    low: [f64; FEES.len()],
    high: [f64; FEES.len()],
    parametric: usize,
}

impl Group {
    fn new(begins: Duration) -> Self {
        let none = [0.0; FEES.len()];
        Self {
            begins,
            blocks: 0,
            works: 0.0,
            predicted: none,
            realised: none,
            low: none,
            high: none,
            parametric: 0,
        }
    }

    /// The largest difference between a predicted and a realised share.
    fn largest_error(&self) -> f64 {
        let difference =
            |(predicted, realised): (&f64, &f64)| (predicted - realised).abs() / self.works;
        self.predicted.iter().zip(&self.realised).map(difference).fold(0.0, f64::max)
    }

    fn row(&self) -> String {
        let cell = |place: usize| {
            let [predicted, low, high, realised] =
                [&self.predicted, &self.low, &self.high, &self.realised]
                    .map(|sums| sums[place] / self.works);
            format!("{predicted:.3} [{low:.3}, {high:.3}] {realised:.3}")
        };
        let cells: Vec<String> = (0..FEES.len()).map(cell).collect();
        let day = Timestamp::UNIX_EPOCH + SignedDuration::try_from(self.begins).unwrap();
        format!(
            "| {} | {} | {} | {} | {} | {:.3} |",
            day.strftime("%Y-%m-%d"),
            self.blocks,
            self.works,
            self.parametric,
            cells.join(" | "),
            self.largest_error()
        )
    }
}

/// Predicts each purchase of the chain from those before it.
fn predict_each(purchases: &[Purchase], horizon: Horizon) -> Vec<Group> {
    let mut groups: BTreeMap<u64, Group> = BTreeMap::new();
    let start = purchases.first().map_or(Duration::ZERO, |first| first.at);
    for (at, purchase) in purchases.iter().enumerate().skip(ENOUGH) {
        let number = (purchase.at - start).as_secs() / horizon.group.as_secs();
        let begins = start + Duration::from_secs(number * horizon.group.as_secs());
        let group = groups.entry(number).or_insert_with(|| Group::new(begins));
        let found = estimate_before(&purchases[..at], purchase.at, horizon);
        let works = purchase.fees.len() as f64;
        group.blocks += 1;
        group.works += works;
        group.parametric += usize::from(matches!(found.method(), Method::Parametric { .. }));
        for (place, fee) in FEES.iter().enumerate() {
            let point = found.estimate_at(Nanomina::try_new(*fee).unwrap());
            group.predicted[place] += point.estimate * works;
            group.low[place] += point.low * works;
            group.high[place] += point.high * works;
            group.realised[place] +=
                purchase.fees.iter().filter(|bought| bought.get() > *fee).count() as f64;
        }
    }
    groups.into_values().collect()
}

/// The groups as a table of Markdown.
fn table(title: &str, groups: &[Group]) -> String {
    let fees: Vec<String> =
        FEES.iter().map(|fee| Nanomina::try_new(*fee).unwrap().to_string()).collect();
    let fees: Vec<&str> = fees.iter().map(|fee| fee.trim_end_matches(" MINA")).collect();
    let rules = "---|".repeat(FEES.len());
    let mut text = format!(
        "**{title}**\n\n| from | blocks | works | parametric | {} | worst |\n",
        fees.join(" | ")
    );
    text.push_str(&format!("|---|---:|---:|---:|{rules}---:|\n"));
    groups.iter().for_each(|group| text.push_str(&(group.row() + "\n")));
    text
}

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// Tables of both data sets; `None` if they are not present.
fn shared_tables() -> Option<(String, [Vec<Group>; 2])> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let load = |name: &str| {
        let blocks = read(&folder.join(format!("{name}.blocks.csv.gz")))?;
        Some(purchases(&blocks, &read(&folder.join(format!("{name}.works.csv.gz")))?))
    };
    let all = FILES.iter().map(|name| load(name)).collect::<Option<Vec<_>>>()?;
    let chain = predict_each(&all[0], Horizon { window: 7 * DAY, half_life: DAY, group: WEEK });
    let samples = Horizon { window: 60 * DAY, half_life: 30 * DAY, group: WEEK };
    let weeks = predict_each(&all[1], samples);
    let text = [
        table("March 2021, every block, window 7 d, half-life 1 d, by week", &chain),
        table(
            "April 2021 to October 2022, single blocks, window 60 d, half-life 30 d, by week",
            &weeks,
        ),
        table(
            "The same by half-year",
            &predict_each(&all[1], Horizon { group: 182 * DAY, ..samples }),
        ),
    ];
    Some((text.join("\n"), [chain, weeks]))
}

#[test]
fn shares_are_predicted_on_the_chain_of_march_2021() {
    let Some((text, [chain, weeks])) = shared_tables() else {
        println!("skipped: the data sets are not at ../shared/data beside the repository");
        return;
    };
    println!("{text}");
    assert!(
        chain.iter().map(|group| group.blocks).sum::<usize>() > 100,
        "the chain holds 120 purchases"
    );
    for group in chain.iter().chain(&weeks).filter(|group| group.blocks >= ENOUGH) {
        assert!(
            group.largest_error() <= 0.10,
            "a predicted share is off by {}",
            group.largest_error()
        );
    }
    // The chain's band is narrow: only a week of thirty purchases has a share precise enough to
    // compare.
    let judged = chain.iter().filter(|group| group.blocks >= 30);
    for group in judged.chain(weeks.iter().filter(|group| group.blocks >= ENOUGH)) {
        for at in 0..FEES.len() {
            // In works; less than half of one cannot be bought.
            let band = group.low[at] - 0.5..=group.high[at] + 0.5;
            assert!(
                band.contains(&group.realised[at]),
                "the share of a week is outside of the mean band: {band:?}"
            );
        }
    }
}

#[test]
fn the_documented_table_is_the_printed_one() {
    let Some((text, _)) = shared_tables() else {
        println!("skipped: the data sets are not at ../shared/data beside the repository");
        return;
    };
    let document = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/calibration.md"));
    let begin = "<!-- real_purchases begins -->\n\n";
    let (_, after) = document.split_once(begin).expect("the table's beginning is marked");
    let (shown, _) =
        after.split_once("\n<!-- real_purchases ends -->").expect("the table's end is marked");
    assert!(shown == text, "docs/calibration.md is not what is printed now:\n{text}");
}

#[test]
fn a_small_chain_of_our_own_is_walked_the_same_way() {
    let mut blocks = "height,state_hash,timestamp_ms\n".to_owned();
    let mut works = "state_hash,work_index,fee_nanomina\n".to_owned();
    for height in 1..=40_u64 {
        blocks.push_str(&format!("{height},block{height},{}\n", height * 3_600_000));
        for work in 0..10 {
            // Of ten works seven are free, two dust, and one costs 0.001 MINA.
            let fee = [0, 0, 0, 0, 0, 0, 0, 8, 10, 1_000_000][work];
            works.push_str(&format!("block{height},{work},{fee}\n"));
        }
    }
    let purchases = purchases(&blocks, &works);
    assert_eq!(purchases.len(), 40);
    let groups = predict_each(&purchases, Horizon { window: DAY, half_life: DAY, group: DAY });
    assert_eq!(groups.iter().map(|group| group.blocks).sum::<usize>(), 35);
    println!("{}", table("our own", &groups));
    for group in &groups {
        assert!(group.largest_error() < 1e-9);
        assert!((group.realised[0] / group.works - 0.3).abs() < 1e-9);
        assert!((0..FEES.len()).all(|at| group.low[at] <= group.realised[at] + 1e-9));
        assert!((0..FEES.len()).all(|at| group.realised[at] <= group.high[at] + 1e-9));
    }
}
