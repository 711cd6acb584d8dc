//! Answers to interactions: the first one, and what follows with the interaction's token for fifteen minutes.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::judge::string;
use super::super::message::Form;
use super::api::{Answer, Done, Refused};
use super::messages::{refuse_empty, unknown_message};
use super::rules;
use super::state::{EPHEMERAL, Interaction, State};

const FIRST_ANSWER: Duration = Duration::from_secs(3);
const TOKEN_LIFE: Duration = Duration::from_mins(15);
const ORIGINAL: &str = "@original";

pub(super) fn callback(state: &mut State, id: &str, token: &str, body: &Value, query: &[(String, String)]) -> Answer {
    if state.interactions.get(token).is_none_or(|interaction| interaction.id != id) {
        return Err(Refused::new(404, 10_062, "Unknown interaction"));
    }
    settle(state, token, body)?;
    let wanted = query.iter().any(|(name, value)| name == "with_response" && matches!(value.as_str(), "true" | "1"));
    if !wanted {
        return Ok(Done::nothing());
    }
    let original = get(state, token, ORIGINAL).map_or(Value::Null, |done| done.body);
    Ok(Done::with(json!({"interaction": {"id": id, "type": body["type"]}, "resource": {"type": body["type"], "message": original}})))
}

/// Does what the bot's first answer says, whether it came in the HTTP answer or through the callback route.
pub(super) fn settle(state: &mut State, token: &str, body: &Value) -> Result<(), Refused> {
    let Some(interaction) = state.interactions.get_mut(token) else { return Err(Refused::new(404, 10_062, "Unknown interaction")) };
    if interaction.answered {
        return Err(Refused::new(400, 40_060, "Interaction has already been acknowledged."));
    }
    if interaction.born.elapsed() > FIRST_ANSWER {
        return Err(Refused::new(404, 10_062, "Unknown interaction"));
    }
    let (kind, data) = (body.get("type").and_then(Value::as_u64).unwrap_or(0), &body["data"]);
    judge_answer(kind, interaction.kind, data)?;
    interaction.answered = true;
    let interaction = interaction.clone();
    match kind {
        4 => {
            let id = say(state, &interaction, data, flags(data));
            remember(state, token, |kept| kept.original = Some(id));
        }
        5 => remember(state, token, |kept| kept.deferred = Some(flags(data))),
        7 => {
            if let Some(message) = &interaction.message {
                state.edit(&interaction.channel, message, data).ok_or_else(unknown_message)?;
            }
        }
        9 => {
            let (person, key) = (interaction.person.clone(), token.to_owned());
            state.modals.push(Form { id: key.clone(), person, json: data.clone(), open: true, key });
        }
        _ => {}
    }
    Ok(())
}

pub(super) fn follow_up(state: &mut State, token: &str, body: &Value) -> Answer {
    let interaction = alive(state, token)?;
    Refused::unless_good(&rules::message_objections(body))?;
    refuse_empty(body)?;
    // Right after a deferred answer, the first follow-up takes its place.
    if let Some(deferred) = interaction.deferred.filter(|_| interaction.original.is_none()) {
        let id = say(state, &interaction, body, deferred);
        remember(state, token, |kept| kept.original = Some(id.clone()));
        return find(state, &interaction, &id).map(Done::message);
    }
    let id = say(state, &interaction, body, flags(body));
    find(state, &interaction, &id).map(Done::message)
}

pub(super) fn get(state: &State, token: &str, message: &str) -> Answer {
    let interaction = alive(state, token)?;
    let id = named(&interaction, message).ok_or_else(unknown_message)?;
    find(state, &interaction, &id).map(Done::message)
}

pub(super) fn edit(state: &mut State, token: &str, message: &str, body: &Value) -> Answer {
    let interaction = alive(state, token)?;
    Refused::unless_good(&rules::message_objections(body))?;
    if let Some(deferred) = interaction.deferred.filter(|_| message == ORIGINAL && interaction.original.is_none()) {
        let id = say(state, &interaction, body, deferred);
        remember(state, token, |kept| kept.original = Some(id.clone()));
        return find(state, &interaction, &id).map(Done::message);
    }
    let id = named(&interaction, message).ok_or_else(unknown_message)?;
    state.edit(&interaction.channel, &id, body).map(Done::message).ok_or_else(unknown_message)
}

pub(super) fn delete(state: &mut State, token: &str, message: &str) -> Answer {
    let interaction = alive(state, token)?;
    let id = named(&interaction, message).ok_or_else(unknown_message)?;
    if state.remove(&interaction.channel, &id) { Ok(Done::nothing()) } else { Err(unknown_message()) }
}

/// `answers` is the type of the interaction that is answered.
pub(super) fn judge_answer(kind: u64, answers: u64, data: &Value) -> Result<(), Refused> {
    let wrong = |message: &str| {
        let objection =
            super::super::judge::Objection { path: vec!["type".to_owned()], code: "BASE_TYPE_CHOICES", message: message.to_owned() };
        Refused::unless_good(&[objection])
    };
    match kind {
        4 => {
            Refused::unless_good(&rules::message_objections(data))?;
            refuse_empty(data)
        }
        6 | 7 if answers == 2 => wrong("A slash command has no message to update"),
        8 if answers != 4 => wrong("Only autocomplete is answered with choices"),
        5 | 6 | 8 => Ok(()),
        7 => Refused::unless_good(&rules::message_objections(data)),
        9 if answers == 5 => wrong("A modal cannot answer a modal"),
        9 => Refused::unless_good(&super::components::modal_objections(data)),
        _ => wrong("Value must be one of (4, 5, 6, 7, 8, 9)."),
    }
}

fn say(state: &mut State, interaction: &Interaction, body: &Value, flags: u64) -> String {
    let author = state.bot()["id"].clone();
    let more = json!({"webhook_id": author, "application_id": author, "flags": flags});
    let message = match flags & EPHEMERAL {
        0 => state.post(&interaction.channel, body, more),
        _ => state.whisper(&interaction.person, &interaction.channel, body, more),
    };
    string(&message, "id").to_owned()
}

fn alive(state: &State, token: &str) -> Result<Interaction, Refused> {
    let interaction = state.interactions.get(token).filter(|interaction| interaction.born.elapsed() <= TOKEN_LIFE);
    let interaction = interaction.ok_or_else(|| Refused::new(401, 50_027, "Invalid Webhook Token"))?;
    if interaction.answered { Ok(interaction.clone()) } else { Err(Refused::new(404, 10_015, "Unknown Webhook")) }
}

/// The id of the message that `@original` stands for: the answer, else the message of the button.
fn named(interaction: &Interaction, message: &str) -> Option<String> {
    if message != ORIGINAL {
        return Some(message.to_owned());
    }
    interaction.original.clone().or_else(|| interaction.message.clone().filter(|_| interaction.deferred.is_none()))
}

fn find(state: &State, interaction: &Interaction, id: &str) -> Result<Value, Refused> {
    let private = state.private.iter().find(|private| private.id == id).map(|private| &private.message);
    let public = || state.message(&interaction.channel, id).map(|message| &message.json);
    private.or_else(public).cloned().ok_or_else(unknown_message)
}

fn flags(data: &Value) -> u64 {
    data.get("flags").and_then(Value::as_u64).unwrap_or(0)
}

fn remember(state: &mut State, token: &str, change: impl FnOnce(&mut Interaction)) {
    if let Some(interaction) = state.interactions.get_mut(token) {
        change(interaction);
    }
}
