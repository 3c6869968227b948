//! The classic Prometheus text format 0.0.4, for readers that do not know OpenMetrics, `promtool
//! check metrics` among them.

use super::families::SUPERSEDED;

/// Rewrites OpenMetrics text. The two formats differ, for the types used here, in the name under
/// which a counter's type and help stand (with `_total`), and in the `UNIT` and `EOF` lines that
/// only OpenMetrics has. Families under an earlier name are left out.
pub(super) fn from_openmetrics(text: &str) -> String {
    let mut classic = String::with_capacity(text.len() + 512);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "# EOF" || line.starts_with("# UNIT ") || SUPERSEDED.contains(&family(line)) {
            continue;
        }
        if let Some((name, help)) =
            line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' '))
        {
            let counter = lines.peek().and_then(|next| next.strip_prefix("# TYPE "))
                == Some(&format!("{name} counter"));
            let suffix = if counter { "_total" } else { "" };
            classic.push_str(&format!("# HELP {name}{suffix} {help}\n"));
        } else if let Some(name) =
            line.strip_prefix("# TYPE ").and_then(|rest| rest.strip_suffix(" counter"))
        {
            classic.push_str(&format!("# TYPE {name}_total counter\n"));
        } else {
            classic.push_str(line);
            classic.push('\n');
        }
    }
    classic
}

/// The name that a sample, or a line about a family, begins with.
fn family(line: &str) -> &str {
    let about = ["# HELP ", "# TYPE "].iter().find_map(|kind| line.strip_prefix(kind));
    about.unwrap_or(line).split([' ', '{']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::from_openmetrics;

    #[test]
    fn counters_are_named_as_their_samples_and_only_shared_lines_stay() {
        let open = "# HELP a A thing.\n# TYPE a counter\n# UNIT a x\na_total{k=\"# EOF\"} 1\n# HELP b B.\n# TYPE b gauge\nb 2\n# EOF\n";
        let classic = "# HELP a_total A thing.\n# TYPE a_total counter\na_total{k=\"# EOF\"} 1\n# HELP b B.\n# TYPE b gauge\nb 2\n";
        assert_eq!(from_openmetrics(open), classic);
    }

    #[test]
    fn earlier_names_are_left_out() {
        for name in super::SUPERSEDED {
            let open = format!(
                "# HELP {name} x.\n# TYPE {name} gauge\n# UNIT {name} mina\n{name}{{q=\"1\"}} 1\n{name} 2\n{name}_other 3\n# EOF\n"
            );
            assert_eq!(from_openmetrics(&open), format!("{name}_other 3\n"));
        }
    }
}
