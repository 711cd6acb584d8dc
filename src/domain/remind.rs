//! What is due about a follow-up because nobody did anything: its owner, or everybody, is reminded; then the managers hear of it; after a
//! long time it is closed as lost.
//!
//! One pure function says what comes next and when. Who is told, and how, is not decided here.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::act::Action;
use super::follow_up::FollowUp;
use super::hours::Hours;
use super::when::Notice;

/// A call that was to start within so many minutes when it was cancelled cannot wait.
const SOON: i64 = 60;

/// What the operator decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Reminders are held back outside of these; `None`: they come at any time.
    pub hours: Option<Hours>,
    /// For most follow-ups.
    pub usual: Delays,
    /// For those whose call was about to start.
    pub soon: Delays,
    /// When a follow-up that nobody does anything about is closed; by the calendar. `None`: never.
    pub stale_after: Option<TimeDelta>,
}

/// How long nothing may be done; in business time where there are hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delays {
    /// Until the owner or the channel is reminded; `None`: never.
    pub remind: Option<TimeDelta>,
    /// Until the managers hear of it; `None`: never.
    pub escalate: Option<TimeDelta>,
}

/// Since when nobody did anything about a follow-up, and what was said of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// When it was opened, or acted on last.
    pub since: DateTime<Utc>,
    /// How far the reminders have come since then.
    pub stage: Stage,
}

/// How far the reminders of a follow-up have come, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Nothing was said.
    Fresh,
    /// It sleeps.
    Asleep,
    /// It slept and is back, and nobody was told yet.
    Back,
    /// The owner or the channel was reminded.
    Reminded,
    /// The managers heard of it.
    Escalated,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Due {
    /// To remind the owner, or the channel.
    Remind,
    /// To say that a snooze is over.
    Return,
    /// To tell the managers.
    Escalate,
    /// To close it as lost.
    Expire,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// When; what should have come before now is due now.
    pub at: DateTime<Utc>,
    /// What.
    pub due: Due,
}

/// What a reminder says, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reminder {
    /// To its owner, directly: nothing was done about it for a while.
    Yours,
    /// To its owner, directly: it slept, and is back.
    Back,
    /// To a manager, directly: nothing was done about it for long.
    Waiting,
    /// Below its cards: nobody has it.
    Nobodys,
    /// Below its cards: it slept, is back, and nobody has it.
    NobodysBack,
    /// Below its cards: its owner was reminded.
    OwnerTold,
    /// Below its cards: the managers heard of it.
    ManagersTold,
}

impl Rules {
    /// What comes next, if nobody does anything; nothing is due about what is closed or sleeps.
    #[must_use]
    pub fn next(&self, follow_up: &FollowUp, now: DateTime<Utc>) -> Option<Next> {
        if follow_up.state.is_closed() || follow_up.snoozed_until.is_some() {
            return None;
        }
        self.next_of(follow_up.case.notice, follow_up.watch, follow_up.owner().is_some(), now)
    }

    /// What comes next for one that is opened now.
    #[must_use]
    pub fn first(&self, notice: Notice, now: DateTime<Utc>) -> Option<Next> {
        self.next_of(notice, Watch::new(now), false, now)
    }

    /// The stage in which nothing that should have been said before now is still to be said: for follow-ups that were there before anybody
    /// watched over them by these rules, lest all of them be reminded of at once.
    #[must_use]
    pub fn caught_up(&self, follow_up: &FollowUp, now: DateTime<Utc>) -> Stage {
        let mut watch = follow_up.watch;
        while let Some(Next { at, due }) = self.word(follow_up.case.notice, watch)
            && at <= now
            && due != Due::Return
        {
            watch.stage = watch.stage.after(due);
        }
        watch.stage
    }

    fn next_of(&self, notice: Notice, watch: Watch, is_owned: bool, now: DateTime<Utc>) -> Option<Next> {
        let stale = self.stale_after.map(|after| Next { at: watch.since + after, due: Due::Expire });
        let word = self.word(notice, watch);
        let next = match (stale, word) {
            // What is given up need not be reminded of before.
            (Some(stale), Some(word)) if stale.at > now && word.at <= stale.at => word,
            (Some(stale), _) => stale,
            (None, word) => word?,
        };
        // Its owner is told when a person wanted to be; what is said to a whole channel nobody there asked for.
        let chosen = next.due == Due::Return && is_owned;
        let at = match &self.hours {
            Some(hours) if !chosen => hours.opening(next.at.max(now)),
            Some(_) | None => next.at,
        };
        Some(Next { at, ..next })
    }

    /// What is to be said next, and from when on.
    fn word(&self, notice: Notice, watch: Watch) -> Option<Next> {
        let Delays { remind, escalate } = self.delays(notice);
        let (due, delay) = match watch.stage {
            Stage::Back => return Some(Next { at: watch.since, due: Due::Return }),
            Stage::Fresh | Stage::Asleep => remind.map(|delay| (Due::Remind, delay)).or(escalate.map(|delay| (Due::Escalate, delay)))?,
            Stage::Reminded => (Due::Escalate, escalate?),
            Stage::Escalated => return None,
        };
        let at = self.hours.as_ref().map_or_else(|| watch.since + delay, |hours| hours.after(watch.since, delay));
        Some(Next { at, due })
    }

    fn delays(&self, notice: Notice) -> Delays {
        let soon = match notice {
            Notice::Late(minutes) => minutes <= SOON,
            Notice::Early(_) | Notice::AfterStart(_) | Notice::Unknown => false,
        };
        if !soon {
            return self.usual;
        }
        // Never later than others.
        let sooner = |soon: Option<TimeDelta>, usual: Option<TimeDelta>| soon.map(|soon| usual.map_or(soon, |usual| soon.min(usual)));
        Delays { remind: sooner(self.soon.remind, self.usual.remind), escalate: sooner(self.soon.escalate, self.usual.escalate) }
    }
}

impl Watch {
    /// Nothing was said yet.
    #[must_use]
    pub fn new(since: DateTime<Utc>) -> Self {
        Self { since, stage: Stage::Fresh }
    }

    /// After somebody, or time, acted: reminders begin anew, but for what still sleeps. What iClosed's list tells is nobody's act.
    #[must_use]
    pub fn after(self, action: &Action, sleeps: bool, now: DateTime<Utc>) -> Self {
        let stage = match action {
            Action::Snooze { .. } => Stage::Asleep,
            Action::Wake => Stage::Back,
            Action::SideListed { .. } => return self,
            Action::Claim
            | Action::TakeOver
            | Action::Assign { .. }
            | Action::Rouse
            | Action::Close { .. }
            | Action::Offer
            | Action::Booked { .. }
            | Action::Reopen
            | Action::Note { .. }
            | Action::SideIs { .. }
            | Action::Rebook { .. }
            | Action::Expire { .. } => {
                if sleeps {
                    self.stage
                } else {
                    Stage::Fresh
                }
            }
        };
        Self { since: now, stage }
    }
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Fresh, Self::Asleep, Self::Back, Self::Reminded, Self::Escalated];

    /// The name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Asleep => "asleep",
            Self::Back => "back",
            Self::Reminded => "reminded",
            Self::Escalated => "escalated",
        }
    }

    /// The stage of that [`name`](Self::name), or of one that earlier versions wrote.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.strip_suffix("_by_choice").unwrap_or(name);
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// Once that was said.
    #[must_use]
    pub fn after(self, due: Due) -> Self {
        match due {
            Due::Remind | Due::Return => Self::Reminded,
            Due::Escalate => Self::Escalated,
            Due::Expire => self,
        }
    }
}

impl Reminder {
    /// The stage before it, in which it is due again where it was not said in business hours; an owner wanted to be told that a snooze is
    /// over, so that this is said whenever it can be.
    #[must_use]
    pub fn taken_back(self) -> Option<Stage> {
        match self {
            Self::Yours | Self::Nobodys | Self::OwnerTold => Some(Stage::Fresh),
            Self::Waiting | Self::ManagersTold => Some(Stage::Reminded),
            Self::NobodysBack => Some(Stage::Back),
            Self::Back => None,
        }
    }

    /// Is it said to everybody, because nobody has the follow-up?
    #[must_use]
    pub fn is_to_everybody(self) -> bool {
        match self {
            Self::Nobodys | Self::NobodysBack => true,
            Self::Yours | Self::Back | Self::Waiting | Self::OwnerTold | Self::ManagersTold => false,
        }
    }

    /// Is it said to one person directly?
    #[must_use]
    pub fn is_direct(self) -> bool {
        match self {
            Self::Yours | Self::Back | Self::Waiting => true,
            Self::Nobodys | Self::NobodysBack | Self::OwnerTold | Self::ManagersTold => false,
        }
    }
}

#[cfg(test)]
mod tests;
