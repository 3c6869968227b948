use super::*;
use crate::metrics_text::Exposition;

/// Reads the histogram `h` from lines without its name and type.
fn read(lines: &[&str]) -> Result<Histogram, HistogramDefect> {
    let text: String = lines.iter().map(|line| format!("h{line}\n")).collect();
    let text = format!("#TYPE h histogram\n{text}");
    let exposition = Exposition::parse(&text);
    assert_eq!(exposition.defect_count(), 0, "{text}");
    Histogram::from_family(&exposition.family("h").unwrap())
}

const SUM: &str = "_sum 12";
const COUNT: &str = "_count 9";
const INF: &str = r#"_bucket{le="+Inf"} 9"#;
const TWO: &str = r#"_bucket{le="2"} 7"#;
const ONE: &str = r#"_bucket{le="1"} 4"#;
const ZERO: &str = r#"_bucket{le="0"} 4"#;

#[test]
fn descending_and_ascending_buckets_are_the_same() {
    let expected = Histogram::try_new(vec![0.0, 1.0, 2.0], vec![4.0, 4.0, 7.0, 9.0], 12.0).unwrap();
    assert_eq!(read(&[SUM, COUNT, INF, TWO, ONE, ZERO]), Ok(expected.clone()));
    assert_eq!(read(&[ZERO, ONE, TWO, INF, SUM, COUNT]), Ok(expected.clone()));
    let intervals: Vec<_> =
        expected.buckets().map(|each| (each.above, each.up_to, each.count)).collect();
    let infinity = f64::INFINITY;
    assert_eq!(
        intervals,
        [(-infinity, 0.0, 4.0), (0.0, 1.0, 0.0), (1.0, 2.0, 3.0), (2.0, infinity, 2.0)]
    );
    assert_eq!((expected.total(), expected.sum()), (9.0, 12.0));
    assert_eq!(expected.into_parts(), (vec![0.0, 1.0, 2.0], vec![4.0, 4.0, 7.0, 9.0], 12.0));
}

#[test]
fn infinity_and_count_stand_for_each_other() {
    let full = read(&[SUM, COUNT, INF, ONE]).unwrap();
    assert_eq!(read(&[SUM, INF, ONE]), Ok(full.clone()));
    assert_eq!(read(&[SUM, COUNT, ONE]), Ok(full));
    assert_eq!(read(&[SUM, ONE]), Err(HistogramDefect::MissingTotal));
    assert_eq!(
        read(&[SUM, "_count 8", INF, ONE]),
        Err(HistogramDefect::CountMismatch { infinity: 9.0, count: 8.0 })
    );
    assert_eq!(read(&[SUM, COUNT]).unwrap().bounds(), [0.0; 0]);
}

#[test]
fn what_is_no_histogram_is_refused() {
    use HistogramDefect::*;
    let two_at = |bound: &str| format!("_bucket{{le=\"{bound}\"}} 4");
    for (lines, defect) in [
        (vec![COUNT, INF], MissingSum),
        (vec!["_sum Nan", COUNT], BadSum),
        (vec!["_sum +Inf", COUNT], BadSum),
        (vec![SUM, SUM, COUNT], RepeatedTotal),
        (vec![SUM, COUNT, COUNT], RepeatedTotal),
        (vec![SUM, INF, INF], RepeatedTotal),
        (vec![SUM, INF, ONE, ONE], RepeatedBound { bound: 1.0 }),
        (vec![SUM, INF, ONE, r#"_bucket{le="1.0"} 5"#], RepeatedBound { bound: 1.0 }),
        (vec![SUM, INF, ZERO, &two_at("-0")], RepeatedBound { bound: 0.0 }),
        (vec![SUM, INF, r#"_bucket{le="3"} 6"#, TWO], NotCumulative { above: 2.0 }),
        (vec![SUM, INF, r#"_bucket{le="3"} 10"#], NotCumulative { above: 3.0 }),
        (vec![SUM, INF, &two_at("-Inf")], BadBound),
        (vec![SUM, INF, &two_at("Nan")], BadBound),
        (vec![SUM, INF, &two_at("")], BadBound),
        (vec![SUM, INF, &two_at("x")], BadBound),
        (vec![SUM, INF, "_bucket 1"], BadBound),
        (vec![SUM, INF, r#"_bucket{le="1"} -1"#], BadCount),
        (vec![SUM, INF, r#"_bucket{le="1"} Nan"#], BadCount),
        (vec![SUM, INF, r#"_bucket{le="1"} 1.5"#], BadCount),
        (vec![SUM, "_count +Inf"], BadCount),
        (vec![SUM, "_count Nan", INF], BadCount),
    ] {
        assert_eq!(read(&lines), Err(defect), "{lines:?}");
    }
    let exposition = Exposition::parse("#TYPE h counter\nh 1\n");
    let defect = Histogram::from_family(&exposition.family("h").unwrap());
    assert_eq!(defect, Err(NotAHistogram { kind: MetricKind::Counter }));
    assert_eq!(Histogram::try_new(vec![], vec![], 0.0), Err(MissingTotal));
    assert_eq!(
        Histogram::try_new(vec![1.0], vec![1.0], 0.0),
        Err(LengthMismatch { bounds: 1, counts: 1 })
    );
    assert_eq!(Histogram::try_new(vec![f64::NAN], vec![1.0, 1.0], 0.0), Err(BadBound));
    assert_eq!(
        Histogram::try_new(vec![2.0, 1.0], vec![1.0; 3], 0.0),
        Err(RepeatedBound { bound: 1.0 })
    );
}

#[test]
fn labels_besides_the_bound_must_agree() {
    let relabelled = [
        r#"_sum{job="mina", at="a"} 12"#,
        r#"_count{at="a", job="mina"} 9"#,
        r#"_bucket{le="1", job="mina", at="a"} 4"#,
        r#"_bucket{job="mina", le="+Inf", at="a"} 9"#,
    ];
    assert_eq!(read(&relabelled), read(&[SUM, COUNT, INF, ONE]));
    let two = [SUM, COUNT, r#"_bucket{le="1", job="mina"} 4"#];
    assert_eq!(read(&two), Err(HistogramDefect::SeveralSeries));
}
