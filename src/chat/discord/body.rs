//! The bodies of what we send to Discord, written with serenity's builders.

use serde::Serialize;
use serde_json::{Value, json};
use serenity::all::{
    CreateAllowedMentions, CreateInteractionResponse, CreateInteractionResponseMessage, CreateMessage, EditMessage, Nonce, UserId,
};
use url::Url;

use super::controls::{ROWS_MOST, all_rows, menus, rows};
use super::embed::embed;
use super::text::is_snowflake;
use crate::chat::Outgoing;
use crate::chat::plain::plain;
use crate::chat::text::cut;
use crate::domain::message::{Form, Message, Sheet, Tone};
use crate::domain::post::DeliveryKey;

/// Characters of a thread's name: <https://docs.discord.com/developers/resources/channel#start-thread-from-message>.
pub(super) const THREAD_NAME_MOST: usize = 100;
/// Choices of a completion, and the characters of each:
/// <https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-autocomplete>.
pub(super) const CHOICES_MOST: usize = 25;
/// Characters of a choice.
pub(super) const CHOICE_MOST: usize = 100;

/// The body of Create Message (<https://docs.discord.com/developers/resources/message#create-message>). Its nonce lets Discord give the
/// message back instead of posting it again. Mentions stand in the embed, where they ping nobody; only the one who may be pinged stands
/// in the content.
pub(in crate::chat) fn create(out: &Outgoing<'_>, public_url: &Url) -> CreateMessage {
    let plain = out.plain.then(|| plain(out.message));
    let message = plain.as_ref().unwrap_or(out.message);
    let rows = all_rows(message, Some(out.key));
    // A message without buttons is found again by an address in its embed that nobody sees.
    let marker = rows.is_empty().then(|| marker(public_url, out.key));
    let create =
        CreateMessage::new().embed(embed(message, marker)).components(rows).nonce(Nonce::String(out.key.to_string())).enforce_nonce(true);
    match out.ping.filter(|id| is_snowflake(id)).and_then(|id| id.parse::<u64>().ok()) {
        Some(id) => create.content(format!("<@{id}>")).allowed_mentions(CreateAllowedMentions::new().users([UserId::new(id)])),
        None => create.allowed_mentions(CreateAllowedMentions::new()),
    }
}

/// The body of Edit Message (<https://docs.discord.com/developers/resources/message#edit-message>).
pub(in crate::chat) fn edit(out: &Outgoing<'_>, public_url: &Url) -> EditMessage {
    let plain = out.plain.then(|| plain(out.message));
    let message = plain.as_ref().unwrap_or(out.message);
    let rows = all_rows(message, Some(out.key));
    let marker = rows.is_empty().then(|| marker(public_url, out.key));
    EditMessage::new().embed(embed(message, marker)).components(rows).allowed_mentions(CreateAllowedMentions::new())
}

/// The body of Start Thread from Message.
pub(in crate::chat) fn thread(name: &str) -> Value {
    let name = cut(&crate::chat::text::one_line(name), THREAD_NAME_MOST);
    json!({ "name": if name.is_empty() { crate::chat::text::CUT.to_owned() } else { name } })
}

/// A message that only the asker sees, without the envelope of an answer.
pub(in crate::chat) fn private(message: &Message, key: Option<&DeliveryKey>) -> Value {
    let mut body = json(&private_builder(message, key));
    drop_attachments(&mut body);
    body
}

/// The answer that shows a private message (type 4).
pub(in crate::chat) fn private_answer(message: &Message, key: Option<&DeliveryKey>) -> Value {
    let mut body = json(&CreateInteractionResponse::Message(private_builder(message, key)));
    drop_attachments(&mut body["data"]);
    body
}

/// A form that says something, as a message that only the asker sees, without the envelope of an answer.
pub(in crate::chat) fn form(form: &Form, sheet: &Sheet, key: &DeliveryKey) -> Value {
    let message = Message {
        tone: Tone::Neutral,
        summary: sheet.summary.clone(),
        title: Vec::new(),
        body: sheet.above.iter().chain(&sheet.below).cloned().collect(),
        controls: Vec::new(),
    };
    let components = menus(form, key).into_iter().chain(rows(&sheet.controls, key)).take(ROWS_MOST).collect();
    let mut body = json(&private_builder(&message, None).components(components));
    drop_attachments(&mut body);
    body
}

/// The answer that changes the message whose control was used (type 7). Who sees a message is settled when it is made.
pub(in crate::chat) fn in_place(mut body: Value) -> Value {
    if let Some(body) = body.as_object_mut() {
        body.remove("flags");
    }
    json!({ "type": 7, "data": body })
}

/// The answer that says "being worked on", seen by the asker only (type 5).
pub(in crate::chat) fn deferred_private() -> Value {
    let mut body = json(&CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new().ephemeral(true)));
    drop_attachments(&mut body["data"]);
    body
}

/// The answer that changes nothing yet (type 6).
pub(in crate::chat) fn deferred_update() -> Value {
    without_data(&CreateInteractionResponse::Acknowledge)
}

/// The answer to a ping (type 1).
pub(in crate::chat) fn pong() -> Value {
    without_data(&CreateInteractionResponse::Pong)
}

/// The answer to a completion (type 8): what is shown, and what it stands for.
pub(in crate::chat) fn choices(choices: &[(String, String)]) -> Value {
    let fits = |(name, value): &&(String, String)| !name.trim().is_empty() && (1..=CHOICE_MOST).contains(&crate::chat::text::length(value));
    let choice = |(name, value): &(String, String)| json!({ "name": cut(name, CHOICE_MOST), "value": value });
    json!({ "type": 8, "data": { "choices": choices.iter().filter(fits).take(CHOICES_MOST).map(choice).collect::<Vec<_>>() } })
}

/// The address that marks a message without buttons.
pub(in crate::chat) fn marker(public_url: &Url, key: &DeliveryKey) -> String {
    let mut url = public_url.clone();
    url.set_query(Some(&format!("d={key}")));
    url.set_fragment(None);
    url.into()
}

fn private_builder(message: &Message, key: Option<&DeliveryKey>) -> CreateInteractionResponseMessage {
    let rows = all_rows(message, key);
    CreateInteractionResponseMessage::new()
        .embed(embed(message, None))
        .components(rows)
        .allowed_mentions(CreateAllowedMentions::new())
        .ephemeral(true)
}

/// serenity always writes the key, and in an update it means "remove all".
fn drop_attachments(body: &mut Value) {
    if let Some(body) = body.as_object_mut() {
        body.remove("attachments");
    }
}

/// The builders hold nothing that JSON cannot say, so this does not fail; were it so, Discord would refuse the `null`.
/// Discord documents no `data` for these; serenity writes a null.
fn without_data(response: &CreateInteractionResponse) -> Value {
    json!({ "type": json(response)["type"] })
}

fn json<T: Serialize>(body: &T) -> Value {
    serde_json::to_value(body).unwrap_or_default()
}
