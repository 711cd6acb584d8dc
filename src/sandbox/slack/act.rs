//! People in the Slack workspace: they press, choose, pick, fill in, type commands. Each action is a signed request to the bot.
//!
//! A control is named by its visible words, or by `block_id/action_id`; a person by name, e-mail or id.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::super::answer::Answered;
use super::super::common::lock;
use super::super::judge::string;
use super::super::message::Message;
use super::super::settings::{Person, Platform};
use super::super::sign::{self, SignedRequest};
use super::super::words::{self, ControlKind};
use super::Slack;
use super::payload::{self, Surface};
use super::response;
use super::state::{Grant, State};
use super::views;

const INTERACTIONS: &str = "/slack/interactions";
const COMMANDS: &str = "/slack/commands";
const EVENTS: &str = "/slack/events";
const COMMAND: &str = "/cancellations";

/// A request that is ready, and its trigger.
type Ready = Result<(SignedRequest, String), String>;

impl Slack {
    /// Presses a button of a message (`id` is its `ts`) or of a view (`id` is the view's).
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
        let (channel, ts) = (message.channel.clone(), message.id.clone());
        let surface = Surface::Message { channel, ts, message: message.json.clone(), private: false };
        self.go(self.prepare_on(person, &surface, button, &[ControlKind::Button], "")).await
    }

    /// Chooses an option of a menu, by its words.
    pub async fn choose(&self, person: &str, channel: &str, id: &str, menu: &str, option: &str) -> Answered {
        let kinds =
            [ControlKind::Choice, ControlKind::Choices, ControlKind::Date, ControlKind::Time, ControlKind::DateTime, ControlKind::Channel];
        self.go(self.prepare(person, channel, id, menu, &kinds, option)).await
    }

    /// Picks a person in a people picker.
    pub async fn pick(&self, person: &str, channel: &str, id: &str, picker: &str, whom: &str) -> Answered {
        self.go(self.prepare(person, channel, id, picker, &[ControlKind::Person], whom)).await
    }

    /// Fills in a modal and sends it: `values` are (words of the label, value); what is left out keeps its initial value.
    pub async fn submit(&self, person: &str, view: &str, values: &[(&str, &str)]) -> Answered {
        let (request, trigger) = match self.prepare_submission(person, view, values) {
            Ok(ready) => ready,
            Err(error) => return Answered::impossible(error),
        };
        let mut answered = Answered::new(self.common.send(&request).await, trigger, request);
        if answered.is_ok() {
            answered.error = self.take_view_answer(view, &answered);
        }
        self.common.changed();
        answered
    }

    /// Closes a modal without sending it; the bot hears of it if it asked to.
    pub async fn close(&self, person: &str, view: &str) -> Option<Answered> {
        let request = {
            let state = &mut *lock(&self.state);
            let form = state.views.iter_mut().find(|form| form.id == view && form.open)?;
            form.open = false;
            let json = form.json.clone();
            let person = self.common.person(person)?;
            let notify = json["notify_on_close"] == true;
            notify.then(|| self.interaction(&payload::closed(state, person, &json)))
        };
        self.common.changed();
        let request = request?;
        Some(Answered::new(self.common.send(&request).await, String::new(), request))
    }

    /// Types a slash command into the first channel: `mine`, `/cancellations mine` and `assign K7Q2 @Sam` all work.
    pub async fn command(&self, person: &str, text: &str) -> Answered {
        let channel = lock(&self.state).channels.first().map_or_else(String::new, |room| room.id.clone());
        self.command_in(person, &channel, text).await
    }

    /// Types a slash command into a channel.
    pub async fn command_in(&self, person: &str, channel: &str, text: &str) -> Answered {
        let Some(actor) = self.common.person(person) else { return Answered::impossible(nobody(person)) };
        let (name, rest) = match text.trim().strip_prefix('/') {
            Some(typed) => {
                typed.split_once(char::is_whitespace).map_or((format!("/{typed}"), ""), |(name, rest)| (format!("/{name}"), rest))
            }
            None => (COMMAND.to_owned(), text.trim()),
        };
        let text = self.escaped(rest.trim());
        let (fields, trigger) = payload::command(&mut lock(&self.state), &self.common, actor, channel, &name, &text);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.signed(COMMANDS, body, Duration::ZERO, true);
        let mut answered = Answered::new(self.common.send(&request).await, trigger, request);
        if answered.is_ok() {
            answered.error = self.take_command_answer(&actor.slack, channel, &answered.immediate);
        }
        self.common.changed();
        answered
    }

    /// Opens the app's Home tab, of which the bot hears as an event.
    pub async fn open_home(&self, person: &str) -> Answered {
        let Some(actor) = self.common.person(person) else { return Answered::impossible(nobody(person)) };
        let event = payload::home_opened(&mut lock(&self.state), actor);
        let request = self.signed(EVENTS, event.to_string(), Duration::ZERO, false);
        let answered = Answered::new(self.common.send(&request).await, String::new(), request);
        self.common.changed();
        answered
    }

    /// Signs any body for any endpoint of the bot; `age` back-dates the signature, `form` says form and not JSON.
    #[must_use]
    pub fn signed(&self, path: &str, body: String, age: Duration, form: bool) -> SignedRequest {
        sign::slack(self.common.bot(path), body, &self.common.settings.slack_signing_secret, self.common.clock.now() - age, form)
    }

    /// Sends a request as it is, for replays and tampered ones; nothing of the answer is shown to anybody.
    pub async fn send(&self, request: &SignedRequest) -> Answered {
        Answered::new(self.common.send(request).await, String::new(), request.clone())
    }

    async fn go(&self, ready: Ready) -> Answered {
        let (request, trigger) = match ready {
            Ok(ready) => ready,
            Err(error) => return Answered::impossible(error),
        };
        let answered = Answered::new(self.common.send(&request).await, trigger, request);
        // For presses, Slack shows nothing of the body of the answer.
        self.common.changed();
        answered
    }

    fn prepare(&self, person: &str, channel: &str, id: &str, control: &str, kinds: &[ControlKind], value: &str) -> Ready {
        let actor = self.common.person(person).ok_or_else(|| nobody(person))?;
        let surface = surface(&lock(&self.state), actor, channel, id)?;
        self.prepare_on(person, &surface, control, kinds, value)
    }

    fn prepare_on(&self, person: &str, surface: &Surface, control: &str, kinds: &[ControlKind], value: &str) -> Ready {
        let actor = self.common.person(person).ok_or_else(|| nobody(person))?;
        let root = match surface {
            Surface::Message { message, .. } => message,
            Surface::View { view } => view,
        };
        let control = words::find(&words::controls(Platform::Slack, root), control, kinds)?;
        let picked = if control.kind == ControlKind::Person { Some(self.common.person(value).ok_or_else(|| nobody(value))?) } else { None };
        let chosen = payload::chosen(&control, value, picked)?;
        let (payload, trigger) = payload::action(&mut lock(&self.state), &self.common, actor, surface, &control, &chosen);
        Ok((self.interaction(&payload), trigger))
    }

    fn prepare_submission(&self, person: &str, view: &str, given: &[(&str, &str)]) -> Ready {
        let actor = self.common.person(person).ok_or_else(|| nobody(person))?;
        let state = &mut *lock(&self.state);
        let form = state.views.iter().find(|form| form.id == view && form.open).ok_or_else(|| format!("no open view {view:?}"))?;
        let json = form.json.clone();
        let controls = words::controls(Platform::Slack, &json);
        let mut values = Map::new();
        let mut states: Vec<_> = controls.iter().map(payload::initial).collect();
        for (label, value) in given {
            let control = words::find(&controls, label, &[])?;
            let picked = if control.kind == ControlKind::Person { self.common.person(value) } else { None };
            let chosen = payload::chosen(&control, value, picked)?;
            if let Some(at) = controls.iter().position(|other| *other == control) {
                states[at] = chosen;
            }
        }
        for (control, mut value) in controls.iter().zip(states).filter(|(control, _)| control.kind != ControlKind::Button) {
            let empty = value.as_object().into_iter().flatten().all(|(_, v)| v.is_null() || v.as_array().is_some_and(Vec::is_empty));
            if empty && !control.optional {
                return Err(format!("{:?} is required", control.label));
            }
            value["type"] = control.node["type"].clone();
            values.entry(control.block.clone()).or_insert_with(|| json!({}))[&control.id] = value;
        }
        let (payload, trigger) = payload::submission(state, actor, &json, &values);
        Ok((self.interaction(&payload), trigger))
    }

    fn interaction(&self, payload: &Value) -> SignedRequest {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let body = form.append_pair("payload", &payload.to_string()).finish();
        self.signed(INTERACTIONS, body, Duration::ZERO, true)
    }

    /// What Slack does with the answer to a submission; gives what the person sees going wrong.
    fn take_view_answer(&self, view: &str, answered: &Answered) -> Option<String> {
        let body = &answered.immediate;
        let state = &mut *lock(&self.state);
        let action = string(body, "response_action");
        let objections = match action {
            "update" | "push" => super::rules::view_objections(&body["view"]),
            _ => Vec::new(),
        };
        self.desk.heard("answer to view_submission", body, objections.clone());
        let at = state.views.iter().position(|form| form.id == view)?;
        match action {
            "errors" => return Some(format!("{}", body["errors"])),
            _ if !objections.is_empty() => return Some(objections.join("; ")),
            "update" => {
                let id = state.views[at].id.clone();
                state.views[at].json = views::completed(&body["view"], &id);
            }
            "push" => {
                let person = state.views[at].person.clone();
                views::show(state, &body["view"], &person, &answered.key);
            }
            "clear" => {
                let person = state.views[at].person.clone();
                state.views.iter_mut().filter(|form| form.person == person).for_each(|form| form.open = false);
            }
            _ => state.views[at].open = false,
        }
        None
    }

    fn take_command_answer(&self, person: &str, channel: &str, body: &Value) -> Option<String> {
        if body.is_null() {
            return None;
        }
        let message = body.as_str().map_or_else(|| body.clone(), |text| json!({"text": text}));
        let objections: Vec<_> = response::objections(&message).iter().map(super::rules::sentence).collect();
        self.desk.heard("answer to a command", &message, objections);
        let (person, channel) = (person.to_owned(), channel.to_owned());
        let grant = Grant { person, channel, message: None, thread: None, left: 1, born: std::time::Instant::now() };
        response::apply(&mut lock(&self.state), &grant, &message).err().map(|refused| refused.code)
    }

    /// Slack turns names of people into `<@id|handle>` before the app gets a command.
    fn escaped(&self, text: &str) -> String {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        // The longest name first, so that "@Sam Setter" is not taken for "@sam" and "Setter".
        let people = &self.common.settings.people;
        let names = people.iter().map(|p| (p.name.clone(), p)).chain(people.iter().map(|p| (super::handle(p), p)));
        let mut names: Vec<_> = names.collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        names.iter().fold(text, |text, (name, person)| {
            let mention = format!("<@{}|{}>", person.slack, super::handle(person));
            text.replace(&format!("@{name}"), &mention)
        })
    }
}

fn surface(state: &State, actor: &Person, channel: &str, id: &str) -> Result<Surface, String> {
    let home = state.homes.get(&actor.slack).filter(|home| home.id == id);
    if let Some(form) = state.views.iter().find(|form| form.id == id && form.open).or(home) {
        return Ok(Surface::View { view: form.json.clone() });
    }
    let private = state.private.iter().find(|private| private.id == id && private.person == actor.slack);
    if let Some(private) = private {
        let (channel, ts) = (private.channel.clone(), private.id.clone());
        return Ok(Surface::Message { channel, ts, message: private.message.clone(), private: true });
    }
    let message = state.message(channel, id).ok_or_else(|| format!("{} sees no message {id:?} in {channel:?}", actor.name))?;
    Ok(Surface::Message { channel: channel.to_owned(), ts: id.to_owned(), message: message.json.clone(), private: false })
}

fn nobody(wanted: &str) -> String {
    format!("there is no person {wanted:?}")
}
