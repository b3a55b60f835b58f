//! The house rules that no compiler checks: sizes, words, and which crate may use which.
//!
//! Every Rust and Python file is measured, tests included: a test is read as often as what it
//! tests. A function ends at the closing brace that is indented like its `fn`, as rustfmt writes
//! it.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 100;

/// Directories of the checkout that hold nothing of ours.
const FOREIGN: [&str; 6] = ["target", "node_modules", ".git", "dist", "demo-data", "testnet-data"];

/// Which crates of this workspace each crate may use. The testnet runs the node and never links it.
const EDGES: [(&str, &[&str]); 9] = [
    ("ledger", &[]),
    ("contracts", &["minglian-ledger"]),
    ("node/client", &["minglian-ledger"]),
    ("node/county", &["minglian-ledger", "minglian-client"]),
    ("node/listener", &[]),
    (
        "node",
        &[
            "minglian-ledger",
            "minglian-contracts",
            "minglian-client",
            "minglian-county",
            "minglian-listener",
        ],
    ),
    (
        "explorer",
        &["minglian-ledger", "minglian-contracts", "minglian-client", "minglian-listener"],
    ),
    ("testnet", &["minglian-ledger", "minglian-contracts", "minglian-client"]),
    ("testnet/mutants", &[]),
];

/// What deterministic code has nothing to do with. Only the store touches files.
const IMPURE: [&str; 8] = [
    "std::time",
    "std::thread",
    "std::net",
    "std::fs",
    "SystemTime",
    "HashMap",
    "HashSet",
    "tokio",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn walk(directory: &Path, wanted: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_str().unwrap();
        if entry.file_type().unwrap().is_dir() {
            if !FOREIGN.contains(&name) {
                walk(&path, wanted, found);
            }
        } else if wanted.iter().any(|end| name.ends_with(end)) && name != "package-lock.json" {
            found.push(path);
        }
    }
}

/// Files of the checkout whose names end in one of `wanted`, with their text.
fn files(below: &str, wanted: &[&str]) -> BTreeMap<String, String> {
    let root = root();
    let mut paths = Vec::new();
    walk(&root.join(below), wanted, &mut paths);
    assert!(!paths.is_empty(), "no files in {below}");
    let entry = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, text)
    };
    paths.into_iter().map(entry).collect()
}

fn report(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn files_and_lines_are_short() {
    let mut faults = Vec::new();
    for (name, text) in files("", &[".rs", ".py"]) {
        let count = text.lines().count();
        if count > FILE_LINES_MAX {
            faults.push(format!("{name}: {count} lines"));
        }
        for (number, line) in text.lines().enumerate() {
            let columns = line.chars().count();
            if columns > LINE_COLUMNS_MAX {
                faults.push(format!("{name}:{}: {columns} columns", number + 1));
            }
        }
    }
    report(&faults);
}

/// Functions of a Rust text: name, first line, number of lines.
fn functions(text: &str) -> Vec<(String, usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let Some((before, after)) = code.split_once("fn ") else { continue };
        let modifiers = ["pub", "async", "const", "unsafe", "extern"];
        let is_declaration = before
            .split_whitespace()
            .all(|word| modifiers.contains(&word) || word.starts_with("pub(") || word == "super)");
        let name: String =
            after.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
        if !is_declaration || name.is_empty() {
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - code.len()]);
        let body = lines[start..].iter().position(|line| *line == end || line.ends_with("{}"));
        let declared_only = lines[start..].iter().position(|line| line.ends_with(';'));
        let has_body = lines[start..].iter().position(|line| line.ends_with('{'));
        if let (Some(length), Some(_)) = (body, has_body.filter(|at| declared_only >= Some(*at))) {
            found.push((name, start + 1, length + 1));
        }
    }
    found
}

#[test]
fn functions_are_short() {
    let mut faults = Vec::new();
    for (name, text) in files("", &[".rs"]) {
        for (function, line, length) in functions(&text) {
            if length > FUNCTION_LINES_MAX {
                faults.push(format!("{name}:{line}: {function} has {length} lines"));
            }
        }
    }
    report(&faults);
}

#[test]
fn a_function_is_measured_by_its_braces() {
    let text = [
        "fn one() {\n    two();\n}\n",
        "impl A {\n    pub(crate) async fn b(\n        c: C,\n    ) -> D {\n        e()\n    }\n",
        "    fn f(&self);\n}\n",
    ]
    .join("\n");
    let expected = [("one".to_owned(), 1, 3), ("b".to_owned(), 6, 5)];
    assert_eq!(functions(&text), expected);
}

#[test]
fn nothing_is_left_undone() {
    // Written in two parts, so that this file does not find itself.
    let banned = [
        concat!("to", "do!"),
        concat!("unimplem", "ented!"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("db", "g!("),
        concat!("#[ig", "nore"),
        concat!("#[al", "low("),
    ];
    let mut faults = Vec::new();
    for (name, text) in files("", &[".rs"]) {
        for (number, line) in text.lines().enumerate() {
            for word in banned.iter().filter(|word| line.contains(*word)) {
                faults.push(format!("{name}:{}: {word}", number + 1));
            }
        }
    }
    report(&faults);
}

#[test]
fn the_text_speaks_of_the_ledger_only() {
    let banned = [
        concat!("cla", "ude"),
        concat!("anth", "ropic"),
        concat!("chat", "gpt"),
        concat!("co", "pilot"),
        concat!("language ", "model"),
        concat!("sub", "agent"),
        concat!("ai ", "assistant"),
        concat!("co-auth", "ored-by"),
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/."),
    ];
    let ends =
        [".rs", ".py", ".md", ".toml", ".ts", ".html", ".css", ".sh", ".c", ".yml", "Makefile"];
    let mut faults = Vec::new();
    for (name, text) in files("", &ends) {
        for (number, line) in text.lines().enumerate() {
            let line = line.to_lowercase();
            for word in banned.iter().filter(|word| line.contains(*word)) {
                faults.push(format!("{name}:{}: {word}", number + 1));
            }
        }
    }
    report(&faults);
}

#[test]
fn a_module_is_named_by_its_file() {
    let all = files("", &[".rs"]);
    let hidden: Vec<String> =
        all.into_keys().filter(|name| Path::new(name).ends_with("mod.rs")).collect();
    report(&hidden);
}

#[test]
fn crates_use_only_those_below_them() {
    let root = root();
    let mut faults = Vec::new();
    for (name, allowed) in EDGES {
        let manifest = fs::read_to_string(root.join(name).join("Cargo.toml")).unwrap();
        let own = format!("minglian-{}", name.rsplit('/').next().unwrap());
        for line in manifest.lines().filter(|line| line.starts_with("minglian-")) {
            let used = line.split(['.', ' ', '=']).next().unwrap();
            if used != own && !allowed.contains(&used) {
                faults.push(format!("{name} uses {used}"));
            }
        }
    }
    report(&faults);
    let workspace = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    for (name, _) in EDGES {
        assert!(workspace.contains(&format!("\"{name}\"")), "{name} is in the workspace");
    }
}

/// The modules among `modules` that a file's text names behind `crate::`.
fn used_modules(text: &str, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let code: Vec<&str> =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut used = BTreeSet::new();
    for (place, _) in code.match_indices("crate::") {
        let rest = &code[place + "crate::".len()..];
        // A group names modules until its statement ends.
        let end = if rest.starts_with('{') { ";" } else { ":;,)>} \n" };
        let named = rest.split(|letter| end.contains(letter)).next().unwrap_or_default();
        let words = named.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        used.extend(words.filter(|word| modules.contains(*word)).map(str::to_owned));
    }
    used
}

#[test]
fn modules_are_read_from_single_imports_and_groups() {
    let modules = ["book", "call", "seal", "state"].map(str::to_owned).into();
    let text = "use crate::book::{self, state};\n// crate::seal\nuse crate::{\n    call, other\n};";
    let expected = ["book", "call"].map(str::to_owned).into();
    assert_eq!(used_modules(text, &modules), expected);
}

/// A module is a file of `src` with the folder of its name. Within one, parent and children may use
/// one another; between them, what is used lies lower.
#[test]
fn modules_use_one_another_in_one_direction() {
    for source in ["ledger/src", "contracts/src", "testnet/src"] {
        let module = |name: &str| {
            let below = name.strip_prefix(source).unwrap().trim_start_matches('/');
            below.split('/').next().unwrap().trim_end_matches(".rs").to_owned()
        };
        let files = files(source, &[".rs"]);
        let modules: BTreeSet<String> = files.keys().map(|name| module(name)).collect();
        let mut uses = BTreeMap::<String, BTreeSet<String>>::new();
        for (name, text) in &files {
            let module = module(name);
            let mut used = used_modules(text, &modules);
            used.remove(&module);
            uses.entry(module).or_default().extend(used);
        }
        // What uses nothing is taken away until nothing is left but circles.
        while let Some(lowest) = uses.iter().find(|(_, used)| used.is_empty()) {
            let lowest = lowest.0.clone();
            uses.remove(&lowest);
            uses.values_mut().for_each(|used| used.retain(|module| *module != lowest));
        }
        assert!(uses.is_empty(), "{source}: these lie in circles or above them: {uses:?}");
    }
}

#[test]
fn there_is_one_curve_and_every_crate_comes_from_the_registry() {
    const REGISTRY: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    // The lock file is what every build resolves to, on every system.
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let curves = lock.lines().filter(|line| *line == "name = \"curve25519-dalek\"").count();
    assert_eq!(curves, 1, "keys, signatures and libp2p must share one curve25519-dalek");
    let sources: Vec<&str> = lock.lines().filter(|line| line.starts_with("source = ")).collect();
    assert!(!sources.is_empty());
    let strangers = sources.into_iter().filter(|source| *source != REGISTRY);
    report(&strangers.map(str::to_owned).collect::<Vec<_>>());
}

#[test]
fn ledger_and_contracts_are_pure() {
    let mut faults = Vec::new();
    for below in ["ledger/src", "contracts/src"] {
        for (name, text) in files(below, &[".rs"]) {
            if name.starts_with("ledger/src/store") {
                continue;
            }
            for (number, line) in text.lines().enumerate() {
                let is_comment = line.trim_start().starts_with("//");
                for word in IMPURE.iter().filter(|word| !is_comment && line.contains(*word)) {
                    faults.push(format!("{name}:{}: {word}", number + 1));
                }
            }
        }
    }
    report(&faults);
}
