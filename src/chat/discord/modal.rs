//! Forms as Discord's modals (<https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal>).
//!
//! Written by hand: serenity has no labels, and so no menus in forms.

use serde_json::{Value, json};

use super::body;
use super::text::is_snowflake;
use crate::chat::text::{CUT, cut, one_line};
use crate::domain::list::Listing;
use crate::domain::message::{FieldKind, Form, FormField};
use crate::domain::post::DeliveryKey;

/// Characters of a title, and of a label: <https://docs.discord.com/developers/components/reference#label>.
const TITLE_MOST: usize = 45;
/// Characters of an option, and of a placeholder.
const OPTION_MOST: usize = 100;
/// Fields.
const FIELDS_MOST: usize = 5;
/// Characters of a text field.
const TEXT_MOST: usize = 4_000;

/// The answer that opens a form about that message: a modal (type 9), or a private message (type 4) for one that says something, because
/// a modal says nothing and cannot be changed. A modal gives back which interaction opened it, and the list that it was opened from.
pub(in crate::chat) fn answer(form: &Form, key: &DeliveryKey, opened: Option<&str>, list: Option<Listing>) -> Value {
    if let Some(sheet) = &form.sheet {
        return json!({ "type": 4, "data": body::form(form, sheet, key) });
    }
    let fields: Vec<Value> = form.fields.iter().take(FIELDS_MOST).map(label).collect();
    let opened = opened.filter(|id| is_snowflake(id)).map(|id| format!(" ~{id}")).unwrap_or_default();
    let list = list.map(|list| format!(" {}", list.name())).unwrap_or_default();
    json!({ "type": 9, "data": {
        "custom_id": format!("{} {key}{opened}{list}", form.kind.name()),
        "title": text(&form.title, TITLE_MOST),
        "components": fields,
    } })
}

fn label(field: &FormField) -> Value {
    let (id, required) = (field.name, !field.optional);
    let component = match &field.kind {
        FieldKind::Choice(options) => {
            let option = |(label, value): &(String, String)| json!({ "label": text(label, OPTION_MOST), "value": value });
            let options: Vec<Value> = options.iter().map(option).collect();
            json!({ "type": 3, "custom_id": id, "options": options, "min_values": usize::from(required), "max_values": 1, "required": required })
        }
        FieldKind::Lines(most) => {
            json!({ "type": 4, "custom_id": id, "style": 2, "max_length": (*most).min(TEXT_MOST), "required": required })
        }
        FieldKind::Time(example) => {
            json!({ "type": 4, "custom_id": id, "style": 1, "placeholder": text(example, OPTION_MOST), "max_length": OPTION_MOST, "required": required })
        }
    };
    json!({ "type": 18, "label": text(&field.label, TITLE_MOST), "component": component })
}

fn text(written: &str, most: usize) -> String {
    let text = cut(&one_line(written), most);
    if text.is_empty() { CUT.to_owned() } else { text }
}
