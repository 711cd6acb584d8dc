//! Lists of follow-ups for people who ask, and the story of one.

use chrono::{DateTime, Utc};

use super::Renderer;
use super::clean;
use super::facts::person;
use super::forms::quoted;
use super::marks::Subjects;
use super::sentence::private;
use super::times::Clock;
use super::words::Said;
use crate::domain::follow_up::FollowUp;
use crate::domain::list::Listing;
use crate::domain::message::{Block, ControlKind, Entry, Inline, Message, Press, WhenStyle};
use crate::domain::platform::Platform;
use crate::domain::post::DeliveryKey;
use crate::domain::story::{More, Step};
use crate::domain::team::Person;

/// A line of a list.
const ENTRY: &str = "answer/entry.md";
/// Letters of a note in a story, and of what was looked for.
const NOTE: usize = 160;
/// Acts that the story has words for; others are told as a change.
const ACTS: [&str; 20] = [
    "opened",
    "told_again",
    "claimed",
    "taken_over",
    "assigned",
    "snoozed",
    "closed",
    "reopened",
    "noted",
    "side_told",
    "side_listed",
    "woken",
    "roused",
    "rebooked",
    "offered",
    "booked",
    "reminded",
    "called_out",
    "escalated",
    "expired",
];

/// What a list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked<'a> {
    /// Everything that is not closed.
    Open,
    /// What the asker has.
    Mine,
    /// What was found by these words.
    Found(&'a str),
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// What it is about.
    pub asked: Asked<'a>,
    /// The follow-ups of this page, each with the key that its buttons carry.
    pub shown: Vec<(FollowUp, Option<DeliveryKey>)>,
    /// How many there are on all pages.
    pub all: usize,
    /// How many stand on later pages.
    pub more: usize,
    /// This page, counted from 1.
    pub page: usize,
}

impl Renderer {
    /// One page of a list; what to do next where it is empty.
    #[must_use]
    pub fn list(&self, page: &Page<'_>, platform: Platform, now: DateTime<Utc>) -> Message {
        let n = || i64::try_from(page.all).unwrap_or(i64::MAX);
        let (about, verb) = match page.asked {
            Asked::Open => ("open", "open"),
            Asked::Mine => ("mine", "mine"),
            Asked::Found(_) => ("found", "show"),
        };
        if page.shown.is_empty() {
            return private(self.say_it(&format!("sentence.{about}_none"), &[]), Vec::new());
        }
        let typed = match page.asked {
            Asked::Found(typed) => clean::line(typed, NOTE).unwrap_or_default(),
            Asked::Open | Asked::Mine => String::new(),
        };
        let first = self.say_it(&format!("sentence.{about}_list"), &[("n", n().into()), ("typed", typed.into())]);
        let mut body: Vec<Block> = page.shown.iter().map(|(one, key)| self.entry(one, key.as_ref(), page, platform, now)).collect();
        if page.more > 0 {
            let next = i64::try_from(page.page + 1).unwrap_or(i64::MAX);
            let more = i64::try_from(page.more).unwrap_or(i64::MAX);
            let key = if matches!(page.asked, Asked::Found(_)) { "sentence.found_more" } else { "sentence.list_more" };
            body.push(Block::Paragraph(self.say_it(key, &[("n", more.into()), ("verb", verb.into()), ("page", next.into())])));
        }
        private(first, body)
    }

    /// Everything about a follow-up and what became of it, with all that can be done about it.
    #[must_use]
    pub fn shown(&self, follow_up: &FollowUp, story: &[Step], platform: Platform, now: DateTime<Utc>) -> Message {
        let mut message = self.details(follow_up, platform, now);
        let title = self.set.words.say("story.title", &[]);
        let steps = story.iter().map(|step| self.step(step, platform, now)).collect();
        message.body.extend([Block::Divider, Block::Paragraph(vec![Inline::Strong(vec![Inline::Text(title)])]), Block::List(steps)]);
        let own = follow_up.controls().iter().filter(|(press, _)| *press != Press::Details);
        let controls: Vec<(Press, ControlKind)> = own.chain(follow_up.private_controls()).copied().collect();
        Message { tone: follow_up.tone(), controls: self.labelled(&controls), ..message }
    }

    /// An answer of one sentence that asks for the words to look for.
    #[must_use]
    pub fn show_what(&self) -> Message {
        private(self.say_it("sentence.show_what", &[]), Vec::new())
    }

    fn entry(&self, follow_up: &FollowUp, key: Option<&DeliveryKey>, page: &Page<'_>, platform: Platform, now: DateTime<Utc>) -> Block {
        let message = self.answer(ENTRY, "summary.details", follow_up, platform, now);
        let mut text = Vec::new();
        for block in message.body {
            if let Block::Paragraph(run) | Block::Small(run) | Block::Quote(run) = block {
                if !text.is_empty() {
                    text.push(Inline::Break);
                }
                text.extend(run);
            }
        }
        let number = u16::try_from(page.page).unwrap_or(u16::MAX);
        let (controls, list) = match page.asked {
            Asked::Mine => (follow_up.controls_for_owner(), Some(Listing { mine: true, page: number })),
            Asked::Open => (follow_up.controls_in_list(), Some(Listing { mine: false, page: number })),
            Asked::Found(_) => (follow_up.controls_in_list(), None),
        };
        match key {
            Some(key) => Block::Entry(Entry {
                name: follow_up.short_id.to_string(),
                text,
                controls: self.labelled(controls),
                key: key.clone(),
                list,
            }),
            None => Block::Paragraph(text),
        }
    }

    /// When, who, what.
    fn step(&self, step: &Step, platform: Platform, now: DateTime<Utc>) -> Vec<Inline> {
        let by = step.by.as_ref().map(|(on, id)| match self.settings.team.on(*on, id) {
            Some(mate) => Person::from(mate),
            None => Person::named(self.set.words.say("story.somebody", &[])).known_on(*on, id),
        });
        let clock = self.around(&self.set, platform, now).clock();
        let at = Inline::When { at: step.at, style: WhenStyle::DateTime, fallback: clock.known(step.at).words };
        let done = self.done(by.as_ref(), &step.act, &step.more, clock);
        [at, Inline::Text(" · ".to_owned())].into_iter().chain(done).collect()
    }

    /// A step as it is told in a thread, where what somebody wrote stands in full.
    pub(super) fn line(&self, by: Option<&Person>, act: &str, more: &More, platform: Platform, now: DateTime<Utc>) -> Message {
        let clock = self.around(&self.set, platform, now).clock();
        let said = self.done(by, act, &More { note: None, ..more.clone() }, clock);
        let note = more.note.as_deref().map(quoted).filter(|quote| !quote.is_empty());
        private(said, note.map(Block::Quote).into_iter().collect())
    }

    /// Who, what.
    fn done(&self, by: Option<&Person>, act: &str, more: &More, clock: Clock<'_>) -> Vec<Inline> {
        let say = |key: &str| self.set.words.say(key, &[]);
        let act = ACTS.into_iter().find(|known| *known == act).unwrap_or("other");
        let text = |text: &str| Inline::Text(text.to_owned());
        let mut line = Vec::new();
        if let Some(by) = by {
            line.extend([Inline::Person(by.clone()), text(" ")]);
        }
        line.push(text(&say(&format!("story.{act}"))));
        if let Some(to) = more.to.as_ref().filter(|_| matches!(act, "assigned" | "reminded")) {
            line.extend([text(" "), Inline::Person(to.clone())]);
        }
        if let Some(until) = more.until {
            let when = Inline::When { at: until, style: WhenStyle::DateTime, fallback: clock.known(until).words };
            line.extend([text(if matches!(act, "snoozed" | "expired") { " " } else { ": " }), when]);
        }
        if let Some(host) = more.host.as_ref().and_then(|host| person(host, &self.settings.team)) {
            line.extend([text(&format!(" {} ", say("story.with"))), Inline::Person(host)]);
        }
        let reason = more.reason.map(|reason| say(&format!("form.close_{}", reason.name())));
        let ending = more.ending.map(|ending| say(&format!("form.close_{}", ending.name())));
        let side = more.side.map(|side| say(&format!("label.was_{}", side.name())));
        let note = more.note.as_deref().and_then(|note| clean::line(note, NOTE)).map(|note| format!("“{note}”"));
        let words: Vec<String> = [ending, reason, side, note].into_iter().flatten().collect();
        if !words.is_empty() {
            line.push(text(&format!(": {}", words.join(" · "))));
        }
        line
    }

    /// A sentence that names nobody.
    pub(super) fn say_it(&self, key: &str, values: &[(&str, Said)]) -> Vec<Inline> {
        let values: std::collections::BTreeMap<&str, &Said> = values.iter().map(|(name, value)| (*name, value)).collect();
        let nobody = Subjects::default();
        let said = self.set.words.sentence(key, &values, &nobody).or_else(|_| self.built_in.words.sentence(key, &values, &nobody));
        said.unwrap_or_else(|_| vec![Inline::Text(key.to_owned())])
    }
}
