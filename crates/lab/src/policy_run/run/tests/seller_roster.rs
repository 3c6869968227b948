//! The roster of sellers beside the truth of each simulated one: fee, pace and presence.
//!
//! `SNARKFEE_SELLER_SEEDS=20` runs more seeds than the suite; `--no-capture` shows the figures.

use std::collections::BTreeMap;

use snarkfee_core::market::SellerSummary;

use super::*;

/// Errors over the sellers of one kind.
#[derive(Debug, Default)]
struct KindErrors {
    sellers: u32,
    /// Of them, those whose presence is told right.
    presence: u32,
    /// Of those that are there and on the roster, those whose fee is the one asked.
    fees: u32,
    /// Estimated over true works per hour of them.
    paces: Vec<f64>,
}

impl KindErrors {
    fn add(&mut self, fee: Nanomina, pace: f64, found: Option<&SellerSummary>) {
        self.sellers += 1;
        let is_online = found.is_some_and(SellerSummary::is_online);
        self.presence += u32::from(is_online == (pace > 0.0));
        if let Some(found) = found.filter(|_| pace > 0.0) {
            self.fees += u32::from(found.usual_fee() == Some(fee));
            self.paces.push(found.works_per_hour / pace);
        }
    }

    fn pace_quantile(&self, q: f64) -> f64 {
        let mut paces = self.paces.clone();
        paces.sort_by(f64::total_cmp);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
        let place = (q * paces.len().saturating_sub(1) as f64).round() as usize;
        paces.get(place).copied().unwrap_or(f64::NAN)
    }
}

/// The kind that a fee makes of a seller with one fee.
fn kind_of(fee: Nanomina, steady: bool) -> &'static str {
    match fee.get() {
        _ if !steady => "follower",
        0 => "free",
        1..=1_000 => "dust",
        _ => "fixed",
    }
}

#[test]
fn sellers_are_found_with_fee_pace_and_presence() {
    let seeds = std::env::var("SNARKFEE_SELLER_SEEDS").map_or(1, |seeds| seeds.parse().unwrap());
    // Hours after the start: settled; an hour after the free sellers of an outage left, and after
    // they came back.
    let cases =
        [("scarce", vec![2, 4, 6]), ("free-outage", vec![4, 14, 18]), ("undercut-war", vec![4])];
    for (name, hours) in cases {
        let scenario = library::scenario(name).unwrap();
        let mut errors: BTreeMap<&str, KindErrors> = BTreeMap::new();
        for seed in 1..=seeds {
            let plan = plan(Mode::Live);
            let world = World::new(&scenario, seed, start());
            let mut run = PolicyRun::new(world, PROFIT, &plan, seed, start());
            let mut now = start();
            for hour in &hours {
                let mut sellers = Vec::new();
                let until = start() + SignedDuration::from_hours(*hour);
                while now < until {
                    run.step(now, &plan.cost, &mut |_, view| sellers = view.sellers().to_vec());
                    now += plan.interval;
                }
                for (key, fee, pace) in run.market().true_sellers() {
                    let found = sellers.iter().find(|seller| seller.prover == *key);
                    let kind = kind_of(fee, name != "undercut-war");
                    errors.entry(kind).or_default().add(fee, pace, found);
                }
            }
        }
        let (mut sellers, mut presence) = (0, 0);
        for (kind, of) in &errors {
            println!(
                "{name} {kind}: presence right for {} of {}, fee for {} of {}; pace / truth {:.2} \
                 in the median, {:.2} to {:.2} for four in five",
                of.presence,
                of.sellers,
                of.fees,
                of.paces.len(),
                of.pace_quantile(0.5),
                of.pace_quantile(0.1),
                of.pace_quantile(0.9),
            );
            (sellers, presence) = (sellers + of.sellers, presence + of.presence);
            if *kind == "free" || *kind == "fixed" {
                let median = of.pace_quantile(0.5);
                // Where there is little to do, nothing shows how much more a seller could do.
                let least = if name == "scarce" { 0.6 } else { 0.3 };
                assert!((least..=1.6).contains(&median), "{name} {kind}: {median}");
                assert!(f64::from(of.fees) >= 0.9 * of.paces.len() as f64, "{name} {kind}");
            }
        }
        assert!(f64::from(presence) >= 0.8 * f64::from(sellers), "{name}: {presence} of {sellers}");
    }
}
