//! Marks: how people, times and absent values travel through Tera and Markdown as text, and what they become afterwards.
//!
//! A mark is made of code points that are no characters (U+FDD0 to U+FDD5, kept by Unicode for a program's own use).
//! `clean` takes them out of every value and `scan` refuses them in templates, so no data and no template can write one.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::message::{Inline, WhenStyle};
use crate::domain::platform::Platform;
use crate::domain::team::Person;

/// Something is not known here; the part of the line around it is left out.
pub(super) const ABSENT: char = '\u{fdd0}';
/// Stands for the middle dot of a template's ` · `, which separates parts. A dot in a value is only a dot.
pub(super) const SEPARATOR: char = '\u{fdd1}';
const OPEN: char = '\u{fdd2}';
const CLOSE: char = '\u{fdd3}';

/// Is it one of the code points that marks are made of?
pub(super) fn is_own(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}')
}

/// What a mark stands for, with the place of its subject in the [`Subjects`] of one rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Somebody, mentioned where the platform may.
    Person(usize),
    /// Somebody's name.
    Name(usize),
    /// A time in its reader's own zone.
    When(usize, WhenStyle),
    /// The lead's own clock at that time.
    LeadClock(usize),
}

impl Mark {
    /// The mark as a value of a template.
    pub(super) fn write(self) -> String {
        let (kind, at) = match self {
            Self::Person(at) => ("person", at),
            Self::Name(at) => ("name", at),
            Self::When(at, WhenStyle::DateTime) => ("when", at),
            Self::When(at, WhenStyle::Date) => ("date", at),
            Self::When(at, WhenStyle::Time) => ("time", at),
            Self::When(at, WhenStyle::Relative) => ("relative", at),
            Self::LeadClock(at) => ("clock", at),
        };
        format!("{OPEN}{kind}:{at}{CLOSE}")
    }

    /// Reads a value that is one mark and nothing else.
    pub(super) fn read(value: &str) -> Option<Self> {
        let (kind, at) = value.strip_prefix(OPEN)?.strip_suffix(CLOSE)?.split_once(':')?;
        let at = at.parse().ok()?;
        match kind {
            "person" => Some(Self::Person(at)),
            "name" => Some(Self::Name(at)),
            "when" => Some(Self::When(at, WhenStyle::DateTime)),
            "date" => Some(Self::When(at, WhenStyle::Date)),
            "time" => Some(Self::When(at, WhenStyle::Time)),
            "relative" => Some(Self::When(at, WhenStyle::Relative)),
            "clock" => Some(Self::LeadClock(at)),
            _ => None,
        }
    }
}

/// A time that a template can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Time {
    /// The instant, where one is known.
    pub at: Option<DateTime<Utc>>,
    /// In words of the team's time zone, or as written where no instant is known.
    pub words: String,
    /// Only the date and only the time of day.
    pub date: String,
    /// See `date`.
    pub clock: String,
    /// How far away it is, such as "in 46 h".
    pub relative: String,
    /// A word of doubt that always goes with it.
    pub doubt: Option<String>,
    /// The lead's own clock, where known.
    pub lead: Option<String>,
}

/// The people and times of one rendering; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Subjects {
    people: Arc<Vec<Person>>,
    times: Arc<Vec<Time>>,
    /// Whether the platform can show "in 2 hours".
    relative: bool,
}

impl Subjects {
    /// The same as that platform shows them. Slack has no form for "in 2 hours" that stays true while the card stands.
    pub(super) fn on(&self, platform: Platform) -> Self {
        Self { relative: platform == Platform::Discord, ..self.clone() }
    }

    /// Takes somebody up and gives the value for a template.
    pub(super) fn person(&mut self, person: Person) -> String {
        Arc::make_mut(&mut self.people).push(person);
        Mark::Person(self.people.len() - 1).write()
    }

    /// Takes a time up and gives the value for a template.
    pub(super) fn time(&mut self, time: Time) -> String {
        Arc::make_mut(&mut self.times).push(time);
        Mark::When(self.times.len() - 1, WhenStyle::DateTime).write()
    }

    /// Text with marks as inlines; `None` in it stands for something absent.
    pub(super) fn resolve(&self, text: &str) -> Vec<Option<Inline>> {
        let mut found = Vec::new();
        self.resolve_each(text, |inline| found.push(inline));
        found
    }

    /// The same, one after the other.
    pub(super) fn resolve_each(&self, text: &str, mut take: impl FnMut(Option<Inline>)) {
        let mut rest = text;
        while let Some(start) = rest.find([ABSENT, OPEN]) {
            take_text(&rest[..start], &mut take);
            let mark = &rest[start..];
            if mark.starts_with(ABSENT) {
                take(None);
                rest = &mark[ABSENT.len_utf8()..];
                continue;
            }
            let end = mark.find(CLOSE).map_or(mark.len(), |end| end + CLOSE.len_utf8());
            match Mark::read(&mark[..end]) {
                Some(Mark::When(at, style)) => self.when(at, style, &mut take),
                Some(Mark::Person(at)) => take(self.people.get(at).cloned().map(Inline::Person)),
                Some(Mark::Name(at)) => take(self.people.get(at).map(|person| Inline::Text(person.name.clone()))),
                Some(Mark::LeadClock(at)) => take(self.times.get(at).and_then(|time| time.lead.clone()).map(Inline::Text)),
                None => take(None),
            }
            rest = &mark[end..];
        }
        take_text(rest, &mut take);
    }

    fn when(&self, at: usize, style: WhenStyle, take: &mut impl FnMut(Option<Inline>)) {
        let Some(time) = self.times.get(at).filter(|time| style != WhenStyle::Relative || (self.relative && time.at.is_some())) else {
            return take(None);
        };
        let words = match style {
            WhenStyle::Relative => &time.relative,
            WhenStyle::DateTime => &time.words,
            WhenStyle::Date => &time.date,
            WhenStyle::Time => &time.clock,
        };
        take(Some(match time.at {
            Some(at) => Inline::When { at, style, fallback: words.clone() },
            None => Inline::Text(words.clone()),
        }));
        if let Some(doubt) = time.doubt.as_ref().filter(|_| style != WhenStyle::Relative) {
            take(Some(Inline::Text(format!(" {doubt}"))));
        }
    }
}

fn take_text(text: &str, take: &mut impl FnMut(Option<Inline>)) {
    if !text.is_empty() {
        take(Some(Inline::Text(text.to_owned())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_as_written() {
        for mark in [
            Mark::Person(0),
            Mark::Name(3),
            Mark::When(1, WhenStyle::DateTime),
            Mark::When(1, WhenStyle::Date),
            Mark::When(1, WhenStyle::Time),
            Mark::When(12, WhenStyle::Relative),
            Mark::LeadClock(0),
        ] {
            assert_eq!(Mark::read(&mark.write()), Some(mark));
        }
        assert_eq!(Mark::read("person:0"), None);
    }

    #[test]
    fn text_around_marks_stays() {
        let mut subjects = Subjects::default();
        let alex = subjects.person(Person::named("Alex"));
        let found = subjects.resolve(&format!("Host {alex}, {}{ABSENT}{OPEN}rubbish{CLOSE}.", Mark::Name(0).write()));
        let text = |text: &str| Some(Inline::Text(text.into()));
        let expected = vec![text("Host "), Some(Inline::Person(Person::named("Alex"))), text(", "), text("Alex"), None, None, text(".")];
        assert_eq!(found, expected);
    }
}
