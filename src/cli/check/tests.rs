//! How findings are laid out.

use super::*;

fn report() -> CheckReport {
    let finding = |check, verdict, fix: Option<&str>| Finding {
        check,
        daemon: None,
        verdict,
        detail: "seven words that say what was found".to_owned(),
        fix: fix.map(str::to_owned),
    };
    CheckReport {
        findings: vec![
            finding(Check::Config, Verdict::Ok, None),
            finding(Check::StateDir, Verdict::Warn, Some("and what to do about it")),
        ],
    }
}

fn plain(width: Option<usize>) -> String {
    anstream::adapter::strip_str(&render_report(&report(), width)).to_string()
}

#[test]
fn without_a_terminal_each_finding_is_one_line() {
    assert_eq!(
        plain(None),
        "ok    config     seven words that say what was found\n\
         warn  state_dir  seven words that say what was found -> and what to do about it\n"
    );
}

#[test]
fn on_a_terminal_lines_keep_its_width_and_the_fix_begins_one() {
    let text = plain(Some(50));
    assert_eq!(
        text,
        "ok    config     seven words that say what was\n                 found\n\
         warn  state_dir  seven words that say what was\n                 found\n                 \
         -> and what to do about it\n"
    );
    assert!(text.lines().all(|line| line.len() <= 50));
    assert!(plain(Some(1)).lines().count() > 4, "a terminal of one column is no reason to fail");
}
