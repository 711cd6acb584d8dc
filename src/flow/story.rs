//! The line that each step writes into the thread of every card. What it says is worded by templates.

use super::Flow;
use super::outcome::not_yet;
use crate::domain::act::{Action, Actor, Note};
use crate::domain::post::Outcome;
use crate::domain::story::More;
use crate::store::Claimed;

/// What goes into the thread of every card when this was done.
pub(super) fn line_of(action: &Action, actor: &Actor) -> Note {
    let by = match actor {
        Actor::Human { person, .. } => Some(person.clone()),
        Actor::Rebound => None,
    };
    let more = match action {
        Action::Note { text } => match by {
            Some(author) => return Note::Said { author, text: text.clone() },
            None => More { note: Some(text.clone()), ..More::default() },
        },
        Action::Assign { person } => More { to: Some(person.clone()), ..More::default() },
        Action::Snooze { until } => More { until: Some(*until), ..More::default() },
        Action::Close { outcome, reason, note } => {
            More { ending: Some(*outcome), reason: Some(*reason), note: note.clone(), ..More::default() }
        }
        Action::Booked { start, host } => More { until: Some(*start), host: host.clone(), ..More::default() },
        Action::Expire { since } => More { until: Some(*since), ..More::default() },
        Action::Rebook { start, host } => More { until: *start, host: host.clone(), ..More::default() },
        Action::SideIs { side } | Action::SideListed { side } => More { side: Some(*side), ..More::default() },
        Action::Claim | Action::TakeOver | Action::Rouse | Action::Offer | Action::Reopen | Action::Wake => More::default(),
    };
    Note::Step { by, act: action.name().to_owned(), more }
}

impl Flow {
    /// A story is told in its order: what stands below a card waits for what was to stand there before.
    pub(super) async fn waits_for_earlier(&self, claimed: &Claimed) -> Option<Outcome> {
        let card = claimed.note.as_ref().and_then(|below| below.card.as_ref())?;
        match self.store.is_next_below(card, claimed.post.created_at).await {
            Ok(true) => None,
            Ok(false) => Some(not_yet("what comes before it is not there yet")),
            Err(error) => {
                tracing::warn!(%error, "what stands below a card cannot be looked up");
                Some(not_yet("the database failed"))
            }
        }
    }
}
