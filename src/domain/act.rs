//! What people do about a follow-up, and who may: one pure function turns a follow-up and an action into what becomes of it, or into a
//! refusal that a template words.
//!
//! It must not know how an action arrived, and must not write a sentence.

mod note;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::event::Staff;
use super::follow_up::{Closing, FollowUp, State};
use super::side::{Side, SideEvidence};
use super::team::Person;

pub use self::note::{Note, Role};

/// The longest snooze: a date typed a century wrong must not hide a lead for good.
pub const SNOOZE_MOST: TimeDelta = TimeDelta::days(365);
/// Characters of a note; Slack takes 3,000 in a text field (<https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element>),
/// and a note shares its message with its author's name.
pub const NOTE_MOST: usize = 2_000;

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It is mine, if it is nobody's.
    Claim,
    /// It is mine, whoever has it.
    TakeOver,
    /// It is theirs.
    Assign {
        /// Whose.
        person: Person,
    },
    /// It sleeps until then.
    Snooze {
        /// When it comes back.
        until: DateTime<Utc>,
    },
    /// It does not sleep any longer.
    Rouse,
    /// It is over.
    Close {
        /// How it ended.
        outcome: Ending,
        /// Why.
        reason: ClosingReason,
        /// What else there is to say.
        note: Option<String>,
    },
    /// The invitee was offered a new time.
    Offer,
    /// The invitee was given a new time.
    Booked {
        /// When the call starts now.
        start: DateTime<Utc>,
        /// Whose call it is, where known.
        host: Option<Staff>,
    },
    /// It is not over.
    Reopen,
    /// Something to be known about it; changes nothing that a card shows.
    Note {
        /// The words.
        text: String,
    },
    /// Nobody knew who cancelled; somebody of the team does.
    SideIs {
        /// Who cancelled; never [`Side::Unknown`].
        side: Side,
    },
    /// A source's own: its list says who cancelled.
    SideListed {
        /// Who cancelled; never [`Side::Unknown`].
        side: Side,
    },
    /// Time's own: the snooze is over.
    Wake,
    /// A source's own: the invitee has a new call.
    Rebook {
        /// When it starts, where known.
        start: Option<DateTime<Utc>>,
        /// Whose call it is, where known.
        host: Option<Staff>,
    },
    /// Time's own: nobody did anything about it for so long that it is lost.
    Expire {
        /// Since when.
        since: DateTime<Utc>,
    },
}

/// How a follow-up ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The invitee has a new call.
    Rebooked,
    /// It will not be won back.
    Lost,
    /// There was nothing to do.
    Dismissed,
}

impl Ending {
    /// All of them, as a form offers them.
    pub const ALL: [Self; 3] = [Self::Rebooked, Self::Lost, Self::Dismissed];

    /// The name in forms, the audit trail and `words.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rebooked => "rebooked",
            Self::Lost => "lost",
            Self::Dismissed => "dismissed",
        }
    }

    /// The ending of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.name() == name)
    }
}

/// Why a follow-up ends as it does, sorted so that it can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosingReason {
    /// A new time was agreed.
    NewTime,
    /// They want no call any more.
    NotInterested,
    /// They do not answer.
    NoAnswer,
    /// Another vendor has them.
    WentElsewhere,
    /// They are not whom we sell to.
    NoFit,
    /// It was a test, a double, or a mistake.
    Mistake,
    /// None of these.
    Other,
}

impl ClosingReason {
    /// All of them, as a form offers them.
    pub const ALL: [Self; 7] =
        [Self::NewTime, Self::NotInterested, Self::NoAnswer, Self::WentElsewhere, Self::NoFit, Self::Mistake, Self::Other];

    /// The name in forms, the audit trail and `words.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NewTime => "new_time",
            Self::NotInterested => "not_interested",
            Self::NoAnswer => "no_answer",
            Self::WentElsewhere => "went_elsewhere",
            Self::NoFit => "no_fit",
            Self::Mistake => "mistake",
            Self::Other => "other",
        }
    }

    /// The reason of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

impl Action {
    /// The name in the audit trail and in logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Claim => "claimed",
            Self::TakeOver => "taken_over",
            Self::Assign { .. } => "assigned",
            Self::Snooze { .. } => "snoozed",
            Self::Rouse => "roused",
            Self::Close { .. } => "closed",
            Self::Offer => "offered",
            Self::Booked { .. } => "booked",
            Self::Reopen => "reopened",
            Self::Note { .. } => "noted",
            Self::SideIs { .. } => "side_told",
            Self::SideListed { .. } => "side_listed",
            Self::Wake => "woken",
            Self::Rebook { .. } => "rebooked",
            Self::Expire { .. } => "expired",
        }
    }
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Somebody of the team; whether they belong to it was checked before.
    Human {
        /// Who.
        person: Person,
        /// May they act on what others own?
        manager: bool,
    },
    /// Rebound itself, when time passes or a source tells something.
    Rebound,
}

/// Why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody was faster.
    Taken {
        /// Who has it.
        owner: Person,
    },
    /// Whoever acts has it already.
    AlreadyYours,
    /// That a new time was offered is noted already.
    AlreadyOffered,
    /// The person to whom it was to be given has it already.
    AlreadyTheirs {
        /// Who has it.
        owner: Person,
    },
    /// It belongs to somebody else.
    NotYours {
        /// Who has it.
        owner: Person,
    },
    /// It is closed.
    Closed,
    /// It is not closed.
    NotClosed,
    /// The time is over, or too far away.
    BadTime,
    /// The note says nothing, or too much.
    BadNote,
    /// It is known who cancelled.
    SideKnown,
    /// It does not sleep, or not yet long enough.
    NotDue,
    /// Only time does that, or only people.
    NotForYou,
}

/// What becomes of a follow-up, or why nothing does. Its version counts up by one where a card shows the change, which it does for all
/// but notes.
///
/// # Errors
/// The [`Refusal`]; nothing is changed then.
pub fn apply(follow_up: &FollowUp, action: &Action, actor: &Actor, now: DateTime<Utc>) -> Result<FollowUp, Refusal> {
    let changed = change(follow_up, action, actor, now)?;
    Ok(FollowUp { watch: follow_up.watch.after(action, changed.snoozed_until.is_some(), now), ..changed })
}

fn change(follow_up: &FollowUp, action: &Action, actor: &Actor, now: DateTime<Utc>) -> Result<FollowUp, Refusal> {
    let (person, manager) = match (actor, action) {
        (Actor::Rebound, Action::Wake) => return wake(follow_up, now),
        (Actor::Rebound, Action::Rebook { start, host }) => return rebook(follow_up, *start, host.clone()),
        (Actor::Rebound, Action::Expire { .. }) => return expire(follow_up),
        (Actor::Rebound, Action::SideListed { side }) => return list_side(follow_up, *side),
        (Actor::Rebound, _)
        | (Actor::Human { .. }, Action::Wake | Action::Rebook { .. } | Action::Expire { .. } | Action::SideListed { .. }) => {
            return Err(Refusal::NotForYou);
        }
        (Actor::Human { person, manager }, _) => (person, *manager),
    };
    let hand = Hand { follow_up, person, manager };
    let mut changed = follow_up.clone();
    match action {
        Action::Claim => {
            hand.still_open()?;
            match follow_up.owner() {
                Some(owner) if owner.is(person) => return Err(Refusal::AlreadyYours),
                Some(owner) => return Err(Refusal::Taken { owner: owner.clone() }),
                None => changed.give_to(person),
            }
        }
        Action::TakeOver => {
            hand.still_open()?;
            if follow_up.owner().is_some_and(|owner| owner.is(person)) {
                return Err(Refusal::AlreadyYours);
            }
            hand.may_work()?;
            changed.give_to(person);
        }
        Action::Assign { person: to } => {
            hand.still_open()?;
            hand.may_work()?;
            if let Some(owner) = follow_up.owner().filter(|owner| owner.is(to)) {
                return Err(Refusal::AlreadyTheirs { owner: owner.clone() });
            }
            changed.give_to(to);
        }
        Action::Snooze { until } => {
            hand.still_open()?;
            hand.may_work()?;
            if *until <= now || *until - now > SNOOZE_MOST {
                return Err(Refusal::BadTime);
            }
            changed.snoozed_until = Some(*until);
        }
        Action::Rouse => {
            hand.still_open()?;
            hand.may_work()?;
            if changed.snoozed_until.take().is_none() {
                return Err(Refusal::NotDue);
            }
        }
        Action::Close { outcome, reason, note } => {
            hand.still_open()?;
            hand.may_work()?;
            if note.as_deref().is_some_and(|note| !is_note(note)) {
                return Err(Refusal::BadNote);
            }
            (changed.last_owner, changed.snoozed_until) = (follow_up.owner().cloned(), None);
            changed.case.closing = Some(Closing { reason: *reason, note: note.clone() });
            changed.state = match outcome {
                Ending::Rebooked => State::Rebooked { start: None, host: None },
                Ending::Lost => State::Lost,
                Ending::Dismissed => State::Dismissed,
            };
        }
        Action::Offer => {
            hand.still_open()?;
            hand.may_work()?;
            if follow_up.case.offered {
                return Err(Refusal::AlreadyOffered);
            }
            changed.case.offered = true;
        }
        Action::Booked { start, host } => {
            hand.still_open()?;
            hand.may_work()?;
            return rebook(follow_up, Some(*start), host.clone());
        }
        Action::Reopen => {
            if !follow_up.state.is_closed() {
                return Err(Refusal::NotClosed);
            }
            hand.may_work()?;
            changed.case.closing = None;
            // Whatever was offered came to nothing.
            changed.case.offered = false;
            changed.state = match changed.last_owner.take() {
                Some(owner) => State::Assigned { owner },
                None => State::Open,
            };
        }
        Action::Note { text } => return if is_note(text) { Ok(changed) } else { Err(Refusal::BadNote) },
        Action::SideIs { side } => tell_side(&mut changed, *side)?,
        Action::Wake | Action::Rebook { .. } | Action::Expire { .. } | Action::SideListed { .. } => return Err(Refusal::NotForYou),
    }
    changed.version += 1;
    Ok(changed)
}

/// What a payload proves stands; what somebody said may be corrected.
fn tell_side(follow_up: &mut FollowUp, side: Side) -> Result<(), Refusal> {
    let case = &mut follow_up.case;
    let known = case.side != Side::Unknown && !case.side_evidence.may_be_corrected();
    if known || side == Side::Unknown || case.side == side {
        return Err(Refusal::SideKnown);
    }
    (case.side, case.side_evidence) = (side, SideEvidence::Told);
    Ok(())
}

/// Only where nobody knows better: a person's word counts more than a list's.
fn list_side(follow_up: &FollowUp, side: Side) -> Result<FollowUp, Refusal> {
    if follow_up.case.side != Side::Unknown || side == Side::Unknown {
        return Err(Refusal::SideKnown);
    }
    let mut changed = follow_up.clone();
    (changed.case.side, changed.case.side_evidence) = (side, SideEvidence::Listed);
    changed.version += 1;
    Ok(changed)
}

fn wake(follow_up: &FollowUp, now: DateTime<Utc>) -> Result<FollowUp, Refusal> {
    match follow_up.snoozed_until {
        Some(until) if until <= now => Ok(FollowUp { snoozed_until: None, version: follow_up.version + 1, ..follow_up.clone() }),
        Some(_) | None => Err(Refusal::NotDue),
    }
}

fn rebook(follow_up: &FollowUp, start: Option<DateTime<Utc>>, host: Option<Staff>) -> Result<FollowUp, Refusal> {
    if follow_up.state.is_closed() {
        return Err(Refusal::Closed);
    }
    let (state, last_owner) = (State::Rebooked { start, host }, follow_up.owner().cloned());
    Ok(FollowUp { state, snoozed_until: None, last_owner, version: follow_up.version + 1, ..follow_up.clone() })
}

fn expire(follow_up: &FollowUp) -> Result<FollowUp, Refusal> {
    if follow_up.state.is_closed() {
        return Err(Refusal::Closed);
    }
    if follow_up.snoozed_until.is_some() {
        return Err(Refusal::NotDue);
    }
    let last_owner = follow_up.owner().cloned();
    Ok(FollowUp { state: State::Lost, last_owner, version: follow_up.version + 1, ..follow_up.clone() })
}

fn is_note(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= NOTE_MOST
}

/// Somebody of the team at a follow-up.
struct Hand<'a> {
    follow_up: &'a FollowUp,
    person: &'a Person,
    manager: bool,
}

impl Hand<'_> {
    fn still_open(&self) -> Result<(), Refusal> {
        if self.follow_up.state.is_closed() { Err(Refusal::Closed) } else { Ok(()) }
    }

    /// What is nobody's is everybody's; what somebody has, or had when it was closed, is theirs and the managers'.
    fn may_work(&self) -> Result<(), Refusal> {
        match self.follow_up.owner().or(self.follow_up.last_owner.as_ref()) {
            Some(owner) if !self.manager && !owner.is(self.person) => Err(Refusal::NotYours { owner: owner.clone() }),
            Some(_) | None => Ok(()),
        }
    }
}

impl FollowUp {
    /// What somebody asks who says "it is mine": whoever has it already, while it sleeps, wants it back now.
    #[must_use]
    pub fn taken_by(&self, actor: &Actor, take: Action) -> Action {
        match (actor, self.owner()) {
            (Actor::Human { person, .. }, Some(owner)) if owner.is(person) && self.snoozed_until.is_some() => Action::Rouse,
            (Actor::Human { .. } | Actor::Rebound, _) => take,
        }
    }

    /// Who has it.
    #[must_use]
    pub fn owner(&self) -> Option<&Person> {
        match &self.state {
            State::Assigned { owner } => Some(owner),
            State::Open | State::Rebooked { .. } | State::Lost | State::Dismissed => None,
        }
    }

    /// Whoever gets it works on it now, so it does not sleep any more.
    fn give_to(&mut self, person: &Person) {
        self.state = State::Assigned { owner: person.clone() };
        self.snoozed_until = None;
    }
}

#[cfg(test)]
mod tests;
