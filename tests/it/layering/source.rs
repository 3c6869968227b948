//! Rust source as far as the layering needs it: comments and texts taken out, tests told from the program.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A file of `src/`.
pub(crate) struct Source {
    /// Its path from `src/`.
    pub(crate) path: PathBuf,
    /// Its code, with comments, texts and test modules blanked, line for line.
    pub(crate) code: String,
}

/// Every file of `src/` that is part of the program: files behind `#[cfg(test)]` are left out.
pub(crate) fn program() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    assert!(paths.len() > 100, "only {} files below {}", paths.len(), root.display());
    let mut tests = BTreeSet::new();
    let mut files = Vec::new();
    for path in paths {
        let mut code = blank_texts(&fs::read_to_string(&path).unwrap());
        for name in blank_tests(&mut code) {
            tests.insert(children(&path).join(name));
        }
        files.push((path, code));
    }
    let is_test = |path: &Path| tests.iter().any(|test| path.with_extension("") == *test || path.starts_with(test));
    let program = files.into_iter().filter(|(path, _)| !is_test(path));
    program.map(|(path, code)| Source { path: path.strip_prefix(&root).unwrap().to_owned(), code }).collect()
}

impl Source {
    /// Number of the line that holds a position of the code.
    pub(crate) fn line(&self, position: usize) -> usize {
        self.code[..position].matches('\n').count() + 1
    }

    /// Positions at which a word stands as a whole identifier.
    pub(crate) fn words(&self, word: &str) -> Vec<usize> {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let whole = |at: &usize| !self.code[..*at].ends_with(part) && !self.code[at + word.len()..].starts_with(part);
        self.code.match_indices(word).map(|(at, _)| at).filter(whole).collect()
    }

    /// How many modules deep the file's code is, the crate's root being 0.
    pub(crate) fn depth(&self) -> usize {
        let parts = self.path.components().count();
        match self.path.file_stem().and_then(|stem| stem.to_str()) {
            Some("lib" | "mod" | "main") => parts - 1,
            _ => parts,
        }
    }
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// The folder in which a file's own modules lie.
fn children(path: &Path) -> PathBuf {
    match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("lib" | "mod" | "main") => path.parent().unwrap().to_owned(),
        _ => path.with_extension(""),
    }
}

/// Replaces comments, texts and characters by spaces of the same length; ends of lines stay.
pub(crate) fn blank_texts(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => text(rest),
            'r' | 'b' | 'c' if !out.ends_with(|c: char| c.is_alphanumeric() || c == '_') => prefixed(rest),
            '\'' => character(rest),
            _ => 0,
        };
        if length == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            let (blanked, after) = rest.split_at(length);
            out.extend(blanked.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
            rest = after;
        }
    }
    out
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// Length of a text that begins with its first quote.
fn text(rest: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Length of a raw, byte or C text; 0 where none begins here.
fn prefixed(rest: &str) -> usize {
    let kind = rest.find(|c| !matches!(c, 'r' | 'b' | 'c')).unwrap_or(rest.len());
    let hashes = rest[kind..].bytes().take_while(|byte| *byte == b'#').count();
    let quote = kind + hashes;
    if !matches!(&rest[..kind], "r" | "b" | "c" | "br" | "cr") || !rest[quote..].starts_with('"') {
        return 0;
    }
    if !rest[..kind].contains('r') {
        return if hashes == 0 { kind + text(&rest[kind..]) } else { 0 };
    }
    let end = format!("\"{}", "#".repeat(hashes));
    rest[quote + 1..].find(&end).map_or(rest.len(), |at| quote + 1 + at + end.len())
}

/// Length of a character; 0 where a lifetime begins.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => rest[3..].find('\'').map_or(0, |at| 3 + at + 1),
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

/// Blanks every item behind `#[cfg(test)]` and names those that are modules in files of their own.
fn blank_tests(code: &mut String) -> Vec<String> {
    const MARK: &str = "#[cfg(test)]";
    let mut files = Vec::new();
    while let Some(start) = code.find(MARK) {
        let after = start + MARK.len();
        let length = code[after..].find(['{', ';']).map_or(code.len() - after, |at| {
            if code[after + at..].starts_with(';') { at + 1 } else { at + braced(&code[after + at..]) }
        });
        let item = &code[after..after + length];
        if let Some((_, name)) = item.trim_end().strip_suffix(';').and_then(|item| item.rsplit_once("mod ")) {
            files.push(name.trim().to_owned());
        }
        let blank: String = code[start..after + length].chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
        code.replace_range(start..after + length, &blank);
    }
    files
}

/// Length from an opening brace to the one that closes it.
pub(crate) fn braced(code: &str) -> usize {
    let mut depth = 0;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return at + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

#[test]
fn texts_and_comments_are_blanked_and_code_is_not() {
    let source = "a /* x /* y */ */ 'b' '\\'' 'l: \"q\\\"q\" r#\"z\"z\"# b\"v\" br1 // e\nnext";
    let kept: Vec<_> = blank_texts(source).split_whitespace().map(str::to_owned).collect();
    assert_eq!(kept, ["a", "'l:", "br1", "next"]);
    assert_eq!(blank_texts("\"é\n\"").len(), "\"é\n\"".len());
}

#[test]
fn test_modules_are_blanked_and_their_files_named() {
    let mut code =
        "use a;\n#[cfg(test)]\nmod tests;\n#[cfg(test)]\npub(crate) mod b { fn c() { {} } }\nuse d;".to_owned();
    assert_eq!(blank_tests(&mut code), ["tests"]);
    assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["use", "a;", "use", "d;"]);
    assert_eq!(code.lines().count(), 6);
}
