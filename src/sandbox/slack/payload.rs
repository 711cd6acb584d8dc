//! The payloads that Slack posts to an app: `block_actions`, `view_submission`, `view_closed`, commands and events. Built, not sent.

use serde_json::{Map, Value, json};

use super::super::common::{Common, word};
use super::super::judge::{list, string};
use super::super::settings::Person;
use super::super::words::{Control, ControlKind};
use super::people::handle;
use super::state::{APP, State, TEAM};

/// Where a control is used.
pub(super) enum Surface {
    Message { channel: String, ts: String, message: Value, private: bool },
    View { view: Value },
}

/// A press or a choice.
pub(super) fn action(
    state: &mut State,
    common: &Common,
    person: &Person,
    surface: &Surface,
    control: &Control,
    chosen: &Value,
) -> (Value, String) {
    let (mut payload, trigger) = base(state, person, "block_actions");
    let mut action = json!({
        "action_id": control.id, "block_id": control.block, "type": control.node["type"],
        "action_ts": state.next_ts().0,
    });
    for key in ["text", "value", "placeholder"] {
        if let Some(value) = control.node.get(key) {
            action[key] = value.clone();
        }
    }
    extend(&mut action, chosen);
    payload["actions"] = json!([action]);
    let mut chosen_state = chosen.clone();
    chosen_state["type"] = control.node["type"].clone();
    match surface {
        Surface::Message { channel, ts, message, private } => {
            let thread = message.get("thread_ts").and_then(Value::as_str);
            let response = state.grant(&person.slack, channel, Some(ts), thread.filter(|parent| parent != ts));
            payload["response_url"] = common.own(&format!("/slack/response/{response}")).into();
            payload["channel"] = json!({"id": channel, "name": state.room(channel).map_or("directmessage", |room| &room.name)});
            payload["container"] = json!({"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": private});
            if let Some(thread) = thread {
                payload["container"]["thread_ts"] = thread.into();
            }
            // Slack leaves ephemeral messages out.
            if !private {
                payload["message"] = message.clone();
            }
            payload["state"] = json!({"values": values(message, control, (control.kind != ControlKind::Button).then_some(&chosen_state))});
        }
        Surface::View { view } => {
            payload["container"] = json!({"type": "view", "view_id": view["id"]});
            payload["view"] = view.clone();
            payload["view"]["state"] =
                json!({"values": values(view, control, (control.kind != ControlKind::Button).then_some(&chosen_state))});
        }
    }
    (payload, trigger)
}

/// A form that is sent.
pub(super) fn submission(state: &mut State, person: &Person, view: &Value, values: &Map<String, Value>) -> (Value, String) {
    let (mut payload, trigger) = base(state, person, "view_submission");
    payload["view"] = view.clone();
    payload["view"]["state"] = json!({"values": values});
    payload["response_urls"] = json!([]);
    (payload, trigger)
}

/// A form that is closed without being sent.
pub(super) fn closed(state: &mut State, person: &Person, view: &Value) -> Value {
    let (mut payload, _) = base(state, person, "view_closed");
    payload["view"] = view.clone();
    payload["is_cleared"] = false.into();
    payload
}

/// The form fields of a slash command.
pub(super) fn command(
    state: &mut State,
    common: &Common,
    person: &Person,
    channel: &str,
    command: &str,
    text: &str,
) -> (Vec<(&'static str, String)>, String) {
    let trigger = state.trigger(&person.slack);
    let response = state.grant(&person.slack, channel, None, None);
    let fields = vec![
        ("token", "deprecated".to_owned()),
        ("team_id", TEAM.to_owned()),
        ("team_domain", "sandbox".to_owned()),
        ("channel_id", channel.to_owned()),
        ("channel_name", state.room(channel).map_or_else(String::new, |room| room.name.clone())),
        ("user_id", person.slack.clone()),
        ("user_name", handle(person)),
        ("command", command.to_owned()),
        ("text", text.to_owned()),
        ("api_app_id", APP.to_owned()),
        ("is_enterprise_install", "false".to_owned()),
        ("response_url", common.own(&format!("/slack/response/{response}"))),
        ("trigger_id", trigger.clone()),
    ];
    (fields, trigger)
}

/// `app_home_opened`, as Slack's events come.
pub(super) fn home_opened(state: &mut State, person: &Person) -> Value {
    let channel = state.direct(&person.slack);
    json!({
        "token": "deprecated", "team_id": TEAM, "api_app_id": APP, "type": "event_callback", "event_id": format!("Ev{}", word(5).to_uppercase()),
        "event_time": state.clock.now().timestamp(),
        "authorizations": [{"enterprise_id": null, "team_id": TEAM, "user_id": super::state::BOT_USER, "is_bot": true, "is_enterprise_install": false}],
        "event": {"type": "app_home_opened", "user": person.slack, "channel": channel, "tab": "home", "event_ts": state.next_ts().0},
    })
}

/// What a control's choice looks like in `actions` and in `state.values`.
pub(super) fn chosen(control: &Control, value: &str, picked: Option<&Person>) -> Result<Value, String> {
    let option = |wanted: &str| -> Result<Value, String> {
        let (_, value) = control.option(wanted)?;
        let grouped = list(&control.node, "option_groups").iter().flat_map(|group| list(group, "options"));
        let mut all = list(&control.node, "options").iter().chain(grouped);
        Ok(all.find(|option| string(option, "value") == value).cloned().unwrap_or_default())
    };
    Ok(match control.kind {
        ControlKind::Button => json!({}),
        ControlKind::Choice => json!({"selected_option": option(value)?}),
        ControlKind::Choices => {
            let wanted = value.split(',').map(str::trim).filter(|wanted| !wanted.is_empty());
            json!({"selected_options": wanted.map(option).collect::<Result<Vec<_>, _>>()?})
        }
        ControlKind::Person => {
            let id = picked.map(|person| person.slack.clone());
            match string(&control.node, "type") {
                "multi_users_select" => json!({"selected_users": id.into_iter().collect::<Vec<_>>()}),
                _ => json!({"selected_user": id}),
            }
        }
        ControlKind::Channel if string(&control.node, "type") == "channels_select" => json!({"selected_channel": value}),
        ControlKind::Channel => json!({"selected_conversation": value}),
        ControlKind::Text if value.is_empty() => json!({"value": null}),
        ControlKind::Text => json!({"value": value}),
        ControlKind::Date => json!({"selected_date": value}),
        ControlKind::Time => json!({"selected_time": value}),
        ControlKind::DateTime => json!({"selected_date_time": value.parse::<i64>().map_err(|e| format!("{value:?} is no time: {e}"))?}),
    })
}

/// What a control holds before anybody touched it.
pub(super) fn initial(control: &Control) -> Value {
    let node = &control.node;
    let kept = |to: &str, from: &str| json!({to: node.get(from).cloned().unwrap_or(Value::Null)});
    match (control.kind, string(node, "type")) {
        (ControlKind::Button, _) => json!({}),
        (ControlKind::Choice, _) => kept("selected_option", "initial_option"),
        (ControlKind::Choices, _) => json!({"selected_options": node.get("initial_options").cloned().unwrap_or_else(|| json!([]))}),
        (ControlKind::Person, "multi_users_select") => {
            json!({"selected_users": node.get("initial_users").cloned().unwrap_or_else(|| json!([]))})
        }
        (ControlKind::Person, _) => kept("selected_user", "initial_user"),
        (ControlKind::Channel, "channels_select") => kept("selected_channel", "initial_channel"),
        (ControlKind::Channel, _) => kept("selected_conversation", "initial_conversation"),
        (ControlKind::Text, _) => kept("value", "initial_value"),
        (ControlKind::Date, _) => kept("selected_date", "initial_date"),
        (ControlKind::Time, _) => kept("selected_time", "initial_time"),
        (ControlKind::DateTime, _) => kept("selected_date_time", "initial_date_time"),
    }
}

/// `state.values` of a message or view in which one control may just have been used.
fn values(root: &Value, used: &Control, choice: Option<&Value>) -> Map<String, Value> {
    let mut all = Map::new();
    let controls = super::super::words::controls(super::super::settings::Platform::Slack, root);
    for control in controls.iter().filter(|control| control.kind != ControlKind::Button && !control.id.is_empty()) {
        let this = control.id == used.id && control.block == used.block;
        let mut value = choice.filter(|_| this).cloned().unwrap_or_else(|| initial(control));
        value["type"] = control.node["type"].clone();
        all.entry(control.block.clone()).or_insert_with(|| json!({}))[&control.id] = value;
    }
    all
}

fn base(state: &mut State, person: &Person, kind: &str) -> (Value, String) {
    let trigger = state.trigger(&person.slack);
    let payload = json!({
        "type": kind, "api_app_id": APP, "token": "deprecated", "trigger_id": trigger, "enterprise": null, "is_enterprise_install": false,
        "team": {"id": TEAM, "domain": "sandbox"},
        "user": {"id": person.slack, "username": handle(person), "name": handle(person), "team_id": TEAM},
    });
    (payload, trigger)
}

fn extend(into: &mut Value, from: &Value) {
    if let (Some(into), Some(from)) = (into.as_object_mut(), from.as_object()) {
        into.extend(from.clone());
    }
}
