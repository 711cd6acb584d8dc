//! Forms, with their words from `words.toml`; and notes, which are nobody's words but their author's.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use url::Url;

use super::clean;
use super::sentence::private;
use super::words::Said;
use super::{Renderer, Sentence};
use crate::domain::act::{ClosingReason, Ending, NOTE_MOST, Note, Role};
use crate::domain::follow_up::FollowUp;
use crate::domain::message::{Block, FieldKind, Form, FormField, FormKind, Inline, Message, Tone};
use crate::domain::platform::Platform;
use crate::domain::snooze::Snooze;
use crate::domain::team::Person;

/// Lines of a note.
const NOTE_LINES: usize = 40;

impl Renderer {
    /// The form that asks for what a button needs to know. `clock`: whose clock a time is read by that people type, where they do not
    /// choose it from their own.
    #[must_use]
    pub fn form(&self, kind: FormKind, clock: Option<Tz>) -> Form {
        let say = |key: &str| self.set.words.say(&format!("form.{key}"), &[]);
        let field = |name, label, optional, kind| FormField { name, label: say(label), optional, kind };
        let choice = |about: &str, names: &[&'static str]| {
            FieldKind::Choice(names.iter().map(|name| (say(&format!("{about}_{name}")), (*name).to_owned())).collect())
        };
        let own_time = self.set.words.say("form.snooze_at", &[("zone", clock.map(place).unwrap_or_default().into())]);
        let fields = match kind {
            FormKind::Snooze => vec![
                field("when", "snooze_when", false, choice("snooze", &Snooze::ALL.map(Snooze::name))),
                FormField { name: "at", label: own_time, optional: true, kind: FieldKind::Time(say("snooze_example")) },
            ],
            FormKind::Close => vec![
                field("outcome", "close_outcome", false, choice("close", &Ending::ALL.map(Ending::name))),
                field("reason", "close_reason", false, choice("close", &ClosingReason::ALL.map(ClosingReason::name))),
                field("note", "close_note", true, FieldKind::Lines(NOTE_MOST)),
            ],
            FormKind::Book => vec![field("time", "book_time", false, FieldKind::Choice(Vec::new()))],
            FormKind::Note => vec![field("text", "note_text", false, FieldKind::Lines(NOTE_MOST))],
        };
        let name = kind.name();
        Form {
            kind,
            title: say(&format!("{name}_title")),
            submit: say(&format!("{name}_submit")),
            cancel: say("cancel"),
            fields,
            sheet: None,
        }
    }

    /// The title of an answer that stands on top, where no message can go.
    #[must_use]
    pub fn answer_title(&self) -> String {
        self.set.words.say("form.answer_title", &[])
    }

    /// A note: what somebody said, or the essentials for whom a follow-up was given to.
    #[must_use]
    pub fn note(&self, note: &Note, follow_up: &FollowUp, platform: Platform, now: DateTime<Utc>) -> Message {
        match note {
            Note::Said { author, text } => self.said(author, text),
            Note::Step { by, act, more } => self.line(by.as_ref(), act, more, platform, now),
            Note::Thanks { owner } => self.sentence(&Sentence::Thanks { owner }, platform, now),
            Note::Given { by } => self.with_card(self.sentence(&Sentence::Given { by }, platform, now), follow_up, platform, now),
            Note::Yours { role } => self.with_card(self.yours(*role), follow_up, platform, now),
            Note::Reminder { about, since } => {
                let said = self.reminder(*about, *since, follow_up, platform, now);
                if !about.is_direct() {
                    return said;
                }
                // Who sees only a notification must not take it for a new cancellation.
                let summary = said.summary.clone();
                Message { summary, ..self.with_card(said, follow_up, platform, now) }
            }
            Note::Mention { person, of } => {
                let said = match of.as_ref() {
                    Note::Given { by } => self.sentence(&Sentence::Given { by }, platform, now),
                    Note::Yours { role } => self.yours(*role),
                    Note::Reminder { about, since } => self.reminder(*about, *since, follow_up, platform, now),
                    Note::Said { .. } | Note::Thanks { .. } | Note::Step { .. } | Note::Mention { .. } => {
                        self.note(of, follow_up, platform, now)
                    }
                };
                let whom = Block::Paragraph(vec![Inline::Person(person.clone())]);
                Message { body: std::iter::once(whom).chain(said.body).collect(), ..said }
            }
        }
    }

    /// What is said to one person directly, with the way to the card.
    #[must_use]
    pub fn with_link(&self, mut message: Message, url: Url) -> Message {
        let label = self.set.words.say("story.open_card", &[]);
        let at = message.body.len().min(1);
        message.body.insert(at, Block::Paragraph(vec![Inline::Link { label, url }]));
        message
    }

    /// A sentence above what the card says.
    fn with_card(&self, said: Message, follow_up: &FollowUp, platform: Platform, now: DateTime<Utc>) -> Message {
        let card = self.card(follow_up, platform, now);
        let body = said.body.into_iter().chain(card.body).collect();
        Message { body, controls: Vec::new(), ..card }
    }

    fn yours(&self, role: Role) -> Message {
        let key = match role {
            Role::Host => "sentence.yours_host",
            Role::Setter => "sentence.yours_setter",
        };
        private(self.say_it(key, &[]), Vec::new())
    }

    fn said(&self, author: &Person, text: &str) -> Message {
        let text = clean::lines(text, NOTE_MOST, NOTE_LINES).unwrap_or_default();
        let values = [("author", Said::from(author.name.as_str())), ("text", Said::from(text.replace('\n', " ")))];
        let summary = clean::fit(&self.set.words.say("summary.note", &values), super::LONGEST_TITLE);
        let quote = quoted(&text);
        let body = vec![Block::Paragraph(vec![Inline::Strong(vec![Inline::Person(author.clone())])]), Block::Quote(quote)];
        Message { tone: Tone::Neutral, summary, title: Vec::new(), body, controls: Vec::new() }
    }
}

/// What somebody wrote, letter by letter, line by line.
pub(super) fn quoted(text: &str) -> Vec<Inline> {
    let text = clean::lines(text, NOTE_MOST, NOTE_LINES).unwrap_or_default();
    text.lines().flat_map(|line| [Inline::Break, Inline::Text(line.to_owned())]).skip(1).collect()
}

/// The place that stands for a time zone, as people say it.
fn place(zone: Tz) -> String {
    zone.name().rsplit('/').next().unwrap_or_default().replace('_', " ")
}
