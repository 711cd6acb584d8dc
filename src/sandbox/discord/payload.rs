//! The interactions that Discord posts to an app: commands, components, autocomplete, modals. Built, not sent.

use serde_json::{Map, Value, json};

use super::super::common::{Common, word};
use super::super::judge::{list, string};
use super::super::settings::Person;
use super::super::words::{Control, ControlKind};
use super::guild;
use super::state::{Interaction, PERMISSIONS, RoomKind, State, member, user};

const COMMAND: u64 = 2;
const COMPONENT: u64 = 3;
const AUTOCOMPLETE: u64 = 4;
const MODAL: u64 = 5;

/// Who does something, and where.
pub(super) struct Scene<'s> {
    pub(super) common: &'s Common,
    pub(super) person: &'s Person,
    pub(super) channel: &'s str,
    /// The message that it is done on; a command has none.
    pub(super) message: Option<&'s Value>,
}

/// A press or a choice on a message.
pub(super) fn component(
    state: &mut State,
    scene: &Scene<'_>,
    control: &Control,
    values: &[Value],
    picked: Option<&Person>,
) -> (Value, String) {
    let mut data =
        json!({"component_type": control.node["type"], "custom_id": control.id, "id": control.node.get("id").cloned().unwrap_or(json!(1))});
    if control.kind != ControlKind::Button {
        data["values"] = json!(values);
    }
    if let Some(picked) = picked {
        data["resolved"] = resolved(picked);
    }
    interaction(state, scene, COMPONENT, &data)
}

/// A modal that is sent; `values` are in the order of `controls`.
pub(super) fn modal(state: &mut State, scene: &Scene<'_>, modal: &Value, values: &[(Control, Value)]) -> (Value, String) {
    let value = |id: &str| values.iter().find(|(control, _)| control.id == id);
    let mut number = 0;
    let mut next = || {
        number += 1;
        number
    };
    let mut rows = Vec::new();
    for top in list(modal, "components") {
        let id = next();
        let mut field = |node: &Value| {
            let mut field = json!({"type": node["type"], "custom_id": node["custom_id"], "id": next()});
            if let Some((_, value)) = value(string(node, "custom_id")) {
                let key = if value.is_array() { "values" } else { "value" };
                field[key] = value.clone();
            }
            field
        };
        rows.push(match top.get("component") {
            Some(inner) => json!({"type": top["type"], "id": id, "component": field(inner)}),
            None if top["type"] == 1 => {
                json!({"type": 1, "id": id, "components": list(top, "components").iter().map(&mut field).collect::<Vec<_>>()})
            }
            None => json!({"type": top["type"], "id": id}),
        });
    }
    let mut data = json!({"custom_id": modal["custom_id"], "components": rows});
    let people = values
        .iter()
        .filter(|(control, _)| control.kind == ControlKind::Person)
        .flat_map(|(_, value)| value.as_array().into_iter().flatten());
    if let Some(picked) = people.filter_map(Value::as_str).find_map(|id| scene.common.person(id)) {
        data["resolved"] = resolved(picked);
    }
    interaction(state, scene, MODAL, &data)
}

/// A slash command as it was registered, filled with what was typed; `complete` asks for suggestions instead.
pub(super) fn command(state: &mut State, scene: &Scene<'_>, typed: &str, complete: bool) -> Result<(Value, String), String> {
    let typed = typed.trim();
    let (name, rest) = match typed.strip_prefix('/') {
        Some(typed) => typed.split_once(char::is_whitespace).unwrap_or((typed, "")),
        None => ("cancellations", typed),
    };
    let registered = state.commands.iter().find(|command| string(command, "name") == name).cloned();
    let registered = registered.ok_or_else(|| format!("the app has not registered /{name}"))?;
    let mut picked = None;
    let options = options(scene.common, &registered, rest.trim(), complete, &mut picked)?;
    let mut data =
        json!({"id": registered["id"], "name": name, "type": 1, "guild_id": scene.common.settings.discord_guild_id, "options": options});
    if let Some(picked) = picked {
        data["resolved"] = resolved(picked);
    }
    let kind = if complete { AUTOCOMPLETE } else { COMMAND };
    Ok(interaction(state, scene, kind, &data))
}

/// What is chosen in a control, as Discord sends it.
pub(super) fn chosen(control: &Control, wanted: &str, picked: Option<&Person>) -> Result<Value, String> {
    Ok(match control.kind {
        ControlKind::Button => Value::Null,
        // A radio group has one value, a select has a list of them.
        ControlKind::Choice if control.node["type"] == 21 => json!(control.option(wanted)?.1),
        ControlKind::Choice => json!([control.option(wanted)?.1]),
        ControlKind::Choices => {
            let each = wanted.split(',').map(str::trim).filter(|wanted| !wanted.is_empty());
            json!(each.map(|wanted| Ok(control.option(wanted)?.1)).collect::<Result<Vec<_>, String>>()?)
        }
        ControlKind::Person => json!(picked.map(|person| &person.discord).into_iter().collect::<Vec<_>>()),
        ControlKind::Channel => json!([wanted]),
        ControlKind::Text | ControlKind::Date | ControlKind::Time | ControlKind::DateTime => json!(wanted),
    })
}

/// What a field of a modal holds before anybody touched it.
pub(super) fn initial(control: &Control) -> Value {
    let preset =
        |node: &Value| list(node, "options").iter().filter(|o| o["default"] == true).map(|o| o["value"].clone()).collect::<Vec<_>>();
    match control.kind {
        ControlKind::Text | ControlKind::Date | ControlKind::Time | ControlKind::DateTime => json!(string(&control.node, "value")),
        ControlKind::Choice if control.node["type"] == 21 => preset(&control.node).into_iter().next().unwrap_or_default(),
        ControlKind::Choice | ControlKind::Choices => json!(preset(&control.node)),
        ControlKind::Person | ControlKind::Channel => {
            json!(list(&control.node, "default_values").iter().map(|v| v["id"].clone()).collect::<Vec<_>>())
        }
        ControlKind::Button => Value::Null,
    }
}

fn interaction(state: &mut State, scene: &Scene<'_>, kind: u64, data: &Value) -> (Value, String) {
    let Scene { common, person, channel, message } = *scene;
    let (id, token) = (state.next_id(), word(24));
    let guild = &common.settings.discord_guild_id;
    let room = state.room(channel).cloned();
    let direct = matches!(room.as_ref().map(|room| &room.kind), Some(RoomKind::Direct { .. }));
    let mut payload = json!({
        "id": id, "application_id": common.settings.discord_application_id, "type": kind, "token": token, "version": 1, "channel_id": channel,
        "locale": "en-US", "entitlements": [], "attachment_size_limit": 10_485_760, "app_permissions": PERMISSIONS, "data": data,
        "authorizing_integration_owners": {"0": if direct { "0" } else { guild.as_str() }}, "context": u8::from(direct),
    });
    if direct {
        payload["user"] = user(person);
    } else {
        payload["guild_id"] = json!(guild);
        payload["guild"] = json!({"id": guild, "features": [], "locale": "en-US"});
        payload["guild_locale"] = json!("en-US");
        payload["member"] = member(&user(person));
    }
    if let Some(room) = &room {
        payload["channel"] = guild::shown(common, room);
        payload["channel"]["permissions"] = json!(PERMISSIONS);
    }
    if let Some(message) = message {
        payload["message"] = message.clone();
    }
    let kept = Interaction {
        id,
        kind,
        person: person.discord.clone(),
        channel: channel.to_owned(),
        message: message.map(|message| string(message, "id").to_owned()),
        born: std::time::Instant::now(),
        answered: false,
        original: None,
        deferred: None,
    };
    state.interactions.insert(token.clone(), kept);
    (payload, token)
}

/// Fills the options of a command from left to right; the last text option takes the rest of the line.
fn options<'c>(
    common: &'c Common,
    spec: &Value,
    typed: &str,
    complete: bool,
    picked: &mut Option<&'c Person>,
) -> Result<Vec<Value>, String> {
    let described = list(spec, "options");
    let nested = |option: &&Value| matches!(option["type"].as_u64(), Some(1 | 2));
    if described.iter().any(|option| nested(&option)) {
        let (verb, rest) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        let found = described.iter().filter(nested).find(|option| string(option, "name") == verb).ok_or_else(|| {
            let verbs: Vec<_> = described.iter().map(|option| string(option, "name")).collect();
            format!("/{} has no {verb:?}; it has {}", string(spec, "name"), verbs.join(", "))
        })?;
        let inner = options(common, found, rest.trim(), complete, picked)?;
        return Ok(vec![json!({"name": verb, "type": found["type"], "options": inner})]);
    }
    let mut rest = typed;
    let mut filled = Vec::new();
    for (at, option) in described.iter().enumerate() {
        let last = at + 1 == described.len();
        let person = if option["type"] == 6 { person_at_start(common, rest) } else { None };
        let (word, after) = match person {
            Some((_, length)) => rest.split_at(length),
            None if last && option["type"] == 3 => (rest, ""),
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        if word.is_empty() {
            if option["required"] == true && !complete {
                return Err(format!("{} is required", string(option, "name")));
            }
            break;
        }
        if let Some((person, _)) = person {
            *picked = Some(person);
        }
        let mut value = json!({"name": option["name"], "type": option["type"], "value": option_value(option, word, *picked)?});
        rest = after.trim_start();
        if complete && (rest.is_empty() || last) {
            value["focused"] = true.into();
        }
        filled.push(value);
    }
    if complete
        && filled.is_empty()
        && let Some(first) = described.first()
    {
        filled.push(json!({"name": first["name"], "type": first["type"], "value": "", "focused": true}));
    }
    Ok(filled)
}

fn option_value(option: &Value, word: &str, picked: Option<&Person>) -> Result<Value, String> {
    let choices = list(option, "choices");
    if !choices.is_empty() {
        let same =
            |choice: &&Value| string(choice, "name").eq_ignore_ascii_case(word) || string(choice, "value").eq_ignore_ascii_case(word);
        let found = choices.iter().find(same).map(|choice| choice["value"].clone());
        return found.ok_or_else(|| format!("{word:?} is no choice of {}", string(option, "name")));
    }
    match option["type"].as_u64() {
        Some(4) => word.parse::<i64>().map(Value::from).map_err(|_| format!("{word:?} is no whole number")),
        Some(10) => word.parse::<f64>().map(Value::from).map_err(|_| format!("{word:?} is no number")),
        Some(5) => Ok(json!(word == "true")),
        Some(6) => picked.map(|person| json!(person.discord)).ok_or_else(|| format!("there is no person {word:?}")),
        _ => Ok(json!(word)),
    }
}

/// The person whom the text begins with, by mention, id, e-mail, full or first name, and the length of that.
fn person_at_start<'c>(common: &'c Common, text: &str) -> Option<(&'c Person, usize)> {
    let lower = text.to_lowercase();
    let forms = |person: &Person| {
        let first = person.name.split_whitespace().next().unwrap_or_default().to_owned();
        let names = [person.name.clone(), person.email.clone(), person.discord.clone(), first];
        let written = names.into_iter().filter(|name| !name.is_empty()).flat_map(|name| [format!("@{name}"), name]);
        written.chain([format!("<@{}>", person.discord), format!("<@!{}>", person.discord)]).collect::<Vec<_>>()
    };
    let all = common.settings.people.iter().flat_map(|person| forms(person).into_iter().map(move |form| (person, form)));
    let fitting = all.filter(|(_, form)| lower.starts_with(&form.to_lowercase()) && text.is_char_boundary(form.len()));
    fitting.map(|(person, form)| (person, form.len())).max_by_key(|(_, length)| *length)
}

fn resolved(person: &Person) -> Value {
    let mut partial = member(&user(person));
    if let Some(map) = partial.as_object_mut() {
        for key in ["user", "deaf", "mute"] {
            map.remove(key);
        }
    }
    let one = |value: Value| Value::Object(Map::from_iter([(person.discord.clone(), value)]));
    json!({"users": one(user(person)), "members": one(partial)})
}
