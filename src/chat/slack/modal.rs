//! Forms as Slack's modals (<https://docs.slack.dev/reference/views/modal-views>), and what is wrong with what came back.

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::blocks::{Mark, blocks};
use super::text::{Mentions, dead};
use crate::chat::ReplyTo;
use crate::chat::text::{CUT, cut, length, one_line};
use crate::domain::list::Listing;
use crate::domain::message::{Block, Control, FieldKind, Form, FormField, Message, Sheet, Tone};
use crate::domain::post::DeliveryKey;

/// Characters that come back with a view.
const METADATA_MOST: usize = 3_000;
/// Blocks of a view.
const BLOCKS_MOST: usize = 100;
/// Characters of a title and of the buttons below.
const TITLE_MOST: usize = 24;
/// Characters of a label: <https://docs.slack.dev/reference/block-kit/blocks/input-block>.
const LABEL_MOST: usize = 2_000;
/// Characters of an option: <https://docs.slack.dev/reference/block-kit/composition-objects/option-object>.
const OPTION_MOST: usize = 75;
/// Characters of a text field: <https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element>.
const TEXT_MOST: usize = 3_000;
/// Characters of what is wrong; Slack names no limit, and more than a few lines cannot be read there.
const ERROR_MOST: usize = 300;

/// From where a form was opened. It comes back with what is sent off; only we see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::chat) struct Opened<'a> {
    /// The channel.
    pub(super) channel: Option<&'a str>,
    /// The list of whose line it is, and where that takes messages.
    pub(super) list: Option<(Listing, &'a str)>,
}

impl<'a> Opened<'a> {
    /// From where this interaction came.
    pub(super) fn by(reply: &'a ReplyTo) -> Self {
        let list = match reply {
            ReplyTo::Slack { response_url: Some(back), list: Some(list), .. } => Some((*list, back.expose_secret())),
            ReplyTo::Slack { .. } | ReplyTo::Discord { .. } => None,
        };
        Self { channel: reply.channel(), list }
    }

    /// Reads the key of the form's message, and from where it was opened.
    pub(super) fn read(metadata: &'a str) -> (&'a str, Self) {
        let (key, rest) = metadata.split_once(' ').unwrap_or((metadata, ""));
        let (channel, rest) = match rest.strip_prefix('@') {
            Some(rest) => rest.split_once(' ').map_or((Some(rest), ""), |(channel, rest)| (Some(channel), rest)),
            None => (None, rest),
        };
        let list = rest.split_once(' ').and_then(|(list, back)| Some((Listing::parse(list)?, back)));
        (key, Self { channel, list })
    }

    fn write(self, key: &DeliveryKey) -> String {
        let channel = self.channel.map(|channel| format!(" @{channel}")).unwrap_or_default();
        let list = self.list.map(|(list, back)| format!(" {} {back}", list.name())).unwrap_or_default();
        let all = format!("{key}{channel}{list}");
        if length(&all) <= METADATA_MOST { all } else { key.to_string() }
    }
}

/// The view of a form about that message. The ids of its blocks are the names of its fields.
pub(in crate::chat) fn view(form: &Form, key: &DeliveryKey, from: Opened<'_>) -> Value {
    let mut shown: Vec<Value> = form.fields.iter().map(block).collect();
    if let Some(sheet) = &form.sheet {
        let above = part(sheet, &sheet.above, &[], Mark { key, version: 0 });
        let below = part(sheet, &sheet.below, &sheet.controls, Mark { key, version: 1 });
        shown = [above, shown, below].concat();
        shown.truncate(BLOCKS_MOST);
    }
    let mut view = json!({
        "type": "modal",
        "callback_id": form.kind.name(),
        "private_metadata": from.write(key),
        "title": plain(&form.title, TITLE_MOST),
        "close": plain(&form.cancel, TITLE_MOST),
        "blocks": shown,
    });
    // Nothing to fill in, nothing to send off.
    if !form.fields.is_empty() {
        view["submit"] = plain(&form.submit, TITLE_MOST);
    }
    view
}

/// The answer to a form that puts another one in its place.
pub(in crate::chat) fn instead(form: &Form, key: &DeliveryKey, from: Opened<'_>) -> Value {
    json!({ "response_action": "update", "view": view(form, key, from) })
}

/// Blocks above or below the fields; the versions of their marks tell their ids apart.
fn part(sheet: &Sheet, body: &[Block], controls: &[Control], mark: Mark<'_>) -> Vec<Value> {
    if body.is_empty() && controls.is_empty() {
        return Vec::new();
    }
    let message = Message {
        tone: Tone::Neutral,
        summary: sheet.summary.clone(),
        title: Vec::new(),
        body: body.to_vec(),
        controls: controls.to_vec(),
    };
    let blocks = blocks(&message, Mentions::Everyone, Some(mark));
    // The builders hold nothing that JSON cannot say.
    blocks.iter().filter_map(|block| serde_json::to_value(block).ok()).collect()
}

/// A message as a view that only can be closed. Controls need the key of what they act on.
pub(in crate::chat) fn answer(title: &str, message: &Message, key: Option<&DeliveryKey>) -> Value {
    let mark = key.map(|key| Mark { key, version: 0 });
    json!({ "type": "modal", "title": plain(title, TITLE_MOST), "blocks": blocks(message, Mentions::Everyone, mark) })
}

/// A message as the home of the app (<https://docs.slack.dev/surfaces/app-home>).
pub(in crate::chat) fn home(message: &Message) -> Value {
    json!({ "type": "home", "blocks": blocks(message, Mentions::Everyone, None) })
}

/// The answer to a form that keeps it open and says below a field why nothing was done.
pub(in crate::chat) fn error(field: &str, why: &str) -> Value {
    let why = cut(&dead(&one_line(why)), ERROR_MOST);
    json!({ "response_action": "errors", "errors": { field: why } })
}

fn block(field: &FormField) -> Value {
    let element = match &field.kind {
        FieldKind::Choice(options) => {
            let option = |(label, value): &(String, String)| json!({ "text": plain(label, OPTION_MOST), "value": value });
            json!({ "type": "static_select", "action_id": field.name, "options": options.iter().map(option).collect::<Vec<_>>() })
        }
        FieldKind::Lines(most) => {
            json!({ "type": "plain_text_input", "action_id": field.name, "multiline": true, "max_length": (*most).min(TEXT_MOST) })
        }
        FieldKind::Time(_) => json!({ "type": "datetimepicker", "action_id": field.name }),
    };
    json!({ "type": "input", "block_id": field.name, "label": plain(&field.label, LABEL_MOST), "optional": field.optional, "element": element })
}

fn plain(text: &str, most: usize) -> Value {
    let text = cut(&dead(&one_line(text)), most);
    json!({ "type": "plain_text", "text": if text.is_empty() { CUT } else { &text }, "emoji": false })
}
