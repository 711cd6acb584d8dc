//! Turns follow-ups into messages: templates and words in, the platform-free tree of `domain::message` out.
//!
//! Three steps: Tera fills Markdown in with every value escaped, a Markdown parser reads it, and what it reads becomes the tree.
//! It is the only user of Tera and of the Markdown parser. It does no I/O but reading a team's templates once, has no clock, and knows
//! nothing of blocks and embeds. A message can always be rendered: what fails falls back to what cannot.

mod answers;
mod booking;
mod clean;
mod context;
mod earlier;
mod engine;
mod facts;
mod files;
mod filled;
mod forms;
mod links;
mod lists;
mod load;
mod marks;
mod mistake;
mod parts;
mod remind;
mod said;
pub mod samples;
mod scan;
mod sentence;
mod set;
mod text;
mod times;
mod tree;
mod words;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use url::Url;

use self::context::{CardContext, Wanted};
use self::engine::Values;
use self::facts::{Around, Facts};
use self::filled::{Filled, Shown};
use self::links::LinkPolicy;
use self::marks::Subjects;
use self::mistake::Mistake;
use self::set::Set;
use crate::domain::command::{Takes, Verb};
use crate::domain::follow_up::FollowUp;
use crate::domain::message::{Block, Control, ControlKind, Inline, Message, Press, Tone};
use crate::domain::platform::Platform;
use crate::domain::side::Side;
use crate::domain::team::Team;

pub use self::booking::{Elsewhere, Offer, Slots, Told};
pub use self::filled::InCommon;
pub use self::lists::{Asked, Page};
pub use self::mistake::TemplateMistakes;
pub use self::sentence::{Sentence, Unfit};
pub use self::text::card_as_text;

/// Letters of a title, which is all that a header of Slack takes, and of the sentence for push notifications.
/// <https://docs.slack.dev/reference/block-kit/blocks/header-block>
const LONGEST_TITLE: usize = 150;

/// What a card without formatting takes straight from the values, besides its summary.
const WANTED_IN_PLAIN: Wanted =
    Wanted { evidence: true, notice: true, reason: true, email: true, phone: true, contact_url: true, ..Wanted::NONE };

/// What rendering needs of the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// For text that cannot adapt to its reader.
    pub timezone: chrono_tz::Tz,
    /// Questions whose answers a card shows first.
    pub highlight: Vec<String>,
    /// Hosts besides iClosed's to which a card may link: exact, or `*.example.com`.
    pub link_hosts: Vec<String>,
    /// Our own address, to which a card may link, too.
    pub public_url: Url,
    /// Who of the people in payloads is a teammate.
    pub team: Team,
}

/// What a slash command says about itself where people choose one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandWords {
    /// About the command as a whole.
    pub about: String,
    /// Its verbs, each with a description.
    pub verbs: Vec<VerbWords>,
}

/// What a verb of the slash command says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerbWords {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub about: String,
    /// What it takes: the name, what that is in words, and of which kind it is.
    pub options: Vec<(&'static str, String, Takes)>,
}

/// The templates and words, loaded and checked.
pub struct Renderer {
    settings: Settings,
    /// The questions of the settings by their normal names.
    highlight: Vec<String>,
    links: LinkPolicy,
    set: Arc<Set>,
    /// What a template of the team's falls back to.
    built_in: Arc<Set>,
    /// Templates of which it was said that they failed.
    failed: Mutex<BTreeSet<String>>,
}

impl Renderer {
    /// The card of a follow-up. A template that fails here is told once in the log, and the built-in one stands in for it.
    #[must_use]
    pub fn card(&self, follow_up: &FollowUp, platform: Platform, now: DateTime<Utc>) -> Message {
        self.one_of_the_cards(follow_up, platform, now, &InCommon::default())
    }

    /// The same, where cards for other platforms are made of the same follow-up at the same time.
    #[must_use]
    pub fn one_of_the_cards(&self, follow_up: &FollowUp, platform: Platform, now: DateTime<Utc>, in_common: &InCommon) -> Message {
        let side = follow_up.case.side.name();
        let (template, summary) = (format!("card/{side}.md"), format!("summary.{side}"));
        let shared = if self.set.tells_apart(&template, &summary) {
            None
        } else {
            in_common.or_made(|| {
                let facts =
                    Facts::new(follow_up, self.around(&self.set, platform, now), self.wanted(&self.set, &template, platform, &summary));
                let longest = facts.ever_shorter().next()?;
                self.fill(&self.set, &template, &summary, platform, longest, facts.wanted()).ok()
            })
        };
        let shared = shared.map(|filled| filled.on(platform)).filter(|shown| shown.fits).map(|shown| shown.message);
        match shared.or_else(|| self.make(&template, &summary, follow_up, platform, now)) {
            Some(message) => Message { tone: follow_up.tone(), controls: self.controls(follow_up), ..message },
            None => self.plain(follow_up, platform, now),
        }
    }

    /// The essentials without any formatting, for a platform that refused the card. No template can make it fail.
    #[must_use]
    pub fn plain(&self, follow_up: &FollowUp, platform: Platform, now: DateTime<Utc>) -> Message {
        let key = format!("summary.{}", follow_up.case.side.name());
        let wanted = self.wanted_by_words(&key);
        let facts = Facts::new(follow_up, self.around(&self.set, platform, now), wanted.with(WANTED_IN_PLAIN));
        let (values, subjects) = facts.shortish();
        let filling = values.filling(&key, wanted).ok();
        let summary = filled::summary(self.summed_up(&self.set, &key, filling.as_ref()).as_deref(), subjects, &values.short_id);
        let evidence = if follow_up.case.side == Side::Unknown { values.evidence.as_str() } else { "" };
        let lines = [&summary, evidence, &values.notice, &values.reason, &values.email, &values.phone, &values.contact_url];
        let lines = lines.into_iter().filter(|line| !line.is_empty()).map(|line| Inline::Text(line.to_owned()));
        let body = lines.flat_map(|line| [Inline::Break, line]).skip(1).collect();
        let body = vec![Block::Paragraph(body)];
        shortened(Message { tone: follow_up.tone(), summary, title: Vec::new(), body, controls: self.controls(follow_up) })
    }

    /// What the thread below a card is called.
    #[must_use]
    pub fn thread_name(&self, follow_up: &FollowUp, platform: Platform, now: DateTime<Utc>) -> String {
        let key = "summary.thread";
        let facts = Facts::new(follow_up, self.around(&self.set, platform, now), self.wanted_by_words(key));
        let (values, subjects) = facts.shortish();
        let filling = values.filling(key, facts.wanted()).ok();
        filled::summary(self.summed_up(&self.set, key, filling.as_ref()).as_deref(), subjects, &values.short_id)
    }

    /// The private answer to `Details`: everything that is known, and what the card leaves out.
    #[must_use]
    pub fn details(&self, follow_up: &FollowUp, platform: Platform, now: DateTime<Utc>) -> Message {
        let message = self.answer("answer/details.md", "summary.details", follow_up, platform, now);
        Message { controls: self.labelled(follow_up.private_controls()), ..message }
    }

    /// The private answer to `Reschedule`: the link that iClosed sent, else the booking page, and a message to copy.
    #[must_use]
    pub fn reschedule(&self, follow_up: &FollowUp, platform: Platform, now: DateTime<Utc>) -> Message {
        let template = format!("answer/reschedule_{}.md", follow_up.case.side.name());
        let message = self.answer(&template, "summary.reschedule", follow_up, platform, now);
        Message { controls: self.labelled(follow_up.offer_controls()), ..message }
    }

    /// What the slash command says about itself, and each of its verbs that is answered.
    #[must_use]
    pub fn command(&self) -> CommandWords {
        let say = |key: &str| self.set.words.say(key, &[]);
        let verb = |verb: Verb| {
            let options = match verb {
                Verb::Show => vec![("what", say("command.show_what"), Takes::Words)],
                Verb::Assign => {
                    vec![("id", say("command.assign_id"), Takes::Words), ("person", say("command.assign_person"), Takes::Person)]
                }
                Verb::Open | Verb::Mine => vec![("page", say("command.page"), Takes::Page)],
                Verb::Help | Verb::Stats | Verb::Export => Vec::new(),
            };
            VerbWords { name: verb.name(), about: say(&format!("command.{}", verb.name())), options }
        };
        let verbs = Verb::ANSWERED.map(verb);
        CommandWords { about: say("command.about"), verbs: verbs.into() }
    }

    fn answer(&self, template: &str, summary: &str, follow_up: &FollowUp, platform: Platform, now: DateTime<Utc>) -> Message {
        let made = self.make(template, summary, follow_up, platform, now);
        made.unwrap_or_else(|| Message { tone: Tone::Neutral, controls: Vec::new(), ..self.plain(follow_up, platform, now) })
    }

    /// A message without tone and controls, from the team's template or else from the built-in one.
    fn make(&self, template: &str, summary: &str, follow_up: &FollowUp, platform: Platform, now: DateTime<Utc>) -> Option<Message> {
        [&self.set, &self.built_in].into_iter().find_map(|set| {
            let facts = Facts::new(follow_up, self.around(set, platform, now), self.wanted(set, template, platform, summary));
            match self.try_with(set, template, summary, platform, &facts) {
                Ok((message, _)) => Some(shortened(message)),
                Err(mistakes) => {
                    self.say_failed(&set.name_on(template, platform), &mistakes);
                    None
                }
            }
        })
    }

    /// Renders with ever shorter names until the title fits; also gives the addresses that were no links.
    fn try_with(
        &self,
        set: &Set,
        template: &str,
        summary: &str,
        platform: Platform,
        facts: &Facts<'_>,
    ) -> Result<(Message, Vec<String>), Vec<Mistake>> {
        // Where the facts are made for several templates at once, each is still tried with no more than it will get.
        let wanted = self.wanted(set, template, platform, summary);
        let mut last = None;
        for values in facts.ever_shorter() {
            let Shown { message, denied, fits } = self.fill(set, template, summary, platform, values, wanted)?.on(platform);
            last = Some((message, denied));
            if fits {
                break;
            }
        }
        // There is always a first, so there is always a last.
        last.ok_or_else(Vec::new)
    }

    fn fill(
        &self,
        set: &Set,
        template: &str,
        summary: &str,
        platform: Platform,
        (values, subjects): &(CardContext, Subjects),
        wanted: Wanted,
    ) -> Result<Filled, Vec<Mistake>> {
        let filling = values.filling(template, wanted).map_err(|mistake| vec![mistake])?;
        Ok(Filled {
            outline: set.fill(template, platform, &filling, &self.links)?,
            said: self.summed_up(set, summary, Some(&filling)),
            subjects: subjects.clone(),
            short_id: values.short_id.clone(),
        })
    }

    fn summed_up(&self, set: &Set, key: &str, filling: Option<&Values>) -> Option<String> {
        let say = |set: &Set| filling.and_then(|filling| set.words.say_filled(key, filling).ok());
        say(set).or_else(|| say(&self.built_in))
    }

    fn wanted(&self, set: &Set, template: &str, platform: Platform, summary: &str) -> Wanted {
        set.wanted(template, platform, summary).with(self.built_in.words.wanted(summary))
    }

    fn wanted_by_words(&self, key: &str) -> Wanted {
        self.set.words.wanted(key).with(self.built_in.words.wanted(key))
    }

    fn controls(&self, follow_up: &FollowUp) -> Vec<Control> {
        self.labelled(follow_up.controls())
    }

    fn labelled(&self, controls: &[(Press, ControlKind)]) -> Vec<Control> {
        let label = |press: Press| self.set.words.say(&format!("label.{}", press.name()), &[]);
        controls.iter().map(|&(press, kind)| Control { press, label: label(press), kind }).collect()
    }

    fn around<'a>(&'a self, set: &'a Set, platform: Platform, now: DateTime<Utc>) -> Around<'a> {
        Around { settings: &self.settings, highlight: &self.highlight, words: &set.words, links: &self.links, platform, now }
    }

    fn say_failed(&self, template: &str, mistakes: &[Mistake]) {
        let first = self.failed.lock().unwrap_or_else(PoisonError::into_inner).insert(template.to_owned());
        if first {
            let mistakes: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
            tracing::error!(template, mistakes = mistakes.join("; "), "a template failed; the built-in one stands in for it");
        }
    }
}

/// A title that is too long even with the shortest names loses its end.
fn shortened(message: Message) -> Message {
    let title = parts::words(&message.title);
    let title = if units(&title) > LONGEST_TITLE { vec![Inline::Text(clean::fit(&title, LONGEST_TITLE))] } else { message.title };
    Message { title, summary: clean::fit(&message.summary, LONGEST_TITLE), ..message }
}

/// The length as platforms count it.
fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests;
