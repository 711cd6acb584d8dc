//! Reads what Slack sends: presses, forms, slash commands and events. Only after [`verify`](super::Slack::verify).
//!
//! Own structs, because slack-morphism's drop what was chosen in a menu and refuse what an organisation-wide installation sends. They
//! ask only for what is needed; what has an unknown kind is [`Interaction::Ignored`].
//!
//! A signature proves the app, not the workspace: whoever acts in another one than ours is a stranger. Who we are is not known before
//! Slack has told; until then nothing is compared.

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::history::Myself;
use super::modal::Opened;
use crate::chat::{Interaction, ReplyTo, Unreadable, Visitor, sent_off};
use crate::domain::list::Listing;
use crate::domain::message::Press;
use crate::domain::platform::Platform;
use crate::domain::post::{DeliveryKey, MessageRef};

/// A press or a form (<https://docs.slack.dev/reference/interaction-payloads>).
pub(super) fn interaction(body: &[u8], myself: Option<&Myself>) -> Result<Interaction, Unreadable> {
    let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    if is_ssl_check(&fields) {
        return Ok(Interaction::Ignored);
    }
    let mut payloads = fields.into_iter().filter(|(name, _)| name == "payload").map(|(_, value)| value);
    let (Some(payload), None) = (payloads.next(), payloads.next()) else { return Err(Unreadable::Payload) };
    let payload: Map<String, Value> = serde_json::from_str(&payload).map_err(|_| Unreadable::Json)?;
    match payload.get("type").and_then(Value::as_str) {
        Some("block_actions") => press(parsed(payload)?, myself),
        Some("view_submission") => Ok(form(parsed(payload)?, myself)),
        _ => Ok(Interaction::Ignored),
    }
}

/// A slash command (<https://docs.slack.dev/interactivity/implementing-slash-commands>).
pub(super) fn command(body: &[u8], myself: Option<&Myself>) -> Result<Interaction, Unreadable> {
    let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    if is_ssl_check(&fields) {
        return Ok(Interaction::Ignored);
    }
    let field = |wanted: &str| fields.iter().find(|(name, value)| name == wanted && !value.is_empty()).map(|(_, value)| value.clone());
    let id = field("user_id").ok_or(Unreadable::Incomplete)?;
    let channel = field("channel_id");
    let who = Visitor {
        platform: Platform::Slack,
        id,
        name: field("user_name").unwrap_or_default(),
        home: is_home(myself, field("team_id").as_deref(), field("enterprise_id").as_deref()),
        team: field("team_id"),
        direct: channel.as_deref().is_some_and(is_direct),
    };
    let reply = ReplyTo::Slack {
        response_url: field("response_url").map(SecretString::from),
        trigger: field("trigger_id").map(SecretString::from),
        channel,
        message: None,
        view: None,
        list: None,
        form: None,
    };
    Ok(Interaction::Command { who, text: written(field("text").unwrap_or_default().trim()), profile: None, reply })
}

/// An event (<https://docs.slack.dev/apis/events-api>).
pub(super) fn event(body: &[u8], myself: Option<&Myself>) -> Result<Interaction, Unreadable> {
    let envelope: Map<String, Value> = serde_json::from_slice(body).map_err(|_| Unreadable::Json)?;
    let says = |field: &str| envelope.get(field).and_then(Value::as_str);
    match says("type") {
        Some("url_verification") => {
            Ok(Interaction::UrlVerification { challenge: says("challenge").ok_or(Unreadable::Incomplete)?.to_owned() })
        }
        Some("event_callback") => {
            let event = envelope.get("event").and_then(Value::as_object).ok_or(Unreadable::Incomplete)?;
            let (kind, user) = (event.get("type").and_then(Value::as_str), event.get("user").and_then(Value::as_str));
            match (kind, user) {
                (Some("app_home_opened"), Some(user)) => Ok(Interaction::HomeOpened {
                    who: Visitor {
                        platform: Platform::Slack,
                        id: user.to_owned(),
                        name: String::new(),
                        team: says("team_id").map(str::to_owned),
                        home: is_home(myself, says("team_id"), says("enterprise_id")),
                        direct: true,
                    },
                }),
                (Some("app_home_opened"), None) => Err(Unreadable::Incomplete),
                _ => Ok(Interaction::Ignored),
            }
        }
        _ => Ok(Interaction::Ignored),
    }
}

/// A visitor, and where the answer goes: what presses and forms have in common.
#[derive(Deserialize)]
struct Base {
    user: User,
    #[serde(default)]
    team: Option<Id>,
    #[serde(default)]
    enterprise: Option<Id>,
    #[serde(default)]
    trigger_id: Option<String>,
    #[serde(default)]
    response_url: Option<String>,
    #[serde(default)]
    channel: Option<Id>,
    #[serde(default)]
    container: Option<Container>,
}

#[derive(Deserialize)]
struct User {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    team_id: Option<String>,
    /// What else Slack says of them.
    #[serde(flatten)]
    marks: Map<String, Value>,
}

/// A workspace, an organisation or a channel.
#[derive(Deserialize)]
struct Id {
    id: String,
}

impl Id {
    fn of(id: &str) -> Self {
        Self { id: id.to_owned() }
    }
}

#[derive(Deserialize)]
struct Container {
    #[serde(default)]
    message_ts: Option<String>,
    #[serde(default)]
    channel_id: Option<String>,
    #[serde(default, deserialize_with = "truth")]
    is_ephemeral: bool,
}

#[derive(Deserialize)]
struct BlockActions {
    #[serde(flatten)]
    base: Base,
    actions: Vec<Action>,
    #[serde(default)]
    state: Option<Value>,
    #[serde(default)]
    view: Option<View>,
}

#[derive(Deserialize)]
struct Action {
    #[serde(rename = "action_id", default)]
    id: String,
    #[serde(rename = "block_id", default)]
    block: String,
    #[serde(default)]
    value: Option<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct ViewSubmission {
    #[serde(flatten)]
    base: Base,
    view: View,
}

#[derive(Deserialize)]
struct View {
    #[serde(default)]
    id: Option<String>,
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    callback_id: String,
    #[serde(default)]
    private_metadata: String,
    #[serde(default)]
    state: Option<Value>,
}

fn parsed<T: DeserializeOwned>(payload: Map<String, Value>) -> Result<T, Unreadable> {
    serde_json::from_value(Value::Object(payload)).map_err(|_| Unreadable::Incomplete)
}

fn press(payload: BlockActions, myself: Option<&Myself>) -> Result<Interaction, Unreadable> {
    // The home is no modal: it stays as it is until it is published anew.
    let modal = payload.view.filter(|view| view.kind.as_deref() == Some("modal"));
    let mut base = payload.base;
    if base.channel.is_none() {
        base.channel = modal.as_ref().and_then(|view| Opened::read(&view.private_metadata).1.channel.map(Id::of));
    }
    let view = modal.and_then(|view| view.id);
    let action = payload.actions.into_iter().next().ok_or(Unreadable::Incomplete)?;
    // The third part of the id of a line's block.
    let list = action.block.strip_prefix("e:").and_then(|rest| Listing::parse(rest.split_once(':')?.1));
    let (who, reply) = both(base, view, list, None, myself);
    // A link button asks nothing of us.
    let state = payload.state.as_ref().and_then(|state| state.pointer("/values")?.get(&action.block)?.get(&action.id));
    let picked = choice(&action.rest).or_else(|| choice(state?.as_object()?));
    match (Press::from_name(&action.id), key(&action)) {
        (Some(press), Some(key)) => Ok(Interaction::Press { who, press, key, picked, profile: None, reply }),
        _ => Ok(Interaction::Forged { who, reply }),
    }
}

/// The key in a button's value; a menu has none, so there it is the one in the block's id. Where both are there, they agree.
fn key(action: &Action) -> Option<DeliveryKey> {
    let mut parts = action.block.split(':');
    let in_block = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(key), Some(_), None) => DeliveryKey::parse(key),
        _ => None,
    };
    match &action.value {
        None => in_block,
        Some(value) => DeliveryKey::parse(value).filter(|key| in_block.as_ref().is_none_or(|block| block == key)),
    }
}

/// The form's id is the view's callback id, a blank and its private metadata, where there is some: the key, and from where it was opened.
fn form(mut payload: ViewSubmission, myself: Option<&Myself>) -> Interaction {
    let View { id, callback_id, private_metadata, state, .. } = payload.view;
    let (key, Opened { channel, list }) = Opened::read(&private_metadata);
    payload.base.response_url = list.map(|(_, back)| back.to_owned());
    payload.base.channel = payload.base.channel.or(channel.map(Id::of));
    let blocks = state.as_ref().and_then(|state| state.get("values")).and_then(Value::as_object);
    let fields = blocks.into_iter().flat_map(Map::values).filter_map(Value::as_object).flatten();
    let values: Vec<_> = fields.filter_map(|(id, field)| Some((id.clone(), choice(field.as_object()?)?))).collect();
    let form = format!("{callback_id} {key}").trim().to_owned();
    let once = id.as_ref().map(|view| sent_off(&format!("slack {view}"), &form, &values));
    let (who, reply) = both(payload.base, id, list.map(|(list, _)| list), once, myself);
    Interaction::Form { who, form, values, reply }
}

fn both(base: Base, view: Option<String>, list: Option<Listing>, form: Option<String>, myself: Option<&Myself>) -> (Visitor, ReplyTo) {
    let channel = base.channel.map(|channel| channel.id);
    let user = base.user;
    let here = base.team.map(|team| team.id);
    let marked = |mark: &str| user.marks.get(mark) == Some(&Value::Bool(true));
    let stranger = ["is_bot", "is_stranger", "is_restricted", "is_ultra_restricted"].into_iter().any(marked);
    let elsewhere = matches!((&here, &user.team_id), (Some(here), Some(theirs)) if here != theirs);
    let organisation = base.enterprise.map(|organisation| organisation.id);
    let at_home = is_home(myself, here.as_deref().or(user.team_id.as_deref()), organisation.as_deref());
    let (message, in_container) = match base.container {
        Some(container) => (container.message_ts.filter(|_| !container.is_ephemeral), container.channel_id),
        None => (None, None),
    };
    let channel = channel.or(in_container);
    let who = Visitor {
        platform: Platform::Slack,
        id: user.id,
        name: user.name.or(user.username).unwrap_or_default(),
        team: user.team_id.or(here),
        home: at_home && !stranger && !elsewhere,
        direct: channel.as_deref().is_some_and(is_direct),
    };
    let reply = ReplyTo::Slack {
        response_url: base.response_url.map(SecretString::from),
        trigger: base.trigger_id.map(SecretString::from),
        channel,
        message: message.map(MessageRef),
        view,
        list,
        form,
    };
    (who, reply)
}

fn is_home(myself: Option<&Myself>, team: Option<&str>, organisation: Option<&str>) -> bool {
    myself.is_none_or(|myself| myself.is_home(team, organisation))
}

/// What was chosen or typed in a menu or field of any kind.
fn choice(field: &Map<String, Value>) -> Option<String> {
    const PLAIN: [&str; 7] =
        ["selected_user", "value", "selected_date", "selected_time", "selected_date_time", "selected_conversation", "selected_channel"];
    let plain = PLAIN.iter().find_map(|name| field.get(*name)).filter(|value| !value.is_null());
    let option = || field.get("selected_option")?.get("value");
    let options = || field.get("selected_options")?.get(0)?.get("value");
    match plain.or_else(option).or_else(options)? {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn is_ssl_check(fields: &[(String, String)]) -> bool {
    fields.iter().any(|(name, value)| name == "ssl_check" && value == "1")
}

fn is_direct(channel: &str) -> bool {
    channel.starts_with('D')
}

/// Slack writes some of these as `null`.
fn truth<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Value::deserialize(deserializer)? == Value::Bool(true))
}

/// What somebody typed, where Slack made links of addresses: `<mailto:kim@acme.example|kim@acme.example>`
/// (<https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling>, escaping).
fn written(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, link)) = rest.split_once("<mailto:") {
        let Some((address, after)) = link.split_once('>') else { break };
        out.push_str(before);
        out.push_str(address.split_once('|').map_or(address, |(_, shown)| shown));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;

    const KEY: &str = "0296tiiBb3U904RIpygpjj";

    fn send(payload: &Value) -> Result<Interaction, Unreadable> {
        let form = form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
        interaction(form.as_bytes(), None)
    }

    fn click(action: &Value) -> Value {
        json!({
            "type": "block_actions", "user": { "id": "U1", "username": "kim", "name": "kim", "team_id": "T1" }, "team": { "id": "T1" },
            "enterprise": null, "is_enterprise_install": false, "trigger_id": "t", "response_url": "https://hooks.slack.com/1",
            "container": { "type": "message", "message_ts": "1.0", "channel_id": "C1", "is_ephemeral": false },
            "channel": { "id": "C1", "name": "sales" }, "actions": [action], "state": { "values": {} },
        })
    }

    fn button(value: &str) -> Value {
        json!({ "action_id": "claim", "block_id": format!("6:{KEY}:3"), "type": "button", "value": value })
    }

    #[test]
    fn a_press_is_read_with_all_that_it_takes_to_answer() {
        let Ok(Interaction::Press { who, press, key, picked: None, reply, .. }) = send(&click(&button(KEY))) else { panic!("a press") };
        assert_eq!((press, key.as_str()), (Press::Claim, KEY));
        assert_eq!((who.id.as_str(), who.name.as_str(), who.team.as_deref(), who.home), ("U1", "kim", Some("T1"), true));
        let ReplyTo::Slack { response_url: Some(url), trigger: Some(_), channel, message, view: None, list: None, form: None } = reply
        else {
            panic!("a way back")
        };
        assert_eq!(
            (url.expose_secret(), channel.as_deref(), message),
            ("https://hooks.slack.com/1", Some("C1"), Some(MessageRef("1.0".to_owned())))
        );
    }

    #[test]
    fn a_picked_person_is_found_wherever_slack_puts_them() {
        let block = format!("6:{KEY}:3");
        let in_action = click(&json!({ "action_id": "assign", "block_id": block, "type": "users_select", "selected_user": "U2" }));
        let mut in_state = click(&json!({ "action_id": "assign", "block_id": block, "type": "users_select" }));
        in_state["state"] = json!({ "values": { block: { "assign": { "type": "users_select", "selected_user": "U2" } } } });
        for payload in [in_action, in_state] {
            let Ok(Interaction::Press { press: Press::Assign, key, picked, .. }) = send(&payload) else { panic!("{payload}") };
            assert_eq!((key.as_str(), picked.as_deref()), (KEY, Some("U2")));
        }
        let cleared =
            click(&json!({ "action_id": "assign", "block_id": format!("6:{KEY}:3"), "type": "users_select", "selected_user": null }));
        assert!(matches!(send(&cleared), Ok(Interaction::Press { picked: None, .. })));
    }

    #[test]
    fn an_id_that_is_not_ours_is_forged() {
        let other = "0296tiiBb3U904RIpygpjk";
        let long = "x".repeat(2_000);
        for value in [other, &KEY[..21], "", &long, &format!("{KEY}' OR 1=1 --"), "\u{0}", &format!("../{KEY}")] {
            assert!(matches!(send(&click(&button(value))), Ok(Interaction::Forged { .. })), "{value}");
        }
        for action in [
            json!({ "action_id": "CLAIM", "block_id": "b", "value": KEY }),
            json!({ "action_id": "", "value": KEY }),
            json!({ "action_id": "claim", "block_id": "b" }),
            json!({ "action_id": "assign", "block_id": format!("6:{KEY}:3:x"), "selected_user": "U2" }),
        ] {
            assert!(matches!(send(&click(&action)), Ok(Interaction::Forged { .. })), "{action}");
        }
    }

    #[test]
    fn strangers_guests_and_bots_are_not_at_home() {
        for (field, value) in
            [("team_id", json!("T2")), ("is_bot", json!(true)), ("is_stranger", json!(true)), ("is_restricted", json!(true))]
        {
            let mut payload = click(&button(KEY));
            payload["user"][field] = value;
            let Ok(Interaction::Press { who, .. }) = send(&payload) else { panic!("{field}") };
            assert!(!who.home, "{field}");
        }
        let mut organisation = click(&button(KEY));
        organisation["team"] = Value::Null;
        organisation["user"]["is_bot"] = Value::Null;
        let Ok(Interaction::Press { who, .. }) = send(&organisation) else { panic!("an installation in a whole organisation") };
        assert_eq!((who.home, who.team.as_deref()), (true, Some("T1")));
    }

    #[test]
    fn who_acts_in_another_workspace_is_not_at_home() {
        let us = |what: Value| -> Myself { serde_json::from_value(what).expect("who we are") };
        let one = us(json!({ "user_id": "U0", "team_id": "T1", "enterprise_id": "E1" }));
        let all = us(json!({ "user_id": "U0", "team_id": "T0", "enterprise_id": "E1", "is_enterprise_install": true }));
        let untold = us(json!({ "user_id": "U0", "team_id": null }));
        for (myself, team, organisation, expected) in [
            (Some(&one), json!("T1"), json!("E1"), true),
            (Some(&one), json!("T2"), json!("E1"), false),
            (Some(&one), json!("T2"), Value::Null, false),
            (Some(&all), json!("T2"), json!("E1"), true),
            (Some(&all), json!("T2"), json!("E2"), false),
            (Some(&untold), json!("T2"), Value::Null, true),
            (None, json!("T2"), Value::Null, true),
        ] {
            let mut pressed = click(&button(KEY));
            pressed["team"]["id"] = team.clone();
            pressed["user"]["team_id"] = team.clone();
            pressed["enterprise"] = organisation.as_str().map_or(Value::Null, |id| json!({ "id": id }));
            let form = form_urlencoded::Serializer::new(String::new()).append_pair("payload", &pressed.to_string()).finish();
            let typed =
                format!("user_id=U1&team_id={}&enterprise_id={}", team.as_str().expect("an id"), organisation.as_str().unwrap_or_default());
            let opened = json!({
                "type": "event_callback", "team_id": team, "enterprise_id": organisation, "event": { "type": "app_home_opened", "user": "U1" }
            });
            let (pressed, typed, opened) =
                (interaction(form.as_bytes(), myself), command(typed.as_bytes(), myself), event(opened.to_string().as_bytes(), myself));
            let (
                Ok(Interaction::Press { who: pressed, .. }),
                Ok(Interaction::Command { who: typed, .. }),
                Ok(Interaction::HomeOpened { who: opened }),
            ) = (pressed, typed, opened)
            else {
                panic!("all are read")
            };
            assert_eq!([pressed.home, typed.home, opened.home], [expected; 3], "{team} {organisation}");
        }
    }

    #[test]
    fn a_form_gives_its_fields() {
        let payload = json!({
            "type": "view_submission", "user": { "id": "U1" }, "team": null, "trigger_id": "t",
            "view": { "id": "V1", "type": "modal", "callback_id": "close", "private_metadata": KEY, "state": { "values": {
                "a": { "how": { "type": "radio_buttons", "selected_option": { "value": "lost" } } },
                "b": { "why": { "type": "plain_text_input", "value": "too dear" } },
                "c": { "until": { "type": "datetimepicker", "selected_date_time": 1_795_705_200 } },
                "d": { "empty": { "type": "plain_text_input", "value": null } },
            } } },
        });
        let Ok(Interaction::Form { form, values, reply, .. }) = send(&payload) else { panic!("a form") };
        assert_eq!((form, reply.view()), (format!("close {KEY}"), Some("V1")));
        assert!(!reply.takes_messages() && reply.list().is_none());
        let mut from_list = payload.clone();
        from_list["view"]["private_metadata"] = format!("{KEY} o2 https://hooks.slack.com/1").into();
        let Ok(Interaction::Form { form, reply, .. }) = send(&from_list) else { panic!("a form") };
        assert_eq!((form, reply.list()), (format!("close {KEY}"), Some(Listing { mine: false, page: 2 })));
        assert!(!format!("{reply:?}").contains("hooks"), "where answers go shows itself");
        from_list["view"]["private_metadata"] = format!("{KEY} @C1 o2 https://hooks.slack.com/1").into();
        let Ok(Interaction::Form { form, reply, .. }) = send(&from_list) else { panic!("a form") };
        assert_eq!((form, reply.list(), reply.channel()), (format!("close {KEY}"), Some(Listing { mine: false, page: 2 }), Some("C1")));
        from_list["view"]["private_metadata"] = format!("{KEY} @C1").into();
        from_list["trigger_id"] = "t2".into();
        let Ok(Interaction::Form { reply: again, .. }) = send(&from_list) else { panic!("a form") };
        assert_eq!((again.list(), again.channel(), again.once()), (None, Some("C1"), reply.once()));
        from_list["view"]["state"]["values"]["b"]["why"]["value"] = "too far".into();
        let Ok(Interaction::Form { reply: changed, .. }) = send(&from_list) else { panic!("a form") };
        assert_ne!(changed.once(), reply.once(), "another word is another form");
        let expected = [("how", "lost"), ("why", "too dear"), ("until", "1795705200")];
        assert_eq!(values, expected.map(|(id, value)| (id.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_command_is_read() {
        let form = "user_id=U1&user_name=kim&team_id=T1&channel_id=D1&command=%2Fcancellations&text=+assign+K7Q2+%3C%40U2%7Csam%3E+&response_url=https%3A%2F%2Fhooks.slack.com%2F1&trigger_id=t&enterprise_id=";
        let Ok(Interaction::Command { who, text, reply: ReplyTo::Slack { response_url: Some(_), .. }, .. }) =
            command(form.as_bytes(), None)
        else {
            panic!("a command")
        };
        assert_eq!((who.id.as_str(), text.as_str(), who.direct), ("U1", "assign K7Q2 <@U2|sam>", true));
        assert!(matches!(command(b"ssl_check=1&token=x", None), Ok(Interaction::Ignored)));
        assert_eq!(command(b"text=help", None).expect_err("nobody"), Unreadable::Incomplete);
        assert_eq!(
            written("show <mailto:a@b.example|a@b.example> <mailto:c@d.example> <@U2|sam>"),
            "show a@b.example c@d.example <@U2|sam>"
        );
        assert_eq!(written("show <mailto:a@b.example"), "show <mailto:a@b.example");
    }

    #[test]
    fn events_are_read() {
        let read = |payload: Value| event(payload.to_string().as_bytes(), None);
        assert!(
            matches!(read(json!({ "type": "url_verification", "challenge": "abc" })), Ok(Interaction::UrlVerification { challenge }) if challenge == "abc")
        );
        let home = json!({ "type": "event_callback", "team_id": null, "event": { "type": "app_home_opened", "user": "U1" } });
        assert!(matches!(read(home), Ok(Interaction::HomeOpened { who }) if who.id == "U1"));
        assert!(matches!(read(json!({ "type": "event_callback", "event": { "type": "tokens_revoked" } })), Ok(Interaction::Ignored)));
        assert!(matches!(read(json!({ "type": "app_rate_limited" })), Ok(Interaction::Ignored)));
        assert!(matches!(read(json!([])), Err(Unreadable::Json)));
    }

    #[test]
    fn what_is_not_slacks_is_said_to_be_so() {
        for (body, why) in [
            ("", Unreadable::Payload),
            ("a=b", Unreadable::Payload),
            ("payload={}&payload={}", Unreadable::Payload),
            ("payload=", Unreadable::Json),
            ("payload=nonsense", Unreadable::Json),
            ("payload=%5B%5D", Unreadable::Json),
            ("payload=%ZZ", Unreadable::Json),
            ("payload=%7B%22type%22%3A%22block_actions%22%7D", Unreadable::Incomplete),
        ] {
            assert_eq!(interaction(body.as_bytes(), None).expect_err("unreadable"), why, "{body}");
        }
        for kind in ["block_suggestion", "view_closed", "message_action", "brand_new"] {
            assert!(matches!(send(&json!({ "type": kind })), Ok(Interaction::Ignored)), "{kind}");
        }
        assert!(matches!(send(&json!({})), Ok(Interaction::Ignored)));
        assert!(matches!(interaction(b"ssl_check=1", None), Ok(Interaction::Ignored)));
    }
}
