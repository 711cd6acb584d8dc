//! A person acts: what they pressed or typed is held against the server's own state, and they are answered in private.

use super::Flow;
use crate::chat::{Interaction, Visitor};
use crate::domain::message::{Message, Press};
use crate::domain::post::DeliveryKey;
use crate::render::Sentence;
use crate::store::StoreError;

/// What to tell whoever acted.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Something that only they see.
    Private(Box<Message>),
    /// Nothing; the platform only wants to hear that it arrived.
    Nothing,
}

impl Flow {
    /// Answers an interaction whose signature was checked.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be asked; the person should try again.
    pub async fn respond(&self, interaction: &Interaction) -> Result<Answer, StoreError> {
        let (who, said) = match interaction {
            Interaction::Press { who, press, key, .. } => (who, self.pressed(who, *press, key).await?),
            Interaction::Command { who, .. } => (who, self.say(who, &Sentence::CommandHelp)),
            Interaction::Forged { who, .. } => (who, self.say(who, &Sentence::ForgedButton)),
            Interaction::Form { who, .. } => (who, self.say(who, &Sentence::StaleButton)),
            Interaction::Ping
            | Interaction::UrlVerification { .. }
            | Interaction::Completion { .. }
            | Interaction::HomeOpened { .. }
            | Interaction::Ignored => return Ok(Answer::Nothing),
        };
        tracing::debug!(person = %who.id, platform = %who.platform, "a person was answered");
        Ok(Answer::Private(Box::new(said)))
    }

    /// What to tell somebody whom we cannot answer now.
    #[must_use]
    pub fn try_again(&self, interaction: &Interaction) -> Answer {
        match interaction {
            Interaction::Press { who, .. }
            | Interaction::Command { who, .. }
            | Interaction::Forged { who, .. }
            | Interaction::Form { who, .. } => Answer::Private(Box::new(self.say(who, &Sentence::TryAgain))),
            Interaction::Ping
            | Interaction::UrlVerification { .. }
            | Interaction::Completion { .. }
            | Interaction::HomeOpened { .. }
            | Interaction::Ignored => Answer::Nothing,
        }
    }

    async fn pressed(&self, who: &Visitor, press: Press, key: &DeliveryKey) -> Result<Message, StoreError> {
        if !self.may_act(who) {
            return Ok(self.say(who, &Sentence::Outsider));
        }
        let follow_up = match self.store.follow_up_of(key).await? {
            Some(id) => self.store.follow_up(id).await?,
            None => None,
        };
        let Some(follow_up) = follow_up else {
            return Ok(self.say(who, &Sentence::StaleButton));
        };
        let now = self.clock.now();
        Ok(match press {
            Press::Details => self.renderer.details(&follow_up, who.platform, now),
            Press::Reschedule => self.renderer.reschedule(&follow_up, who.platform, now),
            Press::Claim | Press::TakeOver | Press::Snooze | Press::Close | Press::Assign | Press::Reopen => {
                self.say(who, &Sentence::NotYet(press))
            }
        })
    }

    /// One sentence to whoever acted; those who may not act hear only that.
    fn say(&self, who: &Visitor, sentence: &Sentence<'_>) -> Message {
        let sentence = if self.may_act(who) { sentence } else { &Sentence::Outsider };
        self.renderer.sentence(sentence, who.platform, self.clock.now())
    }

    /// Nobody from another workspace, and only teammates where the operator says so.
    fn may_act(&self, who: &Visitor) -> bool {
        who.home && (!self.rules.team_only || self.rules.team.on(who.platform, &who.id).is_some())
    }
}
