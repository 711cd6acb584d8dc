//! Reads what Discord sends: pings, presses, slash commands, completions and forms. Only after [`verify`](super::Discord::verify).
//!
//! Own structs, because serenity's lose the values of labelled form fields and refuse a payload that lacks what we do not need. What has
//! an unknown kind is [`Interaction::Ignored`].

use std::collections::HashMap;

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::text::is_snowflake;
use crate::chat::{Interaction, Profile, ReplyTo, Standing, Unreadable, Visitor, sent_off};
use crate::domain::command::mentioned;
use crate::domain::list::Listing;
use crate::domain::message::{FormKind, Press};
use crate::domain::platform::Platform;
use crate::domain::post::{DeliveryKey, MessageRef};

/// An interaction (<https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object>).
/// Nobody is at home in another server, nor in what was meant for another application.
pub(super) fn interaction(body: &[u8], guild_id: &str, application_id: &str) -> Result<Interaction, Unreadable> {
    let payload: Value = serde_json::from_slice(body).map_err(|_| Unreadable::Json)?;
    if !payload.is_object() {
        return Err(Unreadable::Json);
    }
    match payload.get("type").and_then(Value::as_u64) {
        Some(1) => Ok(Interaction::Ping),
        Some(kind @ 2..=5) => {
            let payload: Payload = serde_json::from_value(payload).map_err(|_| Unreadable::Incomplete)?;
            let (who, reply, data) = payload.split(guild_id, application_id)?;
            Ok(match kind {
                2 => command(who, reply, data),
                3 => press(who, reply, data),
                4 => completion(who, &data),
                _ => form(who, reply, &data),
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
    application_id: Option<String>,
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
    #[serde(default)]
    resolved: Option<Resolved>,
}

/// Who was picked.
#[derive(Deserialize)]
struct Resolved {
    #[serde(default)]
    users: HashMap<String, User>,
    #[serde(default)]
    members: HashMap<String, Nick>,
}

#[derive(Deserialize)]
struct Nick {
    #[serde(default)]
    nick: Option<String>,
}

impl Resolved {
    fn profile(mut self, id: &str) -> Option<Profile> {
        let user = self.users.remove(id)?;
        let member = self.members.remove(id);
        let standing = match (user.bot, &member) {
            (Some(true), _) => Standing::Bot,
            (_, Some(_)) => Standing::Member,
            (_, None) => Standing::Elsewhere,
        };
        let name = member.and_then(|member| member.nick).or(user.global_name).or(user.username).unwrap_or_default();
        Some(Profile { id: user.id, name, email: None, standing })
    }
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
    fn split(self, home: &str, application: &str) -> Result<(Visitor, ReplyTo, Data), Unreadable> {
        let (in_guild, nick) = match self.member {
            Some(member) => (member.user, member.nick),
            None => (None, None),
        };
        let is_member = in_guild.is_some();
        let is_ours = self.application_id.as_deref() == Some(application);
        let user = in_guild.or(self.user).filter(|user| is_snowflake(&user.id)).ok_or(Unreadable::Incomplete)?;
        let who = Visitor {
            platform: Platform::Discord,
            id: user.id,
            name: nick.or(user.global_name).or(user.username).unwrap_or_default(),
            home: is_ours && is_member && self.guild_id.as_deref() == Some(home) && user.bot != Some(true),
            direct: self.guild_id.is_none() && !is_member,
            team: self.guild_id,
        };
        let reply = ReplyTo::Discord {
            id: self.id,
            token: SecretString::from(self.token),
            channel: self.channel_id,
            message: self.message.map(|message| MessageRef(message.id)),
            list: None,
            form: None,
        };
        Ok((who, reply, self.data.unwrap_or_default()))
    }
}

fn in_list(mut reply: ReplyTo, of: Option<Listing>) -> ReplyTo {
    match &mut reply {
        ReplyTo::Slack { list, .. } | ReplyTo::Discord { list, .. } => *list = of,
    }
    reply
}

/// The id of a form is `{form} {key}`, and then ` ~{interaction}` for what opened it and ` {list}` for the list from whose line.
fn form(who: Visitor, reply: ReplyTo, data: &Data) -> Interaction {
    let values = fields(data.components.as_ref());
    let (form, list) = match data.custom_id.rsplit_once(' ').map(|(form, last)| (form, Listing::parse(last))) {
        Some((form, Some(list))) => (form, Some(list)),
        Some((_, None)) | None => (data.custom_id.as_str(), None),
    };
    let (form, opened) = match form.rsplit_once(" ~") {
        Some((form, opened)) => (form, Some(opened)),
        None => (form, None),
    };
    let mut reply = in_list(reply, list);
    if let (Some(opened), ReplyTo::Slack { form: once, .. } | ReplyTo::Discord { form: once, .. }) = (opened, &mut reply) {
        *once = Some(sent_off(&format!("discord {opened}"), form, &values));
    }
    Interaction::Form { who, form: form.to_owned(), values, reply }
}

/// The id of a control is `d:{key}:{press}`, to the letter, with the list in place of the `d` in a line of one; that of a form's menu `f:{key}:{form}:{field}`.
fn press(who: Visitor, reply: ReplyTo, data: Data) -> Interaction {
    if data.custom_id.starts_with("f:") {
        return chosen(who, reply, data);
    }
    let mut parts = data.custom_id.split(':');
    let mark = parts.next();
    let list = mark.and_then(Listing::parse);
    let known = match (parts.next(), parts.next(), parts.next()) {
        (Some(key), Some(press), None) if mark == Some("d") || list.is_some() => DeliveryKey::parse(key).zip(Press::from_name(press)),
        _ => None,
    };
    let reply = in_list(reply, list);
    let picked = data.values.and_then(|values| values.into_iter().next());
    let profile = picked.as_deref().and_then(|id| data.resolved?.profile(id));
    match known {
        Some((key, press)) => Interaction::Press { who, press, key, picked, profile, reply },
        None => Interaction::Forged { who, reply },
    }
}

/// Choosing in a form's menu sends the form off.
fn chosen(who: Visitor, reply: ReplyTo, data: Data) -> Interaction {
    let mut parts = data.custom_id.split(':').skip(1);
    let (key, form, field) = (parts.next().and_then(DeliveryKey::parse), parts.next().and_then(FormKind::from_name), parts.next());
    let value = data.values.and_then(|values| values.into_iter().next());
    match (key, form, field, parts.next(), value) {
        (Some(key), Some(form), Some(field), None, Some(value)) if !field.is_empty() => {
            Interaction::Form { who, form: format!("{} {key}", form.name()), values: vec![(field.to_owned(), value)], reply }
        }
        _ => Interaction::Forged { who, reply },
    }
}

/// What was chosen, as if it was typed, and who.
fn command(who: Visitor, reply: ReplyTo, data: Data) -> Interaction {
    let text = typed(&data);
    let chosen = text.split(' ').find_map(mentioned).map(str::to_owned);
    let profile = chosen.and_then(|id| data.resolved?.profile(&id));
    Interaction::Command { who, text, profile, reply }
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
fn fields(components: Option<&Value>) -> Vec<(String, String)> {
    let rows = components.and_then(Value::as_array).into_iter().flatten();
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: &str = "0296tiiBb3U904RIpygpjj";
    const HOME: &str = "900000000000000001";

    fn base(kind: u64, data: &Value) -> Value {
        json!({
            "id": "1", "application_id": "2", "type": kind, "token": "token-canary", "version": 1, "guild_id": HOME, "channel_id": "5",
            "member": { "user": { "id": "811", "username": "kim", "global_name": "Kim", "bot": false }, "nick": null, "roles": [] },
            "message": { "id": "7" }, "data": data,
        })
    }

    fn send(payload: &Value) -> Result<Interaction, Unreadable> {
        interaction(payload.to_string().as_bytes(), HOME, "2")
    }

    fn press_of(custom_id: &str) -> Value {
        base(3, &json!({ "component_type": 2, "custom_id": custom_id }))
    }

    #[test]
    fn a_press_is_read_with_all_that_it_takes_to_answer() {
        let Ok(Interaction::Press { who, press, key, picked: None, reply, .. }) = send(&press_of(&format!("d:{KEY}:take_over"))) else {
            panic!("a press")
        };
        assert_eq!((press, key.as_str()), (Press::TakeOver, KEY));
        assert_eq!((who.id.as_str(), who.name.as_str(), who.home, who.direct), ("811", "Kim", true, false));
        assert!(matches!(&reply, ReplyTo::Discord { message: Some(message), .. } if message.0 == "7"));
        assert!(!format!("{reply:?}").contains("canary"));
        let picked = base(3, &json!({ "component_type": 5, "custom_id": format!("d:{KEY}:assign"), "values": ["822"] }));
        assert!(matches!(send(&picked), Ok(Interaction::Press { press: Press::Assign, picked: Some(id), .. }) if id == "822"));
    }

    #[test]
    fn what_is_pressed_in_a_list_names_the_list() {
        let list = Some(Listing { mine: true, page: 3 });
        let Ok(Interaction::Press { press: Press::Claim, reply, .. }) = send(&press_of(&format!("m3:{KEY}:claim"))) else {
            panic!("a press")
        };
        assert_eq!(reply.list(), list);
        let form = |id: &str| send(&base(5, &json!({ "custom_id": id, "components": [] })));
        let Ok(Interaction::Form { form: id, reply, .. }) = form(&format!("close {KEY} m3")) else { panic!("a form") };
        assert_eq!((id, reply.list()), (format!("close {KEY}"), list));
        for odd in ["m", "o0", "m03", "mm3", "M3"] {
            assert!(matches!(send(&press_of(&format!("{odd}:{KEY}:claim"))), Ok(Interaction::Forged { .. })), "{odd}");
            let Ok(Interaction::Form { form: id, reply, .. }) = form(&format!("close {KEY} {odd}")) else { panic!("a form") };
            assert!(id.ends_with(odd) && reply.list().is_none());
        }
    }

    #[test]
    fn choosing_in_a_menu_of_a_form_sends_it_off() {
        let menu = |id: &str, values: Value| base(3, &json!({ "component_type": 3, "custom_id": id, "values": values }));
        let good = menu(&format!("f:{KEY}:book:time"), json!(["2026-11-27T10:00:00+00:00"]));
        let Ok(Interaction::Form { form, values, .. }) = send(&good) else { panic!("a form") };
        assert_eq!(form, format!("book {KEY}"));
        assert_eq!(values, [("time".to_owned(), "2026-11-27T10:00:00+00:00".to_owned())]);
        for id in ["f:", "f:x:book:time", &format!("f:{KEY}:look:time"), &format!("f:{KEY}:book:"), &format!("f:{KEY}:book:time:x")] {
            assert!(matches!(send(&menu(id, json!(["x"]))), Ok(Interaction::Forged { .. })), "{id}");
        }
        assert!(matches!(send(&menu(&format!("f:{KEY}:book:time"), json!([]))), Ok(Interaction::Forged { .. })));
    }

    #[test]
    fn an_id_that_is_not_ours_is_forged() {
        let long = "x".repeat(2_000);
        for id in [
            "",
            &long,
            KEY,
            "claim",
            &format!("d:{KEY}"),
            &format!("d:{KEY}:Claim"),
            &format!("d:{KEY}:claim:x"),
            &format!("d:{}:claim", &KEY[..21]),
            &format!("../d:{KEY}:claim"),
            &format!("d:{KEY}:claim\u{0}"),
            &format!("d:{KEY}:claim' OR 1=1 --"),
        ] {
            assert!(matches!(send(&press_of(id)), Ok(Interaction::Forged { .. })), "{id}");
        }
    }

    #[test]
    fn only_who_acts_in_the_configured_server_is_at_home() {
        let press = press_of(&format!("d:{KEY}:claim"));
        let who = |change: &dyn Fn(&mut Value)| {
            let mut payload = press.clone();
            change(&mut payload);
            let Ok(Interaction::Press { who, .. }) = send(&payload) else { panic!("a press") };
            who
        };
        assert!(!who(&|payload| payload["guild_id"] = json!("899999999999999901")).home);
        assert!(!who(&|payload| payload["application_id"] = json!("3")).home);
        assert!(who(&|_| {}).home);
        assert!(!who(&|payload| payload["member"]["user"]["bot"] = json!(true)).home);
        let direct = who(&|payload| {
            payload["user"] = payload["member"]["user"].take();
            payload["member"] = Value::Null;
            payload["guild_id"] = Value::Null;
        });
        assert!(!direct.home && direct.direct);
    }

    #[test]
    fn commands_are_read_as_if_they_were_typed() {
        let data = json!({ "name": "cancellations", "options": [{ "name": "assign", "type": 1, "options": [
            { "name": "id", "type": 3, "value": " K7Q2 " }, { "name": "person", "type": 6, "value": "822" }, { "name": "n", "type": 4, "value": 3 },
        ] }] });
        assert!(matches!(send(&base(2, &data)), Ok(Interaction::Command { text, .. }) if text == "assign K7Q2 <@822> 3"));
        assert!(matches!(send(&base(2, &json!({ "name": "cancellations" }))), Ok(Interaction::Command { text, .. }) if text.is_empty()));
        let typing =
            json!({ "options": [{ "name": "show", "type": 1, "options": [{ "name": "id", "type": 3, "value": "K7", "focused": true }] }] });
        let Ok(Interaction::Completion { verb, option, typed, .. }) = send(&base(4, &typing)) else { panic!("a completion") };
        assert_eq!((verb.as_str(), option.as_str(), typed.as_str()), ("show", "id", "K7"));
    }

    #[test]
    fn a_form_gives_its_fields_whatever_holds_them() {
        let data = json!({ "custom_id": "close", "components": [
            { "type": 1, "components": [{ "type": 4, "custom_id": "why", "value": "too dear" }] },
            { "type": 18, "component": { "type": 3, "custom_id": "how", "values": ["lost"] } },
            { "type": 18, "component": { "type": 4, "custom_id": "empty", "value": "" } },
            { "type": 99 }, 1, null,
        ] });
        let Ok(Interaction::Form { form, values, .. }) = send(&base(5, &data)) else { panic!("a form") };
        assert_eq!(form, "close");
        assert_eq!(values, [("why", "too dear"), ("how", "lost")].map(|(id, value)| (id.to_owned(), value.to_owned())));
    }

    #[test]
    fn the_rest_is_ignored_or_said_to_be_unreadable() {
        assert!(matches!(send(&json!({ "type": 1, "id": "1", "token": "x" })), Ok(Interaction::Ping)));
        assert!(matches!(send(&json!({ "type": 99 })), Ok(Interaction::Ignored)));
        assert!(matches!(send(&json!({})), Ok(Interaction::Ignored)));
        for body in ["", "[]", "1", "{", "\u{0}"] {
            assert_eq!(interaction(body.as_bytes(), HOME, "2").expect_err("unreadable"), Unreadable::Json, "{body}");
        }
        for payload in [json!({ "type": 3 }), json!({ "type": 3, "id": "1", "token": "x" }), json!({ "type": 2, "id": 1, "token": "x" })] {
            assert_eq!(send(&payload).expect_err("nobody"), Unreadable::Incomplete, "{payload}");
        }
    }
}
