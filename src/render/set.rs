//! A set of templates that has been checked as a whole: it can render every follow-up that the samples stand for.
//!
//! It does not choose templates and does not put messages together: that is the `Renderer`'s.

use tera::Tera;

use super::context;
use super::engine::{self, Values};
use super::files::{self, Sources};
use super::links::LinkPolicy;
use super::marks::Subjects;
use super::mistake::Mistake;
use super::scan::{self, Allowed};
use super::tree::{self, Tree};
use super::words::{self, Words};
use crate::domain::platform::Platform;

/// What a template can do besides printing values.
const STATEMENTS: [&str; 9] = ["if", "elif", "else", "endif", "for", "endfor", "set", "endset", "include"];

/// Templates and words that belong together.
pub(super) struct Set {
    pub words: Words,
    tera: Tera,
    /// The templates by name, without the words.
    names: Vec<String>,
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
            let unknown = engine::unknown_variables(&tera, name, &context::names());
            // What an included part reads is told where the part is looked at.
            let here = unknown.into_iter().filter_map(|(variable, what)| Some((scan::line_of(source, &variable)?, what)));
            found.extend(here.map(|(line, what)| Mistake::new(name, line, what)));
        }
        let names = all.into_keys().collect();
        match words {
            Ok(words) if found.is_empty() => Ok(Self { words, tera, names }),
            Ok(_) => Err(found),
            Err(wrong) => Err([found, wrong].concat()),
        }
    }

    /// Fills a template in and reads the tree of it.
    pub(super) fn render(
        &self,
        base: &str,
        platform: Platform,
        values: &Values,
        subjects: &Subjects,
        links: &LinkPolicy,
    ) -> Result<Tree, Vec<Mistake>> {
        let name = self.name_on(base, platform);
        let markdown = engine::fill(&self.tera, &name, values).map_err(|mistake| vec![mistake])?;
        tree::read(&markdown, subjects, links)
            .map_err(|wrong| wrong.into_iter().map(|what| Mistake::new(&name, None, format!("a message cannot hold {what}"))).collect())
    }

    /// The template that stands for `base` on that platform.
    pub(super) fn name_on(&self, base: &str, platform: Platform) -> String {
        files::variant(base, platform).filter(|variant| self.names.contains(variant)).unwrap_or_else(|| base.to_owned())
    }
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
