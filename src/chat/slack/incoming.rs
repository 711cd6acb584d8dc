//! Reads what Slack sends: presses, forms, slash commands and events. Only after [`verify`](super::Slack::verify).
//!
//! Own structs, because slack-morphism's drop what was chosen in a menu and refuse what an organisation-wide installation sends. They
//! ask only for what is needed; what has an unknown kind is [`Interaction::Ignored`].

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::chat::{Interaction, ReplyTo, Unreadable, Visitor};
use crate::domain::message::Press;
use crate::domain::platform::Platform;
use crate::domain::post::{DeliveryKey, MessageRef};

/// A press or a form (<https://docs.slack.dev/reference/interaction-payloads>).
pub(super) fn interaction(body: &[u8]) -> Result<Interaction, Unreadable> {
    let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    if is_ssl_check(&fields) {
        return Ok(Interaction::Ignored);
    }
    let mut payloads = fields.into_iter().filter(|(name, _)| name == "payload").map(|(_, value)| value);
    let (Some(payload), None) = (payloads.next(), payloads.next()) else { return Err(Unreadable::Payload) };
    let payload: Map<String, Value> = serde_json::from_str(&payload).map_err(|_| Unreadable::Json)?;
    match payload.get("type").and_then(Value::as_str) {
        Some("block_actions") => press(parsed(payload)?),
        Some("view_submission") => form(parsed(payload)?),
        _ => Ok(Interaction::Ignored),
    }
}

/// A slash command (<https://docs.slack.dev/interactivity/implementing-slash-commands>).
pub(super) fn command(body: &[u8]) -> Result<Interaction, Unreadable> {
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
        team: field("team_id"),
        home: true,
        direct: channel.as_deref().is_some_and(is_direct),
    };
    let reply = ReplyTo::Slack {
        response_url: field("response_url").map(SecretString::from),
        trigger: field("trigger_id").map(SecretString::from),
        channel,
        message: None,
    };
    Ok(Interaction::Command { who, text: field("text").unwrap_or_default().trim().to_owned(), reply })
}

/// An event (<https://docs.slack.dev/apis/events-api>).
pub(super) fn event(body: &[u8]) -> Result<Interaction, Unreadable> {
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
                        home: true,
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
    team: Option<Team>,
    #[serde(default)]
    trigger_id: Option<String>,
    #[serde(default)]
    response_url: Option<String>,
    #[serde(default)]
    channel: Option<Channel>,
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
    #[serde(default, deserialize_with = "truth")]
    is_bot: bool,
    #[serde(default, deserialize_with = "truth")]
    is_stranger: bool,
    #[serde(default, deserialize_with = "truth")]
    is_restricted: bool,
    #[serde(default, deserialize_with = "truth")]
    is_ultra_restricted: bool,
}

#[derive(Deserialize)]
struct Team {
    id: String,
}

#[derive(Deserialize)]
struct Channel {
    id: String,
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
}

#[derive(Deserialize)]
struct Action {
    #[serde(default)]
    action_id: String,
    #[serde(default)]
    block_id: String,
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
    callback_id: String,
    #[serde(default)]
    private_metadata: String,
    #[serde(default)]
    state: Option<Value>,
}

fn parsed<T: DeserializeOwned>(payload: Map<String, Value>) -> Result<T, Unreadable> {
    serde_json::from_value(Value::Object(payload)).map_err(|_| Unreadable::Incomplete)
}

fn press(payload: BlockActions) -> Result<Interaction, Unreadable> {
    let (who, reply) = both(payload.base);
    let action = payload.actions.into_iter().next().ok_or(Unreadable::Incomplete)?;
    // A link button asks nothing of us.
    let state = payload.state.as_ref().and_then(|state| state.pointer("/values")?.get(&action.block_id)?.get(&action.action_id));
    let picked = choice(&action.rest).or_else(|| choice(state?.as_object()?));
    match (Press::from_name(&action.action_id), key(&action)) {
        (Some(press), Some(key)) => Ok(Interaction::Press { who, press, key, picked, reply }),
        _ => Ok(Interaction::Forged { who, reply }),
    }
}

/// The key in a button's value; a menu has none, so there it is the one in the block's id. Where both are there, they agree.
fn key(action: &Action) -> Option<DeliveryKey> {
    let mut parts = action.block_id.split(':');
    let in_block = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(key), Some(_), None) => DeliveryKey::parse(key),
        _ => None,
    };
    match &action.value {
        None => in_block,
        Some(value) => DeliveryKey::parse(value).filter(|key| in_block.as_ref().is_none_or(|block| block == key)),
    }
}

/// The form's id is the view's callback id, a blank and its private metadata, where there is some.
fn form(payload: ViewSubmission) -> Result<Interaction, Unreadable> {
    let (who, reply) = both(payload.base);
    let View { callback_id, private_metadata, state } = payload.view;
    let blocks = state.as_ref().and_then(|state| state.get("values")).and_then(Value::as_object);
    let fields = blocks.into_iter().flat_map(Map::values).filter_map(Value::as_object).flatten();
    let values = fields.filter_map(|(id, field)| Some((id.clone(), choice(field.as_object()?)?))).collect();
    let form = format!("{callback_id} {private_metadata}").trim().to_owned();
    Ok(Interaction::Form { who, form, values, reply })
}

fn both(base: Base) -> (Visitor, ReplyTo) {
    let channel = base.channel.map(|channel| channel.id);
    let user = base.user;
    let here = base.team.map(|team| team.id);
    let stranger = user.is_bot || user.is_stranger || user.is_restricted || user.is_ultra_restricted;
    let elsewhere = matches!((&here, &user.team_id), (Some(here), Some(theirs)) if here != theirs);
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
        home: !stranger && !elsewhere,
        direct: channel.as_deref().is_some_and(is_direct),
    };
    let reply = ReplyTo::Slack {
        response_url: base.response_url.map(SecretString::from),
        trigger: base.trigger_id.map(SecretString::from),
        channel,
        message: message.map(MessageRef),
    };
    (who, reply)
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
