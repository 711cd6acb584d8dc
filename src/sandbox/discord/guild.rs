//! Everything that is no message: who the bot is, users, members, roles, channels, direct conversations and commands.

use serde_json::{Value, json};

use super::super::common::Common;
use super::super::judge::{Judge, list, string};
use super::api::{Answer, Done, Refused};
use super::messages::{place, thread_times};
use super::rules::length;
use super::state::{self, PERMISSIONS, Room, RoomKind, State};

pub(super) fn me(state: &State) -> Done {
    let mut me = state.bot().clone();
    for (key, value) in [
        ("mfa_enabled", json!(false)),
        ("locale", json!("en-US")),
        ("verified", json!(true)),
        ("email", json!(null)),
        ("premium_type", json!(0)),
    ] {
        me[key] = value;
    }
    Done::with(me)
}

pub(super) fn user(common: &Common, id: &str) -> Answer {
    let found = common.settings.people.iter().find(|person| person.discord == id);
    found.map(|person| Done::with(state::user(person))).ok_or_else(|| Refused::new(404, 10_013, "Unknown User"))
}

pub(super) fn application(common: &Common) -> Done {
    let owner = common.settings.people.first().map(state::user);
    Done::with(json!({
        "id": common.settings.discord_application_id, "name": "Rebound", "icon": null, "description": "", "bot_public": false,
        "bot_require_code_grant": false, "verify_key": common.settings.discord_public_key_hex(), "flags": 0, "flags_new": "0", "hook": true,
        "summary": "", "type": null, "redirect_uris": [], "interactions_endpoint_url": common.bot("/discord/interactions"), "owner": owner,
        "role_connections_verification_url": null, "team": null, "approximate_guild_count": 1, "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0, "explicit_content_filter": 0, "eligible_oauth2_scopes": [],
    }))
}

pub(super) fn guild(common: &Common, id: &str) -> Answer {
    known(common, id)?;
    let owner = common.settings.people.first().map(|person| person.discord.clone());
    Ok(Done::with(json!({
        "id": id, "name": "Sandbox", "icon": null, "owner_id": owner, "features": [], "emojis": [], "stickers": [], "roles": [everyone(id)],
        "description": null, "home_header": null, "splash": null, "discovery_splash": null, "banner": null, "application_id": null,
        "region": "us-east", "afk_channel_id": null, "afk_timeout": 300, "system_channel_id": null, "system_channel_flags": 0,
        "widget_enabled": false, "widget_channel_id": null, "verification_level": 0, "default_message_notifications": 1, "mfa_level": 0,
        "explicit_content_filter": 0, "max_presences": null, "max_members": 500_000, "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25, "vanity_url_code": null, "premium_tier": 0, "premium_subscription_count": 0,
        "preferred_locale": "en-US", "rules_channel_id": null, "safety_alerts_channel_id": null, "public_updates_channel_id": null,
        "premium_progress_bar_enabled": false, "nsfw": false, "nsfw_level": 0, "incidents_data": null,
    })))
}

pub(super) fn roles(common: &Common, id: &str) -> Answer {
    known(common, id)?;
    Ok(Done::with(json!([everyone(id)])))
}

pub(super) fn channels(state: &State, common: &Common, id: &str) -> Answer {
    known(common, id)?;
    let text = state.channels.iter().filter(|room| room.kind == RoomKind::Text);
    Ok(Done::with(json!(text.map(|room| shown(common, room)).collect::<Vec<_>>())))
}

pub(super) fn members(state: &State, common: &Common, id: &str) -> Answer {
    known(common, id)?;
    let people = common.settings.people.iter().map(state::user).chain([state.bot().clone()]);
    Ok(Done::with(json!(people.map(|user| state::member(&user)).collect::<Vec<_>>())))
}

pub(super) fn member(state: &State, common: &Common, id: &str, user: &str) -> Answer {
    known(common, id)?;
    if user == common.settings.discord_application_id || user == "@me" {
        return Ok(Done::with(state::member(state.bot())));
    }
    let found = common.settings.people.iter().find(|person| person.discord == user);
    found.map(|person| Done::with(state::member(&state::user(person)))).ok_or_else(|| Refused::new(404, 10_007, "Unknown Member"))
}

pub(super) fn channel(state: &State, common: &Common, id: &str) -> Answer {
    Ok(Done::with(shown(common, place(state, id)?)))
}

pub(super) fn open_direct(state: &mut State, common: &Common, body: &Value) -> Answer {
    let wanted = body["recipient_id"].as_str().map_or_else(|| body["recipient_id"].to_string(), str::to_owned);
    if !common.settings.people.iter().any(|person| person.discord == wanted) {
        return Err(Refused::new(400, 50_033, "Invalid Recipient(s)"));
    }
    let same = |room: &&Room| matches!(&room.kind, RoomKind::Direct { with } if *with == wanted);
    if let Some(room) = state.channels.iter().find(same) {
        return Ok(Done::with(shown(common, room)));
    }
    let room = Room { id: state.next_id(), name: String::new(), kind: RoomKind::Direct { with: wanted }, open: true };
    let json = shown(common, &room);
    state.channels.push(room);
    Ok(Done::with(json))
}

pub(super) fn put_commands(state: &mut State, common: &Common, body: &Value) -> Answer {
    let mut judge = Judge::default();
    let Some(commands) = body.as_array() else { return Err(Refused::new(400, 50_035, "Invalid Form Body")) };
    for (at, command) in commands.iter().enumerate() {
        judge.at(at, |j| judge_command(j, command));
    }
    Refused::unless_good(&judge.found)?;
    let (application, guild) = (&common.settings.discord_application_id, &common.settings.discord_guild_id);
    let mut registered = Vec::new();
    for command in commands {
        let mut command = command.clone();
        for (key, value) in [
            ("id", json!(state.next_id())),
            ("version", json!(state.next_id())),
            ("application_id", json!(application)),
            ("guild_id", json!(guild)),
        ] {
            command[key] = value;
        }
        for (key, usual) in [("type", json!(1)), ("default_member_permissions", Value::Null)] {
            if command.get(key).is_none() {
                command[key] = usual;
            }
        }
        registered.push(command);
    }
    state.commands = registered;
    Ok(Done::with(json!(state.commands)))
}

/// A channel as Discord writes one.
pub(super) fn shown(common: &Common, room: &Room) -> Value {
    let guild = &common.settings.discord_guild_id;
    match &room.kind {
        RoomKind::Text => json!({
            "id": room.id, "type": 0, "guild_id": guild, "name": room.name, "position": 0, "permission_overwrites": [], "flags": 0,
            "nsfw": false, "topic": null, "parent_id": null, "last_message_id": null, "rate_limit_per_user": 0,
        }),
        RoomKind::Thread { parent } => json!({
            "id": room.id, "type": 11, "guild_id": guild, "name": room.name, "parent_id": parent, "flags": 0, "message_count": 0,
            "owner_id": common.settings.discord_application_id, "member_count": 1, "total_message_sent": 0, "last_message_id": null,
            "rate_limit_per_user": 0, "thread_metadata": thread_times(common.clock.now()),
        }),
        RoomKind::Direct { with } => {
            let recipients: Vec<_> = common.settings.people.iter().filter(|person| person.discord == *with).map(state::user).collect();
            json!({"id": room.id, "type": 1, "last_message_id": null, "flags": 0, "recipients": recipients})
        }
    }
}

fn judge_command(judge: &mut Judge, command: &Value) {
    let slash = command.get("type").and_then(Value::as_u64).unwrap_or(1) == 1;
    judge_name(judge, command, slash);
    if slash {
        length(judge, command, "description", 1..=100, true);
    }
    judge_options(judge, command);
}

fn judge_options(judge: &mut Judge, parent: &Value) {
    let options = list(parent, "options");
    if options.len() > 25 {
        judge.at("options", |j| j.object("BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length."));
    }
    let required: Vec<_> = options.iter().map(|option| option["required"] == true).collect();
    if required.windows(2).any(|pair| !pair[0] && pair[1]) {
        judge.at("options", |j| {
            j.object("APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must be placed before non-required options");
        });
    }
    judge.each(parent, "options", |j, option| {
        judge_name(j, option, true);
        length(j, option, "description", 1..=100, true);
        if !matches!(option.get("type").and_then(Value::as_u64), Some(1..=11)) {
            j.at("type", |j| j.object("BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)."));
        }
        if list(option, "choices").len() > 25 {
            j.at("choices", |j| j.object("BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length."));
        }
        judge_options(j, option);
    });
}

fn judge_name(judge: &mut Judge, parent: &Value, strict: bool) {
    let name = string(parent, "name");
    let fits =
        |c: char| c.is_alphanumeric() && (!c.is_alphabetic() || c.is_lowercase() || !c.is_uppercase()) || matches!(c, '-' | '_' | '\'');
    if !(1..=32).contains(&name.chars().count()) || strict && !name.chars().all(fits) {
        judge.at("name", |j| j.object("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid"));
    }
}

fn everyone(guild: &str) -> Value {
    json!({
        "id": guild, "name": "@everyone", "description": null, "permissions": PERMISSIONS, "position": 0, "color": 0, "hoist": false,
        "colors": {"primary_color": 0, "secondary_color": null, "tertiary_color": null}, "managed": false, "mentionable": false,
        "icon": null, "unicode_emoji": null, "flags": 0,
    })
}

fn known(common: &Common, id: &str) -> Result<(), Refused> {
    if id == common.settings.discord_guild_id { Ok(()) } else { Err(Refused::new(404, 10_004, "Unknown Guild")) }
}
