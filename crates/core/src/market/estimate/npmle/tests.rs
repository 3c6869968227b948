use proptest::prelude::*;

use super::*;

/// Self-consistency from this start, slowly and with nothing else: the reference.
fn reference(intervals: usize, classes: &[LikelihoodClass], start: Vec<f64>) -> Vec<f64> {
    let likelihood = Likelihood { intervals, classes };
    let mut mass = start;
    normalise(&mut mass);
    for _ in 0..3_000 {
        let mut next = vec![0.0; intervals];
        for class in classes {
            let total: f64 = mass[class.first..class.past].iter().sum();
            for at in class.first..class.past {
                next[at] += class.weight * mass[at] / total;
            }
        }
        mass = next;
    }
    assert!(likelihood.log_likelihood(&likelihood.probabilities(&mass)).is_finite());
    mass
}

fn scaled(mut classes: Vec<LikelihoodClass>) -> Vec<LikelihoodClass> {
    let total: f64 = classes.iter().map(|class| class.weight).sum();
    for class in &mut classes {
        class.weight /= total;
    }
    classes
}

fn problem(
    most_intervals: usize,
    most_classes: usize,
) -> impl Strategy<Value = (usize, Vec<LikelihoodClass>)> {
    (1..=most_intervals).prop_flat_map(move |intervals| {
        let class = (0..intervals, 0..intervals, 0.01..10.0_f64).prop_map(|(a, b, weight)| {
            LikelihoodClass { first: a.min(b), past: a.max(b) + 1, weight }
        });
        (Just(intervals), proptest::collection::vec(class, 1..most_classes).prop_map(scaled))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_start_of_plain_self_consistency_beats_the_maximum(
        (intervals, classes) in problem(7, 12),
        starts in proptest::collection::vec(proptest::collection::vec(0.01..1.0_f64, 7), 3),
    ) {
        let likelihood = Likelihood { intervals, classes: &classes };
        let fit = maximise(intervals, &classes);
        prop_assert!(fit.residual <= ACCEPTED, "residual {}", fit.residual);
        let reached = likelihood.log_likelihood(&likelihood.probabilities(&fit.mass));
        for start in starts {
            let other = reference(intervals, &classes, start[..intervals].to_vec());
            let theirs = likelihood.probabilities(&other);
            prop_assert!(likelihood.log_likelihood(&theirs) <= reached + 1e-9);
            // Class probabilities are unique at the maximum; self-consistency is within 1/steps of
            // it.
            if reached - likelihood.log_likelihood(&theirs) < 1e-10 {
                for (ours, theirs) in likelihood.probabilities(&fit.mass).iter().zip(theirs) {
                    prop_assert!((ours - theirs).abs() < 1e-3);
                }
            }
        }
    }

    #[test]
    fn the_conditions_of_the_maximum_hold_on_wide_random_problems((intervals, classes) in problem(120, 400)) {
        let fit = maximise(intervals, &classes);
        prop_assert!(fit.residual <= ACCEPTED, "residual {} after {}", fit.residual, fit.iterations);
        prop_assert!((fit.mass.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        prop_assert!(fit.mass.iter().all(|mass| *mass >= 0.0));
        prop_assert!(fit.iterations < 60, "took {}", fit.iterations);
    }

    #[test]
    fn the_closed_form_satisfies_the_conditions_too((intervals, classes) in problem(30, 60), opened in 0_u64..u64::MAX) {
        let classes: Vec<LikelihoodClass> = classes
            .into_iter()
            .enumerate()
            .map(|(at, class)| LikelihoodClass {
                past: if opened >> (at % 64) & 1 == 1 { intervals } else { class.first + 1 },
                ..class
            })
            // An innermost interval stops at some upper end, so each but the last is a class of its
            // own.
            .chain((0..intervals).map(|first| LikelihoodClass { first, past: first + 1, weight: 0.1 }))
            .collect();
        let classes = scaled(classes);
        let likelihood = Likelihood { intervals, classes: &classes };
        let fit = maximise(intervals, &classes);
        prop_assert_eq!(fit.iterations, 0);
        let gradient = likelihood.gradient(&likelihood.probabilities(&fit.mass));
        prop_assert!(kuhn_tucker_violation(&fit.mass, &gradient) < 1e-9);
        let general = climb_to_maximum(likelihood, spread_evenly(likelihood));
        for (closed, solved) in fit.mass.iter().zip(&general.mass) {
            prop_assert!((closed - solved).abs() < 1e-7, "{closed} and {solved}");
        }
    }
}

#[test]
fn weights_nine_orders_apart_still_reach_the_maximum() {
    let classes = scaled(vec![
        LikelihoodClass { first: 0, past: 2, weight: 1.0 },
        LikelihoodClass { first: 1, past: 3, weight: 1e-9 },
        LikelihoodClass { first: 2, past: 4, weight: 1e-6 },
        LikelihoodClass { first: 3, past: 4, weight: 1e-9 },
    ]);
    let fit = maximise(4, &classes);
    assert!(fit.residual <= ACCEPTED, "{fit:?}");
}
