//! The bodies of what we send to Slack.

use serde::Serialize;
use serde_json::{Value, json};
use slack_morphism::prelude::SlackBlock;

use super::blocks::{Mark, blocks, plain_blocks};
use super::text::{Mentions, Mrkdwn};
use crate::chat::Outgoing;
use crate::chat::inline::write;
use crate::chat::text::{CUT, Clipped};
use crate::domain::message::{Inline, Message};
use crate::domain::post::{DeliveryKey, MessageRef};

/// Characters of the text that notifications and screen readers use. Slack advises 4,000
/// (<https://docs.slack.dev/reference/methods/chat.postMessage#truncating>) and splits longer ones into several messages.
pub(super) const FALLBACK_MOST: usize = 3_000;
/// The type of our messages' metadata; `d` in it is the delivery key, `v` the version.
pub(super) const EVENT_TYPE: &str = "rebound_card";

/// The body of `chat.postMessage` (<https://docs.slack.dev/reference/methods/chat.postMessage>) or of `chat.update`
/// (<https://docs.slack.dev/reference/methods/chat.update>).
#[derive(Serialize)]
pub(in crate::chat) struct Body<'a> {
    channel: &'a str,
    text: String,
    blocks: Vec<SlackBlock>,
    parse: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata<'a>>,
    /// What is updated.
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<&'a str>,
    #[serde(flatten)]
    new: Option<New<'a>>,
}

/// What only a new message has.
#[derive(Serialize)]
struct New<'a> {
    unfurl_links: bool,
    unfurl_media: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_ts: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_broadcast: Option<bool>,
}

/// Strings only: slack-morphism and others cannot read a message whose metadata has numbers.
#[derive(Serialize)]
struct Metadata<'a> {
    event_type: &'static str,
    event_payload: Payload<'a>,
}

#[derive(Serialize)]
struct Payload<'a> {
    d: &'a str,
    v: String,
}

/// A new message.
pub(in crate::chat) fn create<'a>(out: &Outgoing<'a>) -> Body<'a> {
    let thread_ts = out.thread.map(|thread| thread.0.as_str());
    let reply_broadcast = (thread_ts.is_some() && out.broadcast).then_some(true);
    let new = New { unfurl_links: false, unfurl_media: false, thread_ts, reply_broadcast };
    Body { new: Some(new), ..common(out, Mentions::Only(out.ping)) }
}

/// A message that is there already, as it shall be now.
pub(in crate::chat) fn edit<'a>(out: &Outgoing<'a>, message: &'a MessageRef) -> Body<'a> {
    Body { ts: Some(&message.0), ..common(out, Mentions::Everyone) }
}

/// A message that only one person sees, as the answer to a slash command or to a `response_url`. Nobody is pinged by it. Controls need
/// the key of what they act on.
pub(in crate::chat) fn private(message: &Message, key: Option<&DeliveryKey>) -> Value {
    let mark = key.map(|key| Mark { key, version: 0 });
    json!({
        "response_type": "ephemeral",
        "replace_original": false,
        "text": fallback(message),
        "blocks": blocks(message, Mentions::Everyone, mark),
    })
}

fn common<'a>(out: &Outgoing<'a>, mentions: Mentions<'_>) -> Body<'a> {
    let mark = Mark { key: out.key, version: out.version };
    let blocks = if out.plain { plain_blocks(out.message, mark) } else { blocks(out.message, mentions, Some(mark)) };
    // The metadata may be what Slack refused; the first block's id alone marks the message, too.
    let metadata = (!out.plain)
        .then(|| Metadata { event_type: EVENT_TYPE, event_payload: Payload { d: out.key.as_str(), v: out.version.to_string() } });
    Body { channel: out.channel, text: fallback(out.message), blocks, parse: "none", metadata, ts: None, new: None }
}

/// The summary. It is mrkdwn that cannot be `verbatim`, and mentions nobody.
fn fallback(message: &Message) -> String {
    let mut out = Clipped::new(FALLBACK_MOST);
    write(&mut out, &[Inline::Text(message.summary.clone())], &Mrkdwn { mentions: Mentions::Only(None) });
    let text = out.finish();
    if text.trim().is_empty() { CUT.to_owned() } else { text }
}
