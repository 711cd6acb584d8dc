//! A template filled in with the values of a follow-up: what the messages of all platforms have in common, so that it is made once for
//! all of them.

use std::sync::OnceLock;

use super::marks::Subjects;
use super::tree::{Outline, Tree};
use super::{LONGEST_TITLE, parts, units};
use crate::domain::message::{Inline, Message, Tone};
use crate::domain::platform::Platform;

/// What the cards of one follow-up have in common on several platforms, as it is at one moment. Made by the first of them, for the others.
#[derive(Debug, Default)]
pub struct InCommon(OnceLock<Option<Filled>>);

impl InCommon {
    /// What they have in common; `None` where it could not be made.
    pub(super) fn or_made(&self, make: impl FnOnce() -> Option<Filled>) -> Option<&Filled> {
        self.0.get_or_init(make).as_ref()
    }
}

/// A template that is filled in.
#[derive(Debug)]
pub(super) struct Filled {
    pub outline: Outline,
    /// The sentence that sums it up.
    pub said: Option<String>,
    pub subjects: Subjects,
    /// What stands for a sentence that says nothing.
    pub short_id: String,
}

/// What a filled-in template is on a platform.
pub(super) struct Shown {
    /// Without tone and controls.
    pub message: Message,
    /// Addresses that the link policy did not allow.
    pub denied: Vec<String>,
    /// Title and summary are short enough.
    pub fits: bool,
}

impl Filled {
    pub(super) fn on(&self, platform: Platform) -> Shown {
        let subjects = self.subjects.on(platform);
        let Tree { title, body, denied } = self.outline.show(&subjects);
        let summary = summary(self.said.as_deref(), &subjects, &self.short_id);
        let fits = [&parts::words(&title), &summary].into_iter().all(|text| units(text) <= LONGEST_TITLE);
        Shown { message: Message { tone: Tone::Neutral, summary, title, body, controls: Vec::new() }, denied, fits }
    }
}

/// The sentence as plain text; never empty.
pub(super) fn summary(said: Option<&str>, subjects: &Subjects, instead: &str) -> String {
    let inlines: Vec<Inline> = said.iter().flat_map(|said| subjects.resolve(said)).flatten().collect();
    if inlines.is_empty() { instead.to_owned() } else { parts::words(&inlines) }
}
