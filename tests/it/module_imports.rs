//! The modules of each crate import in one direction. The compiler holds that between crates only.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::project::{files, has_extension, is_test, root};

/// The path of a module within its crate.
type Module = Vec<String>;

/// A module imports another one, or something of it.
type Imports = BTreeMap<Module, BTreeSet<Module>>;

/// The crate and the module of a source file, given by its path within the project.
fn module(path: &Path) -> Option<(String, Module)> {
    let text = path.to_str()?.strip_suffix(".rs")?;
    let (owner, within) = match text.strip_prefix("src/") {
        Some(within) => ("snarkfee", within),
        None => text.strip_prefix("crates/")?.split_once("/src/")?,
    };
    let mut module: Module = within.split('/').map(str::to_owned).collect();
    module.pop_if(|last| ["lib", "main", "mod"].contains(&last.as_str()));
    Some((owner.to_owned(), module))
}

/// The paths of a `use`, without its braces: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(tree: &str) -> Vec<String> {
    let Some((prefix, rest)) = tree.split_once('{') else { return vec![tree.to_owned()] };
    let inner = rest.strip_suffix('}').expect("a closed brace");
    let (mut paths, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, byte) in inner.bytes().chain([b',']).enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b',' if depth == 0 => {
                let part = &inner[start..at];
                paths.extend(
                    expand(part)
                        .into_iter()
                        .filter(|_| !part.is_empty())
                        .map(|path| format!("{prefix}{path}")),
                );
                start = at + 1;
            }
            _ => {}
        }
    }
    paths
}

/// The paths that a source imports from its own crate, tests left out.
fn imported(source: &str) -> Vec<String> {
    let program = source.split("#[cfg(test)]\nmod ").next().unwrap();
    let statements = program.split(';').filter_map(|statement| {
        let line = statement.rfind("use ").filter(|at| {
            let before = &statement[..*at];
            let start = before.rfind('\n').map_or(0, |newline| newline + 1);
            ["", "pub ", "pub(super) ", "pub(crate) "].contains(&&before[start..])
        })?;
        let tree: String = statement[line + 4..].split_whitespace().collect();
        ["crate::", "super::", "self::"].iter().any(|own| tree.starts_with(own)).then_some(tree)
    });
    statements.flat_map(|tree| expand(&tree)).collect()
}

/// The known module that holds what `path` names, seen from `from`.
fn target(path: &str, from: &Module, known: &BTreeSet<Module>) -> Module {
    let mut at = from.clone();
    for (place, part) in path.split("::").enumerate() {
        match part {
            "crate" if place == 0 => at.clear(),
            "self" if place == 0 => {}
            "super" => drop(at.pop()),
            part => {
                at.push(part.to_owned());
                if !known.contains(&at) {
                    at.pop();
                    break;
                }
            }
        }
    }
    at
}

/// For each crate, which module imports which, both named up to where their paths part: a module and
/// those within it are one to everyone else.
fn imports() -> BTreeMap<String, Imports> {
    let mut sources: BTreeMap<String, BTreeMap<Module, String>> = BTreeMap::new();
    for file in files().iter().filter(|file| has_extension(file, "rs") && !is_test(file)) {
        if let Some((owner, module)) = module(file.strip_prefix(root()).unwrap()) {
            sources.entry(owner).or_default().insert(module, fs::read_to_string(file).unwrap());
        }
    }
    let crates = sources.into_iter().map(|(owner, sources)| {
        let known: BTreeSet<Module> = sources.keys().cloned().collect();
        let mut imports = Imports::new();
        for (from, source) in &sources {
            for path in imported(source) {
                let to = target(&path, from, &known);
                let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
                if common < from.len() && common < to.len() {
                    let entry = imports.entry(from[..=common].to_vec()).or_default();
                    entry.insert(to[..=common].to_vec());
                }
            }
        }
        (owner, imports)
    });
    crates.collect()
}

/// What `from` imports, directly or not.
fn reach(from: &Module, imports: &Imports) -> BTreeSet<Module> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(module) = next.pop() {
        for to in imports.get(module).into_iter().flatten() {
            if reached.insert(to.clone()) {
                next.push(to);
            }
        }
    }
    reached
}

#[test]
fn no_modules_import_each_other() {
    let (mut circles, mut seen) = (Vec::new(), 0);
    for (owner, imports) in imports() {
        seen += imports.len();
        let within = imports.keys().filter(|module| reach(module, &imports).contains(*module));
        circles.extend(within.map(|module| format!("{owner}: {}", module.join("::"))));
    }
    assert!(seen > 50, "only {seen} modules import another one");
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

#[test]
fn imports_are_found_in_all_their_forms() {
    let source =
        "use std::fs;\n\npub use crate::{\n    a::{B, c::D},\n    e,\n};\nuse super::f::*;\n";
    assert_eq!(imported(source), ["crate::a::B", "crate::a::c::D", "crate::e", "super::f::*"]);
    let known = [vec!["a".to_owned()], vec!["x".to_owned(), "f".to_owned()]].into();
    let from = vec!["x".to_owned(), "y".to_owned()];
    assert_eq!(target("crate::a::B", &from, &known), ["a"]);
    assert_eq!(target("super::f::*", &from, &known), ["x", "f"]);
}
