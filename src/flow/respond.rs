//! A person presses, types or fills in: that is held against the server's own state, and they are answered in private.

use super::Flow;
use super::act::Acted;
use super::forms::{field_of, first_field, read_form, trial};
use crate::chat::{Interaction, Profile, ReplyTo, Visitor};
use crate::domain::act::{Action, Refusal, apply};
use crate::domain::command::{Command, read};
use crate::domain::follow_up::FollowUp;
use crate::domain::message::{Form, FormKind, Message, Press};
use crate::domain::platform::Platform;
use crate::domain::post::DeliveryKey;
use crate::domain::side::Side;
use crate::render::{Sentence, Told};
use crate::store::StoreError;

/// What to tell whoever acted.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Something that only they see.
    Private {
        /// What.
        message: Box<Message>,
        /// The card that its controls act on, where it has any.
        key: Option<DeliveryKey>,
    },
    /// A form to fill in.
    Form {
        /// Which.
        form: Box<Form>,
        /// The card that it is about.
        key: DeliveryKey,
    },
    /// Another form in the place of the one that was sent off.
    Instead {
        /// Which; one that says something.
        form: Box<Form>,
        /// The card that it is about.
        key: DeliveryKey,
    },
    /// A message in the place of the private one whose control was used.
    Replaced {
        /// What.
        message: Box<Message>,
    },
    /// Why a form that was sent off did nothing.
    FormRefused {
        /// Below which field it may stand.
        field: &'static str,
        /// Why.
        message: Box<Message>,
    },
    /// What could be meant by what is typed so far: what is shown, and what it stands for.
    Choices(Vec<(String, String)>),
    /// Nothing; the platform only wants to hear that it arrived.
    Nothing,
}

/// A press, as far as it was read.
struct Pressed<'a> {
    who: &'a Visitor,
    key: &'a DeliveryKey,
    picked: Option<&'a str>,
    profile: Option<&'a Profile>,
    reply: &'a ReplyTo,
}

impl Flow {
    /// Answers an interaction whose signature was checked.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be asked; the person should try again.
    pub async fn respond(&self, interaction: &Interaction) -> Result<Answer, StoreError> {
        let Some(examined) = self.examined(interaction).await else {
            return Ok(self.try_again(interaction));
        };
        let interaction = examined.as_ref();
        let (who, answer) = match interaction {
            Interaction::Press { who, press, key, picked, profile, reply } => {
                let pressed = Pressed { who, key, picked: picked.as_deref(), profile: profile.as_ref(), reply };
                (who, self.pressed(*press, &pressed).await?)
            }
            Interaction::Form { who, form, values, reply } => (who, self.filled_in(who, form, values, reply).await?),
            Interaction::Command { who, text, profile, reply } => (who, self.asked(who, text, profile.as_ref(), reply).await?),
            Interaction::Completion { who, typed, .. } => (who, self.suggested(who, typed).await?),
            Interaction::Forged { who, .. } => (who, self.say(who, &Sentence::ForgedButton)),
            Interaction::HomeOpened { who } => {
                if self.may_act(who) {
                    self.homes.remember(&who.id);
                }
                self.home_later(who);
                (who, Answer::Nothing)
            }
            Interaction::Ping | Interaction::UrlVerification { .. } | Interaction::Ignored => {
                return Ok(Answer::Nothing);
            }
        };
        tracing::debug!(person = %who.id, platform = %who.platform, "a person was answered");
        Ok(answer)
    }

    /// What to tell somebody for whom nothing was done.
    #[must_use]
    pub fn try_again(&self, interaction: &Interaction) -> Answer {
        self.instead_of_an_answer(interaction, &Sentence::TryAgain)
    }

    /// What to tell somebody who cannot wait any longer for what may yet be done: dropping [`respond`](Self::respond) stops no write.
    #[must_use]
    pub fn unsure(&self, interaction: &Interaction) -> Answer {
        let may_change = match interaction {
            Interaction::Press { press, .. } => {
                !matches!(press, Press::Details | Press::Reschedule | Press::Snooze | Press::Close | Press::AddNote)
            }
            Interaction::Form { .. } => true,
            Interaction::Command { text, .. } => matches!(read(text), Command::Assign { .. }),
            Interaction::Forged { .. }
            | Interaction::Ping
            | Interaction::UrlVerification { .. }
            | Interaction::Completion { .. }
            | Interaction::HomeOpened { .. }
            | Interaction::Ignored => false,
        };
        self.instead_of_an_answer(interaction, if may_change { &Sentence::Unsure } else { &Sentence::TryAgain })
    }

    fn instead_of_an_answer(&self, interaction: &Interaction, sentence: &Sentence<'_>) -> Answer {
        match interaction {
            Interaction::Form { who, form, .. } => match read_form(form) {
                Some((kind, _)) => self.refuse_form(who, first_field(kind), sentence),
                None => self.say(who, sentence),
            },
            Interaction::Press { who, .. } | Interaction::Command { who, .. } | Interaction::Forged { who, .. } => self.say(who, sentence),
            Interaction::Ping
            | Interaction::UrlVerification { .. }
            | Interaction::Completion { .. }
            | Interaction::HomeOpened { .. }
            | Interaction::Ignored => Answer::Nothing,
        }
    }

    async fn pressed(&self, press: Press, pressed: &Pressed<'_>) -> Result<Answer, StoreError> {
        let Pressed { who, key, reply, .. } = *pressed;
        if !self.may_act(who) {
            return Ok(self.say(who, &Sentence::Outsider));
        }
        let Some(follow_up) = self.of(key).await? else {
            return Ok(self.say(who, &Sentence::StaleButton));
        };
        let (platform, now) = (who.platform, self.clock.now());
        let action = match press {
            Press::Details => {
                let message = Box::new(self.renderer.details(&follow_up, platform, now));
                return Ok(Answer::Private { message, key: Some(key.clone()) });
            }
            Press::Reschedule => return self.reschedule(&follow_up, who, key, reply).await,
            Press::Snooze => return Ok(self.open(FormKind::Snooze, &follow_up, pressed)),
            Press::Close => return Ok(self.open(FormKind::Close, &follow_up, pressed)),
            Press::AddNote => return Ok(self.open(FormKind::Note, &follow_up, pressed)),
            // Whoever cleared the picker picked nobody.
            Press::Assign => match pressed.picked {
                None => return Ok(Answer::Nothing),
                Some(picked) => match self.candidate(who, picked, pressed.profile).await {
                    Ok(person) => Action::Assign { person },
                    Err(unfit) => return Ok(self.say(who, &Sentence::Unfit(unfit))),
                },
            },
            Press::Claim => follow_up.taken_by(&self.actor(who), Action::Claim),
            Press::TakeOver => follow_up.taken_by(&self.actor(who), Action::TakeOver),
            Press::Reopen => Action::Reopen,
            Press::MarkOffered => Action::Offer,
            Press::WasInvitee => Action::SideIs { side: Side::Invitee },
            Press::WasHost => Action::SideIs { side: Side::Host },
        };
        // Of two hundred who press at once, all but a few need not wait for the one who writes.
        if let Err(refusal) = apply(&follow_up, &action, &self.actor(who), now) {
            return Ok(self.say(who, &in_words(&refusal, &follow_up)));
        }
        let acted = self.act(follow_up.id, action, who, reply).await?;
        if acted == Acted::Done
            && let Some(shown) = self.show_anew(who, reply).await
        {
            return Ok(shown);
        }
        Ok(match acted {
            // Nothing else tells them where they pressed.
            Acted::Done if press == Press::MarkOffered => self.say(who, &Sentence::Booking(Told::Offered)),
            Acted::Done if self.is_apart(reply, key).await? => self.say(who, &Sentence::Done),
            Acted::Done | Acted::Repeated => Answer::Nothing,
            Acted::Nothing => self.say(who, &Sentence::StaleButton),
            Acted::Refused(refusal, follow_up) => self.say(who, &in_words(&refusal, &follow_up)),
        })
    }

    /// A form, unless it would be of no use: nobody should fill in what is refused afterwards.
    fn open(&self, kind: FormKind, follow_up: &FollowUp, pressed: &Pressed<'_>) -> Answer {
        let now = self.clock.now();
        // Slack's people choose a time from a calendar of their own.
        let clock = match pressed.who.platform {
            Platform::Slack => None,
            Platform::Discord => Some(self.zone_of(pressed.who)),
        };
        match apply(follow_up, &trial(kind, now), &self.actor(pressed.who), now) {
            Ok(_) => Answer::Form { form: Box::new(self.renderer.form(kind, clock)), key: pressed.key.clone() },
            Err(refusal) => self.say(pressed.who, &in_words(&refusal, follow_up)),
        }
    }

    async fn filled_in(&self, who: &Visitor, form: &str, values: &[(String, String)], reply: &ReplyTo) -> Result<Answer, StoreError> {
        let Some((kind, key)) = read_form(form) else {
            return Ok(self.say(who, &Sentence::ForgedButton));
        };
        if !self.may_act(who) {
            return Ok(self.refuse_form(who, first_field(kind), &Sentence::Outsider));
        }
        let Some(follow_up) = self.of(&key).await? else {
            return Ok(self.refuse_form(who, first_field(kind), &Sentence::StaleButton));
        };
        let action = match self.read_values(kind, values, who) {
            Ok(action) => action,
            Err((field, sentence)) => return Ok(self.refuse_form(who, field, &sentence)),
        };
        if let Action::Booked { start, .. } = action {
            return self.choose(follow_up, start, who, &key, reply).await;
        }
        let acted = self.act(follow_up.id, action, who, reply).await?;
        if acted == Acted::Done
            && let Some(shown) = self.show_anew(who, reply).await
        {
            return Ok(shown);
        }
        Ok(match acted {
            Acted::Done | Acted::Repeated => Answer::Nothing,
            Acted::Nothing => self.refuse_form(who, first_field(kind), &Sentence::StaleButton),
            Acted::Refused(refusal, follow_up) => self.refuse_form(who, field_of(kind, &refusal), &in_words(&refusal, &follow_up)),
        })
    }

    /// Whoever acted on a line of a list sees the list as it is now; Slack's home is shown anew by itself.
    async fn show_anew(&self, who: &Visitor, reply: &ReplyTo) -> Option<Answer> {
        if let Some(list) = reply.list() {
            return match self.anew(who, list).await {
                Ok(message) => Some(Answer::Replaced { message: Box::new(message) }),
                Err(error) => {
                    // What was asked for is done all the same.
                    tracing::error!(%error, "a list could not be looked up anew");
                    None
                }
            };
        }
        if who.platform == Platform::Slack && !reply.takes_messages() {
            // A press in the bot's home, or a form, which may have been opened there.
            self.home_later(who);
        }
        None
    }

    /// Was the control one of a private message, which does not change by itself?
    async fn is_apart(&self, reply: &ReplyTo, key: &DeliveryKey) -> Result<bool, StoreError> {
        Ok(match reply.message() {
            None => reply.takes_messages(),
            Some(message) => self.store.card(key).await?.is_none_or(|card| card.message.as_ref() != Some(message)),
        })
    }

    /// The follow-up that the message of this key is about.
    async fn of(&self, key: &DeliveryKey) -> Result<Option<FollowUp>, StoreError> {
        match self.store.follow_up_of(key).await? {
            Some(id) => self.store.follow_up(id).await,
            None => Ok(None),
        }
    }

    pub(super) fn refuse_form(&self, who: &Visitor, field: &'static str, sentence: &Sentence<'_>) -> Answer {
        Answer::FormRefused { field, message: Box::new(self.sentence(who, sentence)) }
    }

    /// One sentence to whoever acted.
    pub(super) fn say(&self, who: &Visitor, sentence: &Sentence<'_>) -> Answer {
        Answer::Private { message: Box::new(self.sentence(who, sentence)), key: None }
    }

    /// Those who may not act hear only that.
    pub(super) fn sentence(&self, who: &Visitor, sentence: &Sentence<'_>) -> Message {
        let sentence = if self.may_act(who) { sentence } else { &Sentence::Outsider };
        self.renderer.sentence(sentence, who.platform, self.clock.now())
    }

    /// Nobody from another workspace, and only teammates where the operator says so.
    pub(super) fn may_act(&self, who: &Visitor) -> bool {
        who.home && (!self.rules.team_only || self.rules.team.on(who.platform, &who.id).is_some())
    }
}

/// What a refusal is called in `words.toml`.
pub(super) fn in_words<'a>(refusal: &'a Refusal, follow_up: &'a FollowUp) -> Sentence<'a> {
    match refusal {
        Refusal::Taken { owner } => Sentence::Taken { owner },
        Refusal::AlreadyYours => Sentence::AlreadyYours,
        Refusal::AlreadyOffered => Sentence::AlreadyOffered,
        Refusal::AlreadyTheirs { owner } => Sentence::AlreadyTheirs { owner },
        Refusal::NotYours { owner } => Sentence::NotYours { owner },
        Refusal::Closed => Sentence::Closed { follow_up },
        Refusal::NotClosed => Sentence::NotClosed,
        Refusal::BadTime => Sentence::BadTime,
        Refusal::BadNote => Sentence::BadNote,
        Refusal::SideKnown => Sentence::SideKnown,
        Refusal::NotDue | Refusal::NotForYou => Sentence::StaleButton,
    }
}
