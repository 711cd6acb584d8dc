//! `auth.test` and `users.*`: who the bot is and who else is there.

use serde_json::{Value, json};

use super::super::common::Common;
use super::super::judge::string;
use super::super::settings::Person;
use super::api::{Answer, Done, Refused};
use super::state::{APP, BOT, BOT_USER, TEAM};

pub(super) fn auth_test(common: &Common) -> Done {
    Done::with(json!({
        "url": common.own("/"), "team": "Sandbox", "user": "rebound", "team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT,
        "app_id": APP, "is_enterprise_install": false,
    }))
}

pub(super) fn info(common: &Common, arguments: &Value) -> Answer {
    let wanted = string(arguments, "user");
    if wanted == BOT_USER {
        return Ok(Done::with(json!({"user": bot()})));
    }
    let found = common.settings.people.iter().find(|person| person.slack == wanted);
    found.map(|person| Done::with(json!({"user": user(person)}))).ok_or_else(|| Refused::code("user_not_found"))
}

pub(super) fn list_all(common: &Common) -> Done {
    let members: Vec<_> = common.settings.people.iter().map(user).chain([bot()]).collect();
    Done::with(json!({"members": members, "response_metadata": {"next_cursor": ""}}))
}

pub(super) fn by_email(common: &Common, arguments: &Value) -> Answer {
    let wanted = string(arguments, "email");
    let found = common.settings.people.iter().find(|person| !wanted.is_empty() && person.email.eq_ignore_ascii_case(wanted));
    found.map(|person| Done::with(json!({"user": user(person)}))).ok_or_else(|| Refused::code("users_not_found"))
}

/// The short name that people type after `@`.
pub(super) fn handle(person: &Person) -> String {
    person.name.split_whitespace().next().unwrap_or("someone").to_lowercase()
}

fn user(person: &Person) -> Value {
    let zone = if person.timezone.is_empty() { "America/New_York" } else { &person.timezone };
    json!({
        "id": person.slack, "team_id": TEAM, "name": handle(person), "real_name": person.name, "deleted": false, "tz": zone,
        "tz_label": zone, "is_bot": false, "is_admin": person.manager, "is_owner": false, "is_restricted": false,
        "is_ultra_restricted": false, "is_app_user": false,
        "profile": {"real_name": person.name, "display_name": person.name, "email": person.email, "team": TEAM},
    })
}

fn bot() -> Value {
    json!({
        "id": BOT_USER, "team_id": TEAM, "name": "rebound", "real_name": "Rebound", "deleted": false, "is_bot": true,
        "profile": {"real_name": "Rebound", "display_name": "Rebound", "bot_id": BOT, "api_app_id": APP, "team": TEAM},
    })
}
