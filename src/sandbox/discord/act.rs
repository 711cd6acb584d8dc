//! People in the Discord guild: they press, choose, pick, fill in, type commands. Each action is a signed request to the bot.
//!
//! A control is named by its visible words, or by its `custom_id`; a person by name, e-mail or id.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::answer::Answered;
use super::super::common::lock;
use super::super::judge::string;
use super::super::message::Message;
use super::super::settings::{Person, Platform};
use super::super::sign::{self, SignedRequest};
use super::super::words::{self, ControlKind};
use super::Discord;
use super::payload::{self, Scene};
use super::state::State;
use super::webhooks;

const INTERACTIONS: &str = "/discord/interactions";

/// A request that is ready, and the token of its interaction.
type Ready = Result<(SignedRequest, String), String>;

impl Discord {
    /// Presses a button of a message.
    pub async fn press(&self, person: &str, channel: &str, id: &str, button: &str) -> Answered {
        self.go(self.prepare(person, channel, id, button, &[ControlKind::Button], "")).await
    }

    /// The request of [`press`](Self::press), signed and not sent.
    ///
    /// # Errors
    /// Says what is not there: the person, the message or the button.
    pub fn press_request(&self, person: &str, channel: &str, id: &str, button: &str) -> Result<SignedRequest, String> {
        self.prepare(person, channel, id, button, &[ControlKind::Button], "").map(|(request, _)| request)
    }

    /// Presses a button on a screen that still shows `message` as it once was.
    pub async fn press_old(&self, person: &str, message: &Message, button: &str) -> Answered {
        self.go(self.prepare_on(person, &message.channel, &message.json, button, &[ControlKind::Button], "")).await
    }

    /// Chooses an option of a menu, by its words.
    pub async fn choose(&self, person: &str, channel: &str, id: &str, menu: &str, option: &str) -> Answered {
        let kinds = [ControlKind::Choice, ControlKind::Choices, ControlKind::Channel];
        self.go(self.prepare(person, channel, id, menu, &kinds, option)).await
    }

    /// Picks a person in a people picker.
    pub async fn pick(&self, person: &str, channel: &str, id: &str, picker: &str, whom: &str) -> Answered {
        self.go(self.prepare(person, channel, id, picker, &[ControlKind::Person], whom)).await
    }

    /// Fills in a modal and sends it: `values` are (words of the label, value); what is left out keeps its initial value.
    pub async fn submit(&self, person: &str, modal: &str, values: &[(&str, &str)]) -> Answered {
        let answered = self.go(self.prepare_submission(person, modal, values)).await;
        if answered.is_ok() {
            self.close(modal);
        }
        answered
    }

    /// Closes a modal without sending it; Discord tells nobody.
    pub fn close(&self, modal: &str) {
        lock(&self.state).modals.iter_mut().filter(|form| form.id == modal).for_each(|form| form.open = false);
        self.common.changed();
    }

    /// Types a slash command into the first channel: `mine`, `/cancellations mine` and `assign K7Q2 @Sam Setter` all work.
    pub async fn command(&self, person: &str, text: &str) -> Answered {
        let channel = lock(&self.state).channels.first().map_or_else(String::new, |room| room.id.clone());
        self.command_in(person, &channel, text).await
    }

    /// Types a slash command into a channel.
    pub async fn command_in(&self, person: &str, channel: &str, text: &str) -> Answered {
        self.go(self.prepare_command(person, channel, text, false)).await
    }

    /// Asks what Discord would offer while this much of a command is typed; the choices are in `immediate`.
    pub async fn complete(&self, person: &str, text: &str) -> Answered {
        let channel = lock(&self.state).channels.first().map_or_else(String::new, |room| room.id.clone());
        self.go(self.prepare_command(person, &channel, text, true)).await
    }

    /// The PING that Discord sends when the address is saved.
    pub async fn ping(&self) -> Answered {
        let body = json!({
            "id": lock(&self.state).next_id(), "application_id": self.common.settings.discord_application_id, "type": 1, "token": "ping",
            "version": 1, "entitlements": [], "attachment_size_limit": 0, "authorizing_integration_owners": {}, "app_permissions": "0",
        });
        self.send(&self.signed(INTERACTIONS, body.to_string(), Duration::ZERO)).await
    }

    /// Signs any body for any endpoint of the bot; `age` back-dates the signature.
    #[must_use]
    pub fn signed(&self, path: &str, body: String, age: Duration) -> SignedRequest {
        sign::discord(self.common.bot(path), body, &self.common.settings.discord_signing_key, self.common.clock.now() - age)
    }

    /// Sends a request as it is, for replays and tampered ones; nothing of the answer is shown to anybody.
    pub async fn send(&self, request: &SignedRequest) -> Answered {
        Answered::new(self.common.send(request).await, String::new(), request.clone())
    }

    async fn go(&self, ready: Ready) -> Answered {
        let (request, token) = match ready {
            Ok(ready) => ready,
            Err(error) => return Answered::impossible(error),
        };
        let mut answered = Answered::new(self.common.send(&request).await, token, request);
        // 202 without a body says that the answer comes through the callback route.
        let deferred_to_callback = answered.status == 202 && answered.immediate.is_null();
        if answered.is_ok() && !deferred_to_callback {
            let settled = webhooks::settle(&mut lock(&self.state), &answered.key, &answered.immediate);
            let objections = settled.as_ref().err().map(|refused| refused.objections.clone()).unwrap_or_default();
            self.desk.heard("answer to an interaction", &answered.immediate, objections);
            answered.error = settled.err().map(|refused| refused.sentence());
        }
        self.common.changed();
        answered
    }

    fn prepare(&self, person: &str, channel: &str, id: &str, control: &str, kinds: &[ControlKind], value: &str) -> Ready {
        let actor = self.common.person(person).ok_or_else(|| nobody(person))?;
        let (channel, message) = visible(&lock(&self.state), actor, channel, id)?;
        self.prepare_on(person, &channel, &message, control, kinds, value)
    }

    fn prepare_on(&self, person: &str, channel: &str, message: &Value, control: &str, kinds: &[ControlKind], value: &str) -> Ready {
        let actor = self.common.person(person).ok_or_else(|| nobody(person))?;
        let control = words::find(&words::controls(Platform::Discord, message), control, kinds)?;
        if control.node["disabled"] == true {
            return Err(format!("{:?} is disabled", control.label));
        }
        let picked = if control.kind == ControlKind::Person { Some(self.common.person(value).ok_or_else(|| nobody(value))?) } else { None };
        let chosen = payload::chosen(&control, value, picked)?;
        let values = chosen.as_array().cloned().unwrap_or_default();
        let scene = Scene { common: &self.common, person: actor, channel, message: Some(message) };
        let (payload, token) = payload::component(&mut lock(&self.state), &scene, &control, &values, picked);
        Ok((self.signed(INTERACTIONS, payload.to_string(), Duration::ZERO), token))
    }

    fn prepare_submission(&self, person: &str, modal: &str, given: &[(&str, &str)]) -> Ready {
        let actor = self.common.person(person).ok_or_else(|| nobody(person))?;
        let state = &mut *lock(&self.state);
        let form = state.modals.iter().find(|form| form.id == modal && form.open).ok_or_else(|| format!("no open modal {modal:?}"))?;
        let json = form.json.clone();
        let controls = words::controls(Platform::Discord, &json);
        let mut values: Vec<_> = controls.into_iter().map(|control| (control.clone(), payload::initial(&control))).collect();
        for (label, wanted) in given {
            let all: Vec<_> = values.iter().map(|(control, _)| control.clone()).collect();
            let control = words::find(&all, label, &[])?;
            let picked = if control.kind == ControlKind::Person { self.common.person(wanted) } else { None };
            let chosen = payload::chosen(&control, wanted, picked)?;
            values.iter_mut().filter(|(other, _)| *other == control).for_each(|(_, value)| *value = chosen.clone());
        }
        let empty = |value: &Value| value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty);
        if let Some((control, _)) = values.iter().find(|(control, value)| !control.optional && empty(value)) {
            return Err(format!("{:?} is required", control.label));
        }
        let Some(opened_by) = state.interactions.get(modal).cloned() else { return Err(format!("no interaction {modal:?}")) };
        let message = opened_by.message.as_ref().and_then(|id| visible(state, actor, &opened_by.channel, id).ok());
        let message = message.as_ref().map(|(_, message)| message);
        let scene = Scene { common: &self.common, person: actor, channel: &opened_by.channel, message };
        let (payload, token) = payload::modal(state, &scene, &json, &values);
        Ok((self.signed(INTERACTIONS, payload.to_string(), Duration::ZERO), token))
    }

    fn prepare_command(&self, person: &str, channel: &str, text: &str, complete: bool) -> Ready {
        let actor = self.common.person(person).ok_or_else(|| nobody(person))?;
        let scene = Scene { common: &self.common, person: actor, channel, message: None };
        let (payload, token) = payload::command(&mut lock(&self.state), &scene, text, complete)?;
        Ok((self.signed(INTERACTIONS, payload.to_string(), Duration::ZERO), token))
    }
}

/// A message that the person sees, and the channel that it is in.
fn visible(state: &State, actor: &Person, channel: &str, id: &str) -> Result<(String, Value), String> {
    let private = state.private.iter().find(|private| private.id == id && private.person == actor.discord);
    if let Some(private) = private {
        return Ok((private.channel.clone(), private.message.clone()));
    }
    let message = state.message(channel, id).or_else(|| state.messages.values().flatten().find(|message| message.id == id));
    let message = message.ok_or_else(|| format!("{} sees no message {id:?} in {channel:?}", actor.name))?;
    Ok((string(&message.json, "channel_id").to_owned(), message.json.clone()))
}

fn nobody(wanted: &str) -> String {
    format!("there is no person {wanted:?}")
}
