//! Holds the code to the map in `docs/ARCHITECTURE.md`: which module may import which, and in which room each third-party crate lives.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each module and what of ours it may import. A module lists only modules above it, so a cycle cannot be written down.
const MODULES: [(&str, &[&str]); 13] = [
    ("domain", &[]),
    ("telemetry", &[]),
    ("sandbox", &[]),
    ("config", &["domain"]),
    ("store", &["domain"]),
    ("render", &["domain"]),
    ("source", &["domain"]),
    ("chat", &["domain"]),
    ("flow", &["domain", "telemetry", "config", "store", "render", "source", "chat"]),
    ("worker", &["domain", "store", "flow"]),
    ("http", &["domain", "telemetry", "chat", "source", "flow"]),
    ("app", &["domain", "telemetry", "config", "store", "render", "source", "chat", "flow", "worker", "http", "sandbox"]),
    ("cli", &["domain", "telemetry", "config", "store", "render", "source", "chat", "flow", "worker", "http", "sandbox", "app"]),
];

/// Third-party names and the only places where they may stand.
const ROOMS: [(&str, &[&str]); 14] = [
    ("axum", &["http", "sandbox", "app"]),
    ("hyper", &["http"]),
    ("sea_orm", &["store"]),
    ("sqlx", &["store"]),
    ("tera", &["render"]),
    ("pulldown_cmark", &["render"]),
    ("slack_morphism", &["chat/slack"]),
    ("serenity", &["chat/discord"]),
    ("reqwest", &["chat", "sandbox"]),
    ("toml", &["config", "render"]),
    ("clap", &["cli"]),
    ("prometheus_client", &["telemetry"]),
    ("tracing_subscriber", &["telemetry"]),
    ("hmac", &["store", "chat/slack", "source", "sandbox"]),
];

/// What must not stand in a module at all, and why.
const FORBIDDEN: [(&str, &str, &str); 5] = [
    ("domain", "async ", "the rules do not wait"),
    ("domain", "Utc::now", "now is an argument"),
    ("domain", "std::fs", "the rules read no files"),
    ("flow", "serde_json::Value", "values are parsed at the edge"),
    ("store", "format!(\"select", "queries are built, not glued"),
];

/// Lines of a file without its tests; a longer one wants to be two.
const LONGEST: usize = 500;

#[test]
fn modules_import_only_what_the_map_allows() {
    let mut wrong = Vec::new();
    for file in sources() {
        let (_, allowed) =
            MODULES.iter().find(|(module, _)| *module == file.module).unwrap_or_else(|| panic!("{} is in no module of the map", file.path));
        for imported in imports(&file.code) {
            if imported != file.module && !allowed.contains(&imported.as_str()) {
                wrong.push(format!("{}: {} must not import {imported}", file.path, file.module));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_map_has_no_cycle() {
    let above: BTreeMap<&str, usize> = MODULES.iter().enumerate().map(|(at, (module, _))| (*module, at)).collect();
    for (module, allowed) in MODULES {
        for other in allowed {
            assert!(above[other] < above[module], "{module} may import {other}, which stands below it");
        }
    }
}

#[test]
fn third_party_crates_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for file in sources() {
        for (name, rooms) in ROOMS {
            let inside = rooms.iter().any(|room| file.path.starts_with(&format!("src/{room}/")) || file.path == format!("src/{room}.rs"));
            if !inside && mentions(&file.code, &format!("{name}::")) {
                wrong.push(format!("{}: {name} belongs to {}", file.path, rooms.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_forbidden_is_absent() {
    let mut wrong = Vec::new();
    for file in sources() {
        for (module, text, why) in FORBIDDEN {
            if file.module == module && file.code.contains(text) {
                wrong.push(format!("{}: `{text}`: {why}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for_and_is_short() {
    let mut wrong = Vec::new();
    for file in sources() {
        if !file.code.starts_with("//!") {
            wrong.push(format!("{}: begins without //!", file.path));
        }
        let lines = file.code.lines().count();
        if lines > LONGEST {
            wrong.push(format!("{}: {lines} lines", file.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn production_code_has_no_branches_for_tests() {
    let mut wrong = Vec::new();
    for file in sources() {
        let lines: Vec<&str> = file.code.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let next = lines.get(at + 1).map_or("", |next| next.trim());
            let marks = line.trim_start().starts_with("#[cfg(test)]") && !next.starts_with("mod ") && !next.starts_with("pub mod ");
            if marks || line.contains("cfg(not(test))") || line.contains("cfg!(test)") {
                wrong.push(format!("{}:{}: {line}", file.path, at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_document_tells_the_same_table() {
    let document = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("docs/ARCHITECTURE.md");
    let (_, document) = document.split_once("## Who may import whom").expect("the section");
    for (module, allowed) in MODULES {
        let row =
            document.lines().find(|line| line.starts_with(&format!("| `{module}` |"))).unwrap_or_else(|| panic!("no row for {module}"));
        let told: BTreeSet<&str> =
            row.rsplit('|').nth(1).unwrap_or_default().split(',').map(|name| name.trim().trim_matches('`')).collect();
        let expected: BTreeSet<&str> =
            if allowed.is_empty() { BTreeSet::from(["nothing of ours"]) } else { allowed.iter().copied().collect() };
        assert_eq!(told, expected, "the row of {module}");
    }
}

struct Source {
    path: String,
    module: String,
    /// Without the tests at the end of the file.
    code: String,
}

/// All source files but the roots `lib.rs` and `main.rs`, and files that are tests as a whole.
fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files);
    assert!(files.len() > 40, "the sources were not found");
    files.into_iter().filter_map(|path| source(&path)).collect()
}

fn source(path: &Path) -> Option<Source> {
    let relative = path.strip_prefix(root()).ok()?.to_str()?.replace('\\', "/");
    let inside = relative.strip_prefix("src/")?;
    let module = inside.split('/').next()?.trim_end_matches(".rs").to_owned();
    let is_test = inside.contains("/tests/") || inside.ends_with("/tests.rs") || inside.contains("_tests.rs");
    if ["lib", "main"].contains(&module.as_str()) || is_test {
        return None;
    }
    let text = fs::read_to_string(path).ok()?;
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
    Some(Source { path: relative, module, code })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Modules of ours that the code names, as `crate::name` or in `use crate::{name, …}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in without_comments(code).split("crate::").skip(1) {
        match part.strip_prefix('{') {
            Some(list) => found.extend(list.split('}').next().unwrap_or_default().split(',').map(first_word)),
            None => {
                found.insert(first_word(part));
            }
        }
    }
    found.into_iter().filter(|name| MODULES.iter().any(|(module, _)| module == name)).collect()
}

fn mentions(code: &str, name: &str) -> bool {
    let code = without_comments(code);
    code.match_indices(name).any(|(at, _)| !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':'))
}

fn without_comments(code: &str) -> String {
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
