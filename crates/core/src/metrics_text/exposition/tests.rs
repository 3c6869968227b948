use super::*;
use crate::metrics_text::MAX_KEPT_DEFECTS;
use crate::metrics_text::MetricKind;

fn names(exposition: &Exposition<'_>) -> Vec<(String, usize)> {
    exposition.families().map(|family| (family.name().to_owned(), family.samples().len())).collect()
}

#[test]
fn samples_go_to_the_family_whose_kind_has_their_suffix() {
    let text = "#TYPE h histogram\nh_sum 1\nh_count 1\nh_bucket{le=\"+Inf\"} 1\nh_max 9\n\
                #TYPE s summary\ns{quantile=\"0.5\"} 2\ns_sum 4\ns_count 2\n\
                # TYPE c counter\nc_total 7\nc_created 1\n\
                #TYPE g gauge\ng 1\ng_sum 2\nu_count 3\n";
    let read = Exposition::parse(text);
    assert_eq!(read.defect_count(), 0);
    let expected =
        [("h", 3), ("h_max", 1), ("s", 3), ("c", 2), ("g", 1), ("g_sum", 1), ("u_count", 1)];
    assert_eq!(names(&read), expected.map(|(name, samples)| (name.to_owned(), samples)));
    assert_eq!(read.family("c").unwrap().value(), Some(7.0));
    assert_eq!(read.family("h").unwrap().value(), None);
    assert_eq!(read.family("g_sum").unwrap().kind(), MetricKind::Untyped);
    assert!(read.family("h_bucket").is_none());
    assert_eq!(read.sample_count(), 12);
}

#[test]
fn an_interrupted_family_is_put_together_in_order() {
    let text = "a{n=\"1\"} 1\nb 2\na{n=\"2\"} 3\n#HELP c none\nb{n=\"3\"} 4\n#TYPE h histogram\nh_sum 0\na{n=\"4\"} 5\nh_count 0\n";
    let read = Exposition::parse(text);
    let values = |name: &str| {
        let family = read.family(name).unwrap();
        family
            .samples()
            .map(|sample| (sample.label("n").map(|n| n.into_owned()), sample.value))
            .collect::<Vec<_>>()
    };
    let label = |n: &str| Some(n.to_owned());
    assert_eq!(values("a"), [(label("1"), 1.0), (label("2"), 3.0), (label("4"), 5.0)]);
    assert_eq!(values("b"), [(None, 2.0), (label("3"), 4.0)]);
    assert_eq!(values("c"), []);
    assert_eq!(values("h"), [(None, 0.0), (None, 0.0)]);
}

#[test]
fn the_daemons_names_are_found_under_either_prefix() {
    let text = "#TYPE Coda_a gauge\nCoda_a 1\nMina_b 2\nCoda_empty Nan\nMina_c 3\n#HELP Coda_c told but not printed\n\
                Mina_d 1e999\nCoda_e{x=\"y\"} 1\nf 4\nCoda_g 1\nCoda_g 2\n";
    let read = Exposition::parse(text);
    let found = ["a", "b", "c", "d", "e", "f", "g", "empty"].map(|name| read.daemon_value(name));
    assert_eq!(found, [Some(1.0), Some(2.0), Some(3.0), None, None, None, None, None]);
    assert!(read.family("Coda_empty").unwrap().value().unwrap().is_nan());
    assert_eq!(read.daemon_family("e").unwrap().name(), "Coda_e");
}

#[test]
fn help_is_unescaped_and_the_first_stands() {
    let read = Exposition::parse("# HELP a one\\ntwo \\\\ three\\t\n#HELP a other\n#HELP b\n");
    assert_eq!(read.family("a").unwrap().help().as_deref(), Some("one\ntwo \\ three\\t"));
    assert_eq!(read.family("b").unwrap().help().as_deref(), Some(""));
    assert_eq!(read.defect_count(), 0);
}

#[test]
fn types_that_contradict_or_come_late_are_defects() {
    let text = "#TYPE a gauge\na 1\n#TYPE a gauge\n#TYPE a counter\nb 2\n#TYPE b gauge\n";
    let read = Exposition::parse(text);
    let expected = [(4, DefectKind::ContradictingType), (6, DefectKind::LateType)];
    assert_eq!(read.defects(), expected.map(|(line, kind)| Defect { line, kind }));
    assert_eq!(
        (read.family("a").unwrap().kind(), read.family("b").unwrap().kind()),
        (MetricKind::Gauge, MetricKind::Untyped)
    );
}

#[test]
fn a_bad_line_costs_only_itself() {
    let read =
        Exposition::parse("a 1\r\n...\r\nb{x=\"1\", y=\"2} 2\r\n\r\nc{z=\"3\"} oops\nd{w=\"4\"} 4");
    let expected =
        [(2, DefectKind::BadName), (3, DefectKind::BadLabels), (5, DefectKind::BadValue)];
    assert_eq!(read.defects(), expected.map(|(line, kind)| Defect { line, kind }));
    assert_eq!(read.defects()[0].to_string(), "line 2: no metric name");
    assert_eq!(names(&read), [("a".to_owned(), 1), ("d".to_owned(), 1)]);
    let sample = read.family("d").unwrap().samples().next().unwrap();
    assert_eq!(
        sample.labels.len(),
        1,
        "labels of lines that were dropped do not leak into the next"
    );
    assert_eq!(sample.label("w").as_deref(), Some("4"));
}

#[test]
fn all_defects_are_counted_and_some_kept() {
    let text = "...\n".repeat(MAX_KEPT_DEFECTS + 8);
    let read = Exposition::parse(&text);
    assert_eq!(read.defects().len(), MAX_KEPT_DEFECTS);
    assert_eq!(read.defect_count() as usize, MAX_KEPT_DEFECTS + 8);
}

#[test]
fn samples_and_families_are_limited() {
    let read_of = "a{b=\"c\"} 1\n".repeat(MAX_SAMPLES + 3);
    let read = Exposition::parse(&read_of);
    assert_eq!((read.sample_count(), read.defect_count()), (MAX_SAMPLES, 3));
    assert_eq!(read.defects()[0].kind, DefectKind::TooManySamples);

    let read_of: String = (0..MAX_FAMILIES + 2).map(|n| format!("#HELP a{n} b\n")).collect();
    let read = Exposition::parse(&read_of);
    assert_eq!((read.families().len(), read.defect_count()), (MAX_FAMILIES, 2));
    assert_eq!(read.defects()[0].kind, DefectKind::TooManyFamilies);
}
