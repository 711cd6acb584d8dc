//! Reads what Discord sends: pings, presses, slash commands, completions and forms. Only after [`verify`](super::Discord::verify).
//!
//! Own structs, because serenity's lose the values of labelled form fields and refuse a payload that lacks what we do not need. What has
//! an unknown kind is [`Interaction::Ignored`].

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::text::is_snowflake;
use crate::chat::{Interaction, ReplyTo, Unreadable, Visitor};
use crate::domain::message::Press;
use crate::domain::platform::Platform;
use crate::domain::post::{DeliveryKey, MessageRef};

/// An interaction (<https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object>).
pub(super) fn interaction(body: &[u8], guild_id: &str) -> Result<Interaction, Unreadable> {
    let payload: Value = serde_json::from_slice(body).map_err(|_| Unreadable::Json)?;
    if !payload.is_object() {
        return Err(Unreadable::Json);
    }
    match payload.get("type").and_then(Value::as_u64) {
        Some(1) => Ok(Interaction::Ping),
        Some(kind @ 2..=5) => {
            let payload: Payload = serde_json::from_value(payload).map_err(|_| Unreadable::Incomplete)?;
            let (who, reply, data) = payload.split(guild_id)?;
            Ok(match kind {
                2 => Interaction::Command { who, text: typed(&data), reply },
                3 => press(who, reply, data),
                4 => completion(who, &data),
                _ => Interaction::Form { who, form: data.custom_id, values: fields(&data.components), reply },
            })
        }
        _ => Ok(Interaction::Ignored),
    }
}

#[derive(Deserialize)]
struct Payload {
    id: String,
    token: String,
    #[serde(default)]
    guild_id: Option<String>,
    #[serde(default)]
    channel_id: Option<String>,
    #[serde(default)]
    member: Option<Member>,
    #[serde(default)]
    user: Option<User>,
    #[serde(default)]
    message: Option<Message>,
    #[serde(default)]
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Member {
    #[serde(default)]
    user: Option<User>,
    #[serde(default)]
    nick: Option<String>,
}

#[derive(Deserialize)]
struct User {
    id: String,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    global_name: Option<String>,
    #[serde(default)]
    bot: Option<bool>,
}

#[derive(Deserialize)]
struct Message {
    id: String,
}

#[derive(Deserialize, Default)]
struct Data {
    #[serde(default)]
    custom_id: String,
    #[serde(default)]
    values: Option<Vec<String>>,
    #[serde(default)]
    options: Option<Vec<CommandOption>>,
    #[serde(default)]
    components: Option<Value>,
}

#[derive(Deserialize)]
struct CommandOption {
    name: String,
    #[serde(rename = "type", default)]
    kind: u64,
    #[serde(default)]
    value: Option<Value>,
    #[serde(default)]
    options: Option<Vec<CommandOption>>,
    #[serde(default)]
    focused: Option<bool>,
}

impl Payload {
    fn split(self, home: &str) -> Result<(Visitor, ReplyTo, Data), Unreadable> {
        let (in_guild, nick) = match self.member {
            Some(member) => (member.user, member.nick),
            None => (None, None),
        };
        let is_member = in_guild.is_some();
        let user = in_guild.or(self.user).filter(|user| is_snowflake(&user.id)).ok_or(Unreadable::Incomplete)?;
        let who = Visitor {
            platform: Platform::Discord,
            id: user.id,
            name: nick.or(user.global_name).or(user.username).unwrap_or_default(),
            home: is_member && self.guild_id.as_deref() == Some(home) && user.bot != Some(true),
            direct: self.guild_id.is_none() && !is_member,
            team: self.guild_id,
        };
        let reply = ReplyTo::Discord {
            id: self.id,
            token: SecretString::from(self.token),
            channel: self.channel_id,
            message: self.message.map(|message| MessageRef(message.id)),
        };
        Ok((who, reply, self.data.unwrap_or_default()))
    }
}

/// The id of a control is `d:{key}:{press}`, to the letter.
fn press(who: Visitor, reply: ReplyTo, data: Data) -> Interaction {
    let mut parts = data.custom_id.split(':');
    let known = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("d"), Some(key), Some(press), None) => DeliveryKey::parse(key).zip(Press::from_name(press)),
        _ => None,
    };
    let picked = data.values.and_then(|values| values.into_iter().next());
    match known {
        Some((key, press)) => Interaction::Press { who, press, key, picked, reply },
        None => Interaction::Forged { who, reply },
    }
}

/// The subcommand and its options as if they were typed.
fn typed(data: &Data) -> String {
    let mut words = Vec::new();
    collect(data.options.as_deref().unwrap_or_default(), &mut words);
    words.join(" ")
}

fn collect(options: &[CommandOption], words: &mut Vec<String>) {
    /// <https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-option-type>
    const USER: u64 = 6;
    for option in options {
        match (&option.value, option.kind) {
            (Some(Value::String(id)), USER) => words.push(format!("<@{id}>")),
            (Some(Value::String(text)), _) => words.push(text.trim().to_owned()),
            (Some(Value::Number(number)), _) => words.push(number.to_string()),
            (Some(Value::Bool(truth)), _) => words.push(truth.to_string()),
            (Some(Value::Null | Value::Array(_) | Value::Object(_)), _) => {}
            (None, _) => {
                words.push(option.name.clone());
                collect(option.options.as_deref().unwrap_or_default(), words);
            }
        }
    }
}

fn completion(who: Visitor, data: &Data) -> Interaction {
    let verbs = data.options.as_deref().unwrap_or_default();
    let verb = verbs.first().map(|verb| verb.name.clone()).unwrap_or_default();
    let inner = verbs.first().and_then(|verb| verb.options.as_deref()).unwrap_or_default();
    match inner.iter().find(|option| option.focused == Some(true)) {
        Some(CommandOption { name, value: Some(Value::String(typed)), .. }) => {
            Interaction::Completion { who, verb, option: name.clone(), typed: typed.clone() }
        }
        Some(_) | None => Interaction::Ignored,
    }
}

/// The fields of a form, in rows (type 1) or labels (type 18).
fn fields(components: &Option<Value>) -> Vec<(String, String)> {
    let rows = components.as_ref().and_then(Value::as_array).into_iter().flatten();
    let fields = rows.flat_map(|row| {
        let labelled = row.get("component").into_iter();
        labelled.chain(row.get("components").and_then(Value::as_array).into_iter().flatten())
    });
    fields
        .filter_map(|field| {
            let id = field.get("custom_id")?.as_str()?;
            let value = field.get("value").or_else(|| field.get("values")?.get(0))?.as_str()?;
            (!value.is_empty()).then(|| (id.to_owned(), value.to_owned()))
        })
        .collect()
}
