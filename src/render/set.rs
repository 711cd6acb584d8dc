//! A set of templates that has been checked as a whole: it can render every follow-up that the samples stand for.
//!
//! It does not choose templates and does not put messages together: that is the `Renderer`'s.

use std::collections::{BTreeMap, BTreeSet};

use tera::Tera;

use super::context::{self, Wanted};
use super::engine::{self, Values};
use super::files::{self, Sources};
use super::links::LinkPolicy;
use super::mistake::Mistake;
use super::scan::{self, Allowed};
use super::tree::{self, Outline};
use super::words::{self, Words};
use crate::domain::platform::Platform;

/// What a template can do besides printing values.
const STATEMENTS: [&str; 9] = ["if", "elif", "else", "endif", "for", "endfor", "set", "endset", "include"];

/// Templates and words that belong together.
pub(super) struct Set {
    pub words: Words,
    tera: Tera,
    /// What each template may read, by its name.
    wanted: BTreeMap<String, Wanted>,
}

impl Set {
    /// The built-in templates, with those of `own` instead where it has them.
    pub(super) fn read(own: &Sources) -> Result<Self, Vec<Mistake>> {
        let built_in = files::built_in();
        let mut all = built_in.clone();
        all.extend(own.clone());
        let words = all.remove(words::FILE).unwrap_or_default();
        let mut found = Vec::new();
        let words = Words::read(&words);
        let mut tera = engine::tera();
        engine::add_ordinals(&mut tera, words.as_ref().map(ordinals).unwrap_or_default());
        // The built-in ones first and together, since they include each other; then each of a team's own is told its own mistakes.
        let markdown = built_in.iter().filter(|(name, _)| *name != words::FILE);
        found.extend(engine::add_all(&mut tera, markdown.map(|(name, source)| (name.as_str(), source.as_str()))).err());
        for (name, source) in &all {
            found.extend(take(&mut tera, name, source));
        }
        for (name, source) in &all {
            let unknown = engine::unknown_variables(&tera, name, context::NAMES);
            // What an included part reads is told where the part is looked at.
            let here = unknown.into_iter().filter_map(|(variable, what)| Some((scan::line_of(source, &variable)?, what)));
            found.extend(here.map(|(line, what)| Mistake::new(name, line, what)));
        }
        match words {
            Ok(words) if found.is_empty() => {
                let may_read = |name: &String| Wanted::of(engine::reads(&tera, name).chain(named_in(name, &all)));
                let wanted = all.keys().map(|name| (name.clone(), may_read(name))).collect();
                Ok(Self { words, tera, wanted })
            }
            Ok(_) => Err(found),
            Err(wrong) => Err([found, wrong].concat()),
        }
    }

    /// Fills a template in and reads what it says.
    pub(super) fn fill(&self, base: &str, platform: Platform, values: &Values, links: &LinkPolicy) -> Result<Outline, Vec<Mistake>> {
        let name = self.name_on(base, platform);
        let markdown = engine::fill(&self.tera, &name, values).map_err(|mistake| vec![mistake])?;
        tree::outline(&markdown, links)
            .map_err(|wrong| wrong.into_iter().map(|what| Mistake::new(&name, None, format!("a message cannot hold {what}"))).collect())
    }

    /// May that template, or that entry of the words, say something else on another platform?
    pub(super) fn tells_apart(&self, base: &str, entry: &str) -> bool {
        Platform::ALL.iter().any(|platform| self.name_on(base, *platform) != base || self.wanted(base, *platform, entry).platform)
    }

    /// What that template and that entry of the words may read.
    pub(super) fn wanted(&self, base: &str, platform: Platform, entry: &str) -> Wanted {
        self.wanted.get(&self.name_on(base, platform)).copied().unwrap_or(Wanted::ALL).with(self.words.wanted(entry))
    }

    /// The template that stands for `base` on that platform.
    pub(super) fn name_on(&self, base: &str, platform: Platform) -> String {
        files::variant(base, platform).filter(|variant| self.wanted.contains_key(variant)).unwrap_or_else(|| base.to_owned())
    }
}

/// Every word in the tags of a template and of those that it includes. The names that it reads are among them, and also those that it sets,
/// which Tera does not list, though they stand for the value where they are not set.
fn named_in<'a>(template: &'a str, sources: &'a Sources) -> impl Iterator<Item = &'a str> {
    let source = |name: &str| sources.get(name).map_or("", String::as_str);
    let mut reached = BTreeSet::from([template]);
    let mut next = vec![template];
    while let Some(name) = next.pop() {
        next.extend(scan::included(source(name)).filter(|included| reached.insert(included)));
    }
    reached.into_iter().flat_map(move |name| scan::words(source(name)))
}

/// "1st" and upwards, as far as anybody counts cancellations.
fn ordinals(words: &Words) -> Vec<String> {
    (1..=99_i64).map(|n| words.say("count.ordinal", &[("n", n.into())])).collect()
}

/// Adds a template to Tera, or tells what is wrong with it.
fn take(tera: &mut Tera, name: &str, source: &str) -> Vec<Mistake> {
    let filters = engine::filters();
    let allowed = Allowed { statements: &STATEMENTS, filters: &filters, fields: &context::FIELDS };
    let mut found = scan::mistakes(name, source, &allowed);
    if let Err(mistake) = engine::add(tera, name, source) {
        // Tera tells some mistakes again, without a suggestion.
        if !found.iter().any(|known| known.line == mistake.line) {
            found.push(mistake);
        }
    }
    found
}
