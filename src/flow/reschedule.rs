//! Somebody presses `Reschedule` and chooses a free time: a form opens at once and changes while iClosed is asked.
//!
//! The press and the choice are answered before iClosed is; what comes of them is told in the form, and in private where the form was
//! closed meanwhile.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Flow;
use super::act::Acted;
use super::book::{Unbooked, without_times};
use super::forms::{first_field, trial};
use super::respond::{Answer, in_words};
use crate::chat::{ReplyTo, Visitor};
use crate::domain::act::{Action, Refusal, apply};
use crate::domain::event::Staff;
use crate::domain::follow_up::{FollowUp, State};
use crate::domain::message::{Form, FormKind};
use crate::domain::platform::Platform;
use crate::domain::post::{DeliveryKey, Outcome};
use crate::domain::team::Person;
use crate::render::{Offer, Sentence, Slots, Told};
use crate::source::iclosed::ApiError;
use crate::store::StoreError;

/// What we answered must have arrived before it is changed: the platforms show what comes last.
const ANSWERED: Duration = Duration::from_millis(400);

/// Free times to be looked up for a form.
#[derive(Debug)]
pub(super) struct Lookup {
    follow_up: FollowUp,
    who: Visitor,
    key: DeliveryKey,
    reply: ReplyTo,
}

/// A time that somebody chose, to be booked.
#[derive(Debug)]
pub(super) struct Chosen {
    lookup: Lookup,
    start: DateTime<Utc>,
}

impl Flow {
    /// Opens the form that looks free times up; where there can be none, the link and a message to copy.
    pub(super) async fn reschedule(
        &self,
        follow_up: &FollowUp,
        who: &Visitor,
        key: &DeliveryKey,
        reply: &ReplyTo,
    ) -> Result<Answer, StoreError> {
        let now = self.clock.now();
        let tried = apply(follow_up, &trial(FormKind::Book, now), &self.actor(who), now);
        if let (Err(Refusal::Closed), State::Rebooked { start: Some(at), .. }) = (&tried, &follow_up.state) {
            let by = self.who_booked(follow_up).await?;
            return Ok(self.say(who, &Sentence::Booking(Told::Already { by: by.as_ref(), at: *at })));
        }
        if let Err(refusal) = &tried {
            return Ok(self.say(who, &in_words(refusal, follow_up)));
        }
        let form = || self.form(follow_up, who, &Offer { told: Some(Told::Looking), ..Offer::default() });
        let place = self.iclosed.as_ref().and_then(|_| self.errands.place());
        let opened = place.is_some_and(|place| {
            let lookup = Lookup { follow_up: follow_up.clone(), who: who.clone(), key: key.clone(), reply: reply.clone() };
            self.look_up_later(lookup, place)
        });
        Ok(match (opened, who.platform) {
            // Slack's form has to be open before it can be changed, so the same errand does both.
            (true, Platform::Slack) => Answer::Nothing,
            (true, Platform::Discord) => Answer::Form { form: Box::new(form()), key: key.clone() },
            (false, platform) => {
                let message = Box::new(self.renderer.reschedule(follow_up, platform, now));
                Answer::Private { message, key: Some(key.clone()) }
            }
        })
    }

    /// Somebody chose a time: it is booked behind the acknowledgement, by one person at a time.
    pub(super) async fn choose(
        &self,
        follow_up: FollowUp,
        start: DateTime<Utc>,
        who: &Visitor,
        key: &DeliveryKey,
        reply: &ReplyTo,
    ) -> Result<Answer, StoreError> {
        let (now, field) = (self.clock.now(), first_field(FormKind::Book));
        // What would be refused afterwards must not be booked.
        if let Err(refusal) = apply(&follow_up, &Action::Booked { start, host: None }, &self.actor(who), now) {
            if let (Refusal::Closed, State::Rebooked { start: Some(at), .. }) = (&refusal, &follow_up.state) {
                let by = self.who_booked(&follow_up).await?;
                return Ok(self.refuse_form(who, field, &Sentence::Booking(Told::Already { by: by.as_ref(), at: *at })));
            }
            return Ok(self.refuse_form(who, field, &in_words(&refusal, &follow_up)));
        }
        let working = Answer::Instead {
            form: Box::new(self.form(&follow_up, who, &Offer { told: Some(Told::Working(start)), ..Offer::default() })),
            key: key.clone(),
        };
        let Some(place) = self.errands.place() else {
            return Ok(self.refuse_form(who, field, &Sentence::Booking(Told::Later)));
        };
        if let Some(held) = self.hold(follow_up.id, start, who).await? {
            let by = (held.platform, held.user);
            // The same choice, sent once more.
            if held.start == start && by == (who.platform, who.id.clone()) {
                return Ok(working);
            }
            let by = self.person(&by);
            return Ok(self.refuse_form(who, field, &Sentence::Booking(Told::Busy { by: &by, at: held.start })));
        }
        let id = follow_up.id;
        let lookup = Lookup { follow_up, who: who.clone(), key: key.clone(), reply: reply.clone() };
        if self.book_later(Chosen { lookup, start }, place) {
            return Ok(working);
        }
        self.let_go(id, start, who).await;
        Ok(self.refuse_form(who, field, &Sentence::TryAgain))
    }

    /// Opens the form where it is not open yet, and changes it as soon as the free times are known.
    pub(super) async fn look_up(&self, lookup: Lookup) {
        let Lookup { follow_up, who, key, reply } = &lookup;
        let view = match (who.platform, &self.slack) {
            (Platform::Slack, Some(slack)) => {
                let form = self.form(follow_up, who, &Offer { told: Some(Told::Looking), ..Offer::default() });
                let Some(view) = self.open_form(slack, reply, &form, key).await else {
                    return;
                };
                Some(view)
            }
            (Platform::Slack, None) => return,
            (Platform::Discord, _) => None,
        };
        let (looked, ()) = tokio::join!(self.free_times(follow_up, who), tokio::time::sleep(ANSWERED));
        let form = self.with_times(&lookup, looked.as_ref().map_err(without_times), None);
        if let Err(outcome) = self.change_form(&lookup, view.as_deref(), &form).await {
            tracing::debug!(?outcome, "a form was closed before the free times were there");
        }
    }

    /// Books what was chosen and tells whoever chose it what came of it.
    pub(super) async fn book_chosen(&self, chosen: Chosen) {
        let Chosen { lookup, start } = chosen;
        let Lookup { follow_up, who, reply, .. } = &lookup;
        let booked = async {
            let host = self.book(follow_up, start, who).await?;
            // At once: iClosed's webhook about it is on its way, and does not say who did it.
            Ok(self.write_down(follow_up, start, host, who, reply).await)
        };
        let (booked, ()) = tokio::join!(booked, tokio::time::sleep(ANSWERED));
        // Before other times are asked for, since that takes longer than the others are kept away.
        self.let_go(follow_up.id, start, who).await;
        let form = match booked {
            Ok(told) => self.form(follow_up, who, &Offer { told: Some(told), ..Offer::default() }),
            Err(unbooked) => self.not_booked(&lookup, &unbooked).await,
        };
        if let Err(outcome) = self.change_form(&lookup, reply.view(), &form).await {
            tracing::debug!(?outcome, "a form was closed before its time was booked");
            self.tell_apart(&lookup, &form).await;
        }
    }

    /// What is to be done now that nothing was booked, or nobody knows.
    async fn not_booked(&self, lookup: &Lookup, unbooked: &Unbooked) -> Form {
        let Lookup { follow_up, who, .. } = lookup;
        let told = unbooked.told();
        match unbooked {
            Unbooked::Stands(_) => self.form(follow_up, who, &Offer { told: Some(told), ..Offer::default() }),
            Unbooked::Api(ApiError::Refused(_) | ApiError::Unclear) => {
                let looked = self.free_times(follow_up, who).await;
                self.with_times(lookup, looked.as_ref().map_err(|_| told), Some(told))
            }
            // Whom we would ask for other times does not answer us.
            Unbooked::Api(ApiError::KeyRefused | ApiError::Limited { .. } | ApiError::NotSent) => {
                self.with_times(lookup, Err(told), Some(told))
            }
        }
    }

    /// A form with these free times, or with the link where there are none.
    fn with_times(&self, lookup: &Lookup, looked: Result<&Slots, Told<'_>>, told: Option<Told<'_>>) -> Form {
        let offer = match looked {
            Ok(slots) if slots.times.is_empty() => Offer { told: told.or(Some(Told::NoTimes)), link: true, ..Offer::default() },
            Ok(slots) => Offer { told, slots: Some(slots), link: true, zone: None },
            Err(why) => Offer { told: told.or(Some(why)), link: true, ..Offer::default() },
        };
        self.form(&lookup.follow_up, &lookup.who, &offer)
    }

    fn form(&self, follow_up: &FollowUp, who: &Visitor, offer: &Offer<'_>) -> Form {
        let offer = Offer { zone: Some(self.zone_of(who)), ..*offer };
        self.renderer.booking_form(&offer, follow_up, who.platform, self.clock.now())
    }

    async fn change_form(&self, lookup: &Lookup, view: Option<&str>, form: &Form) -> Result<(), Outcome> {
        let nowhere = || Outcome::Refused { why: "nothing is open".to_owned() };
        match (lookup.who.platform, &self.slack, &self.discord) {
            (Platform::Slack, Some(slack), _) => slack.change_form(view.ok_or_else(nowhere)?, &lookup.reply, form, &lookup.key).await,
            (Platform::Discord, _, Some(discord)) => discord.change_form(&lookup.reply, form, &lookup.key).await,
            (Platform::Slack, None, _) | (Platform::Discord, _, None) => Err(nowhere()),
        }
    }

    /// What came of a booking, for whoever has closed the form: in a message of its own that only they see, in Slack beside the card.
    async fn tell_apart(&self, lookup: &Lookup, form: &Form) {
        let Some(message) = form.sheet.as_ref().map(|sheet| self.renderer.apart(sheet)) else {
            return;
        };
        let told = match (lookup.who.platform, &self.slack, &self.discord) {
            (Platform::Slack, Some(slack), _) => match self.store.card_of(lookup.follow_up.id, Platform::Slack).await {
                Ok((Some((channel, _)), _)) => slack.whisper_in(&channel, &lookup.who.id, &message).await,
                Ok((None, _)) => return,
                Err(error) => {
                    tracing::error!(%error, "a card could not be looked up");
                    return;
                }
            },
            (Platform::Discord, _, Some(discord)) => discord.whisper(&lookup.reply, &message, None).await,
            (Platform::Slack, None, _) | (Platform::Discord, _, None) => return,
        };
        if let Err(outcome) = told {
            tracing::warn!(?outcome, "a private answer did not arrive");
        }
    }

    /// The call has its new time; so does the follow-up, unless somebody closed it meanwhile. Says what the cards tell now.
    async fn write_down(
        &self,
        follow_up: &FollowUp,
        start: DateTime<Utc>,
        host: Option<Staff>,
        who: &Visitor,
        reply: &ReplyTo,
    ) -> Told<'static> {
        let id = follow_up.id;
        let mut acted = self.act(id, Action::Booked { start, host: host.clone() }, who, reply).await;
        if let Ok(Acted::Refused(Refusal::NotYours { .. }, _)) = &acted {
            // Somebody took it while it was being booked; the invitee has a new call all the same.
            acted = self.act_after_the_fact(id, Action::Booked { start, host }, who, reply).await;
        }
        let told = match acted {
            Ok(Acted::Done | Acted::Repeated) => Told::Done(start),
            Ok(Acted::Refused(_, now)) if matches!(now.state, State::Rebooked { start: Some(at), .. } if at == start) => {
                tracing::info!(follow_up = id, "iClosed's webhook about a new time was faster than its answer");
                Told::Done(start)
            }
            Ok(Acted::Refused(..) | Acted::Nothing) => {
                tracing::warn!(follow_up = id, "a new time was booked for what was closed meanwhile");
                Told::Unsaid(start)
            }
            // iClosed's webhook about it will turn the card.
            Err(error) => {
                tracing::error!(%error, follow_up = id, "a new time was booked and could not be written down");
                Told::Unsaid(start)
            }
        };
        if who.platform == Platform::Slack {
            self.home_later(who);
        }
        told
    }

    async fn who_booked(&self, follow_up: &FollowUp) -> Result<Option<Person>, StoreError> {
        let story = self.store.story(follow_up.id).await?;
        let last = story.into_iter().rev().find(|step| ["booked", "rebooked", "closed"].contains(&step.act.as_str()));
        Ok(last.and_then(|step| step.by).map(|by| self.person(&by)))
    }

    fn person(&self, (platform, id): &By) -> Person {
        match self.rules.team.on(*platform, id) {
            Some(mate) => Person::from(mate),
            None => Person::named(self.renderer.somebody()).known_on(*platform, id),
        }
    }
}

/// A platform, and who it is there.
type By = (Platform, String);
