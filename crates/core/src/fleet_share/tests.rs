use proptest::prelude::*;

use super::*;

fn replicas(of: &[(&str, &str)]) -> BTreeSet<Replica> {
    of.iter()
        .map(|(name, site)| Replica { name: (*name).to_owned(), site: (*site).to_owned() })
        .collect()
}

fn member(number: usize, site: &str, holder: Option<&str>) -> FleetMember {
    FleetMember {
        daemon: DaemonId::try_new(&format!("d{number}")).unwrap(),
        site: site.to_owned(),
        holder: holder.map(str::to_owned),
    }
}

fn counts(shares: &BTreeMap<DaemonId, String>) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for name in shares.values() {
        *counts.entry(name.as_str()).or_default() += 1;
    }
    counts
}

#[test]
fn a_replica_that_comes_takes_its_part_and_no_other_daemon_moves() {
    let before: Vec<_> =
        (0..60).map(|number| member(number, "", Some(["a", "b"][number % 2]))).collect();
    let shares = share_fleet(&before, &replicas(&[("a", ""), ("b", ""), ("c", "")]));
    assert_eq!(counts(&shares), [("a", 20), ("b", 20), ("c", 20)].into());
    let moved =
        before.iter().filter(|member| shares.get(&member.daemon) != member.holder.as_ref()).count();
    assert_eq!(moved, 20);
}

#[test]
fn the_daemons_of_a_replica_that_went_are_spread_over_the_rest() {
    let before: Vec<_> =
        (0..7).map(|number| member(number, "", Some(["a", "b", "gone"][number % 3]))).collect();
    let shares = share_fleet(&before, &replicas(&[("a", ""), ("b", "")]));
    let counts = counts(&shares);
    assert_eq!(counts.values().sum::<usize>(), 7);
    assert!(counts.values().all(|count| (3..=4).contains(count)), "{counts:?}");
}

#[test]
fn a_daemon_is_worked_from_its_site_while_a_replica_runs_there() {
    let members =
        [member(0, "fra", Some("ams1")), member(1, "fra", None), member(2, "", Some("ams1"))];
    let both = replicas(&[("ams1", "ams"), ("fra1", "fra")]);
    let shares = share_fleet(&members, &both);
    assert_eq!(shares.values().collect::<Vec<_>>(), ["fra1", "fra1", "ams1"]);
    let shares = share_fleet(&members, &replicas(&[("ams1", "ams")]));
    assert_eq!(counts(&shares), [("ams1", 3)].into());
}

#[test]
fn without_replicas_nobody_works_anything() {
    assert_eq!(share_fleet(&[member(0, "", Some("a"))], &BTreeSet::new()), BTreeMap::new());
}

proptest! {
    /// Every daemon is worked by one replica, shares are even, and what is shared out stays.
    #[test]
    fn shares_are_even_and_stable(
        holders in prop::collection::vec(prop::option::of(0_usize..6), 0..80),
        running in 1_usize..5,
    ) {
        let names = ["a", "b", "c", "d", "e", "f"];
        let members: Vec<_> = holders
            .iter()
            .enumerate()
            .map(|(number, holder)| member(number, "", holder.map(|holder| names[holder])))
            .collect();
        let running: Vec<_> = names.iter().take(running).map(|name| (*name, "")).collect();
        let running = replicas(&running);
        let shares = share_fleet(&members, &running);
        prop_assert_eq!(shares.len(), members.len());
        let even = members.len() / running.len();
        for replica in &running {
            let count = counts(&shares).get(replica.name.as_str()).copied().unwrap_or_default();
            prop_assert!((even..=even + 1).contains(&count));
        }
        let settled: Vec<_> = members
            .iter()
            .map(|member| FleetMember {
                holder: shares.get(&member.daemon).cloned(),
                ..member.clone()
            })
            .collect();
        prop_assert_eq!(share_fleet(&settled, &running), shares);
    }
}
