//! Who imports whom: the layers of `src/lib.rs`, and the one place that can change a daemon.

pub(crate) mod source;

use std::{collections::BTreeSet, fs, path::Path};

use self::source::{Source, braced, program};

/// The layers, lowest first: a module uses only those that stand before it. The same list, in the same order, is in the
/// documentation of `src/lib.rs`.
const LAYERS: &str = "\
    units fault clock metrics_text | \
    market cost | \
    policy | \
    daemon price precomputed | \
    record | \
    telemetry control charts invariants | \
    journal | \
    controller | \
    simulate backtest simd web config report | \
    service | \
    doctor | \
    cli";

fn layers() -> Vec<Vec<&'static str>> {
    LAYERS.split('|').map(|layer| layer.split_whitespace().collect()).collect()
}

fn order() -> Vec<&'static str> {
    layers().concat()
}

fn lib() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap()
}

#[test]
fn the_crate_documents_the_layers_that_are_held() {
    let lib = lib();
    let documentation: Vec<_> = lib.lines().filter_map(|line| line.strip_prefix("//!")).collect();
    let documentation = documentation.join(" ");
    let (_, listed) = documentation.split_once("Layers").expect("src/lib.rs lists the layers");
    let (listed, _) = listed.split_once(". ").expect("the list ends with a sentence");
    let documented: Vec<Vec<_>> = listed
        .split(';')
        .map(|layer| layer.split("[`").skip(1).filter_map(|name| name.split('`').next()).collect())
        .collect();
    assert_eq!(documented, layers());
}

#[test]
fn every_module_has_a_layer() {
    let declared: BTreeSet<String> = lib()
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';').map(str::to_owned))
        .collect();
    assert_eq!(declared, order().into_iter().map(str::to_owned).collect());
}

/// The program only: tests may use what stands above them, such as a simulated market to judge an estimate by.
#[test]
fn modules_import_only_from_the_layers_below() {
    let order = order();
    let rank = |module: &str| order.iter().position(|known| *known == module);
    let (mut upward, mut imports) = (Vec::new(), 0);
    for file in program() {
        let Some(own) = rank(&module_of(&file)) else { continue };
        for (at, module) in used_modules(&file) {
            let Some(used) = rank(&module) else { continue };
            imports += 1;
            if used > own {
                upward.push(format!("src/{}:{}: uses {module}", file.path.display(), file.line(at)));
            }
        }
    }
    assert!(imports > 200, "only {imports} imports were recognised");
    assert!(upward.is_empty(), "imports from a higher layer:\n{}", upward.join("\n"));
}

/// Without naming the type nothing can be sent: the port takes nothing else.
#[test]
fn only_the_actuator_can_send_a_mutation() {
    let allowed = |path: &Path| {
        path.starts_with("daemon")
            || path == Path::new("simulate/port.rs")
            || path == Path::new("controller/actuate.rs")
    };
    assert_only("Mutation", allowed);
    let actuator = program().into_iter().find(|file| file.path == Path::new("controller/actuate.rs")).unwrap();
    assert!(!actuator.words("Mutation").is_empty());
}

/// Whoever has no HTTP client cannot go around the actuator either.
#[test]
fn only_daemon_and_price_make_requests() {
    assert_only("reqwest", |path| path.starts_with("daemon") || path.starts_with("price"));
}

fn assert_only(word: &str, allowed: impl Fn(&Path) -> bool) {
    let mut elsewhere = Vec::new();
    for file in program().iter().filter(|file| !allowed(&file.path)) {
        let found = file.words(word).into_iter();
        elsewhere.extend(found.map(|at| format!("src/{}:{}", file.path.display(), file.line(at))));
    }
    assert!(elsewhere.is_empty(), "{word} is named in\n{}", elsewhere.join("\n"));
}

/// The top module that a file belongs to.
fn module_of(file: &Source) -> String {
    let first = file.path.components().next().unwrap().as_os_str();
    Path::new(first).file_stem().unwrap().to_str().unwrap().to_owned()
}

/// Top modules that a file names through `crate::`, or through as many `super::` as lead to the root.
fn used_modules(file: &Source) -> Vec<(usize, String)> {
    let code = &file.code;
    let mut found = Vec::new();
    for at in file.words("crate") {
        if let Some(rest) = code[at + "crate".len()..].strip_prefix("::") {
            names(code.len() - rest.len(), rest, &mut found);
        }
    }
    let to_root = "super::".repeat(file.depth());
    for at in file.words("super") {
        let begins = !code[..at].ends_with("::");
        if let Some(rest) = code[at..].strip_prefix(&to_root).filter(|_| begins && !to_root.is_empty()) {
            names(code.len() - rest.len(), rest, &mut found);
        }
    }
    found
}

/// The first name of a path, or of each path between braces.
fn names(at: usize, rest: &str, found: &mut Vec<(usize, String)>) {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    if !rest.starts_with('{') {
        found.push((at, name(rest)));
        return;
    }
    let (mut depth, mut fresh) = (0, true);
    for (offset, c) in rest[..braced(rest)].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' => fresh |= depth == 1,
            c if c.is_whitespace() => {}
            _ if fresh && depth == 1 => {
                found.push((at + offset, name(&rest[offset..])));
                fresh = false;
            }
            _ => {}
        }
    }
}

#[test]
fn every_form_of_import_is_recognised() {
    let file = |path: &str, code: &str| Source { path: path.into(), code: code.to_owned() };
    let used = |file: &Source| used_modules(file).into_iter().map(|(_, name)| name).collect::<Vec<_>>();
    let nested =
        file("web/api.rs", "use crate::{\n    clock::Clock,\n    market::{Look, cost::X},\n    units::{A, B},\n};");
    assert_eq!(used(&nested), ["clock", "market", "units"]);
    assert_eq!(nested.line(used_modules(&nested)[1].0), 3);
    let plain = file("web/api.rs", "use crate::record::Record; fn f(x: crate::fault::Fault) { mycrate::web(); }");
    assert_eq!(used(&plain), ["record", "fault"]);
    let climbing = file("web/api.rs", "use super::super::policy::X; use super::guard; pub(super) fn f() {}");
    assert_eq!(used(&climbing), ["policy"]);
    assert_eq!(used(&file("record.rs", "use super::daemon::Y;")), ["daemon"]);
    assert_eq!(used(&file("web/page/mod.rs", "use super::super::{policy::X, cli};")), ["policy", "cli"]);
}
