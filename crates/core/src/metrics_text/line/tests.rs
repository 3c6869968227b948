use super::*;

/// The line, and its labels as name and value.
fn read(line: &str) -> Result<(Line<'_>, Vec<(String, String)>), DefectKind> {
    let mut labels = Vec::new();
    let line = Line::parse(line, &mut labels)?;
    Ok((
        line,
        labels.iter().map(|label| (label.name().to_owned(), label.value().into_owned())).collect(),
    ))
}

fn value(line: &str) -> Result<f64, DefectKind> {
    match read(line)?.0 {
        Line::Sample { value, .. } => Ok(value),
        other => panic!("not a sample: {other:?}"),
    }
}

#[test]
fn comments_are_read_in_both_dialects() {
    let help = Line::Help { name: "a_b", text: "# of  things " };
    let kind = Line::Type { name: "a_b", kind: MetricKind::Histogram };
    for line in
        ["#HELP a_b # of  things ", "# HELP a_b  # of  things ", " #\tHELP\ta_b\t# of  things "]
    {
        assert_eq!(read(line).unwrap().0, help, "{line}");
    }
    for line in ["#TYPE a_b histogram", "# TYPE a_b histogram", "#\tTYPE  a_b  histogram \r"] {
        assert_eq!(read(line).unwrap().0, kind, "{line}");
    }
    assert_eq!(read("#HELP a").unwrap().0, Line::Help { name: "a", text: "" });
    for line in [
        "",
        "  \t",
        "\r",
        "#",
        "# EOF",
        "#HELPFUL a b",
        "#TYPES a b",
        "# UNIT a_seconds seconds",
        "# any {\" text",
    ] {
        assert_eq!(read(line).unwrap().0, Line::Nothing, "{line:?}");
    }
}

#[test]
fn malformed_comments_are_defects() {
    for (line, defect) in [
        ("#HELP", DefectKind::BadHelp),
        ("# HELP 9a text", DefectKind::BadHelp),
        ("# HELP a-b text", DefectKind::BadHelp),
        ("#TYPE", DefectKind::BadType),
        ("#TYPE a", DefectKind::BadType),
        ("#TYPE a gauge counter", DefectKind::BadType),
        ("#TYPE a{} gauge", DefectKind::BadType),
        ("#TYPE a Gauge", DefectKind::UnknownKind),
    ] {
        assert_eq!(read(line), Err(defect), "{line}");
    }
}

#[test]
fn values_are_those_of_percent_g_and_of_go() {
    for (text, expected) in [
        ("0", 0.0),
        ("-0", -0.0),
        ("+5", 5.0),
        ("5512", 5512.0),
        ("999999999999999", 999_999_999_999_999.0),
        ("9999999999999999", 1e16),
        ("1.73959e+08", 173_959_000.0),
        ("1e-05", 0.000_01),
        (".5", 0.5),
        ("5.", 5.0),
        ("+Inf", f64::INFINITY),
        ("Inf", f64::INFINITY),
        ("-Inf", f64::NEG_INFINITY),
    ] {
        assert_eq!(
            value(&format!("a {text}")).map(f64::to_bits),
            Ok(f64::to_bits(expected)),
            "{text}"
        );
    }
    for text in ["Nan", "NaN", "nan", "-nan"] {
        assert!(value(&format!("a {text}")).unwrap().is_nan(), "{text}");
    }
}

#[test]
fn what_is_no_number_is_a_defect() {
    for text in [
        "x", "-", "+", ".", "1,5", "1_000", "0x10", "1e", "1e999", "-1e999", "--1", "\"1\"",
        "1\u{a0}", "١",
    ] {
        assert_eq!(value(&format!("a {text}")), Err(DefectKind::BadValue), "{text}");
    }
    for line in ["a", "a ", "a\t\r", "a{}", "a{b=\"c\"} "] {
        assert_eq!(value(line), Err(DefectKind::MissingValue), "{line:?}");
    }
}

#[test]
fn names_end_where_a_blank_or_brace_begins() {
    for line in ["...", "9a 1", "{a=\"b\"} 1", "a-b 1", "a+1", "é 1", "aé 1", "a.b 1", "\"a\" 1"]
    {
        assert_eq!(value(line), Err(DefectKind::BadName), "{line}");
    }
    for line in ["a:b_9 1", "_ 1", ":a 1", "a{}1", "a {} 1", " \ta\t1 \r"] {
        assert_eq!(value(line), Ok(1.0), "{line:?}");
    }
    let name = "n".repeat(MAX_NAME_BYTES);
    assert_eq!(value(&format!("{name} 1")), Ok(1.0));
    assert_eq!(value(&format!("{name}n 1")), Err(DefectKind::NameTooLong));
    assert_eq!(value(&format!("a{{{name}n=\"\"}} 1")), Err(DefectKind::NameTooLong));
    assert_eq!(read(&format!("#TYPE {name}n gauge")), Err(DefectKind::NameTooLong));
}

#[test]
fn labels_may_hold_what_ends_them() {
    for (line, expected) in [
        (r#"a{le="+Inf"} 1"#, vec![("le", "+Inf")]),
        (r#"a{a="x", b="y"} 1"#, vec![("a", "x"), ("b", "y")]),
        (r#"a{a="x",b="y",} 1"#, vec![("a", "x"), ("b", "y")]),
        (r#"a{ a = "x" , b="y" } 1"#, vec![("a", "x"), ("b", "y")]),
        (r#"a{a="},{=", b=""} 1"#, vec![("a", "},{="), ("b", "")]),
        (r#"a{a="\\\"\n", b="\\n"} 1"#, vec![("a", "\\\"\n"), ("b", "\\n")]),
        (r#"a{a="é # 字"} 1"#, vec![("a", "é # 字")]),
    ] {
        let labels = read(line).unwrap().1;
        let labels: Vec<_> =
            labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(labels, expected, "{line}");
    }
}

#[test]
fn malformed_labels_are_defects() {
    for line in [
        "a{",
        "a{b",
        "a{b}",
        "a{b=} 1",
        "a{b=c} 1",
        "a{b=\"c} 1",
        "a{b=\"c\" 1",
        "a{b=\"c\"; d=\"e\"} 1",
        "a{b=\"c\" d=\"e\"} 1",
        "a{,} 1",
        "a{b=\"\\t\"} 1",
        "a{b=\"\\",
        "a{b:c=\"\"} 1",
        "a{9=\"\"} 1",
        "a{=\"\"} 1",
    ] {
        assert_eq!(read(line), Err(DefectKind::BadLabels), "{line}");
    }
    assert_eq!(read(r#"a{b="1", c="2", b="3"} 1"#), Err(DefectKind::RepeatedLabel));
    let labels = |count: usize| (0..count).map(|n| format!("l{n}=\"\",")).collect::<String>();
    assert_eq!(read(&format!("a{{{}}} 1", labels(MAX_LABELS))).unwrap().1.len(), MAX_LABELS);
    assert_eq!(read(&format!("a{{{}}} 1", labels(MAX_LABELS + 1))), Err(DefectKind::TooManyLabels));
}

#[test]
fn timestamps_and_exemplars_may_follow() {
    for (line, expected) in [
        ("a 1", None),
        ("a 1 1395066363000", Some(1_395_066_363_000)),
        ("a 1 -3982045 \r", Some(-3_982_045)),
        ("a 1 1520879607.789", Some(1_520_879_607_789)),
        ("a 1 # {trace=\"b\"} 0.67", None),
        ("a{le=\"1\"} 1 1000 # {} 0.67 1520879607.789", Some(1000)),
    ] {
        let Line::Sample { timestamp, value, .. } = read(line).unwrap().0 else { panic!("{line}") };
        assert_eq!((timestamp, value.to_bits()), (expected, 1_f64.to_bits()), "{line}");
    }
    for text in ["x", "NaN", "+Inf", "1e300"] {
        assert_eq!(read(&format!("a 1 {text}")), Err(DefectKind::BadTimestamp), "{text}");
    }
    assert_eq!(read("a 1 2 3"), Err(DefectKind::TrailingText));
}
