//! The bodies of what we send to Slack.

use serde_json::{Value, json};

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

/// The body of `chat.postMessage` (<https://docs.slack.dev/reference/methods/chat.postMessage>).
pub(in crate::chat) fn create(out: &Outgoing<'_>) -> Value {
    let mut body = common(out, Mentions::Only(out.ping));
    body["unfurl_links"] = json!(false);
    body["unfurl_media"] = json!(false);
    if let Some(thread) = out.thread {
        body["thread_ts"] = json!(thread.0);
        if out.broadcast {
            body["reply_broadcast"] = json!(true);
        }
    }
    body
}

/// The body of `chat.update` (<https://docs.slack.dev/reference/methods/chat.update>).
pub(in crate::chat) fn edit(out: &Outgoing<'_>, message: &MessageRef) -> Value {
    let mut body = common(out, Mentions::Everyone);
    body["ts"] = json!(message.0);
    body
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

fn common(out: &Outgoing<'_>, mentions: Mentions<'_>) -> Value {
    let mark = Mark { key: out.key, version: out.version };
    let blocks = if out.plain { plain_blocks(out.message, mark) } else { blocks(out.message, mentions, Some(mark)) };
    let mut body = json!({ "channel": out.channel, "text": fallback(out.message), "blocks": blocks, "parse": "none" });
    // The metadata may be what Slack refused; the first block's id alone marks the message, too.
    if !out.plain {
        // Strings only: slack-morphism and others cannot read a message whose metadata has numbers.
        body["metadata"] = json!({ "event_type": EVENT_TYPE, "event_payload": { "d": out.key.as_str(), "v": out.version.to_string() } });
    }
    body
}

/// The summary. It is mrkdwn that cannot be `verbatim`, and mentions nobody.
fn fallback(message: &Message) -> String {
    let mut out = Clipped::new(FALLBACK_MOST);
    write(&mut out, &[Inline::Text(message.summary.clone())], &Mrkdwn { mentions: Mentions::Only(None) });
    let text = out.finish();
    if text.trim().is_empty() { CUT.to_owned() } else { text }
}
