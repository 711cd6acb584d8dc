//! `views.*`: modals and the App Home, and the triggers that modals need.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::common::{Common, word};
use super::super::judge::string;
use super::super::message::Form;
use super::api::{Answer, Done, Refused};
use super::chat::name_blocks;
use super::rules;
use super::state::{APP, BOT, State, TEAM};

const TRIGGER_LIFE: Duration = Duration::from_secs(3);
/// A stack of modals holds this many.
const MOST_OPEN: usize = 3;

pub(super) fn open(state: &mut State, arguments: &Value) -> Answer {
    let key = string(arguments, "trigger_id").to_owned();
    let view = checked(arguments)?;
    let Some(trigger) = state.triggers.get_mut(&key) else { return Err(Refused::code("invalid_trigger_id")) };
    if trigger.born.elapsed() > TRIGGER_LIFE {
        return Err(Refused::code("expired_trigger_id"));
    }
    if std::mem::replace(&mut trigger.used, true) {
        return Err(Refused::code("exchanged_trigger_id"));
    }
    let person = trigger.person.clone();
    if state.views.iter().filter(|form| form.open && form.person == person).count() >= MOST_OPEN {
        return Err(Refused::code("push_limit_reached"));
    }
    Ok(shown(&show(state, view, &person, &key)))
}

pub(super) fn update(state: &mut State, arguments: &Value) -> Answer {
    let view = checked(arguments)?;
    let (id, external) = (string(arguments, "view_id"), string(arguments, "external_id"));
    let wanted = |form: &&mut Form| form.id == id || !external.is_empty() && string(&form.json, "external_id") == external;
    // What its person has closed is gone.
    let Some(form) = state.views.iter_mut().filter(|form| form.open).find(wanted) else { return Err(Refused::code("not_found")) };
    let hash = string(arguments, "hash");
    if !hash.is_empty() && hash != string(&form.json, "hash") {
        return Err(Refused::code("hash_conflict"));
    }
    form.json = completed(view, &form.id);
    Ok(shown(&form.json))
}

pub(super) fn publish(state: &mut State, common: &Common, arguments: &Value) -> Answer {
    let view = checked(arguments)?;
    let person = string(arguments, "user_id").to_owned();
    if !common.settings.people.iter().any(|p| p.slack == person) {
        return Err(Refused::code("user_not_found"));
    }
    let id = state.homes.get(&person).map_or_else(view_id, |home| home.id.clone());
    let json = completed(view, &id);
    state.homes.insert(person.clone(), Form { id, person, json: json.clone(), open: true, key: String::new() });
    Ok(shown(&json))
}

/// Puts a view on a person's screen and gives it as Slack completed it.
pub(super) fn show(state: &mut State, view: &Value, person: &str, key: &str) -> Value {
    let id = view_id();
    let json = completed(view, &id);
    state.views.push(Form { id, person: person.to_owned(), json: json.clone(), open: true, key: key.to_owned() });
    json
}

/// The view as Slack keeps it: with an id, a hash and all fields.
pub(super) fn completed(view: &Value, id: &str) -> Value {
    let mut full = json!({
        "id": id, "team_id": TEAM, "app_id": APP, "bot_id": BOT, "root_view_id": id, "previous_view_id": null,
        "app_installed_team_id": TEAM, "hash": word(8), "state": {"values": {}},
        "private_metadata": "", "callback_id": "", "external_id": "", "clear_on_close": false, "notify_on_close": false,
        "close": null, "submit": null, "title": null, "blocks": [],
    });
    if let (Some(full), Some(given)) = (full.as_object_mut(), view.as_object()) {
        full.extend(given.clone());
        if let Some(Value::Array(blocks)) = full.get_mut("blocks") {
            name_blocks(blocks);
            blocks.iter_mut().filter_map(|block| block.get_mut("element")).filter(|e| string(e, "action_id").is_empty()).for_each(|e| {
                e["action_id"] = word(3).into();
            });
        }
    }
    full
}

fn checked(arguments: &Value) -> Result<&Value, Refused> {
    let Some(view) = arguments.get("view").filter(|view| view.is_object()) else { return Err(Refused::code("invalid_arguments")) };
    let objections = rules::judge_view(view);
    if objections.is_empty() {
        return Ok(view);
    }
    let sentences = objections.iter().map(rules::sentence).collect();
    Err(Refused { objections: sentences, ..Refused::code("invalid_arguments") })
}

fn view_id() -> String {
    format!("V{}", word(5).to_uppercase())
}

fn shown(view: &Value) -> Done {
    Done::with(json!({"view": view}))
}
