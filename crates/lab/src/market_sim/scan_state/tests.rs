use proptest::prelude::*;

use super::*;

const SHAPE: TreeShape = TreeShape { slots: 8, works: 7, late_works: 1, late_slots: 3 };

fn filled(trees: u32) -> (ScanState, Serial) {
    let mut scan = ScanState::new(SHAPE);
    let mut made = 0;
    for _ in 0..trees {
        let required = u32::try_from(scan.required().len()).unwrap();
        scan.apply_block(SHAPE.slots, required, |_| {
            made += 1;
            made - 1
        });
    }
    (scan, made)
}

#[test]
fn works_wait_a_whole_tree_before_they_are_required() {
    let (scan, _) = filled(1);
    assert_eq!(
        (scan.required().len(), scan.next.len()),
        (1, 6),
        "only the late work of an empty chain"
    );
    let (scan, made) = filled(2);
    assert_eq!((scan.required().len(), scan.next.len(), made), (7, 6, 14));
}

#[test]
fn late_works_come_first_and_appear_only_near_the_end() {
    let (mut scan, mut made) = filled(2);
    let mut appear = |_| {
        made += 1;
        made - 1
    };
    scan.apply_block(4, 7, &mut appear);
    let head = scan.next.front().copied();
    assert_eq!(scan.next_head(), None);
    scan.apply_block(1, 0, &mut appear);
    let late = scan.next_head();
    assert_ne!(late, head, "three slots are free now");
    assert_eq!(scan.next.get(1).copied(), head);
    scan.apply_block(3, 0, appear);
    assert_eq!(scan.required().front().copied(), late);
}

#[test]
fn bought_works_allow_slots_one_by_one_and_the_last_allows_all() {
    let (mut scan, mut made) = filled(2);
    let mut appear = |_| {
        made += 1;
        made - 1
    };
    assert_eq!(scan.allowance(), 0);
    scan.apply_block(1, 3, &mut appear);
    assert_eq!(scan.allowance(), 2);
    scan.apply_block(2, 0, &mut appear);
    assert_eq!(scan.allowance(), 0);
    scan.apply_block(1, 4, &mut appear);
    assert_eq!((scan.allowance(), scan.free()), (4, 4));
}

#[test]
fn merges_appear_when_works_are_bought() {
    let (mut scan, _) = filled(2);
    let mut appeared = 0;
    scan.apply_block(1, 7, |_| {
        appeared += 1;
        100 + appeared
    });
    assert_eq!(appeared, 3);
}

proptest! {
    #[test]
    fn a_long_run_buys_each_work_once_in_a_fixed_order_at_the_shapes_rate(
        steps in prop::collection::vec((0_u32..9, 0_u32..9), 1..300),
    ) {
        let mut scan = ScanState::new(SHAPE);
        let (mut made, mut sold, mut used) = (0_u64, Vec::new(), 0_u64);
        let mut places = Vec::new();
        for (slots, bought) in steps {
            let order: Vec<Serial> = scan.open_works().collect();
            let bought = bought.min(u32::try_from(scan.required().len()).unwrap());
            let all = bought as usize == scan.required().len();
            let slots = slots.min(if all { scan.free() } else { scan.free().min(scan.allowance() + bought) });
            sold.extend(order.iter().take(bought as usize).copied());
            scan.apply_block(slots, bought, |new| {
                places.push(new.place);
                made += 1;
                made - 1
            });
            used += u64::from(slots);
            let rest: Vec<Serial> = scan.open_works().collect();
            let old: Vec<Serial> = rest.iter().copied().filter(|serial| order.contains(serial)).collect();
            prop_assert_eq!(&old[..], &order[bought as usize..], "the order of known works never changes");
            let placed: Vec<u64> =
                rest.iter().map(|serial| places[usize::try_from(*serial).unwrap()]).collect();
            prop_assert!(placed.is_sorted_by(|a, b| a < b), "{:?}", placed);
            prop_assert!(scan.free() >= 1);
        }
        let distinct: std::collections::BTreeSet<_> = sold.iter().copied().collect();
        prop_assert_eq!(distinct.len(), sold.len());
        prop_assert_eq!(made, sold.len() as u64 + scan.open_works().count() as u64);
        let trees = used / u64::from(SHAPE.slots);
        prop_assert!((trees * 7..=(trees + 1) * 7).contains(&made), "{} works in {} trees", made, trees);
    }
}
