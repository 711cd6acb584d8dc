//! Holds the code to the map in `docs/ARCHITECTURE.md`: which module may import which, and in which room each third-party crate lives.

#[path = "architecture/paths.rs"]
mod paths;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use paths::paths;

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
const ROOMS: [(&str, &[&str]); 15] = [
    ("axum", &["http", "sandbox", "app"]),
    ("hyper", &["http"]),
    ("rustix", &["http", "cli", "store", "worker"]),
    ("sea_orm", &["store"]),
    ("sqlx", &["store"]),
    ("tera", &["render"]),
    ("pulldown_cmark", &["render"]),
    ("slack_morphism", &["chat/slack"]),
    ("serenity", &["chat/discord"]),
    // iClosed's API is a source of events as its webhooks are.
    ("reqwest", &["chat", "sandbox", "source/iclosed/api"]),
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
    let wrong: Vec<String> = sources().iter().flat_map(forbidden_imports).collect();
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
    let wrong: Vec<String> = sources().iter().flat_map(strangers).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_forbidden_is_absent() {
    let wrong: Vec<String> = sources().iter().flat_map(forbidden).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The tests above see.
#[test]
fn what_the_map_forbids_is_found_however_it_is_written() {
    let of = |path: &str, code: &str| Source {
        path: path.to_owned(),
        module: path.split('/').nth(1).unwrap_or_default().trim_end_matches(".rs").to_owned(),
        code: code.to_owned(),
    };
    for (path, code) in [
        ("src/store/posts.rs", "use crate::flow::Flow;"),
        ("src/store/posts.rs", "use crate::{domain::post::Post, flow};"),
        ("src/store/posts.rs", "use crate::{\n    domain::{post, side},\n    http::{self, Door},\n};"),
        ("src/store/posts.rs", "use super::super::flow::Flow;"),
        ("src/store/mod.rs", "use super::flow;"),
        ("src/store/posts.rs", "fn f() { super::super::http::serve() }"),
        ("src/store/posts.rs", "use crate as all;"),
        ("src/store/posts.rs", "use super::super::*;"),
        ("src/domain/side.rs", "fn f() -> crate::store::Store {}"),
    ] {
        assert!(!forbidden_imports(&of(path, code)).is_empty(), "{path}: {code}");
    }
    for (path, code) in [
        ("src/store/posts.rs", "use axum::Router;"),
        ("src/store/posts.rs", "use {axum as web};"),
        ("src/http/mod.rs", "fn f() { ::tera::Tera::default() }"),
        ("src/chat/slack/mod.rs", "use serenity::{builder};"),
    ] {
        assert!(!strangers(&of(path, code)).is_empty(), "{path}: {code}");
    }
    for (path, code) in [
        ("src/domain/when.rs", "use chrono::Utc; fn f() { Utc::now(); }"),
        ("src/domain/when.rs", "use std::{fs, io};"),
        ("src/domain/when.rs", "async fn f() {}"),
        ("src/flow/mod.rs", "use serde_json::{Value, json};"),
        ("src/store/posts.rs", "let question = format!(\"select {name}\");"),
    ] {
        assert!(!forbidden(&of(path, code)).is_empty(), "{path}: {code}");
    }
    let good = of(
        "src/store/posts.rs",
        "// use crate::flow;\nuse super::ids; use crate::domain::{post::Post}; // axum::Router\nuse sea_orm::Value;",
    );
    assert_eq!([forbidden_imports(&good), strangers(&good), forbidden(&good)], [const { Vec::<String>::new() }; 3]);
}

/// Modules of ours that the map does not let this file name, and names for the whole crate, through which anything could be.
fn forbidden_imports(file: &Source) -> Vec<String> {
    let (_, allowed) =
        MODULES.iter().find(|(module, _)| *module == file.module).unwrap_or_else(|| panic!("{} is in no module of the map", file.path));
    let ours = file.paths().into_iter().filter(|path| path[0] == "crate");
    let imported: BTreeSet<String> = ours.map(|path| path.get(1).cloned().unwrap_or_else(|| "all of the crate".to_owned())).collect();
    let is_module = |name: &String| MODULES.iter().any(|(module, _)| module == name) || name.contains(' ');
    imported
        .into_iter()
        .filter(|name| is_module(name) && *name != file.module && !allowed.contains(&name.as_str()))
        .map(|name| format!("{}: {} must not import {name}", file.path, file.module))
        .collect()
}

/// Third-party crates that have no room in this file.
fn strangers(file: &Source) -> Vec<String> {
    let named: BTreeSet<String> = file.paths().into_iter().filter_map(|path| path.into_iter().next()).collect();
    let is_inside = |room: &&str| file.path.starts_with(&format!("src/{room}/")) || file.path == format!("src/{room}.rs");
    ROOMS
        .iter()
        .filter(|(name, rooms)| named.contains(*name) && !rooms.iter().any(&is_inside))
        .map(|(name, rooms)| format!("{}: {name} belongs to {}", file.path, rooms.join(", ")))
        .collect()
}

/// What must not stand in this file, as text or as a path however it is written.
fn forbidden(file: &Source) -> Vec<String> {
    let paths: Vec<String> = file.paths().iter().map(|path| format!("{}::", path.join("::"))).collect();
    let stands = |text: &str| file.code.contains(text) || paths.iter().any(|path| path.starts_with(&format!("{text}::")));
    FORBIDDEN
        .iter()
        .filter(|(module, text, _)| file.module == *module && stands(text))
        .map(|(_, text, why)| format!("{}: `{text}`: {why}", file.path))
        .collect()
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

impl Source {
    fn paths(&self) -> Vec<Vec<String>> {
        let inside = self.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        paths(&self.code, &inside.split('/').collect::<Vec<_>>()).into_iter().filter(|path| !path.is_empty()).collect()
    }
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

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
