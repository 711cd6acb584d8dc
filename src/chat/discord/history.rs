//! Reads pages of a channel's history and finds our messages in them. Foreign messages may hold anything, so nothing is read strictly
//! but what is ours.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::body::marker;
use crate::chat::Found;
use crate::domain::post::{DeliveryKey, MessageRef};
use url::Url;

/// Discord's first millisecond: <https://docs.discord.com/developers/reference#snowflakes>.
const EPOCH_MILLISECONDS: i64 = 1_420_070_400_000;
/// Bits of a snowflake below its time.
const TIME_SHIFT: u32 = 22;

/// The smallest id that a message of that time may have.
pub(super) fn snowflake(at: DateTime<Utc>) -> u64 {
    u64::try_from(at.timestamp_millis() - EPOCH_MILLISECONDS).unwrap_or_default() << TIME_SHIFT
}

/// The id of a message.
pub(super) fn id(message: &Value) -> Option<u64> {
    message.get("id")?.as_str()?.parse().ok()
}

/// Which of the sought messages stand in a page. Only ours count: anyone may post a message with a copied marker.
pub(super) fn ours(page: &[Value], application_id: &str, public_url: &Url, sought: &[DeliveryKey]) -> Vec<Found> {
    let mine = page.iter().filter(|message| is_mine(message, application_id));
    mine.filter_map(|message| {
        let key = sought.iter().find(|key| carries(message, key, public_url))?;
        let touched = message.get("thread").is_some_and(Value::is_object) || has_any(message, "reactions");
        Some(Found { key: key.clone(), message: MessageRef(message.get("id")?.as_str()?.to_owned()), touched })
    })
    .collect()
}

fn is_mine(message: &Value, application_id: &str) -> bool {
    // A bot's user has its application's id; bots older than 2016 have another, and then the application is named.
    let author = message.pointer("/author/id").and_then(Value::as_str);
    let application = message.get("application_id").and_then(Value::as_str);
    author == Some(application_id) || application == Some(application_id)
}

/// Whether the message carries the key: in the id of a control, in the address of its embed, or in its nonce, which Discord keeps for a
/// while.
fn carries(message: &Value, key: &DeliveryKey, public_url: &Url) -> bool {
    let controls = || message.get("components").is_some_and(|rows| has_control(rows, &format!("d:{key}:")));
    let embed = || message.pointer("/embeds/0/url").and_then(Value::as_str) == Some(marker(public_url, key).as_str());
    let nonce = || message.get("nonce").and_then(Value::as_str) == Some(key.as_str());
    nonce() || controls() || embed()
}

fn has_control(rows: &Value, start: &str) -> bool {
    let rows = rows.as_array().into_iter().flatten();
    let mut controls = rows.filter_map(|row| row.get("components")?.as_array()).flatten();
    controls.any(|control| control.get("custom_id").and_then(Value::as_str).is_some_and(|id| id.starts_with(start)))
}

fn has_any(message: &Value, list: &str) -> bool {
    message.get(list).and_then(Value::as_array).is_some_and(|list| !list.is_empty())
}
