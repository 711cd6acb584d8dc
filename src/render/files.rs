//! The templates as files: those compiled in, and those of `templates_dir` that replace them by their names.
//!
//! It reads; what is in them is judged by `set`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::mistake::{Mistake, did_you_mean};
use crate::domain::platform::Platform;

/// A card template has less than one kilobyte; ten times a long one is a file that came here by accident.
const LARGEST: u64 = 64 * 1024;
/// Folders within folders.
const DEEPEST: usize = 3;

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../templates/", $name)))),*]
    };
}

/// The compiled-in files, by their names below `templates/`.
const BUILT_IN: &[(&str, &str)] = built_in![
    "words.toml",
    "part/call.md",
    "part/reason.md",
    "part/lead.md",
    "card/invitee.md",
    "card/host.md",
    "card/unknown.md",
    "answer/details.md",
    "answer/entry.md",
    "answer/lead.md",
    "answer/reschedule_invitee.md",
    "answer/reschedule_host.md",
    "answer/reschedule_unknown.md",
    "answer/help.md",
];

/// Sources of templates by name.
pub(super) type Sources = BTreeMap<String, String>;

/// The compiled-in sources.
pub(super) fn built_in() -> Sources {
    BUILT_IN.iter().map(|(name, source)| ((*name).to_owned(), (*source).to_owned())).collect()
}

/// The names of all templates that there can be, with those for one platform.
pub(super) fn names() -> Vec<String> {
    let bases = BUILT_IN.iter().map(|(name, _)| *name);
    bases
        .flat_map(|base| std::iter::once(base.to_owned()).chain(Platform::ALL.iter().filter_map(|platform| variant(base, *platform))))
        .collect()
}

/// The name of the template that replaces `base` on one platform, such as `card/invitee.slack.md`; parts and words have none.
pub(super) fn variant(base: &str, platform: Platform) -> Option<String> {
    let stem = base.strip_suffix(".md").filter(|stem| !stem.starts_with("part/"))?;
    Some(format!("{stem}.{}.md", platform.name()))
}

/// The files of a team's folder, and what could not be read.
pub(super) fn of_folder(folder: &Path) -> (Sources, Vec<Mistake>) {
    let mut reading = Reading { root: folder, names: names(), sources: Sources::new(), mistakes: Vec::new() };
    reading.folder(folder, 0);
    (reading.sources, reading.mistakes)
}

struct Reading<'a> {
    root: &'a Path,
    names: Vec<String>,
    sources: Sources,
    mistakes: Vec<Mistake>,
}

impl Reading<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.mistake(folder, format!("cannot be read: {error}")),
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                // What editors and version control leave behind is no template.
            } else if !path.is_dir() {
                self.file(&path);
            } else if depth < DEEPEST {
                self.folder(&path, depth + 1);
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let name = self.name(path);
        if !self.names.contains(&name) {
            let near = did_you_mean(&name, self.names.iter().map(String::as_str));
            return self.mistake(path, format!("there is no such template{near}"));
        }
        let source = match fs::metadata(path) {
            Ok(file) if file.len() > LARGEST => Err(format!("is larger than {} KiB", LARGEST / 1024)),
            Ok(_) => fs::read(path).map_err(|error| format!("cannot be read: {error}")),
            Err(error) => Err(format!("cannot be read: {error}")),
        };
        match source.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())) {
            Ok(source) => drop(self.sources.insert(name, source.trim_start_matches('\u{feff}').replace("\r\n", "\n"))),
            Err(what) => self.mistake(path, what),
        }
    }

    /// The name below the folder, with `/` on every system.
    fn name(&self, path: &Path) -> String {
        let below = path.strip_prefix(self.root).unwrap_or(path);
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        if parts.is_empty() { self.root.display().to_string() } else { parts.join("/") }
    }

    fn mistake(&mut self, path: &Path, what: String) {
        self.mistakes.push(Mistake::new(self.name(path), None, what));
    }
}
