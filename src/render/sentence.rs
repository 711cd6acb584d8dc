//! Private answers of one sentence, from `words.toml`: refusals, what does not work yet, what was not understood.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::booking::Told;
use super::clean;
use super::marks::Subjects;
use super::parts;
use super::words::Said;
use super::{Renderer, facts};
use crate::domain::follow_up::FollowUp;
use crate::domain::identity::ShortId;
use crate::domain::message::{Block, Inline, Message, Tone};
use crate::domain::platform::Platform;
use crate::domain::team::Person;

/// What was typed is repeated up to this length.
const TYPED: usize = 60;

/// Why somebody cannot be given a follow-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// A bot.
    Bot,
    /// An account that is deactivated.
    Gone,
    /// A guest.
    Guest,
    /// Somebody of another workspace, or not on the server.
    Elsewhere,
    /// Nobody of the team, where only the team may.
    Stranger,
    /// Nobody could say who that is.
    Unknown,
    /// Of the team, but without an account that is known.
    NoAccount,
}

/// What a private answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sentence<'a> {
    /// That verb of the command does not work yet.
    CommandNotYet {
        /// The verb as it was typed.
        verb: &'a str,
    },
    /// What the command can do.
    CommandHelp,
    /// What was pressed is done, which the message where it was pressed does not show.
    Done,
    /// The command has no such verb; what it can do follows.
    UnknownCommand {
        /// The verb as it was typed.
        typed: &'a str,
        /// The verb that it probably should have been.
        meant: Option<&'a str>,
    },
    /// The card has moved on since this screen showed it.
    StaleButton,
    /// Nothing of ours has such a button.
    ForgedButton,
    /// Only the team may do that.
    Outsider,
    /// There is no follow-up of that id.
    NoSuchFollowUp {
        /// What was typed.
        typed: &'a str,
    },
    /// Somebody was faster.
    Taken {
        /// Who has it.
        owner: &'a Person,
    },
    /// It was given to somebody by a command.
    Assigned {
        /// Who has it.
        owner: &'a Person,
        /// Which.
        id: &'a ShortId,
    },
    /// Nobody of the team is called that.
    NoSuchPerson {
        /// What was typed.
        typed: &'a str,
    },
    /// A command that does not say which one is to be given to whom.
    AssignWhat,
    /// It belongs to somebody else.
    NotYours {
        /// Who has it.
        owner: &'a Person,
    },
    /// It is closed, so that this cannot be done with it.
    Closed {
        /// What is closed.
        follow_up: &'a FollowUp,
    },
    /// To whom a follow-up was given: who did that.
    Given {
        /// Who gave it.
        by: &'a Person,
    },
    /// To everybody below a card: the invitee booked again.
    Thanks {
        /// Who had it.
        owner: &'a Person,
    },
    /// Whoever acts has it already.
    AlreadyYours,
    /// That a new time was offered is noted already.
    AlreadyOffered,
    /// The person to whom it was to be given has it already.
    AlreadyTheirs {
        /// Who has it.
        owner: &'a Person,
    },
    /// No time, or one that is over or too far away.
    BadTime,
    /// A note without words, or with too many.
    BadNote,
    /// Something that the form does not offer.
    BadChoice,
    /// It is not closed, so that it cannot be reopened.
    NotClosed,
    /// It is known who cancelled.
    SideKnown,
    /// Whom a bot is, or who is gone or a guest, cannot have it.
    Unfit(Unfit),
    /// About a booking.
    Booking(Told<'a>),
    /// We failed, and it may be tried again.
    TryAgain,
    /// We are too slow to say whether it was done.
    Unsure,
    /// On a message that was posted a second time by mistake: the other one goes on.
    Repeated,
}

impl Renderer {
    /// A private answer of one sentence.
    #[must_use]
    pub fn sentence(&self, which: &Sentence<'_>, platform: Platform, now: DateTime<Utc>) -> Message {
        let mut subjects = Subjects::default();
        let typed = |text: &str| clean::line(text, TYPED).unwrap_or_default();
        let (key, values): (&str, Vec<(&str, Said)>) = match which {
            Sentence::CommandHelp => return self.help(None, platform),
            Sentence::CommandNotYet { verb } => ("sentence.command_not_yet", vec![("verb", typed(verb).into())]),
            Sentence::UnknownCommand { typed: text, meant: None } => ("sentence.unknown_command", vec![("typed", typed(text).into())]),
            Sentence::UnknownCommand { typed: text, meant: Some(meant) } => {
                ("sentence.unknown_command_meant", vec![("typed", typed(text).into()), ("meant", typed(meant).into())])
            }
            Sentence::Done => ("sentence.done", Vec::new()),
            Sentence::StaleButton => ("sentence.stale_button", Vec::new()),
            Sentence::ForgedButton => ("sentence.forged_button", Vec::new()),
            Sentence::Outsider => ("sentence.outsider", Vec::new()),
            Sentence::NoSuchFollowUp { typed: text } => ("sentence.no_such_follow_up", vec![("typed", typed(text).into())]),
            Sentence::Taken { owner } => ("sentence.taken", vec![("owner", subjects.person((*owner).clone()).into())]),
            Sentence::Assigned { owner, id } => {
                ("sentence.assigned", vec![("owner", subjects.person((*owner).clone()).into()), ("id", id.as_str().into())])
            }
            Sentence::NoSuchPerson { typed: text } => ("sentence.no_such_person", vec![("typed", typed(text).into())]),
            Sentence::AssignWhat => ("sentence.assign_what", Vec::new()),
            Sentence::NotYours { owner } => ("sentence.not_yours", vec![("owner", subjects.person((*owner).clone()).into())]),
            Sentence::Closed { follow_up } => {
                let state = facts::state_words(follow_up, self.around(&self.set, platform, now).clock());
                ("sentence.closed", vec![("state", state.into())])
            }
            Sentence::Given { by } => ("sentence.given", vec![("by", subjects.person((*by).clone()).into())]),
            Sentence::Thanks { owner } => ("sentence.thanks", vec![("owner", subjects.person((*owner).clone()).into())]),
            Sentence::AlreadyYours => ("sentence.already_yours", Vec::new()),
            Sentence::AlreadyOffered => ("sentence.already_offered", Vec::new()),
            Sentence::AlreadyTheirs { owner } => ("sentence.already_theirs", vec![("owner", subjects.person((*owner).clone()).into())]),
            Sentence::BadTime => ("sentence.bad_time", Vec::new()),
            Sentence::BadNote => ("sentence.bad_note", Vec::new()),
            Sentence::BadChoice => ("sentence.bad_choice", Vec::new()),
            Sentence::NotClosed => ("sentence.not_closed", Vec::new()),
            Sentence::SideKnown => ("sentence.side_known", Vec::new()),
            Sentence::Unfit(Unfit::Bot) => ("sentence.person_bot", Vec::new()),
            Sentence::Unfit(Unfit::Gone) => ("sentence.person_gone", Vec::new()),
            Sentence::Unfit(Unfit::Guest) => ("sentence.person_guest", Vec::new()),
            Sentence::Unfit(Unfit::Elsewhere) => ("sentence.person_elsewhere", Vec::new()),
            Sentence::Unfit(Unfit::Stranger) => ("sentence.person_stranger", Vec::new()),
            Sentence::Unfit(Unfit::Unknown) => ("sentence.person_unknown", Vec::new()),
            Sentence::Unfit(Unfit::NoAccount) => ("sentence.person_no_account", Vec::new()),
            Sentence::Booking(told) => return self.told(*told, None, now),
            Sentence::TryAgain => ("sentence.try_again", Vec::new()),
            Sentence::Unsure => ("sentence.unsure", Vec::new()),
            Sentence::Repeated => ("sentence.repeated", Vec::new()),
        };
        let values: BTreeMap<&str, Said> = values.into_iter().collect();
        let said = self.set.words.sentence(key, &values, &subjects);
        let said = said.or_else(|_| self.built_in.words.sentence(key, &values, &subjects));
        let said = said.unwrap_or_else(|_| vec![Inline::Text(key.to_owned())]);
        if matches!(which, Sentence::UnknownCommand { .. }) { self.help(Some(said), platform) } else { private(said, Vec::new()) }
    }

    fn help(&self, first: Option<Vec<Inline>>, platform: Platform) -> Message {
        let help = self.help_of(&self.set, platform).or_else(|_| self.help_of(&self.built_in, platform)).unwrap_or_default();
        let Some(first) = first else {
            let summary = self.set.words.say("summary.help", &[]);
            return Message { tone: Tone::Neutral, summary, title: help.title, body: help.body, controls: Vec::new() };
        };
        private(first, help.body)
    }
}

pub(super) fn private(said: Vec<Inline>, more: Vec<Block>) -> Message {
    let summary = parts::words(&said);
    let body = std::iter::once(Block::Paragraph(said)).chain(more).collect();
    Message { tone: Tone::Neutral, summary, title: Vec::new(), body, controls: Vec::new() }
}
